"""`tastemap train`: choose, train, show."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from core.cli.flags import Values, require_data
from core.cli.training_view import JsonView, TextView
from core.contract.plugins import Registry
from core.contract.settings import refuse_several_machines, resolve
from core.data import load_ratings
from core.errors import UsageError
from core.protocol.events import Event, PhaseChanged
from core.runs.config import saved_choices
from core.runs.recorded import recorded_ratings
from core.runs.run import Run
from core.runs.store import find_run
from core.training.controls import Controls
from core.training.session import Session
from core.training.several.following import follow, follows
from core.training.tune import tune


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
    controls = Controls()
    work = _resume if request.resume else _start
    with JsonView() if as_json else TextView() as view, _stopping(controls) as interrupted:
        work(request, view.show, controls)
    return 130 if interrupted() else 0


def _start(request: TrainRequest, show: Callable[[Event], None], controls: Controls) -> None:
    require_data(request.data)
    flags, registry = request.flags, request.registry
    official = {"split": "official"} if request.test else {}
    held_out = {"test_file": request.test} if request.test else {}
    chosen = registry.architecture(request.architecture)
    resolved = resolve(chosen, request.recipe, flags["options"], {**flags["settings"], **official})
    show(PhaseChanged("reading data", request.data))
    ratings = load_ratings(request.data, {**flags["reading"], **held_out}, sources=registry.data_sources)
    if request.trials:
        refuse_several_machines(resolved.settings, "A search")
        resolved = tune(ratings, resolved, request.trials, show)
    _train(Session(ratings, resolved, registry, show, controls, trackers=request.trackers))


def _resume(request: TrainRequest, show: Callable[[Event], None], controls: Controls) -> None:
    if request.test:
        raise UsageError("--test doesn't go with --resume.", hint="A run keeps the split that it began with.")
    registry, folder = request.registry, find_run(request.resume)
    run = Run.open(folder, registry)
    resolved = saved_choices(run.config, registry, request.flags["settings"])
    show(PhaseChanged("reading data", str(run.config.data.get("name", ""))))
    ratings = recorded_ratings(run, request.data or None)
    _train(Session(ratings, resolved, registry, show, controls, trackers=request.trackers), folder)


def _train(session: Session, resumed: Path | None = None) -> None:
    """Train a new run or go on with one; a worker that another leads only helps it."""
    if follows(session.resolved.settings):
        follow(session.ratings, session.resolved, session.emit, session.controls)
    elif resumed is not None:
        session.resume(resumed)
    else:
        session.start()


@contextmanager
def _stopping(controls: Controls) -> Iterator[Callable[[], bool]]:
    """Let the first Ctrl-C stop and save, and the second end at once."""
    pressed: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        del frame
        if pressed:
            raise KeyboardInterrupt
        pressed.append(number)
        print("tastemap: stopping and saving; press Ctrl-C again to end at once", file=sys.stderr)
        controls.stop()

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, before)
