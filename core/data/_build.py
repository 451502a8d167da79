"""Builds the checked `Ratings` from what a reader gives."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from core.array_types import RowArray
from core.contract import RawTable, ReadingOptions, Repair
from core.data._clean import (
    BadValueError,
    Columns,
    clean_ratings,
    clean_times,
    find_scale,
    handle_counts,
    settle_parts,
)
from core.data.ratings import Ratings, Vocabulary
from core.data.reading import COUNT_NAMES, align, plain, tagged
from core.errors import DataError


def build(raw: RawTable, name: str, source: str, options: ReadingOptions) -> Ratings:
    """Map ids to rows, check values, settle duplicates and align the items.

    Raises DataError naming file, line, column and value of what can't be used.
    """
    try:
        return _build(raw, name, source, options)
    except _BadIdentifierError as bad:
        role, index, reason, value = f"{bad.what}_column", bad.index, bad.reason, None
    except BadValueError as bad:
        role, index, reason, value = f"{bad.what}_column", bad.index, bad.reason, bad.value
    raise DataError(
        f"{reason}.",
        path=raw.path_of(index) or source,
        row=raw.line_of(index),
        column=_column(raw, role),
        value=value,
    )


def _column(raw: RawTable, role: str) -> str | None:
    name = raw.found.get(role)
    return str(name) if name else None


def _build(raw: RawTable, name: str, source: str, options: ReadingOptions) -> Ratings:
    users, items = _encode(raw.users, "user"), _encode(raw.items, "item")
    ratings = clean_ratings(raw.ratings)
    _check_lengths(users, items, ratings, source)
    times, time_repairs = clean_times(raw.timestamps)
    columns = Columns(users.rows, items.rows, ratings, times)
    columns, held_out, duplicate_repairs = settle_parts(
        columns, raw.held_out, len(items.vocabulary), options.duplicates
    )
    counted = plain(str(raw.found.get("rating_column", ""))) in COUNT_NAMES
    values, count_repairs = _counts(columns, options, counted, source)
    columns = replace(columns, ratings=values)
    _check_variety(users.vocabulary, items.vocabulary, columns, source)
    table, untitled = align(raw.item_table, items.vocabulary)
    repairs = (
        *raw.repairs,
        *users.repairs,
        *items.repairs,
        *time_repairs,
        *duplicate_repairs,
        *count_repairs,
    )
    return Ratings(
        name=name,
        source=source,
        users=columns.users,
        items=columns.items,
        ratings=columns.ratings,
        timestamps=columns.timestamps,
        user_vocabulary=users.vocabulary,
        item_vocabulary=items.vocabulary,
        item_table=tagged(table, raw.tags, items.vocabulary),
        scale=find_scale(columns.ratings),
        repairs=repairs + _untitled(raw, untitled),
        held_out=held_out,
        reading={**options.to_dict(), **raw.found, "source": source},
    )


def _counts(columns: Columns, options: ReadingOptions, counted: bool, source: str) -> Any:
    try:
        return handle_counts(columns.ratings, options, counted)
    except DataError as error:
        raise DataError(error.message, path=source, hint=error.hint) from None


def _untitled(raw: RawTable, count: int) -> tuple[Repair, ...]:
    if raw.item_table is None or not count:
        return ()
    return (Repair("titles", count, f"{count} rated items have no title: their id stands for it"),)


def _check_lengths(users: _Encoded, items: _Encoded, ratings: Any, source: str) -> None:
    if not len(users.rows) == len(items.rows) == len(ratings):
        lengths = f"{len(users.rows)} users, {len(items.rows)} items, {len(ratings)} ratings"
        raise DataError(f"the reader gave columns of different lengths ({lengths}).", path=source)
    if not len(ratings):
        raise DataError("the file has no ratings.", path=source)


def _check_variety(users: Vocabulary, items: Vocabulary, columns: Columns, source: str) -> None:
    """Collaborative filtering compares people and things: with one of a kind there is nothing to learn."""
    for vocabulary, what in ((users, "user"), (items, "item")):
        if len(vocabulary) < 2:
            only = vocabulary.identifier(0)
            hint = f"Is the right {what} column read? There must be two at least."
            raise DataError(f"all ratings are of one {what} ({only!r}).", path=source, hint=hint)
    if columns.ratings.min() == columns.ratings.max():
        message = f"all ratings are equal ({columns.ratings[0]:g}): there is nothing to learn."
        hint = "Is this a list of purchases or views? Those are counts, not ratings."
        raise DataError(message, path=source, hint=hint)


LONGEST = 1000
_CANONICAL = r"^(0|-?[1-9][0-9]{0,17})$"


class _BadIdentifierError(Exception):
    """An id that can't be used: `what` it is of (user or item), `index` its row from 0."""

    def __init__(self, index: int, what: str, reason: str) -> None:
        super().__init__(f"the {what} id {reason}")
        self.index, self.what, self.reason = index, what, f"the {what} id {reason}"


