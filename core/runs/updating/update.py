"""Bring a run up to date with news: a new run that names its parent."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from core.contract import ReadingOptions
from core.data import Ratings, RatingScale, load_part
from core.errors import ColumnsError, DataError, ProtocolError, RunError, TastemapError, UsageError
from core.files import damaged
from core.model import RatedTable
from core.protocol import from_plain
from core.runs import list_runs, read_rated, recorded_ratings, recorded_split, saved_choices
from core.runs.updating._figures import news_figures
from core.runs.updating._merging import Merged, merge
from core.runs.updating._solving import Solved, Told, solve
from core.runs.updating._writing import write_updated
from core.runs.updating.account import Updated

if TYPE_CHECKING:
    from core.runs import Run

_FORM = (
    *("reader", "separator", "header", "skip_lines", "layout", "basket_separator"),
    *("encoding", "decimal", "date_order"),
)
_COLUMNS = ("user_column", "item_column", "rating_column", "time_column", "event_column")
_MEANING = ("kind", "weight", "event", "missing_rating", "rating_word")
"""What the news' columns and values mean is what the table's did; how they are written may differ."""


@dataclass(frozen=True, kw_only=True)
class UpdateRequest:
    """What came: `news` (a table, or what `load_ratings` takes) and pairs `withdrawn`, either may be None.

    `reading` says how the news is read where that differs from how the run's table was, `data` where that
    table is now. `hold_out` is the share of new pairs that training doesn't get (None: the run's own
    share).
    """

    news: Any = None
    withdrawn: Any = None
    reading: Mapping[str, object] | None = None
    data: str | Path | None = None
    hold_out: float | None = None


def no_one(_: str) -> None:
    """Tell nobody how far an update is."""


class Outcome(NamedTuple):
    """The updated run's folder, None where the news brings nothing new, and what came."""

    folder: Path | None
    merged: Merged
    made_before: bool = False


def update(parent: Run, request: UpdateRequest, tell: Told = no_one) -> Outcome:
    """Update a run; raises TastemapError, and then nothing has changed.

    The same update again gives the run that it made.
    """
    merged = merged_news(parent, request, tell)
    if not merged.is_news:
        return Outcome(None, merged)
    made = _made_before(parent, merged, by_update=True)
    if made is not None:
        return Outcome(made, merged, made_before=True)
    resolved = saved_choices(parent.config, parent.registry)
    started = time.perf_counter()
    solved = solve(parent.model, merged, resolved, tell)
    seconds = time.perf_counter() - started
    tell("figures")
    figures = news_figures(parent.model, solved.known, solved.model, merged)
    account = _account(parent, merged, solved, seconds, figures)
    tell("writing")
    return Outcome(write_updated(parent, solved.model, merged, account), merged)


def merged_news(parent: Run, request: UpdateRequest, tell: Told = no_one) -> Merged:
    """The run's table with the news in it; raises TastemapError."""
    if parent.state != "finished":
        raise RunError(f"{parent.id} isn't finished.", hint=f"`tastemap train --resume {parent.id}` goes on.")
    if request.news is None and request.withdrawn is None:
        raise UsageError("Say what is new: a table of news, ratings taken back (--withdrawn), or both.")
    share = _share(parent, request.hold_out)
    tell("reading")
    rated, model = _rated(parent, request.data), parent.model
    news = None if request.news is None else _read(parent, request.news, request.reading or {})
    gone = (
        None if request.withdrawn is None else _read_pairs(parent, request.withdrawn, request.reading or {})
    )
    ids = model.users, model.items, model.item_table
    seed = int(parent.config.split.get("seed", 0))
    merged = merge(rated, ids, news, gone, share, seed)
    merged.table.reading["source"] = ""  # nothing but the run itself has it
    return merged


def _share(parent: Run, wanted: float | None) -> float:
    if wanted is not None:
        if not 0 <= wanted < 1:
            raise UsageError(f"The share held out lies from 0 to below 1, not {wanted!r}.")
        return wanted
    held = int(parent.config.split.get("test_ratings", 0))
    return 0.0 if parent.config.split.get("method") == "none" or not held else _usual_share(parent)


def _usual_share(parent: Run) -> float:
    return float(parent.config.split.get("test_fraction", 0.2)) or 0.2


def _rated(parent: Run, data: str | Path | None) -> RatedTable:
    """The ratings behind a run; raises RunError that says what to do where they can't be had."""
    try:
        if data is None:
            return read_rated(parent)
        table = recorded_ratings(parent, data, titles=False)
    except TastemapError as error:
        hint = "Name it with --data; without it `tastemap foldin` still answers for new users and items."
        raise RunError(
            f"An update needs the ratings that {parent.id} learnt from: {error.message}", hint=hint
        ) from None
    if table.fingerprint != parent.config.data.get("fingerprint"):
        raise RunError(f"{table.source} is not the table that {parent.id} was trained on.")
    return RatedTable.of_split(table, recorded_split(parent.config.split, table))


