"""`tastemap train`: choose, train, show."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean, stdev

from core.cli._flags import Values, require_data
from core.cli._output import figure, note, print_event, print_json, print_lines, say
from core.cli._stopping import Stopping, stoppable
from core.cli._training_view import JsonView, SilentView, TextView
from core.contract import (
    Registry,
    Resolved,
    TrainingSettings,
    load_plugins,
    refuse_several_machines,
    resolve,
    settle,
    used_settings,
)
from core.data import Ratings, leak_notice, load_ratings, shown_source
from core.errors import UsageError
from core.options import suggest
from core.protocol import Event, Finished, PhaseChanged, interval_told, to_plain
from core.runs import Run, find_run, recorded_ratings, saved_choices
from core.training import Controls, Session, tune
from core.views.quality import Comparison, Difference, RankingDifference, Ways, pooled_difference


@dataclass(frozen=True, kw_only=True)
class TrainRequest:
    """What the command line asked for; `flags` are settings, options and reading choices.

    `test` is a file to hold out, `resume` names a run to go on with, `trials` asks for a search first,
    `trackers` are names.
    """

    flags: Values
    data: str
    test: str
    architecture: str
    recipe: str
    resume: str
    trials: int
    trackers: Sequence[str]
    registry: Registry


def run_training(request: TrainRequest, as_json: bool) -> int:
    """Train or resume and show the events; returns the exit code, 130 where Ctrl-C stopped it."""
    request.registry.chosen_trackers(request.trackers)
    work = _resume if request.resume else _start
    with stoppable(_view(as_json)) as stopping:
        work(request, stopping.show, stopping.controls)
    return stopping.exit_code


def _view(as_json: bool) -> JsonView | TextView:
    return JsonView() if as_json else TextView()


def _start(request: TrainRequest, show: Callable[[Event], None], controls: Controls) -> None:
    require_data(request.data)
    flags, registry = request.flags, request.registry
    official = {"split": "official"} if request.test else {}
    held_out = {"test_file": request.test} if request.test else {}
    chosen = registry.architecture(request.architecture)
    resolved = resolve(chosen, request.recipe, flags["options"], {**flags["settings"], **official})
    show(PhaseChanged("reading data", shown_source(request.data)))
    ratings = load_ratings(request.data, {**flags["reading"], **held_out}, sources=registry.data_sources)
    session = Session(ratings, resolved, registry, show, controls, trackers=request.trackers)
    del ratings  # a worker that another leads keeps a part of them
    if request.trials:
        refuse_several_machines(resolved.settings, "A search")
        session.resolved = tune(session.ratings, session.resolved, request.trials, show)
    _train(session)


def _resume(request: TrainRequest, show: Callable[[Event], None], controls: Controls) -> None:
    if request.test:
        raise UsageError("--test doesn't go with --resume.", hint="A run keeps the split that it began with.")
    registry, folder = request.registry, find_run(request.resume)
    run = Run.open(folder, registry)
    resolved = saved_choices(run.config, registry, request.flags["settings"])
    show(PhaseChanged("reading data", str(run.config.data.get("name", ""))))
    session = Session(recorded_ratings(run, request.data or None), resolved, registry, show, controls)
    session.trackers = request.trackers
    _train(session, folder)


def _train(session: Session, resumed: Path | None = None) -> None:
    """Train a new run or go on with one; a worker that another leads only helps it."""
    if session.follows:
        session.follow()
    elif resumed is not None:
        session.resume(resumed)
    else:
        session.start()


def run_race(
    flags: Values, data: str, names: str, trials: int, plugins: Sequence[Path], as_json: bool
) -> int:
    """Train each architecture by its default recipe with the same settings, then compare with the first.

    Returns the exit code; a signal stops and saves the one in training and ends the race.
    """
    require_data(data)
    registry = load_plugins(plugins)
    _runners(names, registry)
    ratings = load_ratings(data, flags["reading"], sources=registry.data_sources)
    runners = _able(_runners(names, registry), names, registry, flags, ratings)
    folders = []
    with stoppable(_view(as_json)) as stopping:
        for name in runners:
            resolved = resolve(registry.architecture(name), settings=_used(registry, name, flags))
            resolved = settle(resolved, ratings.has_ratings, len(ratings))
            refuse_several_machines(resolved.settings, "A race")
            chosen = tune(ratings, resolved, trials, stopping.show) if trials else resolved
            session = Session(ratings, chosen, registry, stopping.show, stopping.next_controls())
            folders.append(session.start())
            if stopping.exit_code:
                return stopping.exit_code
    question = Comparison(runs=tuple(map(str, folders[1:])))
    compared = Run.open(folders[0], registry).ask(question)
    if as_json:
        print_json(to_plain(compared))
    else:
        print_lines(question.lines(compared))
    return 0


def _used(registry: Registry, name: str, flags: Values) -> dict[str, object]:
    """The settings given that this one uses; the others are named on stderr."""
    given = flags["settings"]
    used = used_settings(registry.architecture(name), given)
    for setting in given.keys() - used.keys():
        note(f"{name} has no --{setting.replace('_', '-')}, so it trains without")
    return used


def _runners(names: str, registry: Registry) -> list[str]:
    """The architectures to race, each once, in the order given; all of them where none is named."""
    wanted = [name.strip() for name in names.split(",") if name.strip()] or sorted(registry.architectures)
    for name in wanted:
        registry.architecture(name)
    if len(set(wanted)) < 2:
        raise UsageError("A race takes two architectures at least.", hint=suggest("", registry.architectures))
    return list(dict.fromkeys(wanted))


def _able(
    runners: Sequence[str], named: str, registry: Registry, flags: Values, ratings: Ratings
) -> list[str]:
    """Those who can be trained for the race's objective, where they weren't named."""
    wanted = str(flags["settings"].get("objective", "auto"))
    if wanted == "auto":
        wanted = "rating" if ratings.has_ratings else "ranking"
    if named.strip():
        return list(runners)
    return [name for name in runners if wanted in registry.architecture(name).objectives]


def run_cross_validation(
    flags: Values,
    data: str,
    architecture: str,
    recipe: str,
    folds: int,
    registry: Registry,
    as_json: bool,
) -> int:
    """Train a run for each fold; prints a line a fold, then means and standard deviations over them.

    The difference from the baseline is told over all folds together, which hold out every rating once.
    Returns the exit code; a signal stops and saves the fold in training and ends without a summary.
    """
    require_data(data)
    chosen = registry.architecture(architecture)
    ratings = load_ratings(data, flags["reading"], sources=registry.data_sources)
    resolved = resolve(chosen, recipe, flags["options"], flags["settings"])
    resolved = settle(resolved, ratings.has_ratings, len(ratings))
    refuse_several_machines(resolved.settings, "Cross-validation")
    finished: list[Finished] = []
    compared: list[Ways] = []
    with stoppable(SilentView()) as stopping:
        for fold in range(1, folds + 1):
            summary, ways = _train_fold(ratings, _for_fold(resolved, folds, fold), registry, stopping)
            finished.append(summary)
            compared += [] if ways is None else [ways]
            if stopping.exit_code:
                return stopping.exit_code
            _show_fold(fold, folds, finished[-1], as_json)
    show_summary(finished, as_json, pooled_difference(compared) if compared else None)
    leak = leak_notice("kfold", ratings.timestamps is not None)
    if leak:
        note(leak)
    return 0


def _for_fold(resolved: Resolved, folds: int, fold: int) -> Resolved:
    values = {**resolved.settings.to_dict(), "split": "kfold", "folds": folds, "fold": fold}
    return replace(resolved, settings=TrainingSettings.parse(values))


def _train_fold(
    ratings: Ratings, resolved: Resolved, registry: Registry, stopping: Stopping
) -> tuple[Finished, Ways | None]:
    """A fold's figures, and its held-out part as the baseline and as the run predict it."""
    heard: list[Event] = []

    def hear(event: Event) -> None:
        heard.append(event)
        stopping.show(event)

    session = Session(ratings, resolved, registry, hear, stopping.next_controls())
    session.start()
    return next(event for event in reversed(heard) if isinstance(event, Finished)), session.compared


