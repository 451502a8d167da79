"""Joins the official training and test parts of a data set into one table that knows the border."""

from __future__ import annotations

import dataclasses
from typing import Any

from core.contract.data import RawTable


def join(train: RawTable, test: RawTable) -> RawTable:
    """Append the test table to the training table; `held_out` counts its rows."""
    border = _length(train)

    def line_of(index: int) -> int:
        return train.line_of(index) if index < border else test.line_of(index - border)

    def path_of(index: int) -> str | None:
        return train.path_of(index) if index < border else str(test.files[0]) if test.files else None

    timed = train.timestamps is not None and test.timestamps is not None
    return dataclasses.replace(
        train,
        users=_append(train.users, test.users),
        items=_append(train.items, test.items),
        ratings=_append(train.ratings, test.ratings),
        timestamps=_append(train.timestamps, test.timestamps) if timed else None,
        item_table=train.item_table or test.item_table,
        tags=train.tags or test.tags,
        repairs=(*train.repairs, *test.repairs),
        files=(*train.files, *test.files),
        line_of=line_of,
        path_of=path_of,
        held_out=_length(test),
    )


def _length(table: RawTable) -> int:
    return len(table.ratings)


def _append(first: Any, second: Any) -> Any:
    import pyarrow as pa

    chunks = [chunk for column in (first, second) for chunk in _chunks(column)]
    if len({str(chunk.type) for chunk in chunks}) > 1:
        chunks = [chunk.cast(pa.string()) for chunk in chunks]
    return pa.chunked_array(chunks)


def _chunks(column: Any) -> list[Any]:
    import pyarrow as pa

    if isinstance(column, pa.ChunkedArray):
        return list(column.chunks)
    return [column if isinstance(column, pa.Array) else pa.array(column)]
