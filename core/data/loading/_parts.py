"""Puts tables one below the other: parts of one table, or an official test part below training."""

from __future__ import annotations

import bisect
import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from core.contract import RawTable, Repair
from core.data.loading._one_reading import check_one_reading
from core.data.reading import NONE
from core.data.reading.typed import common_type
from core.errors import DataError

_NO_TIMES = (Repair("times", 1, "only some of the files have times: read without", warning=True),)
_COLUMNS = ("users", "items", "ratings", "timestamps", "events")


def stack(tables: Sequence[RawTable]) -> RawTable:
    """Put tables one below the other; each row still knows its file and line.

    Raises DataError where only some of them have ratings.
    """
    first = tables[0]
    for table in tables[1:]:
        if (first.ratings is None) != (table.ratings is None):
            hint = (
                "Name its column with --rating-column, or read all as interactions with --rating-column none."
            )
            path = table.files[0] if table.files else None
            raise DataError("only one of the files has ratings.", path=path, hint=hint)
    check_one_reading(tables)
    starts = np.cumsum([0, *(len(table.users) for table in tables)]).tolist()

    def part(index: int) -> tuple[RawTable, int]:
        place = min(bisect.bisect_right(starts, index) - 1, len(tables) - 1)
        return tables[place], index - starts[place]

    def line_of(index: int) -> int:
        table, row = part(index)
        return table.line_of(row)

    def path_of(index: int) -> str | None:
        table, row = part(index)
        return table.path_of(row) or (str(table.files[0]) if table.files else None)

    columns = {name: _append([getattr(table, name) for table in tables]) for name in _COLUMNS}
    lost = columns["timestamps"] is None and any(table.timestamps is not None for table in tables)
    return dataclasses.replace(
        first,
        **columns,
        found={**first.found, **({"time_column": NONE} if lost else {})},
        item_table=next((table.item_table for table in tables if table.item_table is not None), None),
        tags=next((table.tags for table in tables if table.tags), {}),
        repairs=(*(repair for table in tables for repair in table.repairs), *(_NO_TIMES if lost else ())),
        files=tuple(file for table in tables for file in table.files),
        line_of=line_of,
        path_of=path_of,
    )


def join(train: RawTable, test: RawTable) -> RawTable:
    """Append the test table to the training table; `held_out` counts its rows."""
    return dataclasses.replace(stack([train, test]), held_out=len(test.users))


def _append(columns: Sequence[Any]) -> Any:
    """One column of several, None where one is missing; different types become texts."""
    import pyarrow as pa

    if any(column is None for column in columns):
        return None
    chunks = [chunk for column in columns for chunk in _chunks(column)]
    if len({str(chunk.type) for chunk in chunks}) > 1:
        chunks = [_decoded(chunk) for chunk in chunks]
        kind = common_type([chunk.type for chunk in chunks])
        chunks = [chunk.cast(kind) for chunk in chunks]
    return pa.chunked_array(chunks)


def _decoded(chunk: Any) -> Any:
    import pyarrow as pa

    return chunk.dictionary_decode() if pa.types.is_dictionary(chunk.type) else chunk


def _chunks(column: Any) -> list[Any]:
    import pyarrow as pa

    if isinstance(column, pa.ChunkedArray):
        return list(column.chunks)
    return [column if isinstance(column, pa.Array) else pa.array(column)]
