"""`tastemap train`: choose, train, show."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from core.api import recorded_ratings
from core.cli.flags import READING_FLAGS, parse_flags
from core.cli.training_view import JsonView, TextView
from core.datasets import load_ratings
from core.errors import UsageError
from core.events import Event, PhaseChanged
from core.plugins import Registry, load_plugins
from core.runs.run import Run
from core.runs.store import find_run
from core.settings import TrainingSettings, resolve
from core.training.controls import Controls
from core.training.session import Session, saved_choices
from core.training.tuning import tune


def run_training(
    words: Sequence[str],
    data: str,
    architecture: str,
    recipe: str,
    resume: str,
    trials: int,
    plugins: Sequence[Path],
    as_json: bool,
) -> int:
    """Train or resume and show the events; returns the exit code, 130 where Ctrl-C stopped it."""
    registry = load_plugins(plugins)
    controls = Controls()
    with JsonView() if as_json else TextView() as view, _stopping(controls) as interrupted:
        if resume:
            _resume(words, data, resume, registry, view.show, controls)
        else:
            _start(words, data, architecture, recipe, trials, registry, view.show, controls)
    return 130 if interrupted() else 0


def _start(
    words: Sequence[str],
    data: str,
    architecture: str,
    recipe: str,
    trials: int,
    registry: Registry,
    show: Callable[[Event], None],
    controls: Controls,
) -> None:
    if not data:
        raise UsageError("Say what to train on with --data.", hint="--data demo needs no file.")
    chosen = registry.architecture(architecture)
    groups = {
        "settings": TrainingSettings.fields(),
        "options": chosen.Options.fields(),
        "reading": READING_FLAGS,
    }
    flags = parse_flags(words, groups)
    resolved = resolve(chosen, recipe, flags["options"], flags["settings"])
    show(PhaseChanged("reading data", data))
    ratings = load_ratings(data, flags["reading"], sources=registry.data_sources)
    if trials:
        resolved = tune(ratings, resolved, trials, show)
    Session(ratings, resolved, registry, show, controls).start()


def _resume(
    words: Sequence[str],
    data: str,
    name: str,
    registry: Registry,
    show: Callable[[Event], None],
    controls: Controls,
) -> None:
    folder = find_run(name)
    run = Run.open(folder, registry)
    settings = parse_flags(words, {"settings": [f for f in TrainingSettings.fields() if f.name == "epochs"]})
    resolved = saved_choices(run.config, registry, settings["settings"])
    show(PhaseChanged("reading data", str(run.config.data.get("name", ""))))
    Session(recorded_ratings(run, data or None), resolved, registry, show, controls).resume(folder)


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
