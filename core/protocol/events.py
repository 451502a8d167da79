"""What the engine tells: one frozen dataclass an event, read alike by CLI, screen, trackers and tests.

RMSE and MAE are in units of the rating, on clipped predictions and without penalty terms. `val_*` is
measured on the held-out part of the split, which never decides anything; `tuning_rmse` on the part carved
out of training for early stopping (None where there is none).

Under the objective "ranking" there are no RMSE and MAE: `train_loss` is the mean loss of what users took
(−log of its probability, where the model knows one), and `val_ndcg`, `val_recall` … are of the first ten of
all items ranked for each user, what they have in training passed over. `baseline_ndcg` is what mere
popularity reaches there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.protocol.figures import ApartFigures, RankingFigures, UsageFigures
from core.protocol.wire import from_line, snake_case, to_line


@dataclass(frozen=True)
class Event:
    """Base of all events."""

    def to_json(self) -> str:
        """This event as one line of JSON: `{"event":"epoch_finished", …}`."""
        return to_line(self, "event")


def verdict_of(low: float, high: float) -> str:
    """Better, worse or no clear difference, by an interval of what is better the lower it is.

    One without width is none: what is held out is of one user (`interval_told`).
    """
    if low <= 0 <= high or low == high:
        return "no clear difference"
    return "better" if high < 0 else "worse"


def interval_told(low: float, high: float) -> str:
    """A difference's interval in words; of a single user there is none, and its ends are the difference."""
    if low == high != 0:
        return "of one user: no interval"
    return f"95 % {low:+.4f} to {high:+.4f}"


@dataclass(frozen=True, kw_only=True)
class EngineReady(Event):
    """The engine process listens; `device` is set once TensorFlow is loaded."""

    version: str
    process: int
    device: str | None = None


@dataclass(frozen=True)
class PhaseChanged(Event):
    """The work entered a phase that takes a while: reading data, starting TensorFlow, compiling, training."""

    phase: str
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class RunStarted(Event):
    """Training begins (or goes on, with `first_epoch` > 1) with everything needed to describe the run.

    `split` says how the table was split and how many held-out users and items training has never seen;
    `baseline_rmse` is what plain damped means reach on the held-out part; `adaptation` what was learnt on
    carved parts of training (`epochs`, `share`, …), empty where nothing was; `notes` say what was decided for
    the user. Of the `settings` those of `unused` mean nothing to the architecture; where the learning rate is
    among them, the events of epochs and batches have none.
    """

    run: str
    architecture: str
    options: Mapping[str, Any]
    settings: Mapping[str, Any]
    data: Mapping[str, Any]
    split_hash: str
    device: str
    parameters: int
    epochs: int
    batches: int
    first_epoch: int = 1
    split: Mapping[str, Any] = field(default_factory=dict)
    baseline_rmse: float | None = None
    adaptation: Mapping[str, Any] = field(default_factory=dict)
    notes: Sequence[str] = ()
    unused: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class BatchProgress(UsageFigures, Event):
    """Progress inside an epoch, a few times a second; `train_rmse` or `train_loss` is the running one."""

    epoch: int
    batch: int
    batches: int
    train_rmse: float | None
    learning_rate: float | None
    ratings_per_second: float
    eta_seconds: float
    train_loss: float | None = None


@dataclass(frozen=True, kw_only=True)
class EpochFinished(RankingFigures, UsageFigures, Event):
    """An epoch's figures; `seconds` is training alone; `best`: no earlier epoch was better."""

    epoch: int
    epochs: int
    train_rmse: float | None
    val_rmse: float | None
    val_mae: float | None
    tuning_rmse: float | None
    learning_rate: float | None
    seconds: float
    ratings_per_second: float
    best: bool

    @property
    def ranks(self) -> bool:
        """Whether the objective is a ranking."""
        return self.train_loss is not None

    @property
    def val_figure(self) -> float | None:
        """What the objective is judged by on the held-out part: the RMSE, or the nDCG."""
        return self.val_ndcg if self.ranks else self.val_rmse


@dataclass(frozen=True, kw_only=True)
class LearningRateChanged(Event):
    """The learning rate was changed by hand; it scales what is left of the schedule."""

    epoch: int
    batch: int
    learning_rate: float


@dataclass(frozen=True, kw_only=True)
class Refused(Event):
    """A command that can't be obeyed, in words; the training goes on as it was."""

    command: str
    message: str


