"""Obey commands one after another; while one trains, steer it and answer queries between its slices."""

from __future__ import annotations

import os
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from core.contract import Registry, Resolved, resolve
from core.data import load_ratings, shown_source
from core.engine._channel import failure
from core.errors import RunError, TastemapError, UsageError
from core.model import Model, RatedTable
from core.protocol import (
    Answer,
    Command,
    EngineReady,
    Event,
    Judge,
    Judged,
    PhaseChanged,
    Query,
    Quit,
    ResumeRun,
    Train,
    Warm,
)
from core.runs import Run, find_run, recorded_ratings, saved_choices
from core.training import Controls, Session
from core.views import Answer as AnyAnswer, compute, find_view

MOST_OPEN = 8
"""Saved runs that are kept in memory for the next question; the one opened first goes first."""


@dataclass
class EngineServer:
    """The engine behind one pair of pipes: `controls` is the mailbox that the reading thread fills."""

    registry: Registry
    emit: Callable[[Event], None]
    controls: Controls = field(default_factory=Controls)
    _session: Session | None = None
    _live: _LiveModels | None = None
    _opened: dict[str, Run] = field(default_factory=dict)
    _quitting: bool = False
    _judging: bool = False
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
                answer = self._answer(command)
                self.emit(Answer(request=command.request, view=command.view, result=answer))
            case Warm() if self._session is None:
                self._warm()
            case Train() | ResumeRun() | Judge() if self._session is not None or self._judging:
                raise UsageError("A training is running already.", hint="Stop it first.")
            case Train():
                self._train(command)
            case ResumeRun():
                self._resume(command)
            case Judge():
                self._judge(command)
            case _:
                pass  # steering commands that arrive when nothing trains any more

    def _train(self, command: Train) -> None:
        settings = dict(command.settings)
        name, recipe = str(settings.pop("architecture", "bias")), str(settings.pop("recipe", "default"))
        options = settings.pop("options", {})
        if not isinstance(options, dict):
            raise UsageError("options must be an object.")
        resolved = resolve(self.registry.architecture(name), recipe, options, settings)
        self.emit(PhaseChanged("reading data", shown_source(command.data)))
        ratings = load_ratings(command.data, command.reading, sources=self.registry.data_sources)
        self._run(Session(ratings, resolved, self.registry, self.emit), lambda session: session.start())

    def _resume(self, command: ResumeRun) -> None:
        folder = find_run(command.run)
        run = Run.open(folder, self.registry)
        resolved: Resolved = saved_choices(run.config, self.registry)
        self.emit(PhaseChanged("reading data", str(run.config.data.get("name", ""))))
        session = Session(recorded_ratings(run, command.data), resolved, self.registry, self.emit)
        self._run(session, lambda session: session.resume(folder))

    def _judge(self, command: Judge) -> None:
        """Judge contenders; of their trainings nothing is told but which one it is."""
        from core.verdict import Judging, contenders, wanted_splits

        self.emit(PhaseChanged("reading data", shown_source(command.data)))
        ratings = load_ratings(command.data, command.reading, sources=self.registry.data_sources)
        splits, notes = wanted_splits("", ratings)
        chosen = contenders(command.contenders, self.registry, ratings)
        if self._warming is not None:
            self._warming.join()
        self._judging = True
        try:
            verdict = Judging(
                ratings,
                chosen,
                splits,
                self.registry,
                self._tell_judging,
                controls=self.controls,
                answer=self.obey,
                notes=notes,
            ).verdict()
        finally:
            self._judging = False
        self.emit(Judged(verdict=verdict))

    def _tell_judging(self, event: Event) -> None:
        if isinstance(event, PhaseChanged) and event.phase == "judging":
            self.emit(event)

    def _run(self, session: Session, work: Callable[[Session], object]) -> None:
        session.controls, session.answer = self.controls, self.obey
        self._session, self._live = session, _LiveModels(session)
        if self._warming is not None:
            self._warming.join()
        try:
            work(session)
        finally:
            self._session = self._live = None

    def _answer(self, query: Query) -> AnyAnswer:
        view = find_view(query.view).ask(query.arguments)
        answer: AnyAnswer = compute(view, self._model(query.run))
        return answer

    def _model(self, run: str | None) -> Model:
        if run is None:
            if self._live is None:
                raise UsageError("Nothing is training; name a run.")
            return self._live.current()
        folder = find_run(run)
        key = str(folder)
        if key not in self._opened or self._opened[key].summary is None:
            self._opened[key] = Run.open(folder, self.registry)
            while len(self._opened) > MOST_OPEN:
                del self._opened[next(iter(self._opened))]
        return self._opened[key].model

    def _warm(self) -> None:
        """Load TensorFlow on a thread of its own: questions about saved runs are answered meanwhile."""
        if self._warming is None:
            self.emit(PhaseChanged("starting TensorFlow"))
            self._warming = threading.Thread(target=self._load_tensorflow, name="warm", daemon=True)
            self._warming.start()

    def _load_tensorflow(self) -> None:
        try:
            from core.startup import choose_device, describe_device
            from core.training import make_trainer  # noqa: F401 - loads what the first training needs

            self.emit(ready(describe_device(choose_device("auto"))))
        except Exception as error:  # noqa: BLE001 - told to the user; a training would meet the same
            traceback.print_exc()
            self.emit(failure(error))


def ready(device: str | None = None) -> EngineReady:
    """Say that the engine listens."""
    from core.runs import installed_versions

    return EngineReady(version=installed_versions()["tastemap"], process=os.getpid(), device=device)


class _LiveModels:
    """Models of one training: each question sees the current weights, all share one grouped table."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._rated: RatedTable | None = None

    def current(self) -> Model:
        """The run in training with a copy of its current weights; raises RunError before it has any."""
        return replace(self._session.model(), read_rated=self._read)

    def _read(self) -> RatedTable:
        if self._rated is None:
            prepared = self._session.prepared
            if prepared is None:
                raise RunError("Training hasn't started yet.", hint="Ask again in a moment.")
            self._rated = RatedTable.of_split(self._session.ratings, prepared.split)
        return self._rated
