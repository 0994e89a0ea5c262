"""Arrow arrays as numpy arrays: whole columns, and lists with one value per row.

Integers become int64 and floats float32 unless a dtype is asked for; the single values of rows keep their own
type. Lists of equal length are stacked, others are an object array of arrays. Every result may be written to:
nothing points into a memory map, unless `copy=False` asks for it, which gives arrays to be read only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from arrowsets.features import FeatureType
from arrowsets.features.buffers import filled, to_numpy
from arrowsets.formats.compiled import row_dicts
from arrowsets.lazy import pc

__all__ = ["Arrays", "Cells", "Shape", "join_chunks", "shape_of", "stack", "tensorize"]

AnyNumpy = npt.NDArray[Any]
Cells = list[Any]
Shape = tuple[int | None, ...]

# Beyond this a float32 skips integers.
_EXACT_IN_FLOAT32 = 1 << 24
_OVERFLOW = 1 << 31


class Arrays:
    """Turns Arrow arrays into numpy arrays.

    Args:
        dtype: The type of every number, flag and date. None: int64, float32, and as stored.
        dates: Show dates, times and durations as numpy does, not as Python objects.
        copy: Copy numbers that have their type already. If not, they are views of Arrow's memory, to be read only.
    """

    def __init__(self, dtype: npt.DTypeLike | None = None, *, dates: bool = True, copy: bool = True) -> None:
        self.dtype = None if dtype is None else np.dtype(dtype)
        self._dates = dates
        self._copy = copy

    def column(self, array: pa.Array[Any], shape: Shape | None = None) -> AnyNumpy:
        """Turn a column into one array.

        Args:
            array: The column.
            shape: The shape that each value has, where it is known: then null is an array of NaN.
        """
        null = self._null_of(array, shape)
        if null is not None:
            return self._stacked(array, null)
        array = plain(array)
        flat = self.flat(array)
        if flat is not None:
            return flat
        kind = array.type
        if _is_text(kind) or _is_bytes(kind):
            return _text(array.to_pylist())
        if is_list(kind):
            return self._lists(array)
        cells = self.cells(array, exact=False, nested=True)
        return stack(cells) if len(cells) else np.empty(0, object)

    def joined_numbers(self, array: pa.ChunkedArray[Any] | pa.Array[Any]) -> AnyNumpy | None:
        """Turn a column of several chunks into an array by one copy instead of two; None if it has no plain numbers."""
        if not isinstance(array, pa.ChunkedArray) or array.num_chunks < 2 or array.null_count:
            return None
        if not is_number(array.type) or pa.types.is_uint64(array.type):
            return None
        return self.typed(to_numpy(array))

    def is_settled(self, array: pa.ChunkedArray[Any] | pa.Array[Any]) -> bool:
        """Tell whether the array of a column is of one type, whichever of its values it is made of."""
        is_flat = is_number(array.type) or pa.types.is_boolean(array.type)
        return is_flat and array.null_count == 0 and (self.dtype is not None or not pa.types.is_uint64(array.type))

    def flat(self, array: pa.Array[Any]) -> AnyNumpy | None:
        """Turn a column of numbers, flags or dates into an array; None where there is no such array."""
        kind = array.type
        if is_number(kind):
            return self._numbers(array)
        if (pa.types.is_boolean(kind) and array.null_count == 0) or self._is_date(kind):
            return self._typed(to_numpy(array))
        return None

    def regular(self, array: pa.Array[Any]) -> AnyNumpy | None:
        """Turn a column without nulls, of scalars or of lists of equal length, into an array; else None."""
        array = plain(array)
        if array.null_count or self._is_date(array.type):
            return None
        if not is_list(array.type):
            return self.flat(array)
        offsets, values = list_parts(array)
        width = _common_width(offsets)
        if not width:
            return None
        inner = self.regular(values)
        return None if inner is None else inner.reshape(len(array), width, *inner.shape[1:])

    def cells(
        self, array: pa.Array[Any], shape: Shape | None = None, *, exact: bool = True, nested: bool = False
    ) -> Cells:
        """Turn a column into a list with what each row shows.

        Args:
            array: The column.
            shape: The shape that each value has, as for `column`.
            exact: Choose types for each row by itself, so that a null in one row does not turn the integers
                of another into floats.
            nested: The values lie inside of a list or struct, where null is None and text is a plain `str`.
        """
        null = self._null_of(array, shape)
        if null is not None:
            return _with_nulls(self.cells(plain(array)), array, null)
        array = plain(array)
        kind = array.type
        if is_number(kind):
            return self._number_cells(array, nested=nested)
        if pa.types.is_boolean(kind):
            return _with_nulls(list(self._typed(to_numpy(filled(array)))), array, None)
        if self._is_date(kind):
            return list(self._typed(to_numpy(array)))
        if is_list(kind):
            return self._list_cells(array, exact=exact)
        if pa.types.is_struct(kind):
            return self._struct_cells(array, exact=exact)
        values = array.to_pylist()
        if nested:
            return values
        if _is_text(kind):
            # What ends in a zero character stays a built-in string: numpy's would drop it.
            return [value if value is None or value[-1:] == "\0" else np.str_(value) for value in values]
        if _is_bytes(kind):
            return [value if value is None or value[-1:] == b"\0" else np.bytes_(value) for value in values]
        return values

    def reader(self, array: pa.Array[Any], shape: Shape | None = None) -> Callable[[int], Any]:
        """Return a function from a row's position to what the row shows, the same as in `cells`."""
        array = array if array.null_count else plain(array)
        kind = array.type
        if self.dtype is None and is_number(kind) and not array.null_count:
            # Reading one number makes a scalar that is a copy.
            return cast("Callable[[int], Any]", to_numpy(array).__getitem__)
        if is_list(kind) and is_number(kind.value_type) and not array.null_count:
            offsets, values = list_parts(array)
            if not values.null_count:
                return partial(self._list_at, offsets, values)
        return lambda index: self.cells(array.slice(index, 1), shape)[0]

    def _list_at(self, offsets: npt.NDArray[np.int64], values: pa.Array[Any], index: int) -> AnyNumpy:
        start = int(offsets[index])
        return self._numbers(values.slice(start, int(offsets[index + 1]) - start))

    def _is_date(self, kind: pa.DataType) -> bool:
        types = pa.types
        return self._dates and bool(types.is_date(kind) or types.is_timestamp(kind) or types.is_duration(kind))

    def _typed(self, values: AnyNumpy) -> AnyNumpy:
        if self.dtype is not None:
            return values.astype(self.dtype)
        return values if values.flags.writeable else values.copy()

    def _numbers(self, array: pa.Array[Any]) -> AnyNumpy:
        nulls = array.null_count
        if pa.types.is_floating(array.type):
            return to_numpy(array).astype(self._float_type(np.float32, nulls), copy=self._copy)
        if not nulls:
            return self._integers(to_numpy(array))
        whole = to_numpy(filled(array))
        wide = bool(len(whole)) and (whole.max() > _EXACT_IN_FLOAT32 or whole.min() < -_EXACT_IN_FLOAT32)
        values = whole.astype(self._float_type(np.float64 if wide else np.float32, nulls))
        values[_null_mask(array)] = np.nan
        return values

    def typed(self, values: AnyNumpy) -> AnyNumpy:
        """Return an array of numbers or flags, which is the caller's own, in the type that it is shown in."""
        if self.dtype is not None or values.dtype.kind == "b":
            return values if self.dtype is None else values.astype(self.dtype, copy=False)
        return values.astype(np.float32 if values.dtype.kind == "f" else np.int64, copy=False)

    def _float_type(self, default: npt.DTypeLike, nulls: int) -> np.dtype[Any]:
        if self.dtype is None:
            return np.dtype(default)
        if nulls and self.dtype.kind not in "fcO":
            raise ValueError(f"dtype {self.dtype} cannot hold the {nulls} nulls of a column; use a float dtype")
        return self.dtype

    def _integers(self, values: AnyNumpy) -> AnyNumpy:
        if self.dtype is not None:
            return values.astype(self.dtype, copy=self._copy)
        if values.dtype == np.uint64 and len(values) and values.max() > np.iinfo(np.int64).max:
            return values.copy()
        return values.astype(np.int64, copy=self._copy)

    def _number_cells(self, array: pa.Array[Any], *, nested: bool) -> Cells:
        nulls = array.null_count
        values = to_numpy(filled(array))
        if self.dtype is not None:
            values = values.astype(self._float_type(self.dtype, nulls))
        null: Any = None
        if not nested:
            null = values.dtype.type("nan") if values.dtype.kind == "f" else np.float64("nan")
        return _with_nulls(list(values), array, null)

    def _null_of(self, array: pa.Array[Any], shape: Shape | None) -> AnyNumpy | None:
        """Return what null looks like among arrays of one shape, if there are nulls among such arrays."""
        known = shape if shape is not None else getattr(array.type, "shape", None)
        if known is None or None in known or not array.null_count or not is_number(_leaf(plain(array).type)):
            return None
        return np.full(cast("Any", known), np.nan, self._float_type(np.float32, array.null_count))

    def _stacked(self, array: pa.Array[Any], null: AnyNumpy) -> AnyNumpy:
        out = np.broadcast_to(null, (len(array), *null.shape)).copy()
        present = array.drop_null()
        if len(present):
            out[~_null_mask(array)] = self.column(present)
        return out

    def _lists(self, array: pa.Array[Any]) -> AnyNumpy:
        regular = self.regular(array)
        if regular is not None:
            return regular
        return stack(self.cells(array, exact=False)) if len(array) else self._no_lists(array)

    def _no_lists(self, array: pa.Array[Any]) -> AnyNumpy:
        # Zero rows have no widths, so there is one dimension and the type of what would be in it.
        flat = self.flat(pa.array([], _leaf(array.type)))
        return np.empty(0, object) if flat is None else flat

    def _list_cells(self, array: pa.Array[Any], *, exact: bool) -> Cells:
        offsets, values = list_parts(array)
        values = plain(values)
        if is_number(values.type):
            cells = self._number_list_cells(offsets, values, exact=exact)
        else:
            regular = self.regular(values)
            if regular is not None:
                cells = _slices(regular, offsets, width=_common_width(offsets))
            else:
                inner = self.cells(values, exact=exact, nested=True)
                bounds = offsets.tolist()
                empty = self.flat(pa.array([], values.type))
                nothing = np.empty(0, object) if empty is None else empty
                cells = [stack(inner[a:b]) if b > a else nothing.copy() for a, b in pairwise(bounds)]
        return _with_nulls(cells, array, None)

    def _number_list_cells(self, offsets: npt.NDArray[np.int64], values: pa.Array[Any], *, exact: bool) -> Cells:
        width = _common_width(offsets)
        cells = _slices(self._numbers(values), offsets, width=width)
        if not (exact and values.null_count) or pa.types.is_floating(values.type):
            return cells
        whole = _slices(self._integers(to_numpy(filled(values))), offsets, width=width)
        counts = np.concatenate([[0], np.cumsum(_null_mask(values))])
        has_null = counts[offsets[1:]] > counts[offsets[:-1]]
        return [
            self._numbers(values.slice(start, len(cell))) if null else exact_cell
            for cell, exact_cell, null, start in zip(cells, whole, has_null, offsets.tolist(), strict=False)
        ]

    def _struct_cells(self, array: pa.Array[Any], *, exact: bool) -> Cells:
        fields = cast("pa.StructArray", array).flatten()
        names = [field.name for field in array.type]
        columns = [self.cells(field, exact=exact, nested=True) for field in fields]
        return _with_nulls(row_dicts(names, columns, len(array)), array, None)


