"""Modules under the names that scripts for Hugging Face `datasets` import; each only passes on what lies elsewhere.

This directory is on the package's own path, behind it: `arrowsets.dataset_dict` is `compat/paths/dataset_dict.py`.
"""
