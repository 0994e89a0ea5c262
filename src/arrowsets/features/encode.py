"""Arrow arrays of Python values: `array_of`.

Without a feature the type comes from the set of kinds of all values, level by level, so it cannot depend on
which value comes first. Lists are joined and structs taken apart before their values are looked at; Arrow
then builds each level in one call.
"""

from __future__ import annotations

import datetime as dt
import decimal
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from arrowsets.errors import ArrowsetsError, BadData, SchemaConflict
from arrowsets.features.base import FeatureType, registered
from arrowsets.features.buffers import of_numpy
from arrowsets.features.casting import cast_storage, locate, make_list, nulls
from arrowsets.features.inference import feature_of
from arrowsets.features.json_value import Json
from arrowsets.features.kinds import in_order, is_tensor, kind_of, kinds, medium, quick_array, to_arrow_or_numpy
from arrowsets.features.nested import List, Struct
from arrowsets.features.scalar import Value
from arrowsets.features.unification import unify_types

__all__ = ["array_of", "cast", "infer"]

Built = tuple["pa.Array[Any]", FeatureType]


def array_of(
    values: Any,
    feature: FeatureType | None = None,
    *,
    on_mixed: Literal["use_json"] | None = None,
    column: str | None = None,
) -> Built:
    """Build an Arrow array of values, and say what type it has.

    >>> array_of([1, None, 2.5])[1], array_of([[1], []])[1]
    (Value('float64'), List(Value('int64')))

    Args:
        values: A list, array, tensor or column of any library that is loaded.
        feature: The type to build; None takes the least that holds all values.
        on_mixed: "use_json" stores values of different kinds (1 and "a") as `Json`; None raises.
        column: The column's name, for messages.

    Raises:
        SchemaConflict: for a value that the type cannot hold, or values that no type holds; names the row.
        BadData: for text that is no Unicode.
    """
    values = _plain(values)
    if feature is not None:
        return _with_feature(values, feature, column), feature
    if isinstance(values, (pa.Array, pa.ChunkedArray)):
        found = feature_of(values.type)
        return cast_storage(_one(values), found.storage), found
    try:
        if isinstance(values, np.ndarray) and values.dtype.kind != "O":
            return _of_ndarray(values)
        return _Inference(on_mixed == "use_json").build(values if isinstance(values, list) else list(values))
    except _Mixed as mixed:
        raise mixed.conflict(column) from None


def infer(values: Any, *, on_mixed: Literal["use_json"] | None = None) -> FeatureType:
    """Return the least type that holds all values; see `array_of`.

    >>> infer([{"a": 1}, {"b": "x"}])
    {'a': Value('int64'), 'b': Value('string')}
    """
    return array_of(values, on_mixed=on_mixed)[1]


def cast(array: Any, feature: FeatureType, *, column: str | None = None) -> Any:
    """Cast an Arrow array, or a chunked one chunk by chunk, to a feature's storage, without loss.

    >>> cast(pa.array(["7", None]), Value("int32")).to_pylist()
    [7, None]

    Raises:
        SchemaConflict: for a value that does not fit; names column, row and value.
    """
    if not isinstance(array, pa.ChunkedArray):
        return _explained(array, feature.cast, column, 0)
    start, chunks = 0, []
    for chunk in array.chunks:
        chunks.append(_explained(chunk, feature.cast, column, start))
        start += len(chunk)
    join: Any = pa.chunked_array
    return join(chunks, type=feature.storage)


def _with_feature(values: Any, feature: FeatureType, column: str | None) -> pa.Array[Any]:
    if isinstance(values, (pa.Array, pa.ChunkedArray)):
        return _one(cast(values, feature, column=column))
    if isinstance(values, np.ndarray) and values.dtype.kind != "O" and not _takes_objects(feature):
        return cast(_of_ndarray(values)[0], feature, column=column)  # type: ignore[no-any-return]
    if not isinstance(values, (list, np.ndarray)):
        values = list(values)
    return _explained(values, feature.from_values, column, 0)


def _takes_objects(feature: FeatureType) -> bool:
    return feature.needs_encode and not isinstance(feature, Value)