def shape_of(feature: FeatureType | None) -> Shape | None:
    """Return the shape of each value of an array feature; None for other features."""
    return getattr(feature, "shape", None)


def join_chunks(array: pa.ChunkedArray[Any] | pa.Array[Any]) -> pa.Array[Any]:
    """Return a column as one array; types whose 32-bit offsets would overflow become their large forms."""
    if not isinstance(array, pa.ChunkedArray):
        return array
    if array.num_chunks == 1:
        return cast("pa.Array[Any]", array.chunk(0))
    kind = array.type
    if array.nbytes >= _OVERFLOW and not isinstance(kind, pa.BaseExtensionType):
        array = cast("pa.ChunkedArray[Any]", array.cast(_large(kind)))
    joined: pa.Array[Any] = array.combine_chunks()
    return joined


def plain(array: pa.Array[Any]) -> pa.Array[Any]:
    """Return an array of the same values in a type that is read directly."""
    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        return plain(cast("Any", array).storage)
    if pa.types.is_dictionary(kind):
        return plain(_decoded(cast("Any", array)))
    if pa.types.is_run_end_encoded(kind):
        return plain(pc.call_function("run_end_decode", [array]))
    if pa.types.is_list_view(kind) or pa.types.is_large_list_view(kind):
        return array.cast(pa.large_list(kind.value_type))
    return array


