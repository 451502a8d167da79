"""Builds the checked `Ratings` from what a reader gives."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core.contract import RawTable, ReadingOptions, Repair
from core.data import Ratings, RatingScale, Vocabulary
from core.data.checking._clean import BadValueError, clean_ratings, find_scale
from core.data.checking._duplicates import Columns, settle_parts
from core.data.checking._identifiers import BadIdentifierError, Encoded, compact, encode
from core.data.checking._interactions import kind_of, weigh_counts, weigh_events
from core.data.checking._missing import without_missing
from core.data.checking._times import clean_times
from core.data.checking._warnings import warnings_of
from core.data.reading import align, tagged
from core.errors import DataError


def build(
    raw: RawTable, name: str, source: str, options: ReadingOptions, part_of: RatingScale | None = None
) -> Ratings:
    """Map ids to rows, check values, settle duplicates and align the items.

    Rows that are `part_of` a table of that scale must lie on it, and may be of one user or item. Raises
    DataError naming file, line, column and value of what can't be used.
    """
    try:
        raw = without_missing(weigh_events(raw, options, source), options)
        return _build(raw, name, source, options, part_of)
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
        hint=_hint(role, reason),
    )


_SKIP = "--missing skip leaves such rows out."


def _hint(role: str, reason: str) -> str:
    """The way out: only what is missing can be skipped."""
    if role == "time_column":
        return "Correct the value; --time-column none reads the table without times."
    what, where = ("value", "line") if role == "rating_column" else ("id", "row")
    correct = f"Correct the {what}, or remove the {where}"
    if "missing" not in reason:
        return f"{correct}."
    return f"{correct}; {_SKIP}" if role == "rating_column" else _SKIP


def _column(raw: RawTable, role: str) -> str | None:
    name = raw.found.get(role)
    return str(name) if name else None


@dataclass(frozen=True)
class _Checked:
    """Columns as rows and numbers, one row a pair, the ids they stand for and what was repaired."""

    kind: str
    columns: Columns
    users: Vocabulary
    items: Vocabulary
    held_out: int
    repairs: tuple[Repair, ...]
    found: dict[str, object]


def _build(
    raw: RawTable, name: str, source: str, options: ReadingOptions, part_of: RatingScale | None
) -> Ratings:
    checked = _check(raw, source, options, part_of)
    columns = checked.columns
    if part_of is None:
        _check_variety(checked, source)
    table, untitled = align(raw.item_table, checked.items)
    ratings = Ratings(
        name=name,
        source=source,
        kind=checked.kind,
        users=columns.users,
        items=columns.items,
        ratings=columns.ratings,
        timestamps=columns.timestamps,
        user_vocabulary=checked.users,
        item_vocabulary=checked.items,
        item_table=tagged(table, raw.tags, checked.items),
        scale=find_scale(columns.ratings),
        repairs=(*raw.repairs, *checked.repairs, *_untitled(raw, untitled)),
        held_out=checked.held_out,
        reading={
            **_plain(options),
            **raw.found,
            **checked.found,
            "source": source,
        },
    )
    done = tuple(repair for repair in ratings.repairs if not repair.warning)
    said = tuple(repair for repair in ratings.repairs if repair.warning)
    return replace(ratings, repairs=done, warnings=(*said, *warnings_of(ratings)))


def _plain(options: ReadingOptions) -> dict[str, object]:
    """The options as JSON has them, so that a table from the cache says the same."""
    return {
        name: list(value) if isinstance(value, tuple) else value for name, value in options.to_dict().items()
    }


def _check(raw: RawTable, source: str, options: ReadingOptions, part_of: RatingScale | None) -> _Checked:
    users, items = encode(raw.users, "user"), encode(raw.items, "item")
    values = _values(raw, len(users.rows))
    _check_lengths(users, items, values, source)
    times, time_repairs = clean_times(raw.timestamps, options.date_order)
    kind = kind_of(raw, options, values)
    if part_of is not None and kind == "ratings":
        _check_scale(values, part_of)
    how = options.duplicates or ("add" if kind == "interactions" else "last")
    columns, held_out, duplicate_repairs = settle_parts(
        Columns(users.rows, items.rows, values, times), raw.held_out, len(items.vocabulary), how
    )
    checked = _Checked(
        kind=kind,
        columns=columns,
        users=users.vocabulary,
        items=items.vocabulary,
        held_out=held_out,
        repairs=(*users.repairs, *items.repairs, *time_repairs, *duplicate_repairs),
        found={"kind": kind, "duplicates": how},
    )
    return checked if kind == "ratings" else _weighed(checked, raw, options, source)


def _values(raw: RawTable, count: int) -> Any:
    return np.ones(count, dtype=np.float32) if raw.ratings is None else clean_ratings(raw.ratings)


def _weighed(checked: _Checked, raw: RawTable, options: ReadingOptions, source: str) -> _Checked:
    """Leave pairs without a positive count out, and turn the counts of the others into weights."""
    counts = checked.columns.ratings
    kept = np.flatnonzero(counts > 0)
    if not len(kept):
        raise DataError("no interaction counts more than 0.", path=source)
    border = len(counts) - checked.held_out
    columns, users, items = checked.columns.take(kept), checked.users, checked.items
    repairs = checked.repairs
    if len(kept) < len(counts):
        gone = len(counts) - len(kept)
        repairs = (*repairs, Repair("counts", gone, f"{gone} pairs with a count of 0 or less: left out"))
        user_rows, users = compact(columns.users, users)
        item_rows, items = compact(columns.items, items)
        columns = replace(columns, users=user_rows, items=item_rows)
    weights, rule, weight_repairs = weigh_counts(columns.ratings, raw, options)
    return replace(
        checked,
        columns=replace(columns, ratings=weights),
        users=users,
        items=items,
        held_out=int((kept >= border).sum()),
        repairs=(*repairs, *weight_repairs),
        found={**checked.found, "weight": rule},
    )


def _check_scale(values: Any, scale: RatingScale) -> None:
    off = np.flatnonzero((values < np.float32(scale.minimum)) | (values > np.float32(scale.maximum)))
    if len(off):
        reason = f"ratings go from {scale.minimum:g} to {scale.maximum:g}"
        raise BadValueError(int(off[0]), f"{reason}, not {values[off[0]]:g}", float(values[off[0]]))


def _untitled(raw: RawTable, count: int) -> tuple[Repair, ...]:
    if raw.item_table is None or not count:
        return ()
    column = raw.found.get("items_id_column")
    where = f" in the column {column!r} of the items table (--items-id-column)" if column else ""
    message = f"{count} rated items have no title{where}: their id stands for it"
    return (Repair("titles", count, message),)


def _check_lengths(users: Encoded, items: Encoded, ratings: Any, source: str) -> None:
    if not len(users.rows) == len(items.rows) == len(ratings):
        lengths = f"{len(users.rows)} users, {len(items.rows)} items, {len(ratings)} ratings"
        raise DataError(f"the reader gave columns of different lengths ({lengths}).", path=source)
    if not len(ratings):
        raise DataError("the file has no rows.", path=source)


def _check_variety(checked: _Checked, source: str) -> None:
    """Collaborative filtering compares people and things: with one of a kind there is nothing to learn."""
    for vocabulary, what in ((checked.users, "user"), (checked.items, "item")):
        if len(vocabulary) < 2:
            only = vocabulary.identifier(0)
            hint = f"Is the right {what} column read? There must be two at least."
            raise DataError(f"all rows are of one {what} ({only!r}).", path=source, hint=hint)
    ratings = checked.columns.ratings
    if checked.kind == "ratings" and ratings.min() == ratings.max():
        message = f"all ratings are equal ({ratings[0]:g}): there is nothing to learn."
        hint = "Is this a list of purchases or views? Read them with --kind interactions."
        raise DataError(message, path=source, hint=hint)
