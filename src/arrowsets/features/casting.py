"""Arrow arrays cast without loss, through lists, structs, dictionaries and extensions.

What does not fit is an error that names the value and where it stands, never a changed value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

from arrowsets.errors import SchemaConflict
from arrowsets.features.buffers import is_valid, of_numpy, to_numpy
from arrowsets.lazy import pattern, pc

__all__ = [
    "cast_storage",
    "decoded",
    "is_listlike",
    "is_text",
    "list_parts",
    "locate",
    "make_list",
    "of_text",
    "storage_of",
    "struct_fields",
]

# The stubs know no members of list, struct and extension arrays.
Arr: TypeAlias = Any
_list_from_arrays: Any = pa.ListArray.from_arrays
_large_from_arrays: Any = pa.LargeListArray.from_arrays
_fixed_from_arrays: Any = pa.FixedSizeListArray.from_arrays


def is_listlike(dtype: Any) -> bool:
    """Tell whether a type is a list of any kind (a map is one of key-value structs)."""
    return (
        pa.types.is_list(dtype)
        or pa.types.is_large_list(dtype)
        or pa.types.is_fixed_size_list(dtype)
        or pa.types.is_list_view(dtype)
        or pa.types.is_large_list_view(dtype)
        or pa.types.is_map(dtype)
    )


def is_text(dtype: pa.DataType) -> bool:
    """Tell whether a type holds text."""
    return pa.types.is_string(dtype) or pa.types.is_large_string(dtype) or pa.types.is_string_view(dtype)


def nulls(length: int, dtype: pa.DataType) -> pa.Array[Any]:
    """Return an array of nulls of any type."""
    make: Any = pa.nulls
    result: pa.Array[Any] = make(length, dtype)
    return result


def decoded(array: Arr) -> Arr:
    """Return the values of a dictionary- or run-end-encoded array, else the array itself."""
    if pa.types.is_dictionary(array.type):
        return decoded(array.dictionary_decode())
    if pa.types.is_run_end_encoded(array.type):
        return decoded(pc.call_function("run_end_decode", [array]))
    return array


def storage_of(array: Arr) -> Arr:
    """Return the array below encodings and extensions; children keep theirs."""
    array = decoded(array)
    if isinstance(array, pa.ExtensionArray):
        return storage_of(array.storage)
    return array


def struct_fields(array: Arr) -> dict[str, Arr]:
    """Return a struct array's fields by name, null where the struct is: what lies below is arbitrary."""
    names = [array.type.field(i).name for i in range(array.type.num_fields)]
    columns = array.flatten() if array.null_count else [array.field(i) for i in range(len(names))]
    return dict(zip(names, columns, strict=True))


def list_parts(array: Arr) -> tuple[np.ndarray[Any, np.dtype[np.int64]], Arr]:
    """Return a list array's offsets, from 0 on, and the values that they cut; null lists count as empty."""
    dtype = array.type
    if pa.types.is_list_view(dtype) or pa.types.is_large_list_view(dtype):
        return _view_parts(array)
    offsets = np.zeros(len(array) + 1, dtype=np.int64)
    if pa.types.is_fixed_size_list(dtype):
        lengths = np.full(len(array), dtype.list_size, dtype=np.int64)
        if array.null_count:
            lengths[~is_valid(array)] = 0
        np.cumsum(lengths, out=offsets[1:])
        return offsets, array.flatten()
    raw = to_numpy(array.offsets).astype(np.int64)
    values = array.values
    if array.null_count and bool(np.any(np.diff(raw)[~is_valid(array)])):
        # Null lists that still own values: flatten() drops those, so lengths must too.
        lengths = np.where(~is_valid(array), 0, np.diff(raw))
        np.cumsum(lengths, out=offsets[1:])
        return offsets, array.flatten()
    return raw - raw[0], values.slice(int(raw[0]), int(raw[-1] - raw[0]))


