"""Interactions: which rows count, what they weigh, and how a table of them is told from ratings."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from core.array_types import FloatArray, Mask
from core.contract import RawTable, ReadingOptions, Repair
from core.data.checking._clean import chunked, levels_of
from core.data.checking._rows import keep_rows
from core.data.reading import COUNT_NAMES, RATING_NAMES, plain
from core.errors import DataError, UsageError

COUNT_LIMIT = 100
"""Whole numbers from 0 up and above this are taken for counts: rating scales end at 100 at most."""

_FEW = 0.01
_LOW_COUNT, _OFTEN, _TAIL = 10, 0.25, 8
"""Counts without a name: beyond 10, a quarter of them 1 at least, their median an eighth of the most."""
_SHORT, _SCALE = 10, 3
_WEIGHT_NAMES = {"weight", "weights"}


def kind_of(raw: RawTable, options: ReadingOptions, values: FloatArray) -> str:
    """Say what the rows are, ratings or interactions: as asked, or by the columns and their values."""
    if options.kind:
        return options.kind
    name = _rating_name(raw)
    if raw.ratings is None or raw.events is not None or name in COUNT_NAMES:
        return "interactions"
    if name not in RATING_NAMES and _tails_off(values):
        return "interactions"
    slips = name in RATING_NAMES and _few_are_high(values)
    if not _looks_counted(values) or slips or _has_code(values):
        return "ratings"
    return "interactions"


def _rating_name(raw: RawTable) -> str:
    return plain(str(raw.found.get("rating_column", "")))


def _looks_counted(values: FloatArray) -> bool:
    whole = bool((values == np.floor(values)).all())
    return whole and len(values) > 0 and bool(values.min() >= 0 and values.max() > COUNT_LIMIT)


def _tails_off(values: FloatArray) -> bool:
    """Whole numbers from 1 up, 1 more often than anything else, with a long tail: nobody rates so."""
    if not len(values) or values.min() != 1 or values.max() <= _LOW_COUNT:
        return False
    whole = bool((values == np.floor(values)).all())
    levels, counts = levels_of(values)
    often = counts[0] == counts.max() and counts[0] >= _OFTEN * len(values)
    long = len(levels) > _SCALE and _TAIL * float(np.median(values)) <= float(levels[-1])
    return bool(whole and often and long) and not _has_gap(levels)


def _has_gap(levels: FloatArray) -> bool:
    """A code far above a short scale, as in 1 … 5 and 99, is no tail."""
    return bool(levels[-2] <= _LOW_COUNT and levels[-1] > 2 * levels[-2])


def _few_are_high(values: FloatArray) -> bool:
    """A few ratings beyond any scale among many within one are slips; counts have a long tail."""
    return bool(np.mean(values > COUNT_LIMIT) < _FEW)


def _has_code(values: FloatArray) -> bool:
    """One value far above a short scale, as in 1 … 5 and 999, stands for no rating; counts fill the room."""
    levels, _ = levels_of(values)
    return len(levels) > _SCALE and bool(levels[-2] <= _SHORT and levels[-1] > COUNT_LIMIT)


def weigh_events(raw: RawTable, options: ReadingOptions, source: str) -> RawTable:
    """Keep the rows whose event counts, with its weight as their count; without `event`, all count as 1.

    Raises DataError for an event that no row has, UsageError for a weight that is no positive number.
    """
    if raw.events is None:
        if options.event:
            hint = "Name it with --event-column."
            raise DataError("there is no column of events.", path=source, hint=hint)
        return raw
    names, rows = _distinct(raw.events)
    found = {
        name: int(count) for name, count in zip(names, np.bincount(rows, minlength=len(names)), strict=True)
    }
    if not options.event:
        return _all_events(raw, found)
    weights = event_weights(options.event)
    missing = next((name for name in weights if name not in found), None)
    if missing is not None:
        hint = f"The events are {_listed(found)}."
        raise DataError(f"no row has the event {missing!r}.", path=source, hint=hint)
    return _weighed(
        raw, np.array([weights.get(name, 0.0) for name in names], dtype=np.float32)[rows], weights
    )


def _distinct(events: Any) -> tuple[list[str], Any]:
    """The distinct events as trimmed texts, and the row of each into them; a missing one is an empty text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = pc.utf8_trim_whitespace(chunked(events).cast(pa.string()).fill_null(""))
    encoded = texts.dictionary_encode().unify_dictionaries().combine_chunks()
    return encoded.dictionary.to_pylist(), encoded.indices.to_numpy(zero_copy_only=False)


def _all_events(raw: RawTable, found: Mapping[str, int]) -> RawTable:
    if len(found) < 2:
        return raw
    message = f"events {_listed(found)} all count 1; --event NAME=WEIGHT chooses"
    return dataclasses.replace(
        raw, repairs=(*raw.repairs, Repair("events", len(chunked(raw.events)), message))
    )


def _weighed(raw: RawTable, weights: FloatArray, asked: Mapping[str, float]) -> RawTable:
    import pyarrow as pa

    kept: Mask = weights > 0
    counts = weights if raw.ratings is None else weights * _numbers(raw.ratings)
    left_out = int((~kept).sum())
    told = ", ".join(f"{name} = {weight:g}" for name, weight in asked.items())
    message = f"{left_out} rows of other events left out (counted: {told})"
    repairs = (*raw.repairs, Repair("events", left_out, message)) if left_out else raw.repairs
    return keep_rows(dataclasses.replace(raw, ratings=pa.array(counts), repairs=repairs), kept)


def _numbers(column: Any) -> FloatArray:
    from core.data.checking._clean import clean_ratings

    return clean_ratings(column)


def event_weights(events: tuple[str, ...]) -> dict[str, float]:
    """Read `purchase` or `purchase=3` as an event and its weight; raises UsageError for any other."""
    weights: dict[str, float] = {}
    for event in events:
        name, _, weight = event.rpartition("=") if "=" in event else (event, "", "1")
        try:
            weights[name] = float(weight)
        except ValueError:
            weights[name] = 0.0
        if not name or not 0 < weights[name] < float("inf"):
            raise UsageError(f"--event takes NAME or NAME=WEIGHT with a weight above 0, not {event!r}.")
    return weights


def _listed(found: Mapping[str, int]) -> str:
    often = sorted(found.items(), key=lambda pair: -pair[1])
    more = ", …" if len(often) > 8 else ""
    return ", ".join(f"{name or '(none)'} ({count})" for name, count in often[:8]) + more


def weigh_counts(
    counts: FloatArray, raw: RawTable, options: ReadingOptions
) -> tuple[FloatArray, str, tuple[Repair, ...]]:
    """Turn positive counts into weights by the rule asked for; returns the rule too.

    log: log2(1 + count), so that one interaction weighs 1 and each doubling about 1 more. count: as they
    are. one: 1 for each pair. A column named weight holds weights already, unless it counts.
    """
    weighed = _rating_name(raw) in _WEIGHT_NAMES and not _looks_counted(counts)
    rule = options.weight or ("count" if weighed else "log")
    if rule == "one":
        return np.ones_like(counts), rule, ()
    if rule == "count" or bool((counts == 1).all()):
        return counts, rule, ()
    message = (
        f"counts from {counts.min():g} to {counts.max():g}: weighed by log2(1 + count); --weight chooses"
    )
    return np.log2(1 + counts), rule, (Repair("weights", len(counts), message),)
