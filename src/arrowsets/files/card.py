"""What a directory says of itself: YAML at the head of its README, `.huggingface.yaml`, the older `dataset_infos.json`.

---
configs:
- config_name: en
  data_files: en/*.csv            # or a list, or a list of {split, path}, or a mapping split -> patterns
  data_dir: en                    # what patterns are relative to
  default: true
  sep: ";"                        # everything else goes to the builder
dataset_info:                     # of one configuration, or a list of them
  config_name: en
  features: …
---
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any, Final, NamedTuple

from arrowsets.errors import BadData, UnknownName
from arrowsets.lazy import pattern
from arrowsets.record import dataclass

__all__ = ["Card", "Config", "Parts", "front_matter", "parts_of", "patterns_in", "read_card"]

_SETTINGS = frozenset({"config_name", "data_files", "data_dir", "default"})
DEFAULT = "default"
# Not `splitlines`: a text in quotes may hold other separators.
_LINE_END: Final = r"(?:\r\n|\r|\n)"
_BLANKS: Final = r"[^\S\r\n]*"
_FRONT: Final = pattern(
    rf"(\ufeff?{_BLANKS}---{_BLANKS}{_LINE_END})((?:.*?{_LINE_END})??)({_BLANKS}---{_BLANKS}(?:{_LINE_END}|\Z))",
    re.DOTALL,
)
_END: Final = pattern(_LINE_END)
_OVERRIDE = ".huggingface.yaml"
_LEGACY = "dataset_infos.json"


@dataclass(frozen=True)
class Config:
    """One entry of `configs:`."""

    name: str = DEFAULT
    data_files: Any = None
    data_dir: str | None = None
    default: bool = False
    keywords: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Card:
    """What a directory says of itself.

    Attributes:
        configs: In the order in which they are written; empty if none are.
        infos: Of each configuration, `dataset_info:` (YAML form, key "yaml") or the older JSON form (key "json").
    """

    configs: tuple[Config, ...] = ()
    infos: Mapping[str, tuple[str, Mapping[str, Any]]] = field(default_factory=dict)

    @property
    def config_names(self) -> tuple[str, ...]:
        """The names of the configurations."""
        return tuple(config.name for config in self.configs) or (DEFAULT,)

    def default_name(self) -> str | None:
        """Return the configuration that is meant when none is named; None if one must be named."""
        chosen = [config.name for config in self.configs if config.default]
        names = self.config_names
        return chosen[0] if chosen else DEFAULT if DEFAULT in names else names[0] if len(names) == 1 else None

    def config(self, name: str | None) -> Config:
        """Return a configuration.

        Raises:
            ValueError: when one must be named, or the name does not exist; lists those that do.
        """
        wanted = name if name is not None else self.default_name()
        if wanted is None:
            listed = ", ".join(map(repr, self.config_names))
            raise ValueError(f"several configurations and no default: name one of {listed}")
        for config in self.configs or (Config(),):
            if config.name == wanted:
                return config
        raise UnknownName.of("configuration", wanted, self.config_names)


def read_card(read: Callable[[str], str | None]) -> Card:
    """Build the card of a directory.

    Args:
        read: Returns the text of a file in the directory, None if there is none.
    """
    data: dict[str, tuple[str, Any]] = {}
    if (text := read("README.md")) is not None and (head := front_matter(text)) is not None:
        data.update({key: ("README.md", value) for key, value in _mapping(head, "README.md").items()})
    if (text := read(_OVERRIDE)) is not None:
        data.update({key: (_OVERRIDE, value) for key, value in _mapping(text, _OVERRIDE).items()})
    infos: dict[str, tuple[str, Mapping[str, Any]]] = {}
    if (text := read(_LEGACY)) is not None:
        infos.update(_legacy_infos(text))
    if "dataset_info" in data:
        infos.update({name: ("yaml", info) for name, info in _infos(*data["dataset_info"])})
    return Card(_configs(*data["configs"]) if "configs" in data else (), infos)


def read_directory(root: str | Path) -> Card:
    """Build the card of a local directory."""
    return read_card(lambda name: _read(Path(root) / name))


def _read(path: Path) -> str | None:
    try:
        return path.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except UnicodeDecodeError as error:
        raise BadData(f"not UTF-8: {error}", file=str(path)) from error


class Parts(NamedTuple):
    """A README cut at the lines around its YAML; together they are the whole text."""

    opening: str
    head: str
    closing: str
    body: str


def parts_of(readme: str) -> Parts | None:
    """Cut a README; None if there is no YAML at its top.

    >>> parts_of("---\\nlicense: mit\\n---\\n# Title")
    Parts(opening='---\\n', head='license: mit\\n', closing='---\\n', body='# Title')
    """
    match = _FRONT.match(readme)
    return None if match is None else Parts(match[1], match[2], match[3], readme[match.end() :])


def front_matter(readme: str) -> str | None:
    """Return the YAML between the `---` lines at the top of a README.

    >>> front_matter("---\\nlicense: mit\\n---\\n# Title")
    'license: mit'
    """
    parts = parts_of(readme)
    return None if parts is None else _END.sub("\n", parts.head).removesuffix("\n")


def _mapping(text: str, file: str) -> Mapping[str, Any]:
    import yaml

    try:
        data = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - safe ones
    except yaml.YAMLError as error:
        raise BadData(f"its YAML cannot be read: {error}", file=file) from error
    if data is None:
        return {}
    if not isinstance(data, Mapping):
        raise BadData(f"its YAML is a {type(data).__name__} and not a mapping", file=file)
    return data


def _configs(file: str, data: object) -> tuple[Config, ...]:
    if data is None:
        return ()
    if not isinstance(data, Sequence) or isinstance(data, str):
        raise BadData(f"`configs` is a list of mappings, not {data!r}", file=file)
    configs = tuple(_config(file, entry) for entry in data)
    names = [config.name for config in configs]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise BadData(f"`configs` names {', '.join(map(repr, twice))} twice", file=file)
    defaults = [repr(config.name) for config in configs if config.default]
    if len(defaults) > 1:
        raise BadData(f"`configs` has several defaults: {', '.join(defaults)}; keep one `default: true`", file=file)
    return configs


def _config(file: str, entry: object) -> Config:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("config_name"), str):
        raise BadData(f"each of `configs` is a mapping with a `config_name`, not {entry!r}", file=file)
    keywords = {str(key): value for key, value in entry.items() if key not in _SETTINGS}
    data_dir = entry.get("data_dir")
    return Config(
        entry["config_name"],
        entry.get("data_files"),
        str(data_dir) if data_dir is not None else None,
        bool(entry.get("default", False)),
        keywords,
    )


def _infos(file: str, data: object) -> list[tuple[str, Mapping[str, Any]]]:
    if data is None:
        return []
    entries = [data] if isinstance(data, Mapping) else data
    if not isinstance(entries, Sequence) or not all(isinstance(entry, Mapping) for entry in entries):
        raise BadData(f"`dataset_info` is a mapping or a list of mappings, not {data!r}", file=file)
    return [(str(entry.get("config_name", DEFAULT)), entry) for entry in entries]


def _legacy_infos(text: str) -> dict[str, tuple[str, Mapping[str, Any]]]:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise BadData(f"its JSON cannot be read: {error}", file=_LEGACY) from error
    if not isinstance(data, Mapping):
        raise BadData("its JSON is not an object", file=_LEGACY)
    return {str(name): ("json", info) for name, info in data.items() if isinstance(info, Mapping)}


def patterns_in(given: object) -> Iterator[str]:
    """Yield all patterns in any form of `data_files`."""
    if isinstance(given, (str, os.PathLike)):
        yield os.fspath(given)
    elif isinstance(given, Mapping):
        for value in given.values():
            yield from patterns_in(value)
    elif isinstance(given, Iterable):
        for item in given:
            yield from patterns_in(item)
