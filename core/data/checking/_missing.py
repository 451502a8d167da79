"""Leaves out rows that are no ratings: missing values, codes for "not rated", totals below the table."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import numpy as np

from core.array_types import Mask
from core.contract import RawTable, ReadingOptions, Repair
from core.data.checking._clean import chunked, clean_ratings
from core.data.checking._doubtful_ids import words_to_null
from core.data.checking._rows import keep_rows
from core.data.reading import is_number
from core.data.reading.text import LEFT_OUT
from core.errors import DataError

_LONGEST_FOOTER = 3


def without_missing(raw: RawTable, options: ReadingOptions) -> RawTable:
    """Leave out totals at the end, and the rows that `missing` and `missing_rating` say; all are counted."""
    raw = _with_nulls(raw, skips=options.missing == "skip")
    no_id = _blank(raw.users) | _blank(raw.items)
    raw, no_id = _without_footer(raw, no_id)
    if options.missing == "skip":
        gone = no_id if raw.ratings is None else no_id | _blank(raw.ratings)
        raw = _without(raw, gone, "missing", "rows without a rating or an id: left out")
    return _without_codes(raw, options)


def _with_nulls(raw: RawTable, skips: bool) -> RawTable:
    """Not a number is how a table of decimals writes that a value is missing, and a word how texts do."""
    columns = {
        name: words_to_null(_nan_to_null(getattr(raw, name)), skips)
        for name in ("users", "items")
        if getattr(raw, name) is not None
    }
    return dataclasses.replace(raw, **columns)


def _nan_to_null(column: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    column = chunked(column)
    if not pa.types.is_floating(column.type):
        return column
    return pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)


def _blank(column: Any) -> Mask:
    """Which cells are missing: null, not a number or nothing but spaces; shape (n,)."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = chunked(column)
    missing = column.is_null(nan_is_null=True)
    kind = column.type
    if pa.types.is_dictionary(kind) and pa.types.is_string(kind.value_type):
        chunks = [_blank_codes(chunk) for chunk in column.chunks]
        return np.concatenate(chunks) if chunks else np.zeros(0, dtype=bool)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        missing = pc.or_(missing, pc.equal(pc.utf8_trim_whitespace(column.fill_null("x")), ""))
    found: Mask = missing.to_numpy()
    return found


def _blank_codes(chunk: Any) -> Mask:
    import pyarrow.compute as pc

    blank = (
        pc.equal(pc.utf8_trim_whitespace(chunk.dictionary), "").fill_null(True).to_numpy(zero_copy_only=False)
    )
    codes = chunk.indices.fill_null(len(blank)).to_numpy(zero_copy_only=False)
    found: Mask = np.append(blank, True)[codes]
    return found


def _without_footer(raw: RawTable, no_id: Mask) -> tuple[RawTable, Mask]:
    """The last rows may be totals; any other row that lacks an id is a fault."""
    border = len(no_id) - raw.held_out
    ends = [end for end in (border, len(no_id)) if end]
    gone = np.zeros(len(no_id), dtype=bool)
    for end in ends:
        start = end
        while start and end - start < _LONGEST_FOOTER and no_id[start - 1] and _is_total(raw, start - 1):
            start -= 1
        gone[start:end] = True
    return _without(raw, gone, "lines", "lines without a user or an item below the table: left out"), no_id[
        ~gone
    ]


_TOTAL = re.compile(r"(grand )?(total|sum|mean|average|count|gesamt|summe|sous-total)\b.*", re.IGNORECASE)


def _is_total(raw: RawTable, row: int) -> bool:
    """A line that names a sum where an id should be, or has no id at all."""
    ids = [chunked(column)[row].as_py() for column in (raw.users, raw.items)]
    filled = [str(one).strip() for one in ids if one is not None and str(one).strip()]
    return not filled or _TOTAL.fullmatch(filled[0]) is not None


def _without(raw: RawTable, gone: Mask, kind: str, what: str) -> RawTable:
    count = int(gone.sum())
    if not count:
        return raw
    kept = keep_rows(raw, ~gone)
    return dataclasses.replace(kept, repairs=(*kept.repairs, Repair(kind, count, f"{count} {what}")))


def _without_codes(raw: RawTable, options: ReadingOptions) -> RawTable:
    if not options.missing_rating or raw.ratings is None:
        return raw
    values = clean_ratings(raw.ratings)
    codes = options.missing_rating
    with np.errstate(over="ignore"):  # what no rating can be stands for none
        numbers = {code: np.float32(code.replace(",", ".")) for code in codes if is_number(code)}
    words = ", ".join(code for code in codes if code not in numbers)
    for told, number in {**numbers, **({words: np.float32(LEFT_OUT)} if words else {})}.items():
        raw, values = _without_code(raw, values, told, number)
    if not len(values):
        raise DataError("every rating is one that stands for no rating.", hint="See --missing-rating.")
    return raw


def _without_code(raw: RawTable, values: Any, code: str, number: np.float32) -> tuple[RawTable, Any]:
    gone = values == number
    what = f"rows with the rating {code}: left out, it stands for no rating"
    return _without(raw, gone, "missing", what), values[~gone]
