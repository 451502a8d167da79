"""How ids are written: 12.0 is 12 where a table with gaps made decimals of whole numbers."""

from __future__ import annotations

import re
from typing import Any

_WHOLE_DECIMAL = re.compile(r"(-?(?:0|[1-9]\d{0,17}))\.0+")


def as_written(name: str) -> str:
    """An id without the spaces around it and without the ".0" of a whole number."""
    text = name.strip()
    whole = _WHOLE_DECIMAL.fullmatch(text)
    return whole.group(1) if whole else text


def distinct_ids(column: Any) -> set[str]:
    """The distinct ids of a column (Arrow, NumPy or list) as texts, as written."""
    import pyarrow as pa

    if isinstance(column, pa.Array):
        column = pa.chunked_array([column])
    if not isinstance(column, pa.ChunkedArray):
        column = pa.chunked_array([pa.array(column)])
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    values = [value for chunk in column.chunks for value in chunk.dictionary.to_pylist()]
    return {as_written(str(value)) for value in values if value is not None}
