"""What is known of a dataset besides its rows: description, types, splits, sizes.

The JSON form is that of `dataset_info.json`, the YAML form that of `dataset_info:` in a README. Unknown keys are
ignored when read, because newer versions add some.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from functools import cache
from pathlib import Path
from typing import IO, Any, ClassVar, Literal, NamedTuple, cast

from arrowsets.errors import SplitNotFound
from arrowsets.features import Features
from arrowsets.lazy import pattern
from arrowsets.record import dataclass

__all__ = ["DatasetInfo", "SplitDict", "SplitInfo", "SubSplitInfo", "SupervisedKeysData", "Version"]

_VERSION = pattern(r"([0-9]+)\.([0-9]+)\.([0-9]+)")


class SupervisedKeysData(NamedTuple):
    """Names of the columns that are a model's input and output."""

    input: str = ""
    output: str = ""


@dataclass(frozen=True, init=False, eq=False, repr=False)
class Version:
    """A version `major.minor.patch`; compares with text too.

    >>> Version("1.2.3") > "1.0.0"
    True
    """

    major: int
    minor: int
    patch: int
    description: str | None = field(default=None, compare=False)

    def __init__(self, version_str: str, description: str | None = None, **_: object) -> None:
        match = _VERSION.fullmatch(version_str)
        if match is None:
            raise ValueError(f"bad version {version_str!r}: three numbers, as in '1.0.0'")
        for name, text in zip(("major", "minor", "patch"), match.groups(), strict=True):
            object.__setattr__(self, name, int(text))
        object.__setattr__(self, "description", description)

    @classmethod
    def of(cls, value: str | Mapping[str, Any] | Version) -> Version:
        """Return a version for any of its forms."""
        if isinstance(value, Version):
            return value
        return cls(value) if isinstance(value, str) else cls(value["version_str"], value.get("description"))

    @property
    def version_str(self) -> str:
        """The text form."""
        return str(self)

    @property
    def tuple(self) -> tuple[int, int, int]:
        """The three numbers."""
        return self.major, self.minor, self.patch

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    def __repr__(self) -> str:
        return str(self)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str):
            return _VERSION.fullmatch(other) is not None and self.tuple == Version(other).tuple
        return isinstance(other, Version) and self.tuple == other.tuple

    def __hash__(self) -> int:
        return hash(self.tuple)

    def __lt__(self, other: str | Version) -> bool:
        return self.tuple < Version.of(other).tuple

    def __le__(self, other: str | Version) -> bool:
        return self.tuple <= Version.of(other).tuple

    def __gt__(self, other: str | Version) -> bool:
        return self.tuple > Version.of(other).tuple

    def __ge__(self, other: str | Version) -> bool:
        return self.tuple >= Version.of(other).tuple

    def to_json(self) -> dict[str, Any]:
        """Return the form in `dataset_info.json`."""
        text = {"version_str": str(self)}
        described = {"description": self.description} if self.description is not None else {}
        return text | described | {"major": self.major, "minor": self.minor, "patch": self.patch}


@dataclass
class SplitInfo:
    """Rows and bytes of a split."""

    name: str = ""
    num_bytes: int = 0
    num_examples: int = 0
    shard_lengths: list[int] | None = None
    original_shard_lengths: list[int] | None = None
    dataset_name: str | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any], name: str = "") -> SplitInfo:
        """Read any of the written forms."""
        names = [field.name for field in dataclasses.fields(cls)]
        known = {name: data[name] for name in names if data.get(name) is not None}
        return cls(**{"name": name, **known})

    def to_json(self) -> dict[str, Any]:
        """Return the form in `dataset_info.json`."""
        data = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {name: value for name, value in data.items() if value is not None or name == "dataset_name"}

    def __repr__(self) -> str:
        shown = [f"{f.name}={getattr(self, f.name)!r}" for f in dataclasses.fields(self) if getattr(self, f.name)]
        return f"SplitInfo({', '.join(shown)})"


@dataclass
class SubSplitInfo:
    """Rows of a part of a split.

    Attributes:
        instructions: Has `num_examples` and `file_instructions`.
    """

    instructions: Any

    @property
    def num_examples(self) -> int:
        """The number of rows."""
        return int(self.instructions.num_examples)

    @property
    def file_instructions(self) -> Any:
        """Which rows of which files."""
        return self.instructions.file_instructions