@dataclass(frozen=True)
class Paused(Event):
    """Training holds still after this batch until it is resumed."""

    epoch: int
    batch: int


@dataclass(frozen=True)
class Resumed(Event):
    """Training goes on."""

    epoch: int
    batch: int


@dataclass(frozen=True, kw_only=True)
class Finished(RankingFigures, Event):
    """The run is saved with the weights of `best_epoch`; `reason`: completed, stopped or early_stopping.

    `val_rmse` is that of the replicas' mean where there are several; `replica_rmse` tells each one's alone.
    `baseline_rmse` is what plain damped means reach on the held-out part, `difference` the run's RMSE minus
    that, with its 95 % interval: below 0 is better. Of a ranking it is the nDCG minus that of popularity
    (`baseline_ndcg`): above 0 is better. `apart` are figures of what the split judges apart from `val_*`.
    `moment_rmse` is the RMSE where a prediction knows when the rating was given (`core.model.moments`).
    `val_ndcg_interval` are both ends of the 95 % interval over users around `val_ndcg`. `convergence` says of
    a sampler's chains how many there are, their `samples`, `r_hat` and `effective_samples`.
    """

    run: str
    reason: str
    val_rmse: float | None
    val_mae: float | None
    train_rmse: float | None
    tuning_rmse: float | None
    epochs: int
    best_epoch: int
    seconds: float
    ratings_per_second: float
    split_hash: str
    path: str
    replica_rmse: Sequence[float] = ()
    moment_rmse: float | None = None
    baseline_rmse: float | None = None
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None
    objective: str = "rating"
    val_ndcg_interval: Sequence[float] = ()
    apart: Sequence[ApartFigures] = ()
    convergence: Mapping[str, float] = field(default_factory=dict)

    @property
    def val_figure(self) -> float | None:
        """What the objective is judged by on the held-out part: the RMSE, or the nDCG."""
        return self.val_ndcg if self.objective == "ranking" else self.val_rmse

    @property
    def verdict(self) -> str:
        """Whether the run beats its baseline: better, worse, no clear difference; "" where unknown."""
        if self.difference_low is None or self.difference_high is None:
            return ""
        if self.objective == "ranking":
            return verdict_of(-self.difference_high, -self.difference_low)
        return verdict_of(self.difference_low, self.difference_high)


@dataclass(frozen=True, kw_only=True)
class TrialFinished(Event):
    """A trial of a search: the choices it tried and the tuning figure they reached after `epochs`."""

    architecture: str
    trial: int
    choices: Mapping[str, Any]
    epochs: int
    tuning_rmse: float | None
    tuning_ndcg: float | None = None


@dataclass(frozen=True, kw_only=True)
class Tuned(Event):
    """A search is over: the `choices` that are taken, and whether they `gained` anything beyond chance.

    On carved parts: `tuning_rmse` of the search's best, `start_rmse` of what it started from, `means_rmse` of
    damped means; of a ranking `tuning_ndcg`, `start_ndcg` and `popularity_ndcg`. All are None where nothing
    could be measured.
    """

    architecture: str
    choices: Mapping[str, Any]
    gained: bool
    tuning_rmse: float | None = None
    start_rmse: float | None = None
    means_rmse: float | None = None
    tuning_ndcg: float | None = None
    start_ndcg: float | None = None
    popularity_ndcg: float | None = None


@dataclass(frozen=True, kw_only=True)
class Judged(Event):
    """The verdict that was asked for: a `core.verdict.Verdict`, None where somebody stopped it."""

    verdict: Any


@dataclass(frozen=True, kw_only=True)
class Failed(Event):
    """Something went wrong; `request` names the query that failed, None when it was the training."""

    kind: str
    message: str
    hint: str = ""
    request: str | None = None


@dataclass(frozen=True, kw_only=True)
class Answer(Event):
    """The result of a query; `request` is the id that the query brought."""

    request: str
    view: str
    result: Any


EVENT_KINDS: Mapping[str, type[Event]] = {
    snake_case(kind.__name__): kind
    for kind in (
        EngineReady,
        PhaseChanged,
        RunStarted,
        BatchProgress,
        EpochFinished,
        LearningRateChanged,
        Refused,
        Paused,
        Resumed,
        Finished,
        TrialFinished,
        Tuned,
        Judged,
        Failed,
        Answer,
    )
}


def parse_event(line: str) -> Event:
    """Read an event back from its line of JSON; raises ProtocolError if it is none."""
    return from_line(line, "event", EVENT_KINDS)
