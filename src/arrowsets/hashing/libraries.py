"""Which handler serves a class of a known library, found by name so that no library is imported for it."""

from __future__ import annotations

from typing import cast

from arrowsets.hashing import arrays, tables, tokenizing
from arrowsets.hashing.visiting import Handler

__all__ = ["library_handler"]

# (library, class or base class) -> handler
_HANDLERS: dict[tuple[str, str], object] = {
    ("numpy", "ndarray"): arrays.array,
    ("numpy", "generic"): arrays.scalar,
    ("numpy", "dtype"): arrays.dtype,
    ("numpy", "ufunc"): arrays.ufunc,
    ("numpy", "vectorize"): arrays.vectorized,
    ("numpy", "Generator"): arrays.generator,
    ("numpy", "RandomState"): arrays.generator,
    ("pyarrow", "Array"): tables.arrow_array,
    ("pyarrow", "ChunkedArray"): tables.arrow_array,
    ("pyarrow", "Table"): tables.arrow_table,
    ("pyarrow", "RecordBatch"): tables.arrow_table,
    ("pyarrow", "Scalar"): tables.arrow_scalar,
    ("pyarrow", "Schema"): tables.described,
    ("pyarrow", "Field"): tables.described,
    ("pyarrow", "DataType"): tables.described,
    ("pyarrow", "Expression"): tables.described,
    ("pandas", "DataFrame"): tables.frame,
    ("pandas", "Series"): tables.series,
    ("pandas", "Index"): tables.index,
    ("polars", "DataFrame"): tables.polars_frame,
    ("polars", "LazyFrame"): tables.polars_frame,
    ("polars", "Series"): tables.polars_frame,
    ("polars", "Expr"): tables.polars_frame,
    ("torch", "Tensor"): arrays.tensor,
    ("torch", "Generator"): arrays.torch_generator,
    ("jaxlib", "ArrayImpl"): arrays.jax_array,
    ("tensorflow", "EagerTensor"): arrays.jax_array,
    ("tokenizers", "Tokenizer"): tokenizing.fast,
    ("transformers", "PreTrainedTokenizerBase"): tokenizing.pretrained,
}


def library_handler(kind: type) -> Handler | None:
    """Return the handler for a class of a known library or for a class derived from one, or None."""
    for base in kind.__mro__:
        found = _HANDLERS.get((base.__module__.partition(".")[0], base.__name__))
        if found is not None:
            return cast("Handler", found)
    return None
