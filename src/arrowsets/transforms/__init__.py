"""Transforms: pure functions from batches to columns, run by any driver."""
