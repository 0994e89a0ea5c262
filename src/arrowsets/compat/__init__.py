"""For scripts and libraries made for Hugging Face `datasets`: its classes for code of one's own, its import paths.

- `conversion`: `from_hf` and `to_hf`, from one library's datasets to the other's without copying rows
- `scripts`: `GeneratorBasedBuilder` and its like, for builders written as classes
- `experimental`: a mark for functions
- `downloads`: `DownloadManager`, `DownloadConfig` and the modes of `load_dataset`
- `paths`: modules under the names that scripts import: `arrowsets.arrow_dataset`, `arrowsets.utils.logging` …
"""