def _view_parts(array: Arr) -> tuple[np.ndarray[Any, np.dtype[np.int64]], Arr]:
    # Not by Arrow's cast: that of pyarrow 26.0.1 gives a wrong last offset where there are nulls.
    starts = to_numpy(array.offsets).astype(np.int64)
    lengths = to_numpy(array.sizes).astype(np.int64)
    if array.null_count:
        lengths[~is_valid(array)] = 0
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
    indices = np.repeat(starts - offsets[:-1], lengths) + np.arange(offsets[-1])
    return offsets, array.values.take(of_numpy(indices))


def make_list(dtype: Any, offsets: np.ndarray[Any, Any], values: Arr, mask: Arr | None) -> pa.Array[Any]:
    """Build a list, large list or fixed-size list array from offsets that start at 0."""
    result: pa.Array[Any] = _make_list(dtype, offsets, values, mask)
    return result


def _make_list(dtype: Any, offsets: np.ndarray[Any, Any], values: Arr, mask: Arr | None) -> Arr:
    if pa.types.is_fixed_size_list(dtype):
        return _make_fixed(dtype, offsets, values, mask)
    if pa.types.is_list_view(dtype) or pa.types.is_large_list_view(dtype):
        plain = make_list(pa.large_list(dtype.value_field), offsets, values, mask)
        return plain.cast(dtype)
    if pa.types.is_large_list(dtype):
        return _large_from_arrays(of_numpy(offsets), values, type=dtype, mask=mask)
    if len(offsets) and offsets[-1] > np.iinfo(np.int32).max:
        raise SchemaConflict(f"{offsets[-1]} values do not fit one array of {dtype}: use LargeList, or smaller batches")
    return _list_from_arrays(of_numpy(offsets.astype(np.int32)), values, type=dtype, mask=mask)


def _make_fixed(dtype: Any, offsets: np.ndarray[Any, Any], values: Arr, mask: Arr | None) -> Arr:
    size: int = dtype.list_size
    lengths = np.diff(offsets)
    valid = np.ones(len(lengths), dtype=bool) if mask is None else ~np.asarray(mask)
    wrong = np.flatnonzero(valid & (lengths != size))
    if len(wrong):
        raise SchemaConflict(f"a list has {lengths[wrong[0]]} values, but the type is {dtype}: exactly {size}")
    if not valid.all():
        starts = np.where(valid, offsets[:-1], 0)
        indices: Any = (starts[:, None] + np.arange(size)).ravel()
        values = values.take(pa.array(indices, mask=np.repeat(~valid, size)))
    return _fixed_from_arrays(values, type=dtype, mask=mask)


def cast_storage(array: Arr, to: Any, path: str = "") -> pa.Array[Any]:
    """Cast an array to a type, exactly.

    Args:
        array: Any array; encodings and extensions are taken off.
        to: The type to reach. It may hold `pa.json_()`, which takes text as it is.
        path: Where the array stands, for messages.

    Raises:
        SchemaConflict: for a value that the type cannot hold; names value, row and path.
    """
    result: pa.Array[Any] = _cast(array, to, path)
    return result


def _cast(array: Arr, to: Any, path: str) -> Arr:
    if array.type.equals(to):
        return array
    array = storage_of(array)
    if isinstance(to, pa.BaseExtensionType):
        return pa.ExtensionArray.from_storage(to, cast_storage(array, to.storage_type, path))
    if pa.types.is_null(array.type):
        return nulls(len(array), to)
    if pa.types.is_struct(to):
        return _cast_struct(array, to, path)
    if is_listlike(to) and not pa.types.is_map(to):
        return _cast_list(array, to, path)
    return _cast_plain(array, to, path)


