"""What becomes of the card: `configs:` and `dataset_info:` of one configuration, written beside those of others or removed."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from arrowsets import registry
from arrowsets.errors import SchemaConflict
from arrowsets.features import Features
from arrowsets.files import DataFile
from arrowsets.files.card import DEFAULT, read_card
from arrowsets.files.find import splits_of
from arrowsets.files.inference import infer_splits
from arrowsets.hub.readme import edit_yaml, read_head, with_head
from arrowsets.info import DatasetInfo, SplitDict, SplitInfo
from arrowsets.record import dataclass

__all__ = ["LEGACY", "OVERRIDE", "README", "ConfigChange", "card_with_info", "cards_without", "changed_cards"]

README: Final = "README.md"
OVERRIDE: Final = ".huggingface.yaml"
LEGACY: Final = "dataset_infos.json"
_KEYS = ("configs", "dataset_info")


@dataclass(frozen=True)
class ConfigChange:
    """What becomes of a configuration.

    Attributes:
        name: Which one.
        data_dir: Where its files lie.
        features: The types of its columns.
        splits: The splits that were written: their rows and bytes.
        download_size: Bytes of all files of the configuration.
        only: The configuration has no other splits from now on.
        default: It is the one that is meant when none is named; False: it is not; None: as it was.
    """

    name: str
    data_dir: str
    features: Features
    splits: Mapping[str, SplitInfo]
    download_size: int
    only: bool = False
    default: bool | None = None


def changed_cards(texts: Mapping[str, str | None], paths: Iterable[str], change: ConfigChange) -> dict[str, str]:
    """Return the new texts of the files that make up the card, those that change.

    Args:
        texts: Their texts now, of `README.md` and `.huggingface.yaml`.
        paths: All files of the repository.

    Raises:
        SchemaConflict: if splits that stay have other columns.
        ValueError: if another configuration is called "default" and this one is to be meant by default.
    """
    head = read_head(texts.get(README))
    override = read_head(f"---\n{texts[OVERRIDE]}\n---\n") if texts.get(OVERRIDE) else {}
    current = {**head, **override}
    stays = read_card(texts.get).infos.get(change.name)
    known = DatasetInfo.of_card(stays) if stays is not None else DatasetInfo()
    configs = _configs(current.get("configs"), paths, change)
    info = _merged_info(known, configs, change)
    values = {"configs": configs, "dataset_info": _infos(current.get("dataset_info"), info, change.name)}
    made = {README: with_head(texts.get(README), values)}
    if any(key in override for key in _KEYS):
        made[OVERRIDE] = edit_yaml(texts[OVERRIDE] or "", {key: values[key] for key in _KEYS if key in override})
    return {path: text for path, text in made.items() if text != texts.get(path)}


def _configs(current: object, paths: Iterable[str], change: ConfigChange) -> list[dict[str, Any]]:
    configs = [dict(entry) for entry in current] if isinstance(current, Sequence) else []
    if not configs:
        # What was inferred from the names of files is no longer, once there is a list of configurations.
        configs = _of_files(
            path for path in paths if change.name == DEFAULT or not path.startswith(f"{change.data_dir}/")
        )
    names = [str(entry.get("config_name")) for entry in configs]
    if change.default and change.name != DEFAULT and DEFAULT in names:
        raise ValueError(
            f"there is a configuration named {DEFAULT!r}, which is the one that is meant when none is named; rename it "
            f"before {change.name!r} can be that"
        )
    own: dict[str, Any] = configs[names.index(change.name)] if change.name in names else {"config_name": change.name}
    patterns = _by_split(own) if not change.only and change.name in names else {}
    patterns |= {split: f"{change.data_dir}/{split}-*" for split in change.splits}
    own["data_files"] = [{"split": split, "path": path} for split, path in patterns.items()]
    if change.name not in names:
        configs.append(own)
    if change.default is not None:
        for entry in configs if change.default else [own]:
            entry.pop("default", None)
        if change.default:
            own["default"] = True
    return configs


def _by_split(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the patterns of each split, relative to the root."""
    given = config.get("data_files")
    if given is None:
        return {}
    found: dict[str, Any] = {}
    for split, patterns in splits_of(given).items():
        listed = [str(pattern) for pattern in patterns]
        found[split] = listed[0] if len(listed) == 1 else listed
    return found