def _decoded(array: pa.DictionaryArray[Any, Any]) -> pa.Array[Any]:
    try:
        return array.dictionary_decode()
    except IndexError:
        # What lies below a null list may point anywhere; it is never shown.
        known = pc.less(array.indices, pa.scalar(len(array.dictionary)))
        indices: Any = pc.if_else(known, array.indices, pa.scalar(None, array.indices.type))
        return pa.DictionaryArray.from_arrays(indices, array.dictionary).dictionary_decode()


def list_parts(array: pa.Array[Any]) -> tuple[npt.NDArray[np.int64], pa.Array[Any]]:
    """Return where each list starts and ends in the values that follow, and those values."""
    if pa.types.is_fixed_size_list(array.type):
        size = array.type.list_size
        offsets = np.arange(len(array) + 1, dtype=np.int64) * size
        return offsets, cast("Any", array).values.slice(array.offset * size, len(array) * size)
    lists = cast("Any", array)
    starts = to_numpy(lists.offsets).astype(np.int64)
    if not len(starts):
        return np.zeros(1, np.int64), lists.values.slice(0, 0)
    first, last = int(starts[0]), int(starts[-1])
    return starts - first, lists.values.slice(first, last - first)


def stack(cells: Sequence[Any]) -> AnyNumpy:
    """Join what rows show into one array: stacked where all are alike, else an object array."""
    first = cells[0] if len(cells) else None
    if isinstance(first, np.ndarray):
        if all(isinstance(c, np.ndarray) and c.shape == first.shape and c.dtype == first.dtype for c in cells):
            return np.stack(cast("Sequence[AnyNumpy]", cells))
    elif isinstance(first, np.generic) and first.dtype.kind not in "US" and _one_type(cells):
        return np.array(cells)
    return np.fromiter(cells, dtype=object, count=len(cells))