def _cast_struct(array: Arr, to: Any, path: str) -> Arr:
    if not pa.types.is_struct(array.type):
        raise _conflict(array.type, to, path)
    have = struct_fields(array)
    wanted = [to.field(i) for i in range(to.num_fields)]
    extra = [name for name in have if name not in {field.name for field in wanted}]
    if extra:
        raise SchemaConflict(
            f"{_where(path)}the struct has fields {extra!r} that its type {to} lacks", column=path or None
        )
    children = [
        cast_storage(have[field.name], field.type, _join(path, field.name))
        if field.name in have
        else nulls(len(array), field.type)
        for field in wanted
    ]
    mask = array.is_null() if array.null_count else None
    if not wanted:
        return pa.array([{} if valid else None for valid in array.is_valid().to_pylist()], type=to)
    return pa.StructArray.from_arrays(children, fields=wanted, mask=mask)


def _cast_list(array: Arr, to: Any, path: str) -> Arr:
    if not is_listlike(array.type):
        raise _conflict(array.type, to, path)
    offsets, values = list_parts(array)
    mask = array.is_null() if array.null_count else None
    try:
        return make_list(to, offsets, cast_storage(values, to.value_type, _join(path, "[]")), mask)
    except SchemaConflict as error:
        if error.column is None and path:
            raise SchemaConflict(f"{_where(path)}{error}", column=path) from error
        raise


def _cast_plain(array: Arr, to: Any, path: str) -> Arr:
    if is_listlike(array.type) or pa.types.is_struct(array.type):
        raise _conflict(array.type, to, path)
    try:
        quick = _cast_integers(array, to)
        return _cast_checked(array, to) if quick is None else quick
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        row = locate(array, lambda part: _cast_checked(part, to)) if not _unsupported(error) else None
        shown = f"value {array[row].as_py()!r}" if row is not None else f"type {array.type}"
        raise SchemaConflict(f"{_where(path)}{shown} does not fit {to}: {error}", column=path or None) from error


def _unsupported(error: Exception) -> bool:
    return isinstance(error, pa.ArrowNotImplementedError)


def _cast_checked(array: Arr, to: Any) -> Arr:
    source = array.type
    if pa.types.is_boolean(to) and (pa.types.is_integer(source) or pa.types.is_floating(source)):
        known = pc.is_in(array, value_set=pa.array([0, 1], pa.int8()).cast(source), skip_nulls=True)
        if not pc.all(pc.or_(known, array.is_null()), min_count=0).as_py():
            raise pa.ArrowInvalid("only 0 and 1 are booleans")
    if pa.types.is_decimal(to):
        array = _before_decimal(array, to)
    if (pa.types.is_string_view(source) or pa.types.is_binary_view(source)) and not _is_view(to):
        array = array.cast(pa.large_string() if pa.types.is_string_view(source) else pa.large_binary())
    if is_text(array.type) and (pa.types.is_time(to) or pa.types.is_duration(to) or pa.types.is_float16(to)):
        return of_text(array, to)
    result = array.cast(to)
    if pa.types.is_floating(to) and pa.types.is_floating(source) and to.bit_width < source.bit_width:
        _check_finite(array, result)
    if pa.types.is_timestamp(source) and _drops_part(array, result):
        raise pa.ArrowInvalid("part of the timestamp would be lost")
    return result


def _before_decimal(array: Arr, to: Any) -> Arr:
    """Return what Arrow casts to a decimal type right: or raise, as it should, where digits have no room."""
    if pa.types.is_boolean(array.type):
        array = array.cast(pa.int8())
    if pa.types.is_integer(array.type):
        array = array.cast(pa.decimal128(20, 0))  # Arrow wants room for any integer, not only for those that are there
    if not pa.types.is_decimal(array.type):
        return array
    if to.scale > array.type.scale:
        # pyarrow 26.0.1 checks the precision after the digits have run over.
        extremes: Any = pc.min_max(array)
        for value in extremes.as_py().values():
            if value is not None and abs(value) >= 10 ** (to.precision - to.scale):
                raise pa.ArrowInvalid(f"{value} does not fit in {to}")
    if to.bit_width < 128:
        # pyarrow 26.0.1 cuts off the upper digits of a decimal that is too large for 32 or 64 bits.
        wide = pa.decimal256 if pa.types.is_decimal256(array.type) else pa.decimal128
        array = array.cast(wide(to.precision, to.scale))
    return array


