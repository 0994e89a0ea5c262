"""Memory: the same work on data and on four times as much, which must not take more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness import Step


def load(library: str) -> Callable[[Path], Any]:
    return lambda path: __import__(library).load_dataset("csv", data_files=str(path), split="train")


def add(dataset: Any) -> Any:
    return dataset.map(lambda batch: {"total": [count + 1 for count in batch["count"]]}, batched=True)


def keep(dataset: Any) -> Any:
    return dataset.filter(lambda batch: [count > 500 for count in batch["count"]], batched=True)


def export(dataset: Any, out: Path) -> Any:
    dataset.to_parquet(str(out / "table.parquet"))


def nothing(result: Any) -> None:
    del result


WORK: dict[str, tuple[str, Callable[..., Any] | None]] = {
    "load csv": (".csv", None),
    "batched map": ("", add),
    "batched filter": ("", keep),
    "to_parquet": ("", export),
}

for name, (suffix, function) in WORK.items():
    for times, data in (("1x", "table"), ("4x", "table4x")):
        step = Step(f"memory: {name} {times}", data + suffix, memory=True)
        for library in ("arrowsets", "datasets"):
            step.run(library)(function if function is not None else load(library))
        step.summary()(nothing)
        step.module = __name__
