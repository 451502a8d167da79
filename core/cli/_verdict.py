"""`tastemap verdict`: train contenders on several splits, and say which to use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.cli._flags import Values, require_data
from core.cli._output import note, print_json, print_lines
from core.cli._stopping import stoppable
from core.cli._training_view import JsonView, ProgressView
from core.contract import load_plugins
from core.data import load_ratings, shown_source
from core.protocol import PhaseChanged, to_plain
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
    with stoppable(JsonView() if as_json else ProgressView()) as stopping:
        stopping.show(PhaseChanged("reading data", shown_source(request.data)))
        ratings = load_ratings(request.data, request.flags["reading"], sources=registry.data_sources)
        splits, notes = wanted_splits(request.splits, ratings)
        judging = Judging(
            ratings,
            contenders(request.names, registry, ratings),
            splits,
            registry,
            stopping.show,
            settings=dict(request.flags["settings"]),
            next_controls=stopping.next_controls,
            stopped=lambda: bool(stopping.exit_code),
            keep=request.keep,
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
