"""Reads a matrix of users × items as one rating a row."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from core.array_types import FloatArray, LongArray
from core.contract import Location, RawTable, ReadingOptions, Repair
from core.data.reading import Head, is_number, wide_user
from core.data.reading.text._arrow import ParseError, no_rows, read_columns
from core.data.reading.text._dialect import Dialect
from core.data.reading.text._locating import line_of, rows
from core.data.reading.text._numbers import LEFT_OUT, NumberError, parse_numbers
from core.errors import DataError


def read_wide(location: Location, dialect: Dialect, head: Head, options: ReadingOptions) -> RawTable:
    """Melt the matrix: an empty cell is no rating; raises DataError for a cell that is no number."""
    if not dialect.sample:
        raise no_rows(location)
    user = wide_user(head, options)
    places = [place for place in range(dialect.width) if place != user]
    ids, values = _cells(location, dialect, user, places, options)
    names = [dialect.names[place] for place in places]
    label = "rows" if user is None else dialect.names[user]
    table, rows_of = melted(ids, values, names, label, options)
    return dataclasses.replace(table, line_of=lambda index: line_of(location, dialect, int(rows_of[index])))


def melted(
    ids: Any, values: FloatArray, names: Sequence[str], label: str, options: ReadingOptions
) -> tuple[RawTable, LongArray]:
    """One row for each cell that isn't empty (NaN), and the row of the matrix that it comes from.

    `values` has shape (users, items); `ids` are the users', or None where rows stand for themselves.
    """
    names, values, repairs = _without_counts(names, values, options)
    row, column = np.nonzero(~np.isnan(values))
    users = np.arange(1, len(values) + 1) if ids is None else ids
    message = f"a matrix of {values.shape[0]} users × {values.shape[1]} items: {len(row)} cells hold ratings"
    found: dict[str, object] = {
        "layout": "wide",
        "user_column": label,
        "item_column": "names",
        "rating_column": "cells",
        "time_column": "none",
    }
    table = RawTable(
        users=users[row],
        items=np.array(names)[column],
        ratings=values[row, column],
        found=found,
        repairs=(Repair("matrix", len(row), message), *repairs),
    )
    return table, row


def _cells(
    location: Location, dialect: Dialect, user: int | None, places: list[int], options: ReadingOptions
) -> tuple[Any, FloatArray]:
    """The ids of the users, and the cells as float32, shape (users, items), NaN where empty."""
    import pyarrow as pa

    types: dict[int, Any] = dict.fromkeys(places, pa.float32())
    if user is not None:
        types[user] = pa.string()
    try:
        columns = read_columns(location, dialect, types).columns
    except ParseError as error:
        return _slowly(location, dialect, user, places, options, str(error))
    ids = None if user is None else np.array(columns[user].to_pylist())
    return ids, np.stack([columns[place].to_numpy() for place in places], axis=1).astype(np.float32)


def _slowly(
    location: Location,
    dialect: Dialect,
    user: int | None,
    places: list[int],
    options: ReadingOptions,
    reason: str,
) -> tuple[Any, FloatArray]:
    """Read line by line, for decimal commas and the exact place of a fault."""
    ids, texts, lines = [], [], []
    for row in rows(location, dialect):
        if len(row.values) != dialect.width:
            message = f"{len(row.values)} fields where {dialect.width} are expected."
            raise DataError(message, path=str(location), row=row.line, value=row.values)
        ids.append("" if user is None else row.values[user])
        texts.append([row.values[place].strip() for place in places])
        lines.append(row.line)
    distinct = sorted({cell for row_of in texts for cell in row_of})
    try:
        values, _ = parse_numbers(distinct, options)
    except NumberError as wrong:
        raise _wrong_cell(location, dialect, places, texts, lines, wrong) from None
    number = {
        text: np.nan if value in (None, LEFT_OUT) else value
        for text, value in zip(distinct, values, strict=True)
    }
    if not texts:
        raise DataError(f"can't be read as a matrix ({reason}).", path=str(location))
    return np.array(ids), np.array([[number[cell] for cell in row_of] for row_of in texts], np.float32)


def _wrong_cell(
    location: Location,
    dialect: Dialect,
    places: list[int],
    texts: list[list[str]],
    lines: list[int],
    wrong: NumberError,
) -> DataError:
    row = next(row for row, row_of in enumerate(texts) if wrong.text in row_of)
    column = dialect.names[places[texts[row].index(wrong.text)]]
    return DataError(
        f"the rating {wrong.reason}.",
        path=str(location),
        row=lines[row],
        column=column,
        value=wrong.text,
        hint=wrong.hint or "Correct the value.",
    )


def _without_counts(
    names: Sequence[str], values: FloatArray, options: ReadingOptions
) -> tuple[Sequence[str], FloatArray, tuple[Repair, ...]]:
    """Leave a first column out that counts the ratings of each row, as Jester's does."""
    codes = [float(code) for code in options.missing_rating if is_number(code)]
    if len(names) < 3 or not codes:
        return names, values, ()
    rated = ~np.isnan(values[:, 1:]) & ~np.isin(values[:, 1:], codes)
    if not (values[:, 0] == rated.sum(1)).all():
        return names, values, ()
    message = "the first column counts the ratings of each row: left out"
    return names[1:], values[:, 1:], (Repair("columns", 1, message),)