@dataclass(frozen=True)
class _Encoded:
    """A column as rows (int32, shape (n,)) into a vocabulary, and how many ids lost surrounding spaces."""

    rows: RowArray
    vocabulary: Vocabulary
    repairs: tuple[Repair, ...] = ()


def _encode(column: Any, what: str) -> _Encoded:
    """Number the ids of a column (Arrow, NumPy or list; whole numbers or texts) by first appearance.

    Ids that are all written as whole numbers become int64; "007" stays text. Raises _BadIdentifierError.
    """
    import pyarrow as pa

    try:
        column = _arrow(column)
    except (pa.ArrowException, UnicodeError) as error:
        raise _BadIdentifierError(0, what, f"can't be read as text ({error})") from error
    if column.null_count:
        raise _BadIdentifierError(_first_null(column), what, "is missing")
    encoded = column.dictionary_encode().unify_dictionaries().combine_chunks()
    rows = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int32, copy=False)
    return _named(*_by_appearance(rows, encoded.dictionary), what)


def _arrow(column: Any) -> Any:
    import pyarrow as pa

    if isinstance(column, pa.Array):
        column = pa.chunked_array([column])
    if not isinstance(column, pa.ChunkedArray):
        column = pa.chunked_array([pa.array(column)])
    kind = column.type
    if pa.types.is_dictionary(kind):
        return column if pa.types.is_string(kind.value_type) else _arrow(column.cast(kind.value_type))
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return _whole_numbers(column)
    return column.cast(pa.string())


def _whole_numbers(column: Any) -> Any:
    """Decimals such as 12.0 are ids that passed through a table with gaps; 1.5 stays as it is written."""
    import pyarrow as pa

    try:
        return column.cast(pa.int64())
    except pa.ArrowInvalid:
        return column.cast(pa.string())


def _by_appearance(rows: RowArray, values: Any) -> tuple[RowArray, Any]:
    """Order a dictionary by the first appearance of its values, without those that never appear."""
    first = np.full(len(values), len(rows), dtype=np.int64)
    first[rows[::-1]] = np.arange(len(rows) - 1, -1, -1)
    order = np.argsort(first, kind="stable")[: np.count_nonzero(first < len(rows))]
    if len(order) == len(values) and np.array_equal(order, np.arange(len(values))):
        return rows, values
    lookup = np.zeros(len(values), dtype=np.int32)
    lookup[order] = np.arange(len(order), dtype=np.int32)
    return lookup[rows], values.take(order)


def _first_null(column: Any) -> int:
    import pyarrow.compute as pc

    return int(pc.index(column.is_null(), True).as_py())


def _named(rows: RowArray, values: Any, what: str) -> _Encoded:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_integer(values.type):
        return _Encoded(rows, Vocabulary(values.cast(pa.int64()).to_numpy(zero_copy_only=False)))
    trimmed = pc.utf8_trim_whitespace(values)
    _check_texts(rows, trimmed, what)
    spaced = int(pc.sum(pc.not_equal(trimmed, values)).as_py() or 0)
    if not spaced:
        return _Encoded(rows, Vocabulary(_ids(values)))
    merged = trimmed.dictionary_encode()
    lookup = merged.indices.to_numpy(zero_copy_only=False).astype(np.int32)
    message = f"{spaced} {what} ids had spaces around them: removed"
    repair = Repair("spaces", spaced, message)
    return _Encoded(lookup[rows], Vocabulary(_ids(merged.dictionary)), (repair,))


def _ids(values: Any) -> npt.NDArray[np.int64] | npt.NDArray[np.str_]:
    import pyarrow as pa
    import pyarrow.compute as pc

    if len(values) and pc.all(pc.match_substring_regex(values, _CANONICAL)).as_py():
        numbers: npt.NDArray[np.int64] = values.cast(pa.int64()).to_numpy(zero_copy_only=False)
        return numbers
    return np.array(values.to_pylist(), dtype=np.str_)


def _check_texts(rows: RowArray, values: Any, what: str) -> None:
    import pyarrow.compute as pc

    lengths = pc.utf8_length(values)
    for wrong, reason in (
        (pc.equal(lengths, 0), "is missing"),
        (pc.greater(lengths, LONGEST), f"is longer than {LONGEST} characters"),
        (pc.match_substring(values, "\0"), "holds a zero character"),
    ):
        position = pc.index(wrong, True).as_py()
        if position >= 0:
            raise _BadIdentifierError(int(np.argmax(rows == position)), what, reason)