def _show_fold(fold: int, folds: int, finished: Finished, as_json: bool) -> None:
    if as_json:
        print_event(finished)
    else:
        figures = "  ".join(f"{name} {figure(getattr(finished, field))}" for name, field in _judged(finished))
        name, field = _baseline(finished)
        beside = f"{name} {figure(getattr(finished, field))}"
        away = "" if finished.difference is None else f" ({finished.difference:+.4f}, {finished.verdict})"
        say(f"fold {fold}/{folds}  {figures}  {beside}{away}  run {finished.run}")


def show_summary(
    finished: Sequence[Finished], as_json: bool, away: Difference | RankingDifference | None = None
) -> None:
    """Print mean and standard deviation over the folds; one without a figure is left out of both.

    `away` is how far all folds together lie from the baseline.
    """
    summary = {
        name: _spread([getattr(event, field) for event in finished])
        for name, field in (*_judged(finished[0]), _baseline(finished[0]))
    }
    if as_json:
        plain = {_SPELLED.get(name, name.lower()): value for name, value in summary.items()}
        print_json({"event": "cross_validation", "folds": len(finished), **plain, **_away_fields(away)})
        return
    parts = [f"{name} {figure(v['mean'])} ± {figure(v['deviation'])}" for name, v in summary.items()]
    say(f"{len(finished)} folds  {'  '.join(parts)}")
    if away is not None:
        sure = interval_told(away.low, away.high)
        say(f"against the baseline {away.value:+.4f} ({sure}), {away.verdict}")
    note("± is the standard deviation over the folds")


def _away_fields(away: Difference | RankingDifference | None) -> dict[str, object]:
    """The difference from the baseline over all folds, spelled as in the finished event."""
    if away is None:
        return {"difference": None, "difference_low": None, "difference_high": None, "verdict": ""}
    interval = {"difference_low": away.low, "difference_high": away.high}
    return {"difference": away.value, **interval, "verdict": away.verdict}


_SPELLED = {
    "nDCG@10": "ndcg",
    "recall@10": "recall",
    "damped means": "baseline_rmse",
    "popularity": "baseline_ndcg",
}


def _judged(finished: Finished) -> tuple[tuple[str, str], ...]:
    """The figures that the objective is judged by: their names for people, and the event's fields."""
    if finished.objective == "ranking":
        return ("nDCG@10", "val_ndcg"), ("recall@10", "val_recall")
    return ("RMSE", "val_rmse"), ("MAE", "val_mae")


def _baseline(finished: Finished) -> tuple[str, str]:
    """The baseline of the objective: its name for people, and the event's field."""
    if finished.objective == "ranking":
        return "popularity", "baseline_ndcg"
    return "damped means", "baseline_rmse"


def _spread(figures: Iterable[float | None]) -> dict[str, float | None]:
    """Mean and standard deviation over the folds that have the figure; None where they are too few."""
    known = [value for value in figures if value is not None]
    return {"mean": mean(known) if known else None, "deviation": stdev(known) if len(known) > 1 else None}