def _cast_integers(array: Arr, to: Any) -> Arr | None:
    """Return integers as others, by numpy; None where that takes Arrow.

    Arrow's kernels take 30 ms to import, in each process that gets tokens from a map.
    """
    if not (pa.types.is_integer(array.type) and pa.types.is_integer(to)) or array.null_count or not len(array):
        return None
    numbers, dtype = to_numpy(array), np.dtype(str(to))
    allowed: Any = np.iinfo(dtype)
    if int(numbers.min()) < allowed.min or int(numbers.max()) > allowed.max:
        return None  # Arrow says what does not fit
    return of_numpy(numbers.astype(dtype))


def of_text(array: Arr, to: Any) -> Arr:
    """Read texts as times, durations or small floats, which Arrow does not; they are spelled as files of ours are."""
    if pa.types.is_float16(to):
        return array.cast(pa.float32()).cast(to)
    texts = array.cast(pa.large_string())
    if pa.types.is_time(to):
        day, gap = (pa.scalar(text, pa.large_string()) for text in ("1970-01-01", " "))
        return pc.binary_join_element_wise(day, texts, gap).cast(pa.timestamp(to.unit)).cast(to)
    return pa.array([_steps(text, to) for text in texts.to_pylist()], pa.int64()).cast(to)


_DURATION = pattern(r"(-?\d+) days? \+?(\d+):(\d\d):(\d\d)(?:\.(\d{1,9}))?")
_STEPS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def _steps(text: str | None, to: Any) -> int | None:
    if text is None:
        return None
    if (match := _DURATION.fullmatch(text)) is None:
        raise pa.ArrowInvalid(f"{text!r} is no duration, such as '1 days 02:03:04.5'")
    days, hours, minutes, seconds = (int(part) for part in match.groups()[:4])
    whole = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    count, rest = divmod(int((match[5] or "").ljust(9, "0")) * _STEPS[to.unit], 10**9)
    if rest:
        raise pa.ArrowInvalid(f"part of {text!r} would be lost")
    return whole * _STEPS[to.unit] + count


def _drops_part(array: Arr, result: Arr) -> bool:
    # Arrow takes the date or the time out of a timestamp without a word.
    if pa.types.is_time(result.type):
        return True
    return pa.types.is_date(result.type) and not result.cast(array.type).equals(array)


def _is_view(dtype: pa.DataType) -> bool:
    return pa.types.is_string_view(dtype) or pa.types.is_binary_view(dtype)


def _check_finite(array: Arr, result: Arr) -> None:
    if not pc.is_inf(result).equals(pc.is_inf(array)):
        raise pa.ArrowInvalid("the value is larger than the largest of that type")


def locate(array: Arr, attempt: Callable[[Arr], object]) -> int | None:
    """Return the first row at which `attempt` fails, found by halving; None if no single row does."""
    start, stop = 0, len(array)
    while stop - start > 1:
        middle = (start + stop) // 2
        if _fails(array.slice(start, middle - start), attempt):
            stop = middle
        else:
            start = middle
    return start if stop > start and _fails(array.slice(start, 1), attempt) else None


def _fails(array: Arr, attempt: Callable[[Arr], object]) -> bool:
    try:
        attempt(array)
    except (pa.ArrowException, ValueError, TypeError, OverflowError):
        return True
    return False


def _conflict(source: pa.DataType, to: Any, path: str) -> SchemaConflict:
    return SchemaConflict(f"{_where(path)}{source} cannot be cast to {to}", column=path or None)


def _where(path: str) -> str:
    return f"column {path!r}: " if path else ""


def _join(path: str, name: str) -> str:
    if name == "[]":
        return f"{path}[]"
    return f"{path}.{name}" if path else name
