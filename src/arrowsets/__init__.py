"""Datasets as memory-mapped Arrow tables: load, transform, stream and look at training data."""
