"""`tastemap train`: choose, train, show."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from core.api import recorded_ratings
from core.cli.flags import READING_FLAGS, parse_flags, require_data
from core.cli.training_view import JsonView, TextView
from core.contract.plugins import Registry, load_plugins
from core.contract.settings import TrainingSettings, refuse_several_machines, resolve
from core.data import load_ratings
from core.protocol.events import Event, PhaseChanged
from core.runs.config import saved_choices
from core.runs.run import Run
from core.runs.store import find_run
from core.training.controls import Controls
from core.training.session import Session
from core.training.several.following import follow, follows
from core.training.tune import tune

CHANGEABLE = frozenset({"epochs", "strategy", "devices"})
"""Settings that a resumed run may take from the command line instead of its own."""


@dataclass(frozen=True)
class TrainRequest:
    """What the command line asked for; `words` are the flags of settings, options and reading.

    `resume` names a run to go on with, `trials` asks for a search first, `trackers` are names.
    """

    words: Sequence[str]
    data: str
    architecture: str
    recipe: str
    resume: str
    trials: int
    trackers: Sequence[str]
    plugins: Sequence[Path]


def run_training(request: TrainRequest, as_json: bool) -> int:
    """Train or resume and show the events; returns the exit code, 130 where Ctrl-C stopped it."""
    registry = load_plugins(request.plugins)
    registry.chosen_trackers(request.trackers)
    controls = Controls()
    work = _resume if request.resume else _start
    with JsonView() if as_json else TextView() as view, _stopping(controls) as interrupted:
        work(request, registry, view.show, controls)
    return 130 if interrupted() else 0


def _start(
    request: TrainRequest, registry: Registry, show: Callable[[Event], None], controls: Controls
) -> None:
    require_data(request.data)
    chosen = registry.architecture(request.architecture)
    groups = {
        "settings": TrainingSettings.fields(),
        "options": chosen.Options.fields(),
        "reading": READING_FLAGS,
    }
    flags = parse_flags(request.words, groups)
    resolved = resolve(chosen, request.recipe, flags["options"], flags["settings"])
    show(PhaseChanged("reading data", request.data))
    ratings = load_ratings(request.data, flags["reading"], sources=registry.data_sources)
    if request.trials:
        refuse_several_machines(resolved.settings, "A search")
        resolved = tune(ratings, resolved, request.trials, show)
    _train(Session(ratings, resolved, registry, show, controls, trackers=request.trackers))


def _resume(
    request: TrainRequest, registry: Registry, show: Callable[[Event], None], controls: Controls
) -> None:
    folder = find_run(request.resume)
    run = Run.open(folder, registry)
    changeable = [field for field in TrainingSettings.fields() if field.name in CHANGEABLE]
    settings = parse_flags(request.words, {"settings": changeable})
    resolved = saved_choices(run.config, registry, settings["settings"])
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
