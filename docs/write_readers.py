"""Writes docs/readers: a page for each reader, made of its options.

To be run after changing one: `python docs/write_readers.py`.
"""

from __future__ import annotations

from pathlib import Path

from arrowsets import registry

PLACE = Path(__file__).parent / "readers"


def pages() -> dict[str, str]:
    """Return the text of each page by its file's name."""
    names = [name for name in registry.builder_names() if registry.builder(name).__module__.startswith("arrowsets.")]
    made = {f"{name}.md": registry.builder_help(name).rstrip() + "\n" for name in names}
    titles = {name: made[f"{name}.md"].split("\n\n")[1].replace("\n", " ") for name in names}
    index = "\n".join(f"- [{name}]({name}.md): {title}" for name, title in titles.items())
    head = (
        "# Readers\n\n"
        "`load_dataset(name, data_files=…, **options)` reads files with the reader of that name; a path alone finds it by\n"
        "the files' extensions. An option that a page does not explain is that of `pandas.read_csv`.\n\n"
        "Some need packages that are not installed with arrowsets; the error then says which extra has them. In advance:\n"
        "`pip install 'arrowsets[image,audio,video,pdf,nifti,mesh,bio,hdf5,lance,vortex,iceberg,tsfile,webdataset,sql]'`, and\n"
        "`compression` (zst, lz4), `archives` (7z, rar), `polars`, `torch`, `dask`, `server` (the hub and the viewer).\n\n"
    )
    return {"README.md": f"{head}{index}\n", **made}


if __name__ == "__main__":
    PLACE.mkdir(exist_ok=True)
    for old in PLACE.glob("*.md"):
        old.unlink()
    for file, text in pages().items():
        (PLACE / file).write_text(text, encoding="utf-8")
