"""Obey commands one after another; while one trains, steer it and answer queries between its slices."""

from __future__ import annotations

import os
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field

from core.contract.plugins import Registry
from core.contract.settings import Resolved, resolve
from core.data import load_ratings
from core.engine.channel import failure
from core.engine.views import answer_view
from core.errors import TastemapError, UsageError
from core.model.model import Model
from core.protocol.commands import Command, Query, Quit, ResumeRun, Train, Warm
from core.protocol.events import Answer, EngineReady, Event, PhaseChanged
from core.runs.config import saved_choices
from core.runs.models import LiveModels, saved_model
from core.runs.run import Run
from core.runs.store import find_run
from core.training.controls import Controls
from core.training.session import Session

MOST_OPEN = 8
"""Saved runs that are kept in memory for the next question; the one opened first goes first."""


@dataclass
class EngineServer:
    """The engine behind one pair of pipes: `controls` is the mailbox that the reading thread fills."""

    registry: Registry
    emit: Callable[[Event], None]
    controls: Controls = field(default_factory=Controls)
    _session: Session | None = None
    _live: LiveModels | None = None
    _opened: dict[str, tuple[Run, Model]] = field(default_factory=dict)
    _quitting: bool = False
    _warming: threading.Thread | None = None

    def serve(self) -> None:
        """Obey until told to quit."""
        while not self._quitting:
            command = self.controls.next(wait_seconds=3600)
            if command is not None:
                self.obey(command)

    def obey(self, command: Command) -> None:
        """Obey one command; whatever goes wrong becomes a Failed event."""
        request = command.request if isinstance(command, Query) else None
        try:
            self._dispatch(command)
        except TastemapError as error:
            self.emit(failure(error, request))
        except Exception as error:  # noqa: BLE001 - a defect must reach the user and not end the engine
            traceback.print_exc()
            self.emit(failure(error, request))

    def _dispatch(self, command: Command) -> None:
        match command:
            case Quit():
                self._quitting = True
                self.controls.stop()
            case Query():
                result = answer_view(command.view, self._model(command.run), command.arguments)
                self.emit(Answer(command.request, command.view, result))
            case Warm() if self._session is None:
                self._warm()
            case Train() | ResumeRun() if self._session is not None:
                raise UsageError("A training is running already.", hint="Stop it first.")
            case Train():
                self._train(command)
            case ResumeRun():
                self._resume(command)
            case _:
                pass  # steering commands that arrive when nothing trains any more

    def _train(self, command: Train) -> None:
        settings = dict(command.settings)
        name, recipe = str(settings.pop("architecture", "bias")), str(settings.pop("recipe", "default"))
        options = settings.pop("options", {})
        if not isinstance(options, dict):
            raise UsageError("options must be an object.")
        resolved = resolve(self.registry.architecture(name), recipe, options, settings)
        self.emit(PhaseChanged("reading data", command.data))
        ratings = load_ratings(command.data, command.reading, sources=self.registry.data_sources)
        self._run(Session(ratings, resolved, self.registry, self.emit), lambda session: session.start())

    def _resume(self, command: ResumeRun) -> None:
        folder = find_run(command.run)
        run = Run.open(folder, self.registry)
        resolved: Resolved = saved_choices(run.config, self.registry)
        self.emit(PhaseChanged("reading data", str(run.config.data.get("name", ""))))
        from core.api import recorded_ratings

        session = Session(recorded_ratings(run, command.data), resolved, self.registry, self.emit)
        self._run(session, lambda session: session.resume(folder))

    def _run(self, session: Session, work: Callable[[Session], object]) -> None:
        session.controls, session.answer = self.controls, self.obey
        self._session, self._live = session, LiveModels(session)
        if self._warming is not None:
            self._warming.join()
        try:
            work(session)
        finally:
            self._session = self._live = None

    def _model(self, run: str | None) -> Model:
        if run is None:
            if self._live is None:
                raise UsageError("Nothing is training; name a run.")
            return self._live.current()
        folder = find_run(run)
        key = str(folder)
        if key not in self._opened or self._opened[key][0].summary is None:
            opened = Run.open(folder, self.registry)
            self._opened[key] = opened, saved_model(opened)
            while len(self._opened) > MOST_OPEN:
                del self._opened[next(iter(self._opened))]
        return self._opened[key][1]

    def _warm(self) -> None:
        """Load TensorFlow on a thread of its own: questions about saved runs are answered meanwhile."""
        if self._warming is None:
            self.emit(PhaseChanged("starting TensorFlow"))
            self._warming = threading.Thread(target=self._load_tensorflow, name="warm", daemon=True)
            self._warming.start()

    def _load_tensorflow(self) -> None:
        try:
            from core.startup.device import choose_device, describe_device
            from core.training.start import make_trainer  # noqa: F401 - loads what the first training needs

            self.emit(ready(describe_device(choose_device("auto"))))
        except Exception as error:  # noqa: BLE001 - told to the user; a training would meet the same
            traceback.print_exc()
            self.emit(failure(error))


def ready(device: str | None = None) -> EngineReady:
    """Say that the engine listens."""
    from core.runs.config import installed_versions

    return EngineReady(installed_versions()["tastemap"], os.getpid(), device)