def _read(parent: Run, news: Any, reading: Mapping[str, object]) -> Ratings:
    """Read the news as the run's table was read, or, where that doesn't fit, by a look at it."""
    kind = "ratings" if parent.config.data.get("kind", "ratings") == "ratings" else "interactions"
    table = news if isinstance(news, Ratings) else _load(parent, news, kind, reading)
    if table.kind != kind:
        raise DataError(f"the news holds {table.kind}, the run's table {kind}.", path=table.source)
    if table.has_ratings and table.reading.get("rating_column") == "none":
        hint = "Name it with --rating-column; pairs whose ratings are taken back go into --withdrawn."
        raise DataError("the news has no column of ratings.", path=table.source, hint=hint)
    return table


def _load(parent: Run, news: Any, kind: str, reading: Mapping[str, object]) -> Ratings:
    recorded = dict(parent.config.data.get("reading") or {})
    known = ReadingOptions.parse({name: recorded[name] for name in recorded if name in _KNOWN}).to_dict()
    meaning = {name: known[name] for name in _MEANING if known.get(name)} | {"kind": kind}
    form = {name: known[name] for name in (*_FORM, *_COLUMNS) if known.get(name)}
    scale, sources = _scale(parent), parent.registry.data_sources
    tried = [{**meaning, **form, **reading}, {**meaning, **reading}]
    try:
        return load_part(news, scale, tried[0], sources)
    except (DataError, UsageError) as error:
        if isinstance(error, DataError) and error.row is not None and not isinstance(error, ColumnsError):
            first: TastemapError | None = error
        else:
            first = None
    try:
        return load_part(news, scale, tried[1], sources)
    except DataError as error:
        raise _with_way_out(first or error) from None


_KNOWN = frozenset(field.name for field in ReadingOptions.fields())


def _with_way_out(error: TastemapError) -> TastemapError:
    """A missing rating is a slip unless somebody says that it was taken back."""
    if isinstance(error, DataError) and "missing" in error.message:
        error.hint = f"{error.hint} Ratings that were taken back go into a file for --withdrawn.".strip()
    return error


def _scale(parent: Run) -> RatingScale:
    scale = parent.config.data["scale"]
    return RatingScale(*(float(scale[name]) for name in ("minimum", "maximum", "step")))


def _read_pairs(parent: Run, withdrawn: Any, reading: Mapping[str, object]) -> Ratings:
    """Pairs that are taken back; what else stands beside them says nothing."""
    if isinstance(withdrawn, Ratings):
        return withdrawn
    own = {name: value for name, value in reading.items() if name not in ("rating_column", "time_column")}
    plain = {**own, "kind": "interactions", "rating_column": "none", "time_column": "none", "items": "none"}
    return load_part(withdrawn, _scale(parent), plain, parent.registry.data_sources)


def found_full(parent: Run, merged: Merged) -> Run | None:
    """The finished run that was trained on the same table for the same parent."""
    folder = _made_before(parent, merged, by_update=False)
    return None if folder is None else type(parent).open(folder, parent.registry)


def _made_before(parent: Run, merged: Merged, by_update: bool) -> Path | None:
    """The finished run that the same news made."""
    for folder in list_runs():
        try:
            run = type(parent).open(folder, parent.registry)
            record = run.config.parent
            same = record.get("run") == parent.id and record.get("news") == merged.fingerprint
            if same and ("updated" in record) == by_update and run.state == "finished":
                return folder
        except TastemapError:
            continue  # a damaged run is none that could be given back
    return None


def _account(
    parent: Run, merged: Merged, solved: Solved, seconds: float, figures: Mapping[str, Any]
) -> Updated:
    before = updated_of(parent)
    came = merged.added - merged.held_back + merged.changed + merged.withdrawn
    earlier = before.since_full * len(merged.before) if before else 0.0
    model = parent.model
    return Updated(
        run="",
        parent=parent.id,
        added=merged.added,
        changed=merged.changed,
        withdrawn=merged.withdrawn,
        unchanged=merged.unchanged,
        unknown=merged.unknown,
        new_users=len(solved.model.users) - len(model.users),
        new_items=len(solved.model.items) - len(model.items),
        users=solved.users,
        items=solved.items,
        how=solved.how,
        seconds=seconds,
        since_full=min(1.0, (earlier + came) / max(1, merged.trained)),
        notes=merged.notes,
        **figures,
    )


def updated_of(run: Run) -> Updated | None:
    """What an update did that made a run; None for one that was trained. Raises RunError."""
    told = run.config.parent.get("updated")
    if told is None:
        return None
    try:
        return from_plain(told, Updated)
    except ProtocolError as error:
        raise damaged(run.folder / "config.json", error.message) from None
