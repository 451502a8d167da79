"""One training from start (or checkpoint) to its finished run folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.contract import Arrays, Registry, Resolved, Trainer, settle
from core.data import Ratings, Split, describe, forget, may_be_read_again, unseen
from core.errors import RunError, UsageError
from core.files import cannot_write, make_folder, runs_folder
from core.model import Model, RatedTable, RunFacts
from core.protocol import (
    Command,
    Event,
    Finished,
    Pause,
    PhaseChanged,
    Resume,
    SetLearningRate,
    Stop,
)
from core.runs import (
    Progress,
    RunConfig,
    RunWriter,
    attended,
    keep_ratings,
    load_head,
    locked,
    new_run_id,
    read_config,
    read_history,
    write_vocabularies,
)
from core.training._adapting import (
    Adaptation,
    adapt,
    mixed,
    planned,
    recorded_adaptation,
    untrained,
)
from core.training._checkpoints import LastEpoch, Nowhere, saying_what_is_kept, tell_nobody
from core.training._folding import Folding, counted_apart, folds, refuse_to_fold_on_several
from core.training._loop import TrainingLoop
from core.training._prepare import Prepared, prepare
from core.training._started import notes, run_started
from core.training._trackers import with_trackers
from core.training._trusting import learn_trust
from core.training.controls import Controls, LeadsWorkers, ignore
from core.training.ranking import with_options
from core.training.several import read_cluster

if TYPE_CHECKING:
    from core.views.quality import Ways

_FEWEST_TO_CARVE = 12
"""From fewer training ratings nothing is carved: a few could decide nothing."""


@dataclass
class Session:
    """Trains one run and tells about it.

    `emit` receives every event, on the thread that trains; `controls` may be used from any other; `answer`
    receives commands that don't steer, between two slices of batches. Without `figures_by_epoch` epochs are
    not measured, only the end is; without `resumable` their states aren't kept. `parent` is what the run's
    configuration says of the one that it comes from, where it comes from one. Once finished, `compared` is
    the held-out part as the baseline and as the run predict or rank it.
    """

    ratings: Ratings
    resolved: Resolved
    registry: Registry
    emit: Callable[[Event], None]
    controls: Controls = field(default_factory=Controls)
    answer: Callable[[Command], None] = ignore
    trackers: Sequence[str] = ()
    figures_by_epoch: bool = True
    resumable: bool = True
    parent: Mapping[str, Any] = field(default_factory=dict)
    trainer: Trainer | None = None
    prepared: Prepared | None = None
    adaptation: Adaptation | None = None
    compared: Ways | None = None

    def __post_init__(self) -> None:
        """Decide the objective by the table where it is open; raises UsageError where neither serves."""
        self.resolved = settle(self.resolved, self.ratings.has_ratings, len(self.ratings))

    def start(self, folder: Path | None = None) -> Path:
        """Train a new run in `folder` (default: a new one among all runs); returns the run's folder."""
        run = new_run_id(self.resolved.architecture.name)
        folder = folder or runs_folder() / run
        self._refuse_to_lead()
        try:
            make_folder(folder, exist_ok=False)
            folder.chmod(0o700)  # wherever it lies: it holds who rated what
        except FileExistsError:
            raise RunError(f"{folder} exists already.", hint="Choose another folder.") from None
        except OSError as error:
            raise cannot_write(folder, error) from error
        try:
            self._fill(folder)
        except BaseException:
            if not read_history(folder):
                shutil.rmtree(folder, ignore_errors=True)  # nothing was trained: no run to go on with
            raise
        return folder

    def _fill(self, folder: Path) -> None:
        with locked(folder):
            prepared, trainer, device = self._make_trainer(self._adapt)
            config = self._config(folder.name, prepared, trainer, device)
            write_vocabularies(folder, self.ratings, prepared.baseline)
            if not may_be_read_again(self.ratings, self.registry.data_sources):
                keep_ratings(folder, self.ratings)
            config.write(folder)
            forget(self.ratings)
            self._train(folder, config, prepared, trainer, Progress())

    def _adapt(self, prepared: Prepared) -> Adaptation | None:
        """Learn on carved parts how to train, where the settings ask for it and there are enough ratings."""
        self._settle(prepared)
        settings = self.resolved.settings
        train, others = prepared.split.train, settings.strategy == "multiworker"
        if not settings.adapt or settings.early_stopping or others or len(train) < _FEWEST_TO_CARVE:
            return None

        def tell(detail: str) -> None:
            self.emit(PhaseChanged("learning how to train", detail))

        tell("on a carved part")
        learn = learn_trust if self.resolved.ranks else adapt
        found = learn(self.ratings, prepared.split, self.resolved, tell, self._asked_to_stop)
        if found is None:
            return None
        self.resolved = with_options(self.resolved, dict(found.adaptation.options))
        return found.adaptation

    def _settle(self, prepared: Prepared) -> None:
        """Have the architecture settle by the training ratings what was left open."""
        from core.training.start import settled

        self.resolved = settled(self.resolved, prepared.train, self.emit)

    def _asked_to_stop(self) -> bool:
        """Look at the commands before training: a stop is left for the loop, as is what steers it."""
        waiting = list(iter(self.controls.next, None))
        for command in waiting:
            if isinstance(command, SetLearningRate | Pause | Resume | Stop):
                self.controls.send(command)
            else:
                self.answer(command)
        return any(isinstance(command, Stop) for command in waiting)

    def resume(self, folder: Path) -> Path:
        """Go on with a run from its last checkpoint; raises RunError for other data than the recorded.

        One that was stopped before it had learnt how to train learns that now.
        """
        config = read_config(folder)
        _check_data(config, self.ratings)
        if config.parent.get("updated"):
            hint = "`tastemap update --full` trains on all its ratings."
            raise UsageError(f"{config.run} is an update: it has no training to go on with.", hint=hint)
        self._refuse_to_lead()
        with locked(folder):
            progress, state = RunWriter(folder).load_checkpoint() or (Progress(), None)
            if state is None and not config.adaptation:
                config, prepared, trainer = self._begin_again(config, folder)
            else:
                recorded = partial(recorded_adaptation, config, self.resolved)
                prepared, trainer, _ = self._make_trainer(lambda _: recorded())
            if state is not None:
                trainer.restore(state)
            self._train(folder, config, prepared, trainer, progress, state)
        return folder

    def _begin_again(self, config: RunConfig, folder: Path) -> tuple[RunConfig, Prepared, Trainer]:
        """Learn how to train as a new run does, and write it into a run that nothing has trained yet."""

        def learnt(prepared: Prepared) -> Adaptation | None:
            found = self._adapt(prepared)
            if found is None:
                return None
            return recorded_adaptation(replace(config, adaptation=found.to_dict()), self.resolved)

        prepared, trainer, device = self._make_trainer(learnt)
        begun = self._config(config.run, prepared, trainer, device)
        begun = replace(begun, created=config.created)
        begun.write(folder)
        return begun, prepared, trainer

    @property
    def follows(self) -> bool:
        """Whether worker 0 leads this process; raises UsageError where TF_CONFIG can't be used."""
        return self.resolved.settings.strategy == "multiworker" and not read_cluster().leads

    def follow(self) -> None:
        """Train along with worker 0 to the end; tells and writes nothing, keeps its own shard alone.

        Raises WorkerError where the workers don't fit together or one is lost, and DivergenceError.
        """
        from core.training.several import Copies

        prepared, trainer, _ = self._make_trainer(self._settle)
        assert isinstance(trainer, Copies)  # noqa: S101 - that is what several workers train
        self.prepared, prepared = None, prepared.without_ratings()
        del self.ratings
        self.emit(PhaseChanged("following", read_cluster().name(0)))
        with closing(trainer):
            controls, schedule, progress = trainer.follow(self.controls)
            loop = TrainingLoop(
                trainer=trainer,
                prepared=prepared,
                schedule=schedule,
                patience=self.resolved.settings.early_stopping,
                checkpoints=Nowhere(),
                emit=tell_nobody,
                controls=controls,
                progress=progress,
            )
            loop.warm_up()
            loop.run()

    def model(self) -> Model:
        """The run in training with a copy of its current weights; raises RunError before it has any."""
        if self.trainer is None or self.prepared is None:
            raise RunError("Training hasn't started yet.", hint="Ask again in a moment.")
        return self._model_of(self.prepared, self.trainer)

    def _model_of(self, prepared: Prepared, trainer: Trainer, split: Split | None = None) -> Model:
        """A trainer's current weights as a model, of the table split so where that is told."""
        ratings, resolved = self.ratings, self.resolved
        return Model(
            resolved.architecture,
            resolved.options,
            ratings.user_vocabulary,
            ratings.item_vocabulary,
            ratings.item_table,
            prepared.baseline,
            trainer.weights(),
            prepared.scoring,
            read_rated=None if split is None else partial(RatedTable.of_split, ratings, split),
            facts=RunFacts(positive_from=prepared.liked.rule.threshold if prepared.liked else None),
            load_head=load_head,
            objective=resolved.settings.objective,
            steps=None if self.adaptation is None else self.adaptation.learnt_steps,
            moods=None if self.adaptation is None else self.adaptation.learnt_moods,
        )

    def _folding_in(self, prepared: Prepared) -> Prepared:
        """Have users whom training doesn't know judged by folding them in, where the split has any."""
        split = prepared.split
        if not folds(split):
            return prepared

        def model_of(trainer: Trainer, part: Split) -> Model:
            return self._model_of(prepared, trainer, part)

        return prepared.folding_in(Folding(self.ratings, split, model_of))

    def _refuse_to_lead(self) -> None:
        if self.follows:
            hint = "Start it with `tastemap train`; only worker 0 writes a run."
            raise UsageError("TF_CONFIG says that this process is not worker 0.", hint=hint)

    def _make_trainer(
        self, adapted: Callable[[Prepared], Adaptation | None]
    ) -> tuple[Prepared, Trainer, str]:
        self.emit(PhaseChanged("starting TensorFlow"))
        from core.startup import with_batch_size
        from core.training.several import claim_devices
        from core.training.start import make_trainer

        prepared = prepare(self.ratings, self.resolved.settings)
        forget(self.ratings)  # what training needs of a large table is copied
        settings = self.resolved.settings
        if not self.resolved.ranks:  # whose batches are of users
            settings = with_batch_size(settings, prepared.train.room)
        refuse_to_fold_on_several(prepared.split, settings)
        claim_devices(settings)
        self.resolved = replace(self.resolved, settings=settings)
        self.adaptation = adapted(prepared)
        if self.adaptation is not None:
            prepared = mixed(prepared, self.adaptation).with_moods(self.ratings, self.adaptation.learnt_moods)
        self.prepared = self._folding_in(prepared)
        if settings.strategy == "multiworker":
            self.emit(PhaseChanged("waiting", "for the other workers"))
        architecture, options = self.resolved.architecture, self.resolved.options
        self.trainer, device = make_trainer(architecture, options, settings, self.prepared.train)
        if settings.strategy != "none":
            self.prepared = self.prepared.without_training()  # each copy has its own users' ratings
        return self.prepared, self.trainer, device

    def _train(
        self,
        folder: Path,
        config: RunConfig,
        prepared: Prepared,
        trainer: Trainer,
        progress: Progress,
        state: Arrays | None = None,
    ) -> None:
        from core.startup import choose_device, usage

        settings = self.resolved.settings
        chosen = self.registry.chosen_trackers(self.trackers)
        self.emit = with_trackers(self.emit, chosen, asdict(config), folder)
        writer = RunWriter(folder)
        keeper = LastEpoch(writer, state, self.resumable)
        schedule, controls = planned(settings.plan(), self.adaptation), self.controls
        if isinstance(trainer, LeadsWorkers):
            controls = trainer.lead(controls, schedule, progress)
        loop = TrainingLoop(
            trainer=trainer,
            prepared=prepared,
            schedule=schedule,
            patience=settings.early_stopping,
            checkpoints=keeper,
            emit=self.emit,
            controls=controls,
            answer=self.answer,
            progress=progress,
            unused=self.resolved.architecture.unused_settings,
            figures_by_epoch=self.figures_by_epoch,
            usage=partial(usage, choose_device(settings.device)),
        )
        self.emit(PhaseChanged("compiling"))
        with (
            attended(folder, self.emit, self.controls.send) as emit,
            closing(trainer),
            saying_what_is_kept(config.run, loop),
        ):
            loop.emit = emit
            batches = loop.warm_up()
            said = notes(self.ratings, prepared)
            emit(run_started(config, loop, trainer, batches, prepared.baseline_rmse, said))
            reason = loop.run()
            emit(self._finish(loop, folder, reason, writer, keeper))
            self.trainer = None

    def _finish(
        self, loop: TrainingLoop, folder: Path, reason: str, writer: RunWriter, keeper: LastEpoch
    ) -> Finished:
        """Save the best weights (the last epoch's without early stopping) and the figures that they reach.

        Before the first epoch's end nothing is learnt: the baseline is what predicts or ranks.
        """
        if not loop.progress.epoch:
            loop.prepared = self._folding_in(untrained(loop.prepared))
        if reason == "stopped" and keeper.state is not None:
            loop.trainer.restore(keeper.state)  # what a part of an epoch did is dropped
        weights = loop.trainer.weights()
        best = writer.best_weights(loop.progress.best_epoch)
        if best is not None:
            weights = best
            loop.trainer.restore({**loop.trainer.state(), **best})
        summary = loop.summary(folder, reason)
        self.compared = loop.compared
        writer.finish(weights, summary)
        return summary

    def _config(self, run: str, prepared: Prepared, trainer: Trainer, device: str) -> RunConfig:
        resolved, name = self.resolved, self.resolved.architecture.name
        return RunConfig(
            run=run,
            architecture=name,
            origin=self.registry.architectures[name].origin,
            recipe=resolved.recipe,
            options=resolved.options.to_dict(),
            settings=resolved.settings.to_dict(),
            data=describe(self.ratings),
            split={
                **prepared.split.settings(),
                "train_ratings": len(prepared.split.train),
                "test_ratings": len(prepared.split.test),
                "unseen": unseen(self.ratings, prepared.split),
                **counted_apart(self.ratings, prepared.split),
            },
            scoring={
                **asdict(prepared.scoring),
                "training_mean": prepared.baseline.mean,
                **({"positive_from": prepared.liked.rule.threshold} if prepared.liked else {}),
            },
            adaptation={} if self.adaptation is None else self.adaptation.to_dict(),
            device=device,
            parameters=trainer.parameters,
            parent=self.parent,
        )


def _check_data(config: RunConfig, ratings: Ratings) -> None:
    recorded = config.data.get("fingerprint")
    if recorded != ratings.fingerprint:
        hint = "Name the table that it was trained on with --data, or train a new run."
        raise RunError(f"{ratings.source} is not the table that {config.run} was trained on.", hint=hint)
