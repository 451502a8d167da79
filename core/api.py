"""The headless Python interface: train, load a run, evaluate it, judge models on several splits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import notebook
from core.contract import Registry, load_plugins, resolve
from core.data import Ratings
from core.options import OptionValue
from core.runs import Run, find_run, saved_choices

if TYPE_CHECKING:
    from core.protocol import Event
    from core.runs import Evaluation, UpdateRequest
    from core.training import Controls
    from core.verdict import Verdict


def train(
    ratings: Any,
    architecture: str = "bias",
    *,
    recipe: str = "default",
    options: Mapping[str, OptionValue] | None = None,
    on_event: Callable[[Event], None] | None = None,
    controls: Controls | None = None,
    registry: Registry | None = None,
    folder: str | Path | None = None,
    trackers: Sequence[str] = (),
    progress: bool | None = None,
    **settings: object,
) -> Run:
    """Train an architecture on a ratings table and return the saved run.

    `ratings` is a table, or what `load_ratings` takes: a data set's name, a path, the address of a database,
    a frame with columns of usual names. `options` are the architecture's, `settings` any field
    of `core.contract.settings.TrainingSettings` (epochs, learning_rate, batch_size, seed, …). `on_event`
    receives every event; `controls` steers from another thread; `trackers` are named (csv, tensorboard,
    mlflow). `progress` shows the training while it runs: by itself (None) in notebooks, else on standard
    error. Raises TastemapError.
    """
    from core.data import load_ratings
    from core.training import Controls, Session

    registry = registry or load_plugins()
    table = ratings if isinstance(ratings, Ratings) else load_ratings(ratings, sources=registry.data_sources)
    resolved = resolve(registry.architecture(architecture), recipe, options, settings)
    with notebook.shown(on_event, progress) as tell:
        session = Session(table, resolved, registry, tell, controls or Controls(), trackers=trackers)
        return Run.open(session.start(None if folder is None else Path(folder)), registry)


def resume(
    run: str | Path,
    *,
    data: str | Path | None = None,
    on_event: Callable[[Event], None] | None = None,
    controls: Controls | None = None,
    registry: Registry | None = None,
    trackers: Sequence[str] = (),
    progress: bool | None = None,
    **settings: object,
) -> Run:
    """Go on with an interrupted run from its last checkpoint, to the numbers of an uninterrupted one.

    `data` replaces the recorded source where the file has moved; `settings` may change what lies ahead
    (epochs, say); `progress` is that of `train`. Raises TastemapError.
    """
    from core.runs import recorded_ratings
    from core.training import Controls, Session

    registry = registry or load_plugins()
    folder = find_run(str(run))
    opened = Run.open(folder, registry)
    resolved = saved_choices(opened.config, registry, settings)
    ratings = recorded_ratings(opened, data)
    with notebook.shown(on_event, progress) as tell:
        session = Session(ratings, resolved, registry, tell, controls or Controls(), trackers=trackers)
        session.resume(folder)
    return Run.open(folder, registry)


def update_fully(
    run: Run,
    request: UpdateRequest,
    *,
    on_event: Callable[[Event], None] | None = None,
    controls: Controls | None = None,
    progress: bool | None = None,
) -> Run:
    """Train on a run's table with news in it, from the beginning; the new run names its parent.

    It holds out what `run.update` with the same request holds out, so that both can be compared. The same
    again gives the run that is there. Raises TastemapError.
    """
    from core.runs import found_full, merged_news, parent_record, settings_of
    from core.training import Controls, Session

    merged = merged_news(run, request)
    found = found_full(run, merged)
    if found is not None:
        return found
    resolved = saved_choices(run.config, run.registry, settings_of(merged))
    with notebook.shown(on_event, progress) as tell:
        session = Session(merged.table, resolved, run.registry, tell, controls or Controls())
        session.parent = parent_record(run, merged)
        return Run.open(session.start(), run.registry)


def judge(
    ratings: Any,
    contenders: str | Sequence[str] = (),
    *,
    splits: str | Sequence[str] = (),
    report: Path | None = None,
    keep: bool = False,
    on_event: Callable[[Event], None] | None = None,
    controls: Controls | None = None,
    registry: Registry | None = None,
    progress: bool | None = None,
    **settings: object,
) -> Verdict | None:
    """Judge models on several splits of a table, baselines among them, and conclude which to use.

    `ratings` and `settings` are those of `train`; `contenders` are names as `bias` or `bias:ranking` (without
    any, all there are), `splits` among random, time and newcomers (without any, all that the table can have).
    `report` names a Markdown file to write, with pictures beside it; `keep` keeps the runs. None where
    `controls` stopped it. Raises TastemapError.
    """
    from core.data import load_ratings
    from core.training import Controls
    from core.verdict import Judging, check_report, contenders as read_contenders, wanted_splits, write_report

    if report is not None:
        check_report(report)
    registry = registry or load_plugins()
    table = ratings if isinstance(ratings, Ratings) else load_ratings(ratings, sources=registry.data_sources)
    methods, notes = wanted_splits(_joined(splits), table)
    chosen = read_contenders(_joined(contenders), registry, table)
    with notebook.shown(on_event, progress) as tell:
        judging = Judging(
            table,
            chosen,
            methods,
            registry,
            tell,
            settings=dict(settings),
            controls=controls or Controls(),
            keep=keep,
            draws=report is not None,
            notes=notes,
        )
        found = judging.verdict()
    if found is not None and report is not None:
        write_report(report, found, judging.curves, judging.levels)
    return found


def _joined(names: str | Sequence[str]) -> str:
    return names if isinstance(names, str) else ",".join(names)


def load_run(run: str | Path, registry: Registry | None = None) -> Run:
    """Open a saved run by id, by a beginning of it, by path, or "latest"; raises UsageError or RunError."""
    return Run.open(find_run(str(run)), registry)


def evaluate(run: Run, ratings: Any = None) -> Evaluation:
    """Measure a run's clipped predictions: `run.evaluate(ratings)`."""
    return run.evaluate(ratings)
