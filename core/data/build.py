"""Builds the checked `Ratings` from what a reader gives."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from core.contract.data import RawTable
from core.contract.reading_options import ReadingOptions
from core.data.clean import BadValueError, clean_ratings, clean_times, find_scale, handle_counts
from core.data.duplicates import Columns, settle_parts
from core.data.identifiers import BadIdentifierError, Encoded, encode
from core.data.ratings import Ratings, Repair, Vocabulary
from core.data.reading.columns import COUNT_NAMES, plain
from core.data.reading.items import align, tagged
from core.errors import DataError


def build(raw: RawTable, name: str, source: str, options: ReadingOptions) -> Ratings:
    """Map ids to rows, check values, settle duplicates and align the items.

    Raises DataError naming file, line, column and value of what can't be used.
    """
    try:
        return _build(raw, name, source, options)
    except BadIdentifierError as bad:
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
    users, items = encode(raw.users, "user"), encode(raw.items, "item")
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


def _check_lengths(users: Encoded, items: Encoded, ratings: Any, source: str) -> None:
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