class SplitDict(dict[str, SplitInfo]):
    """The splits of a dataset, by name."""

    def __init__(
        self,
        splits: Mapping[str, SplitInfo] | Iterable[tuple[str, SplitInfo]] = (),
        dataset_name: str | None = None,
    ) -> None:
        super().__init__(splits)
        self.dataset_name = dataset_name

    @classmethod
    def from_json(
        cls, data: Mapping[str, Any] | Sequence[Mapping[str, Any]], dataset_name: str | None = None
    ) -> SplitDict:
        """Read a dict by name (JSON) or a list (YAML) of splits."""
        items = data.items() if isinstance(data, Mapping) else [(str(item["name"]), item) for item in data]
        infos = [
            (name, item if isinstance(item, SplitInfo) else SplitInfo.from_json(item, str(name)))
            for name, item in items
        ]
        names = dataset_name or next((info.dataset_name for _, info in infos if info.dataset_name), None)
        return cls(((str(name), info) for name, info in infos), names)

    from_split_dict = from_json

    def add(self, split_info: SplitInfo) -> None:
        """Add a split."""
        if split_info.name in self:
            raise ValueError(f"the split {split_info.name!r} is there already")
        self[split_info.name] = split_info

    def to_json(self) -> dict[str, Any]:
        """Return the form in `dataset_info.json`."""
        return {str(name): info.to_json() for name, info in self.items()}

    def to_split_dict(self) -> list[SplitInfo]:
        """Return the splits as a list."""
        return list(self.values())

    def to_yaml(self) -> list[dict[str, Any]]:
        """Return the form in a README."""
        return [
            {"name": str(name), "num_bytes": info.num_bytes, "num_examples": info.num_examples}
            for name, info in self.items()
        ]

    @property
    def total_num_examples(self) -> int:
        """The rows of all splits."""
        return sum(info.num_examples for info in self.values())

    def copy(self) -> SplitDict:
        """Return a copy whose splits are copies."""
        return SplitDict({name: dataclasses.replace(info) for name, info in self.items()}, self.dataset_name)

    def __missing__(self, name: str) -> SplitInfo:
        raise SplitNotFound.of(name, self)


