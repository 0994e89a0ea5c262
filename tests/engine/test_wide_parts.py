"""Parts of a dataset whose tables have many columns."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from arrowsets import Features, Value
from arrowsets.engine import parts


def test_the_names_of_a_wide_table_are_asked_for_once() -> None:
    class Wide:
        asked = 0

        @property
        def column_names(self) -> list[str]:
            self.asked += 1
            return ["a", "b", "c"]

        def column(self, place: int) -> Any:
            return pa.chunked_array([[place]])

    wide: Any = Wide()
    features = Features(dict.fromkeys("cab", Value("int64")))
    table = parts._conform_table(wide, 1, 0, features, features.arrow_schema, None)
    assert table.to_pylist() == [{"c": 2, "a": 0, "b": 1}]
    assert wide.asked == 1