def _explained(values: Any, build: Callable[[Any], pa.Array[Any]], column: str | None, start: int) -> pa.Array[Any]:
    """Build, and say in which row and column it failed if it did."""
    try:
        array = build(values)
    except (ArrowsetsError, ValueError, TypeError, OverflowError, pa.ArrowException) as error:
        part = values if isinstance(values, pa.Array) else _Sliced(values)
        row = locate(part, lambda piece: build(piece if isinstance(piece, pa.Array) else piece.values))
        shown = None if row is None or isinstance(values, pa.Array) else _short(values[row])
        raise _placed(error, column, None if row is None else start + row, shown) from error
    if isinstance(array, pa.ChunkedArray):
        raise SchemaConflict(f"{array.nbytes} bytes do not fit one array of {array.type}: build it of fewer values")
    return array


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:197]}..."


class _Sliced:
    """A list with the two methods that `locate` uses of arrays."""

    def __init__(self, values: Sequence[Any]) -> None:
        self.values = values

    def __len__(self) -> int:
        return len(self.values)

    def slice(self, start: int, length: int) -> _Sliced:
        return _Sliced(self.values[start : start + length])


def _placed(error: Exception, column: str | None, row: int | None, shown: str | None) -> ArrowsetsError:
    path, text = getattr(error, "column", None), str(error)
    if path is not None:
        text = text.removeprefix(f"column {path!r}: ")
    if shown is not None and shown not in text:
        text = f"{shown} does not fit: {text}"
    full = _joined(column, path)
    place = ", ".join(
        [*([f"column {full!r}"] if full is not None else []), *([f"row {row}"] if row is not None else [])]
    )
    if isinstance(error, UnicodeEncodeError):
        return BadData(f"the text is no Unicode: {error}", row=row, column=full)
    return SchemaConflict(f"{place}: {text}" if place else text, column=full)


def _joined(column: str | None, path: str | None) -> str | None:
    if column is None or path is None:
        return column if path is None else path
    return f"{column}{path}" if path.startswith("[]") else f"{column}.{path}"


def _one(array: Any) -> pa.Array[Any]:
    if not isinstance(array, pa.ChunkedArray):
        return array  # type: ignore[no-any-return]
    whole: Any = array.chunk(0) if array.num_chunks == 1 else pa.concat_arrays(array.chunks or [nulls(0, array.type)])
    return whole  # type: ignore[no-any-return]


def _plain(values: Any) -> Any:
    if isinstance(values, (list, np.ndarray, pa.Array, pa.ChunkedArray)):
        return values
    if is_tensor(values):
        return to_arrow_or_numpy(values)
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise TypeError(f"a column is made of a list, array or tensor of values, got {values!r}")
    return values


def _of_ndarray(array: npt.NDArray[Any]) -> Built:
    """Build from a NumPy array: further dimensions become lists, over the array's memory if contiguous."""
    if array.ndim == 0:
        raise TypeError(f"a column needs at least one dimension, got the scalar {array!r}")
    if array.dtype.names:
        built = {name: _of_ndarray(array[name]) for name in array.dtype.names}
        struct = Struct({name: feature for name, (_, feature) in built.items()})
        return pa.StructArray.from_arrays([column for column, _ in built.values()], fields=_fields(struct)), struct
    flat = _scalars(array.ravel())
    feature: FeatureType = feature_of(flat.type)
    count = array.size
    for size in reversed(array.shape[1:]):
        count = count // size if size else int(np.prod(array.shape[: array.shape.index(0)], dtype=np.int64))
        feature = List(feature)
        flat = make_list(feature.storage, np.arange(count + 1, dtype=np.int64) * size, flat, None)
    return flat, feature


def _scalars(flat: npt.NDArray[Any]) -> pa.Array[Any]:
    if flat.dtype.kind == "V" and flat.dtype.name == "bfloat16":
        flat = flat.astype(np.float32)
    if flat.dtype.kind in "cV" or (flat.dtype.itemsize == 16 and flat.dtype.kind == "f"):
        raise SchemaConflict(f"no type holds NumPy's {flat.dtype}; convert the array first")
    if not flat.dtype.isnative:
        flat = flat.astype(flat.dtype.newbyteorder("="))
    if flat.dtype.kind in "biuf":
        return of_numpy(flat)
    array: Any = pa.array(flat)
    return _one(array)