def tensorize(value: Any, image: Callable[[AnyNumpy], AnyNumpy] | None = None) -> Any:
    """Turn a decoded value into arrays: images, lists of numbers, what dicts hold; text stays as it is.

    Args:
        value: What a feature decoded.
        image: What to do with the pixels of an image.
    """
    if isinstance(value, bool | float):
        return np.asarray(value)[()]
    if isinstance(value, int):
        return np.int64(value) if -(1 << 63) <= value < 1 << 63 else value
    if type(value) is dict:  # a subclass is an object of its own: audio that is not decoded yet
        return {key: tensorize(item, image) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return stack([tensorize(item, image) for item in value])
    if hasattr(value, "__array_interface__") and not isinstance(value, np.ndarray | np.generic):
        pixels = np.array(value)
        return pixels if image is None else image(pixels)
    return value


def is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def is_list(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind))


def _leaf(kind: pa.DataType) -> pa.DataType:
    leaf: Any = kind
    while is_list(leaf):
        leaf = leaf.value_type
    return cast("pa.DataType", leaf)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_bytes(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(
        types.is_binary(kind)
        or types.is_large_binary(kind)
        or types.is_binary_view(kind)
        or types.is_fixed_size_binary(kind)
    )


def _large(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_list(kind):
        return pa.large_list(_large(kind.value_type))
    if pa.types.is_string(kind):
        return pa.large_string()
    return pa.large_binary() if pa.types.is_binary(kind) else kind


def _null_mask(array: pa.Array[Any]) -> npt.NDArray[np.bool_]:
    mask: npt.NDArray[np.bool_] = to_numpy(array.is_null())
    return mask


def _with_nulls(cells: Cells, array: pa.Array[Any], null: Any) -> Cells:
    if array.null_count:
        for index in np.flatnonzero(_null_mask(array)).tolist():
            cells[index] = null
    return cells


def _common_width(offsets: npt.NDArray[np.int64]) -> int | None:
    """Return the length that all lists have, or None."""
    if len(offsets) < 2:
        return None
    width = int(offsets[1] - offsets[0])
    return width if width * (len(offsets) - 1) == offsets[-1] and bool((np.diff(offsets) == width).all()) else None


def _slices(values: AnyNumpy, offsets: npt.NDArray[np.int64], width: int | None) -> Cells:
    if width:
        return list(values.reshape(len(offsets) - 1, width, *values.shape[1:]))
    bounds = offsets.tolist()
    cells = [values[a:b] for a, b in pairwise(bounds)]
    if values.ndim > 1:
        # An empty list says nothing of the shape of what it would hold.
        return [cell if len(cell) else np.empty(0, object) for cell in cells]
    return cells


def _one_type(cells: Sequence[Any]) -> bool:
    kind = type(cells[0])
    return all(type(cell) is kind for cell in cells)


def _ends_in_zero(values: list[Any]) -> bool:
    # One search through all of them is done in C; which of them it is, is looked for only where there is one.
    zero: Any = "\0" if isinstance(values[0], str) else b"\0"
    return zero in zero[:0].join(values) and any(value[-1:] == zero for value in values)


def _text(values: list[Any]) -> AnyNumpy:
    """Make an array of text or bytes; numpy's own types hold no nulls, and drop trailing zero characters."""
    if not values:
        return np.empty(0, object)
    made = np.array(values) if None not in values else None
    if made is None or _ends_in_zero(values):
        return np.fromiter(values, dtype=object, count=len(values))
    return made
