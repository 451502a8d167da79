"""Train and measure as a protocol says: a row for each model (and pair), ready to paste."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from core.contract import Registry, resolve
from core.data import Ratings, leak_notice, load_ratings, split_ratings
from core.model import RatedTable
from core.protocol import Event, Finished, PhaseChanged, RunStarted
from core.published.protocols import Protocol
from core.published.tables import liked_rows, official_pairs, refuse_lacking
from core.ranking import share_interval
from core.runs import Run
from core.training import Controls, Session
from core.views.quality import measure_popularity, measure_users

_HELD_OUT_USERS = 10_000
_FIRST = 100


@dataclass(frozen=True, kw_only=True)
class Row:
    """A model's figure by a protocol, with what it stands on; `low` and `high` are the ends of a 95 %
    interval where there is one, `baseline` what damped means or mere popularity reach."""

    protocol: str
    part: str
    model: str
    measure: str
    figure: float
    baseline: float | None
    low: float | None
    high: float | None
    split_hash: str
    hardware: str
    seconds: float

    def cells(self) -> tuple[str, ...]:
        """The row as cells of a table."""
        between = "-" if self.low is None or self.high is None else f"{self.low:.4f} to {self.high:.4f}"
        beside = "-" if self.baseline is None else f"{self.baseline:.4f}"
        name = f"{self.protocol} {self.part}".strip()
        figures = (f"{self.figure:.4f}", between, beside)
        return name, self.model, self.measure, *figures, self.split_hash, self.hardware, f"{self.seconds:.1f}"


HEADING = ("protocol", "model", "measure", "figure", "95 %", "baseline", "split", "hardware", "seconds")
Show = Callable[[Event], None]


def remake(
    protocol: Protocol,
    source: str,
    architectures: Sequence[str],
    registry: Registry,
    show: Show,
    next_controls: Callable[[], Controls],
    remark: Callable[[str], None] = lambda _: None,
) -> Iterator[Row]:
    """Make the rows of a protocol, one after another, from one's own copy of the data; raises TastemapError.

    A stopped training ends it. `remark` gets what is to be said of the split, once.
    """
    names = list(architectures) or list(protocol.architectures)
    for name in names:
        registry.architecture(name)
    said = ""
    for part, ratings, settings in _tables(protocol, source, registry):
        leak = leak_notice(str(settings["split"]), ratings.timestamps is not None)
        if leak and leak != said:
            said = leak
            remark(leak)
        for name in names:
            rows = _remake(protocol, part, ratings, name, settings, registry, show, next_controls())
            if rows is None:
                return
            yield from rows


def _tables(
    protocol: Protocol, source: str, registry: Registry
) -> Iterator[tuple[str, Ratings, dict[str, object]]]:
    """The tables of a protocol: the name of the part, the table, and the settings that split it."""
    sources: Sequence[Any] = registry.data_sources
    if protocol.name == "ml-100k":
        with official_pairs(source, sources) as pairs:
            for name, base, test in pairs:
                yield (
                    name,
                    load_ratings(base, {"test_file": str(test)}, sources=sources),
                    {"split": "official"},
                )
        return
    refuse_lacking(source, protocol.holds)
    ratings = load_ratings(source, {}, sources=sources)
    if protocol.name == "ml-1m":
        yield "", ratings, {"split": "random", "test_fraction": 0.1}
        return
    liked = liked_rows(ratings)
    share = min(0.5, _HELD_OUT_USERS / liked.user_count)
    yield "", liked, {"split": "newcomers", "test_fraction": share, "objective": "ranking"}


def _remake(
    protocol: Protocol,
    part: str,
    ratings: Ratings,
    name: str,
    settings: dict[str, object],
    registry: Registry,
    show: Show,
    controls: Controls,
) -> list[Row] | None:
    """The model's row, and one for who knows when ratings were given; None where a person stopped it."""
    show(PhaseChanged("judging", f"{name} on {protocol.name} {part}".strip()))
    heard: list[Event] = []

    def hear(event: Event) -> None:
        heard.append(event)
        show(replace(event, path="") if isinstance(event, Finished) else event)

    resolved = resolve(registry.architecture(name), settings=settings)
    with tempfile.TemporaryDirectory(prefix="tastemap-bench-") as folder:
        started = time.perf_counter()
        path = Session(ratings, resolved, registry, hear, controls).start(Path(folder) / name)
        seconds = time.perf_counter() - started
        finished = next(event for event in reversed(heard) if isinstance(event, Finished))
        if finished.reason == "stopped":
            return None
        figures = _figures(protocol, ratings, finished, Run.open(path, registry), settings)
    device = next(event.device for event in heard if isinstance(event, RunStarted))
    row = Row(
        protocol=protocol.name,
        part=part,
        model=name,
        measure=protocol.measure,
        split_hash=finished.split_hash,
        hardware=f"{device}, {os.cpu_count()} cores",
        seconds=seconds,
        **figures,
    )
    if finished.moment_rmse is None:
        return [row]
    return [row, replace(row, measure="RMSE, knowing when", figure=finished.moment_rmse)]


def _figures(
    protocol: Protocol, ratings: Ratings, finished: Finished, run: Run, settings: dict[str, object]
) -> dict[str, Any]:
    """The figure, what the baseline reaches, and the ends of the interval where there is one."""
    if protocol.measure == "RMSE":
        return {"figure": finished.val_rmse, "baseline": finished.baseline_rmse, "low": None, "high": None}
    share = float(str(settings["test_fraction"]))
    split = split_ratings(ratings, test_fraction=share, method=str(settings["split"]))
    rated = RatedTable.of_split(ratings, split)
    model = replace(run.model, read_rated=lambda: rated)
    measured = measure_users(model, _FIRST)
    interval = share_interval(measured.ndcg)
    return {
        "figure": float(np.mean(measured.ndcg)),
        "baseline": float(np.mean(measure_popularity(model, _FIRST).ndcg)),
        "low": None if interval is None else interval.low,
        "high": None if interval is None else interval.high,
    }