class _Mixed(Exception):  # it is a message between levels, not an error
    """Values that no type holds, on the way out of the nested levels."""

    def __init__(self, row: int, text: str, path: str = "", *, bad: bool = False) -> None:
        super().__init__(text)
        self.row, self.text, self.path, self.bad = row, text, path, bad

    def inside(self, row: int, path: str) -> _Mixed:
        """Return the same, seen from one level further out."""
        return _Mixed(row, self.text, f"{path}{_dotted(self.path)}", bad=self.bad)

    def conflict(self, column: str | None) -> ArrowsetsError:
        full = _joined(column, self.path or None)
        if self.bad:
            return BadData(self.text, row=self.row, column=full)
        place = f"column {full!r}, row {self.row}" if full else f"row {self.row}"
        return SchemaConflict(f"{place}: {self.text}", column=full)


class _Inference:
    """Builds arrays of the least type; `use_json` makes mixed values Json."""

    def __init__(self, use_json: bool) -> None:
        self.use_json = use_json

    def build(self, values: list[Any]) -> Built:
        quick = quick_array(values)
        if quick is not None:
            return quick, feature_of(quick.type)
        classes, found = kinds(values)
        if "foreign" in found or "text-like" in found or "ndarray" in found:
            values, classes, found = _normal(values, classes, found)
        if "null" in found:  # another library's null
            found = found - {"null"}
            values = [None if kind_of(type(value)) == "null" else value for value in values]
        if not found:
            return pa.nulls(len(values)), Value("null")
        if len(found) == 1:
            (kind,) = found
            maker: Callable[..., Built] | None = getattr(self, f"_{kind}", None)
            if maker is not None:
                return maker(values, classes)
        return self._several(values, classes, frozenset(found))

    def _several(self, values: list[Any], classes: set[type], found: frozenset[str]) -> Built:
        if found == {"bool", "int"} and bool not in classes:
            return self._int(values, classes)  # NumPy's booleans count as 0 and 1 among integers, as in NumPy and Arrow
        if found == {"int", "float"}:
            return self._float(values, {float})
        if found == {"int", "decimal"}:
            # Arrow counts the digits of decimals only.
            return self._decimal_and_int(values)
        if found == {"list", "ndarray"}:
            return self._list(values, classes)
        if found == {"date", "datetime"}:
            return self._datetime([_midnight(value) for value in values], classes)
        return self._mixed(values)

    def _mixed(self, values: list[Any]) -> Built:
        if self.use_json:
            try:
                return Json().from_values(values), Json()
            except (TypeError, ValueError):
                pass
        seen: dict[str, int] = {}
        for row, value in enumerate(values):
            kind = kind_of(type(value))
            if kind == "null":
                continue
            if kind == "other":
                raise _Mixed(row, f"no type holds {_short(value)} of type {type(value).__name__}")
            seen.setdefault(kind, row)
            if len(seen) > 1:
                other = next(iter(seen.values()))
                raise _Mixed(
                    row,
                    f"{_short(value)} has type {type(value).__name__}, but {_short(values[other])} "
                    f"before it has type {type(values[other]).__name__}, and no type holds both; "
                    "make them one type, or use on_mixed='use_json'",
                )
        raise _Mixed(0, f"no type holds {values[0]!r}")

    def _try(self, values: list[Any], *dtypes: pa.DataType | None) -> Built:
        """Build with the first type that holds all values."""
        for dtype in dtypes:
            try:
                array = pa.array(values, dtype)
            except UnicodeEncodeError:
                raise
            except (pa.ArrowException, OverflowError, ValueError, TypeError):
                continue
            if not isinstance(array, pa.ChunkedArray):
                return array, feature_of(array.type)
        return self._unfit(values, dtypes)

    def _unfit(self, values: list[Any], dtypes: tuple[pa.DataType | None, ...]) -> Built:
        if self.use_json:
            return self._mixed(values)
        row = locate(_Sliced(values), lambda piece: pa.array(piece.values, dtypes[0]))
        names = " or ".join(str(dtype) for dtype in dtypes if dtype is not None) or "the type"
        raise _Mixed(row or 0, f"{values[row or 0]!r} does not fit {names}, which the other rows need")

    def _bool(self, values: list[Any], classes: set[type]) -> Built:
        del classes
        return self._try(values, pa.bool_())

    def _int(self, values: list[Any], classes: set[type]) -> Built:
        alone = len(classes - {type(None)}) == 1 and int not in classes
        return self._try(values, None) if alone else self._try(values, pa.int64(), pa.uint64())

    def _float(self, values: list[Any], classes: set[type]) -> Built:
        alone = len(classes - {type(None)}) == 1 and not classes & {float, np.float64}
        return self._try(values, None if alone else pa.float64())

    def _decimal(self, values: list[Any], classes: set[type]) -> Built:
        del classes
        return self._try(values, None)

    def _decimal_and_int(self, values: list[Any]) -> Built:
        """Build as wide as decimals and integers that are apart would meet: those have the digits of their width."""
        ints = [value for value in values if kind_of(type(value)) == "int"]
        others = [value for value in values if kind_of(type(value)) == "decimal"]
        exact = [decimal.Decimal(value) if kind_of(type(value)) == "int" else value for value in values]
        meeting = unify_types(self._decimal(others, set())[0].type, self._int(ints, {int})[0].type)
        return self._try(exact, meeting, None)

    def _str(self, values: list[Any], classes: set[type]) -> Built:
        del classes
        try:
            return self._try(values, pa.string(), pa.large_string())
        except UnicodeEncodeError as error:
            row = next(row for row, value in enumerate(values) if isinstance(value, str) and not _is_unicode(value))
            text = f"{values[row]!r} is no Unicode text ({error.reason}); use bytes, or encode it"
            raise _Mixed(row, text, bad=True) from error

    def _bytes(self, values: list[Any], classes: set[type]) -> Built:
        del classes
        return self._try(values, pa.binary(), pa.large_binary())

    def _date(self, values: list[Any], classes: set[type]) -> Built:
        del classes
        return self._try(values, pa.date32())

    def _datetime(self, values: list[Any], classes: set[type]) -> Built:
        zones = {value.tzinfo for value in values if value is not None}
        # A pandas Timestamp has nanoseconds only if it says so, and without them reaches beyond the year 2262.
        unit: Any = "ns" if any(getattr(value, "nanosecond", 0) for value in values) else "us"
        if unit == "us" and any(hasattr(cls, "nanosecond") for cls in classes):
            values = [value.to_pydatetime() if hasattr(value, "nanosecond") else value for value in values]
        if zones == {None}:
            return self._try(values, pa.timestamp(unit))
        if None in zones:
            row = next(row for row, value in enumerate(values) if value is not None and value.tzinfo is None)
            if self.use_json:
                return self._mixed(values)
            raise _Mixed(row, f"{values[row]!r} has no time zone, but others have")
        if len(zones) == 1:
            zone = pa.array([next(value for value in values if value is not None)]).type.tz
            return self._try(values, pa.timestamp(unit, zone))
        return self._try(values, pa.timestamp(unit, "UTC"))

    def _datetime64(self, values: list[Any], classes: set[type]) -> Built:
        del classes
        present = np.array([value for value in values if value is not None])
        return self._try(np.array(values, dtype=present.dtype), None)  # type: ignore[arg-type]

    def _time(self, values: list[Any], classes: set[type]) -> Built:
        del classes
        return self._try(values, pa.time64("us"))

    def _timedelta(self, values: list[Any], classes: set[type]) -> Built:
        if classes <= {dt.timedelta, type(None)}:
            return self._try(values, pa.duration("us"))
        return self._try(values, pa.duration("ns"), pa.duration("us"))

    def _media(self, values: list[Any], classes: set[type]) -> Built:
        del classes
        names = [None if value is None else medium(type(value)) for value in values]
        chosen = next(name for name in names if name is not None)
        if others := [row for row, name in enumerate(names) if name not in {None, chosen}]:
            raise _Mixed(others[0], f"one column holds {chosen} objects, or {names[others[0]]} objects, but not both")
        kind: Any = registered()[chosen]
        feature = kind.of_object(next(value for value in values if value is not None))
        return feature.from_values(values), feature

    def _ndarray(self, values: list[Any], classes: set[type]) -> Built:
        present = [value for value in values if value is not None]
        first = present[0]
        if first.dtype.kind in "OV" or any(a.dtype != first.dtype or a.ndim != first.ndim for a in present):
            return self._list(values, classes)
        return _of_ndarrays(values, present)

    def _list(self, values: list[Any], classes: set[type]) -> Built:
        if not classes.isdisjoint((set, frozenset)):
            values = [in_order(value) if isinstance(value, (set, frozenset)) else value for value in values]
        lengths = np.fromiter((0 if value is None else len(value) for value in values), np.int64, len(values))
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        try:
            inner, feature = self.build(list(chain.from_iterable(value for value in values if value is not None)))
        except _Mixed as mixed:
            row = int(np.searchsorted(offsets, mixed.row, side="right")) - 1
            raise mixed.inside(row, "[]") from None
        outer = List(feature)
        return make_list(outer.storage, offsets, inner, _nulls(values)), outer

    def _dict(self, values: list[Any], classes: set[type]) -> Built:
        del classes
        names = dict.fromkeys(chain.from_iterable(value for value in values if value is not None))
        for name in names:
            if not isinstance(name, str):
                if self.use_json:
                    return self._mixed(values)
                row = next(row for row, value in enumerate(values) if value is not None and name in value)
                raise _Mixed(row, f"the key {name!r} is no string, so the dict is no struct; use on_mixed='use_json'")
        built = {name: self._field(values, name) for name in names}
        struct = Struct({name: feature for name, (_, feature) in built.items()})
        if not names:
            return pa.array([None if value is None else {} for value in values], pa.struct([])), struct
        columns = [column for column, _ in built.values()]
        return pa.StructArray.from_arrays(columns, fields=_fields(struct), mask=_nulls(values)), struct

    def _field(self, values: list[Any], name: str) -> Built:
        try:
            return self.build([None if value is None else value.get(name) for value in values])
        except _Mixed as mixed:
            raise mixed.inside(mixed.row, name) from None