def _of_files(paths: Iterable[str]) -> list[dict[str, Any]]:
    """Return the configuration that files mean without one."""
    splits = infer_splits(path for path in paths if _is_data(path))
    if not splits:
        return []
    data_files = []
    for split, found in splits.items():
        shards = f"data/{split}-*"
        named = shards if all(fnmatch.fnmatchcase(path, shards) for path in found) else found
        data_files.append({"split": split, "path": named[0] if len(named) == 1 else named})
    return [{"config_name": DEFAULT, "data_files": data_files}]


def _is_data(path: str) -> bool:
    hidden = path.startswith((".", "__")) or "/." in path or "/__" in path
    return not hidden and registry.builder_of_extension(DataFile(path).extension) is not None


def _merged_info(known: DatasetInfo, configs: Sequence[Mapping[str, Any]], change: ConfigChange) -> DatasetInfo:
    stay = {} if change.only else {n: s for n, s in (known.splits or {}).items() if n not in change.splits}
    if stay and known.features is not None and known.features != change.features:
        raise SchemaConflict(
            f"the splits {', '.join(map(repr, stay))} of the configuration {change.name!r} have other types "
            f"({known.features}) than what is pushed ({change.features}); cast one of them, or push under another "
            "config_name"
        )
    splits = {**stay, **change.splits}
    order = [str(item["split"]) for item in _own(configs, change.name)["data_files"]]
    ordered = {name: splits[name] for name in (*order, *splits) if name in splits}
    return replace(
        DatasetInfo(config_name=change.name),
        features=change.features,
        splits=SplitDict({name: replace(split, name=name) for name, split in ordered.items()}),
        download_size=change.download_size,
        dataset_size=sum(split.num_bytes for split in ordered.values()),
    )


def _own(configs: Sequence[Mapping[str, Any]], name: str) -> Mapping[str, Any]:
    return next(entry for entry in configs if entry.get("config_name") == name)


def _infos(current: object, info: DatasetInfo, name: str) -> Any:
    """Return `dataset_info:` with that of one configuration replaced, in the shape that the reference writes."""
    entries = [current] if isinstance(current, Mapping) else current if isinstance(current, Sequence) else []
    by_name = {str(entry.get("config_name", DEFAULT)): dict(entry) for entry in entries}
    by_name[name] = {**by_name.get(name, {}), **info.to_yaml()}
    if len(by_name) == 1:
        (only,) = by_name.values()
        if name == DEFAULT:
            only.pop("config_name", None)
        return only
    return [
        {"config_name": each, **{k: v for k, v in entry.items() if k != "config_name"}}
        for each, entry in by_name.items()
    ]


def card_with_info(readme: str | None, info: DatasetInfo, name: str) -> str:
    """Return a README with another `dataset_info:` of one configuration."""
    return with_head(readme, {"dataset_info": _infos(read_head(readme).get("dataset_info"), info, name)})


def cards_without(texts: Mapping[str, str | None], name: str) -> dict[str, str]:
    """Return the new texts of the files that tell of a configuration, without what they tell of it.

    Args:
        texts: Their texts now, of `README.md`, `.huggingface.yaml` and `dataset_infos.json`.
    """
    made: dict[str, str] = {}
    if (text := texts.get(README)) is not None and (changed := _without(read_head(text), name)):
        made[README] = with_head(text, changed)
    if (text := texts.get(OVERRIDE)) and (changed := _without(read_head(f"---\n{text}\n---\n"), name)):
        made[OVERRIDE] = edit_yaml(text, changed)
    if (text := texts.get(LEGACY)) and name in (known := json.loads(text)):
        made[LEGACY] = json.dumps({key: info for key, info in known.items() if key != name}, indent=2)
    return made


def _without(head: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the keys that change; those of which nothing is left are None."""
    changed: dict[str, Any] = {}
    for key in (*_KEYS, "config_names"):
        given = head.get(key)
        entries = [given] if isinstance(given, Mapping) else given if isinstance(given, list) else []
        left = [entry for entry in entries if _name_of(entry) != name]
        if len(left) < len(entries):
            changed[key] = left or None
    return changed


def _name_of(entry: object) -> str:
    return str(entry.get("config_name", DEFAULT) if isinstance(entry, Mapping) else entry)