@dataclass
class DatasetInfo:
    """What is known of a dataset besides its rows.

    >>> DatasetInfo(description="Tweets", license="mit")
    DatasetInfo(description='Tweets', license='mit')
    """

    description: str = ""
    citation: str = ""
    homepage: str = ""
    license: str = ""
    features: Features | None = None
    post_processed: Any = None
    supervised_keys: SupervisedKeysData | None = None
    builder_name: str | None = None
    dataset_name: str | None = None
    config_name: str | None = None
    version: Version | None = None
    splits: SplitDict | None = None
    download_checksums: dict[str, Any] | None = None
    download_size: int | None = None
    post_processing_size: int | None = None
    dataset_size: int | None = None
    size_in_bytes: int | None = None

    IN_YAML: ClassVar[tuple[str, ...]] = (
        "config_name",
        "features",
        "splits",
        "download_size",
        "dataset_size",
    )

    def __post_init__(self) -> None:
        """Bring the written forms of fields into values; values are taken as they are, never copied."""
        if self.features is not None and not isinstance(self.features, Features):
            self.features = Features.from_dict(cast(Mapping[str, Any], self.features))
        if self.version is not None and not isinstance(self.version, Version):
            self.version = Version.of(self.version)
        if self.splits is not None and not isinstance(self.splits, SplitDict):
            self.splits = SplitDict.from_json(self.splits)
        keys = self.supervised_keys
        if keys is not None and not isinstance(keys, SupervisedKeysData):
            self.supervised_keys = (
                SupervisedKeysData(**keys) if isinstance(keys, Mapping) else SupervisedKeysData(*keys)
            )

    @classmethod
    def from_dict(cls, dataset_info_dict: Mapping[str, Any]) -> DatasetInfo:
        """Read the JSON form."""
        return cls(**{name: dataset_info_dict[name] for name in _names() if name in dataset_info_dict})

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form: what is not known is left out."""
        values: dict[str, Any] = {name: getattr(self, name) for name in _names() if getattr(self, name) is not None}
        if self.features is not None:
            values["features"] = self.features.to_dict()
        if self.supervised_keys is not None:
            values["supervised_keys"] = self.supervised_keys._asdict()
        if self.version is not None:
            values["version"] = self.version.to_json()
        if self.splits is not None:
            values["splits"] = self.splits.to_json()
        return values

    @classmethod
    def from_yaml(cls, data: Mapping[str, Any]) -> DatasetInfo:
        """Read the form of `dataset_info:` in a README."""
        values = {name: data[name] for name in _names() if data.get(name) is not None}
        if isinstance(features := values.get("features"), Sequence):
            values["features"] = Features.from_yaml(features)
        if splits := values.get("splits"):
            values["splits"] = SplitDict.from_json(splits)
        return cls(**values)

    @classmethod
    def of_card(cls, found: tuple[str, Mapping[str, Any]]) -> DatasetInfo:
        """Read what a card says, which is ("yaml", …) or ("json", …)."""
        form, data = found
        return cls.from_yaml(data) if form == "yaml" else cls.from_dict(data)

    def to_yaml(self) -> dict[str, Any]:
        """Return the form of `dataset_info:` in a README."""
        values: dict[str, Any] = {}
        if self.features is not None:
            values["features"] = self.features.to_yaml()
        if self.config_name is not None:
            values["config_name"] = self.config_name
        if self.splits is not None:
            values["splits"] = self.splits.to_yaml()
        sizes = {"download_size": self.download_size, "dataset_size": self.dataset_size}
        return values | {name: size for name, size in sizes.items() if size is not None}

    @classmethod
    def from_directory(
        cls, dataset_info_dir: str | Path, storage_options: Mapping[str, Any] | None = None
    ) -> DatasetInfo:
        """Read `dataset_info.json` in a directory, which may be a URL."""
        with _opened(dataset_info_dir, "dataset_info.json", "r", storage_options) as file:
            return cls.from_dict(json.load(file))

    def write_to_directory(
        self,
        dataset_info_dir: str | Path,
        pretty_print: bool = False,
        storage_options: Mapping[str, Any] | None = None,
    ) -> None:
        """Write `dataset_info.json` into a directory, which may be a URL, and the license's text beside it."""
        texts = {"dataset_info.json": json.dumps(self.to_dict(), indent=4 if pretty_print else None)}
        for name, text in (texts | ({"LICENSE": self.license} if self.license else {})).items():
            with _opened(dataset_info_dir, name, "w", storage_options) as file:
                file.write(text)

    @classmethod
    def from_merge(cls, dataset_infos: Iterable[DatasetInfo | None]) -> DatasetInfo:
        """Return what several infos say of their concatenation: texts joined, each once; the rest is unknown."""
        infos = [info for info in dataset_infos if info is not None]
        if infos and all(info == infos[0] for info in infos):
            return infos[0]
        return cls(
            description=_joined(info.description for info in infos),
            citation=_joined(info.citation for info in infos),
            homepage=_joined(info.homepage for info in infos),
            license=_joined(info.license for info in infos),
        )

    def update(self, other_dataset_info: DatasetInfo, ignore_none: bool = True) -> None:
        """Take over what another info knows."""
        for name in _names():
            value = getattr(other_dataset_info, name)
            if value is not None or not ignore_none:
                setattr(self, name, value)

    def copy(self) -> DatasetInfo:
        """Return a copy: changing its features or splits leaves this one as it is."""
        return dataclasses.replace(
            self,
            features=self.features.copy() if self.features is not None else None,
            splits=self.splits.copy() if self.splits is not None else None,
        )

    def __repr__(self) -> str:
        shown = [f"{name}={value!r}" for name in _names() if (value := getattr(self, name)) not in (None, "")]
        return f"DatasetInfo({', '.join(shown)})"


def _opened(
    directory: str | Path, name: str, mode: Literal["r", "w"], storage_options: Mapping[str, Any] | None
) -> IO[Any]:
    if "://" not in str(directory):
        return (Path(directory) / name).open(mode, encoding="utf-8")
    fsspec: Any = importlib.import_module("fsspec")
    opened: IO[Any] = fsspec.open(f"{directory}/{name}", mode, encoding="utf-8", **(storage_options or {})).open()
    return opened


@cache
def _names() -> tuple[str, ...]:
    return tuple(entry.name for entry in dataclasses.fields(DatasetInfo))


def _joined(texts: Iterable[str]) -> str:
    return "\n\n".join(dict.fromkeys(text.strip() for text in texts if text and text.strip()))