def _fields(struct: Struct) -> list[pa.Field[Any]]:
    return [feature.field(name) for name, feature in struct.items()]


def _dotted(path: str) -> str:
    return path if not path or path.startswith("[]") else f".{path}"


def _nulls(values: Sequence[Any]) -> pa.Array[Any] | None:
    mask = np.fromiter((value is None for value in values), bool, len(values))
    return of_numpy(mask) if mask.any() else None


def _midnight(value: Any) -> Any:
    if value is None or isinstance(value, dt.datetime):
        return value
    return dt.datetime.combine(value, dt.time())  # a date has no zone


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _normal(values: list[Any], classes: set[type], found: set[Any]) -> tuple[list[Any], set[type], set[Any]]:
    """Turn tensors into arrays, arrays without dimension into scalars, and paths and the like into text."""
    scalars = "ndarray" in found and any(isinstance(value, np.ndarray) and value.ndim == 0 for value in values)
    if found == {"ndarray"} and not scalars:
        return values, classes, found
    values = [_normal_value(value) for value in values]
    return values, *kinds(values)


def _normal_value(value: Any) -> Any:
    kind = kind_of(type(value))
    if kind == "foreign":
        value = to_arrow_or_numpy(value)
        return value.to_pylist() if isinstance(value, (pa.Array, pa.ChunkedArray)) else value
    if kind == "text-like":
        return str(value)
    if kind == "ndarray" and value.ndim == 0:
        return value[()]
    return value


def _of_ndarrays(values: Sequence[Any], present: Sequence[npt.NDArray[Any]]) -> Built:
    """Build lists of arrays of one dtype and number of dimensions, of any shapes, by joining their memory."""
    array = _scalars(np.concatenate([value.ravel() for value in present]))
    feature: FeatureType = feature_of(array.type)
    for depth in range(present[0].ndim - 1, 0, -1):
        lengths = np.repeat(
            [value.shape[depth] for value in present],
            [int(np.prod(value.shape[:depth], dtype=np.int64)) for value in present],
        )
        feature = List(feature)
        array = make_list(feature.storage, np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]), array, None)
    lengths = np.fromiter((0 if value is None else len(value) for value in values), np.int64, len(values))
    feature = List(feature)
    offsets = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
    return make_list(feature.storage, offsets, array, _nulls(values)), feature
