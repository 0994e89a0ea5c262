"""Make the environment that is measured: `python benchmarks/environment.py`.

A virtual environment in benchmarks/.cache/venv with a wheel of this tree and the released Hugging Face datasets.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCES = ("src", "builders", "pyproject.toml", "README.md", "LICENSE")
STAMP = "arrowsets-source.txt"
REFERENCE = "datasets==5.2.0"
OTHERS = ("polars", "tokenizers", "pillow")
TORCH = ("torch==2.13.0", "--extra-index-url", "https://download.pytorch.org/whl/cpu")


def copy_sources(target: Path) -> None:
    """Copy what a wheel is made of."""
    for name in SOURCES:
        source = HERE.parent / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        elif source.exists():
            shutil.copy(source, target / name)


def source_digest() -> str:
    """Return a digest of the tree's code, to tell whether an environment was made from it."""
    state = hashlib.blake2b(digest_size=16)
    for folder in ("src", "builders"):
        for path in sorted((HERE.parent / folder).rglob("*.py")):
            state.update(f"{path.relative_to(HERE.parent)}\0".encode() + path.read_bytes())
    return state.hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--torch", action="store_true", help="install PyTorch too, for the DataLoader step")
    parser.add_argument("--cache", default=str(HERE / ".cache"), help="where the environment is made")
    options = parser.parse_args()
    cache = Path(options.cache).resolve()
    wheels, place = cache / "wheels", cache / "venv"
    shutil.rmtree(wheels, ignore_errors=True)
    if not place.exists():
        venv.create(place, with_pip=True)
    python = str(place / ("Scripts" if os.name == "nt" else "bin") / "python")
    # Variables that lead to a working copy must not be seen by the build nor by the installation.
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def pip(*arguments: str) -> None:
        subprocess.run([python, "-m", "pip", "--disable-pip-version-check", *arguments], env=clean, check=True)

    with tempfile.TemporaryDirectory(dir=cache) as folder:
        # A copy: what an earlier build left in the tree would go into the wheel.
        copy_sources(Path(folder))
        pip("wheel", "--quiet", "--no-deps", "--wheel-dir", str(wheels), folder)
    (wheel,) = wheels.glob("arrowsets-*.whl")
    pip("install", "--quiet", REFERENCE, *OTHERS, *(TORCH if options.torch else ()))
    pip("install", "--quiet", str(wheel))
    pip("install", "--quiet", "--no-deps", "--force-reinstall", str(wheel))
    (cache / "venv" / STAMP).write_text(source_digest())
    print(f"{python} has {wheel.name} and {REFERENCE}")


if __name__ == "__main__":
    sys.exit(main())
