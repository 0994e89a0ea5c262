"""`arrowsets test`: whether a dataset loads, and its card written from what was found."""

from __future__ import annotations

import argparse
import gc
import shutil
from pathlib import Path

from arrowsets import hub
from arrowsets.cli.command import Command
from arrowsets.config import settings
from arrowsets.dataset import DatasetDict
from arrowsets.derive import default_store
from arrowsets.describe import get_dataset_config_names
from arrowsets.info import DatasetInfo, SplitDict, SplitInfo
from arrowsets.load import load_dataset
from arrowsets.resolve import resolve

__all__ = ["COMMAND"]

_CARD = "README.md"


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dataset", metavar="PATH", help="a dataset on a hub, a directory, a file or a URL")
    parser.add_argument("--name", metavar="CONFIG", help="the configuration (default: the default one)")
    parser.add_argument("--all_configs", "--all-configs", action="store_true", help="each configuration in turn")
    parser.add_argument("--cache_dir", "--cache-dir", metavar="DIR", help="a cache directory of its own")
    parser.add_argument("--data_dir", "--data-dir", metavar="DIR", help="a directory within the dataset")
    parser.add_argument(
        "--save_info",
        "--save_infos",
        "--save-info",
        action="store_true",
        help="write types, rows and sizes into README.md: of the directory PATH, else of one named like the dataset",
    )
    parser.add_argument(
        "--ignore_verifications",
        "--ignore-verifications",
        action="store_true",
        help="do not compare the numbers of rows with those that the card declares",
    )
    parser.add_argument(
        "--force_redownload", "--force-redownload", action="store_true", help="read the files again, whatever is cached"
    )
    parser.add_argument(
        "--clear_cache",
        "--clear-cache",
        action="store_true",
        help="afterwards remove what was cached; with --cache_dir",
    )
    parser.add_argument("--num_proc", "--num-proc", type=int, metavar="N", help="worker processes")


def _run(args: argparse.Namespace) -> None:
    if args.clear_cache and not args.cache_dir:
        raise ValueError("--clear_cache removes what was cached: say where with --cache_dir")
    if args.name is not None and args.all_configs:
        raise ValueError("--name and --all_configs say two things; give one")
    names = get_dataset_config_names(args.dataset) if args.all_configs else [args.name]
    for number, name in enumerate(names, 1):
        recipe = resolve(args.dataset, name, args.data_dir, cache_dir=args.cache_dir)
        print(f"Testing builder {recipe.config_name!r} ({number}/{len(names)})", flush=True)
        data = _loaded(args, name)
        if args.save_info:
            sizes = [file.size or 0 for files in recipe.files.values() for file in files]
            print(f"Dataset card saved at {_save(args.dataset, recipe.config_name, data, sum(sizes))}")
        if args.clear_cache:
            keys = {Path(file["filename"]).parent.name for files in data.cache_files.values() for file in files}
            del data
            _clear(args.cache_dir, keys)
    print("Test successful.")


def _loaded(args: argparse.Namespace, name: str | None) -> DatasetDict:
    made: DatasetDict = load_dataset(
        args.dataset,
        name,
        data_dir=args.data_dir,
        cache_dir=args.cache_dir,
        download_mode="force_redownload" if args.force_redownload else None,
        verification_mode="no_checks" if args.ignore_verifications or args.save_info else "all_checks",
        num_proc=args.num_proc,
    )
    return made


def _save(path: str, config: str, data: DatasetDict, download_size: int) -> Path:
    folder = Path(path) if Path(path).is_dir() else Path(Path(path).name)
    folder.mkdir(parents=True, exist_ok=True)
    splits = {name: SplitInfo(name, split.nbytes, split.num_rows, dataset_name=None) for name, split in data.items()}
    info = DatasetInfo(
        config_name=config,
        features=next(iter(data.values())).features,
        splits=SplitDict(splits),
        download_size=download_size,
        dataset_size=sum(split.num_bytes for split in splits.values()),
    )
    card = folder / _CARD
    text = card.read_bytes().decode() if card.is_file() else None
    card.write_bytes(hub.card_with_info(text, info, config).encode())
    return card


def _clear(cache_dir: str, keys: set[str]) -> None:
    # What is mapped is in use, and what is in use is not removed.
    gc.collect()
    default_store(cache_dir).remove(keys)
    shutil.rmtree(settings().downloads_below(Path(cache_dir)), ignore_errors=True)


COMMAND = Command(
    """
arrowsets test my_dataset/
arrowsets test my_dataset/ --all_configs --save_info  # and write what was found into my_dataset/README.md
arrowsets test alice/reviews --cache_dir /tmp/cache --clear_cache
""",
    _arguments,
    _run,
)
