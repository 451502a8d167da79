"""`tastemap verdict`: train contenders on several splits, and say which to use; `bench`: published rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from core.cli._flags import Values, require_data
from core.cli._output import note, print_json, print_lines, say
from core.cli._stopping import stoppable
from core.cli._training_view import CountingView, JsonView, ProgressView
from core.contract import load_plugins
from core.data import load_ratings, shown_source
from core.protocol import PhaseChanged, to_plain
from core.published import HEADING, Row, find_protocol, remake
from core.verdict import Judging, check_report, contenders, wanted_splits, write_report


@dataclass(frozen=True, kw_only=True)
class VerdictRequest:
    """What the command line asked for; `names` and `splits` are separated by commas."""

    flags: Values
    data: str
    names: str
    splits: str
    report: Path | None
    keep: bool
    plugins: Sequence[Path]


def run_verdict(request: VerdictRequest, as_json: bool) -> int:
    """Judge and print; returns the exit code, that of the signal where one stopped it."""
    require_data(request.data)
    if request.report is not None:
        check_report(request.report)
    registry = load_plugins(request.plugins)
    view = JsonView() if as_json else CountingView()
    with stoppable(view) as stopping:
        stopping.show(PhaseChanged("reading data", shown_source(request.data)))
        ratings = load_ratings(request.data, request.flags["reading"], sources=registry.data_sources)
        splits, notes = wanted_splits(request.splits, ratings)
        chosen = contenders(request.names, registry, ratings)
        if isinstance(view, CountingView):
            view.expect(len(chosen) * len(splits))
        judging = Judging(
            ratings,
            chosen,
            splits,
            registry,
            stopping.show,
            settings=dict(request.flags["settings"]),
            controls=stopping.controls,
            keep=request.keep,
            draws=request.report is not None,
            notes=notes,
        )
        verdict = judging.verdict()
    if verdict is None:
        return stopping.exit_code
    if as_json:
        print_json(to_plain(verdict))
    else:
        print_lines(verdict.lines())
    if request.report is not None:
        for path in write_report(request.report, verdict, judging.curves, judging.levels):
            note(f"written: {path}")
    return 0


def run_bench(name: str, data: str, architectures: str, plugins: Sequence[Path], as_json: bool) -> int:
    """Print a line of Markdown a row, and the published figures as remarks; returns the exit code."""
    protocol, registry = find_protocol(name), load_plugins(plugins)
    names = [word.strip() for word in architectures.split(",") if word.strip()]
    note(protocol.told)
    for one in protocol.published:
        note(f"published: {one.who} {one.figure} ({one.source})")
    rows: list[Row] = []
    with stoppable(JsonView() if as_json else ProgressView()) as stopping:
        source = data or protocol.dataset
        made = remake(protocol, source, names, registry, stopping.show, stopping.next_controls, note)
        for row in made:
            if not rows and not as_json:
                _print_heading()
            rows.append(row)
            if as_json:
                print_json(to_plain(row))
            else:
                say(f"| {' | '.join(row.cells())} |")
    if stopping.exit_code:
        return stopping.exit_code
    _print_means(rows, as_json)
    return 0


def _print_heading() -> None:
    say(f"| {' | '.join(HEADING)} |")
    say("|---|---|---|---:|---:|---:|---|---|---:|")


def _print_means(rows: Sequence[Row], as_json: bool) -> None:
    """The mean over the parts of a protocol that has several."""
    for model, measure in dict.fromkeys((row.model, row.measure) for row in rows):
        own = [row for row in rows if (row.model, row.measure) == (model, measure)]
        if len(own) > 1 and not as_json:
            figure, seconds = fmean(row.figure for row in own), sum(row.seconds for row in own)
            told = f"mean of {own[0].part} to {own[-1].part}: {model} {measure}"
            say(f"{told} {figure:.4f}, {seconds:.1f} s")
