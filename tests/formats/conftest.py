"""Tables that the tests of formats share."""

from __future__ import annotations

import pyarrow as pa
import pytest


@pytest.fixture
def table() -> pa.Table:
    return pa.table({"a": [1, None, 3], "s": ["x", "yé", None], "l": [[1, 2], [], [3]]})
