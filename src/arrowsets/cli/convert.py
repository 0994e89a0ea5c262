"""`arrowsets convert`: from any format that can be read to any that can be written."""

from __future__ import annotations

import argparse
from pathlib import Path

from arrowsets.cli.command import Command
from arrowsets.cli.source import open_path, open_split
from arrowsets.dataset import Dataset
from arrowsets.errors import UnknownName
from arrowsets.export.arrow import write_file

__all__ = ["COMMAND"]

FORMATS = {
    ".csv": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".arrow": "arrow",
}


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="IN", help="a file, a directory, a URL, or what save_to_disk wrote")
    parser.add_argument("target", metavar="OUT", help="a file, or for several splits a directory")
    parser.add_argument("--split", metavar="SPLIT", help="train, train[:10%%]+test … (default: all)")
    parser.add_argument("--to", choices=sorted(set(FORMATS.values())), help="the format (default: by OUT's extension)")
    parser.add_argument("--num-proc", type=int, metavar="N", help="worker processes")


def _run(args: argparse.Namespace) -> None:
    target = Path(args.target)
    name = args.to or FORMATS.get(target.suffix.lower())
    if name is None:
        raise UnknownName.of("extension", target.suffix, FORMATS)
    if args.split is not None:
        _write(open_split(args.source, args.split, args.num_proc), target, name, args.num_proc)
        return
    splits = open_path(args.source, args.num_proc)
    if len(splits) == 1:
        _write(next(iter(splits.values())), target, name, args.num_proc)
    elif name == "arrow":
        splits.save_to_disk(target, num_proc=args.num_proc)
        print(f"{target}: {sum(splits.num_rows.values()):,} rows in {len(splits)} splits")
    else:
        target.mkdir(parents=True, exist_ok=True)
        for split, dataset in splits.items():
            _write(dataset, target / f"{split}.{name}", name, args.num_proc)


def _write(dataset: Dataset, target: Path, name: str, num_proc: int | None) -> None:
    if name == "arrow" and target.suffix == ".arrow":
        write_file(dataset._view, dataset.features, str(target))
    elif name == "arrow":
        dataset.save_to_disk(str(target), num_proc=num_proc)
    elif name == "csv":
        dataset.to_csv(str(target), num_proc=num_proc)
    elif name == "parquet":
        dataset.to_parquet(str(target))
    else:
        dataset.to_json(str(target), num_proc=num_proc, lines=name == "jsonl")
    print(f"{target}: {dataset.num_rows:,} rows")


COMMAND = Command(
    """
arrowsets convert data.csv data.parquet
arrowsets convert data.jsonl head.csv --split 'train[:1000]'
arrowsets convert my_dataset/ out/ --to parquet --num-proc 4  # a file for each split
arrowsets convert data.csv saved/ --to arrow  # a directory for load_from_disk
arrowsets convert data.csv data.arrow  # one file for Dataset.from_file
""",
    _arguments,
    _run,
)
