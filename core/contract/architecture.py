"""The contract of an architecture: a Keras head over embedding rows.

An architecture says which embeddings it wants and how their rows become a score. It never sees the tables:
the engine gathers the rows of a batch, differentiates with respect to them alone, and writes the update back.
"""

from __future__ import annotations

import numbers
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from core.array_types import FloatArray
from core.errors import PluginError, UsageError
from core.options import ArchitectureOptions, OptionValue

if TYPE_CHECKING:
    from core.contract.trainer import Arrays, Trainer, TrainingData, TrainingNews


Side = Literal["user", "item"]
Rows = Mapping[str, FloatArray]
"""Embedding rows by table name (`user_factors`), each of shape (batch, dimension)."""
Histories = Any
"""What users took: a scipy.sparse matrix of shape (users, items), weights of float32."""
GRADIENT_SETTINGS = (
    "learning_rate",
    "schedule",
    "optimizer",
    "head_learning_rate",
    "batch_size",
    "replicas",
    "strategy",
    "devices",
)
"""Training settings of the engine's own gradient trainers, for architectures that have none of them."""
Terms = Mapping[str, FloatArray]
"""Additive parts of a score by name, each of shape (batch,) or (batch, parts)."""


@dataclass(frozen=True, kw_only=True)
class EmbeddingSpec:
    """One declared embedding table: `rows of the side` × `dimension` numbers, its start and its pulls."""

    side: Side
    role: str
    dimension: int
    l2: float
    initial_mean: float
    initial_spread: float
    prior: float = 0.0

    @property
    def name(self) -> str:
        """The table's name, as in `item_bias`."""
        return f"{self.side}_{self.role}"


@dataclass
class EmbeddingSide:
    """The user or item side as an architecture sees it: something to ask embedding rows of."""

    side: Side
    new_input: Callable[[str, int], Any]
    specs: list[EmbeddingSpec] = field(default_factory=list)
    inputs: list[Any] = field(default_factory=list)

    def embed(
        self,
        dimension: int,
        *,
        role: str = "factors",
        l2: float = 0.0,
        prior: float = 0.0,
        initial_mean: float = 0.0,
        initial_spread: float | None = None,
    ) -> Any:
        """Ask for an embedding of `dimension` numbers; returns a Keras tensor of shape (batch, dimension).

        `l2` pulls a row towards `initial_mean` once for every rating that touches it: the penalty is
        l2 / 2 · |row − initial_mean|² a rating, next to the squared error / 2 (a Gaussian prior with that
        mean). `prior` pulls it once in all, whatever its ratings: prior · noise / 2 · |row − initial_mean|²,
        `noise` being the standard deviation of ratings around damped means (1 for rankings); rows with few
        ratings are then held, and those with many are free.

        Rows start normally distributed around `initial_mean` with standard deviation `initial_spread` (by
        default 0 for role "bias", else 0.1). Views know the roles "factors" (map, neighbours, components)
        and "bias" (bias tables); others are free. Raises PluginError for a role given twice.
        """
        if not isinstance(dimension, numbers.Integral) or dimension < 1:
            raise PluginError(f"{self.side}.embed() needs at least one number a row, not {dimension!r}.")
        spread = (0.0 if role == "bias" else 0.1) if initial_spread is None else initial_spread
        spec = EmbeddingSpec(
            side=self.side,
            role=role,
            dimension=dimension,
            l2=l2,
            prior=prior,
            initial_mean=initial_mean,
            initial_spread=spread,
        )
        if any(other.role == role for other in self.specs):
            raise PluginError(f"{self.side}.embed(role={role!r}) is asked for twice; give each its own role.")
        self.specs.append(spec)
        self.inputs.append(self.new_input(spec.name, dimension))
        return self.inputs[-1]


@dataclass(frozen=True)
class Recipe:
    """Options and training settings that belong together, as in `--recipe notebook`.

    `training` holds fields of `core.contract.settings.TrainingSettings`, `options` those of the architecture.
    Where `from_ratings` isn't 0, "default" stands for it with tables of so many ratings, to predict ratings.
    `by_noise` names options that pull, such as an l2: where likes are noisier, or less noisy, than those of
    MovieLens's small table of 2016, stronger or weaker pulls are tried on a carved part before training.
    """

    description: str = ""
    options: Mapping[str, OptionValue] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    from_ratings: int = 0
    by_noise: tuple[str, ...] = ()


class _NoOptions(ArchitectureOptions):
    """No options."""


class Architecture:
    """Base of all architectures: subclass it, name it, and write `build`."""

    name: ClassVar[str]
    recipes: ClassVar[Mapping[str, Recipe]] = {}
    """Named recipes; "default" replaces the engine's own defaults, "ranking" those for that objective, and
    those with `from_ratings` the default ones for large tables."""
    objectives: ClassVar[tuple[str, ...]] = ("rating", "ranking")
    """What it can be trained for; a head serves both. The first is taken where the data leaves a choice."""

    averages: ClassVar[bool] = False
    """Whether more epochs only average more of the same and never learn by heart, as samples of a posterior
    do: some of them then tell on carved parts how far to trust it, and all are trained."""
    unused_settings: ClassVar[tuple[str, ...]] = ()
    """Training settings that mean nothing to it (`GRADIENT_SETTINGS`, say): never offered, always refused."""

    Options: ClassVar[type[ArchitectureOptions]] = _NoOptions
    """Its options: a class of that name within the architecture's."""

    def build(self, user: EmbeddingSide, item: EmbeddingSide, options: Any) -> Any:
        """Turn embedding rows into a score: a Keras tensor of shape (batch,) or (batch, 1).

        For the objective "rating" the score is the rating minus the mean of the training ratings: the engine
        centres ratings, adds the mean back and clips to the rating scale. For "ranking" it is a logit: the
        softmax over all items says which one the user takes next, so only differences between items count.
        """
        raise NotImplementedError

    def terms(self, rows: Rows, options: Any) -> Terms | None:  # noqa: ARG002 - the signature is the contract
        """Split scores into additive terms with NumPy, or return None where the head can't be split.

        The terms of a row must sum to the head's score: predictions then need no TensorFlow, and views can
        show each term's share. `core.testing` checks that they do.
        """
        return None

    rest: str = "rest"
    """What a part of the score is called that only the head can tell, beside `partial_terms`."""

    def partial_terms(self, rows: Rows, options: Any) -> Terms | None:  # noqa: ARG002 - the signature is the contract
        """Give the additive terms that NumPy can tell where the head adds something more; None for none.

        What they and the score differ by is shown as one more term, named `rest`. Not asked where `terms`
        splits the whole score.
        """
        return None

    def uncertainty(self, rows: Rows, options: Any) -> FloatArray | None:  # noqa: ARG002
        """Say how far ratings may lie from their scores, with NumPy; None where the architecture can't.

        The result has shape (batch,): the standard deviation of a rating given the training ratings, so both
        what is unknown of the model and the noise of ratings, before clipping. `rows` also holds those of
        tables with the role "spread", which a trainer of one's own may save and which scores never see.
        """
        return None

    def settled(self, data: TrainingData, options: Any) -> Mapping[str, OptionValue]:  # noqa: ARG002
        """Settle options that were left open by the training ratings; gives those that change, by name.

        Asked once, before a training begins: carved parts are trained with the same, the run records them,
        and a resumed training takes them from there. The same ratings must give the same.
        """
        return {}

    def trainer(self, data: TrainingData, settings: Any, options: Any) -> Trainer | None:  # noqa: ARG002
        """Bring a trainer of one's own (Gibbs sampling, say); None means the engine's gradient trainer."""
        return None

    def updated(
        self,
        weights: Arrays,  # noqa: ARG002
        news: TrainingNews,  # noqa: ARG002
        settings: Any,  # noqa: ARG002
        options: Any,  # noqa: ARG002
    ) -> Arrays | None:
        """Bring saved weights up to date with news, where rows alone don't tell all; None leaves it to the
        engine.

        `weights` have rows for all ids of now. Of an architecture with rows the engine has solved for those
        that the news touches already, given all others; what comes back takes the place of `weights`, and
        rows that the news doesn't touch must stay. An architecture that scores from histories gets its arrays
        as they were, and is trained again as a whole by its own trainer where it gives None.
        """
        return None

    def history_scores(
        self,
        histories: Histories,  # noqa: ARG002
        weights: Arrays,  # noqa: ARG002
        options: Any,  # noqa: ARG002
    ) -> FloatArray | None:
        """Score all items from what users took, with NumPy; None for an architecture with rows for users.

        `histories` is a scipy.sparse matrix of shape (users, items): the weight of each item that a user took
        in training. The result has shape (users, items). `weights` are the arrays that the architecture's own
        trainer gave under names that begin with "history/"; the engine keeps the users' histories beside
        them. Where an architecture scores so, `build` isn't called, new users cost nothing, and what each
        item of a history does to a score is found by leaving it out.
        """
        return None

    def served_scores(
        self,
        weights: Arrays,  # noqa: ARG002
        options: Any,  # noqa: ARG002
    ) -> tuple[Callable[[Any, list[Any]], Any], list[Any]] | None:
        """Score histories as `history_scores` does, with TensorFlow, for a model that is served without us.

        Gives a function and the arrays that it needs: of a dense tensor of histories, shape (users, items),
        and the arrays as tensors, it gives scores of the same shape. None where that can't be done.
        """
        return None

    @classmethod
    def description(cls) -> str:
        """The first line of the architecture's docstring."""
        lines = (cls.__doc__ or "").strip().splitlines()
        return lines[0] if lines else ""


class Replicated(Architecture):
    """`replicas` copies of `inner`; a table of dimension d in `inner` is saved with replicas × d columns."""

    def __init__(self, inner: Architecture, replicas: int) -> None:
        self.inner, self.replicas = inner, replicas
        self.__dict__.update(
            name=inner.name,
            recipes=inner.recipes,
            Options=inner.Options,
            objectives=inner.objectives,
            rest=inner.rest,
            unused_settings=inner.unused_settings,
            averages=inner.averages,
        )

    def build(self, user: EmbeddingSide, item: EmbeddingSide, options: ArchitectureOptions) -> Any:
        """One replica's score."""
        return self.inner.build(user, item, options)

    def settled(self, data: TrainingData, options: ArchitectureOptions) -> Mapping[str, OptionValue]:
        """As for one replica."""
        return self.inner.settled(data, options)

    def terms(self, rows: Rows, options: ArchitectureOptions) -> Terms | None:
        """The replicas' terms divided by their number: parts side by side, single numbers as their mean."""
        return self._merged([self.inner.terms(member, options) for member in self.split(rows)])

    def partial_terms(self, rows: Rows, options: ArchitectureOptions) -> Terms | None:
        """The replicas' known terms, merged as `terms` are."""
        return self._merged([self.inner.partial_terms(member, options) for member in self.split(rows)])

    @staticmethod
    def _merged(members: list[Terms | None]) -> Terms | None:
        first = members[0]
        if first is None:
            return None
        return {name: _merge([(terms or {})[name] for terms in members]) for name in first}

    def split(self, rows: Rows) -> list[Rows]:
        """Cut wide rows into one set of rows a replica."""
        parts = {name: np.split(row, self.replicas, axis=1) for name, row in rows.items()}
        return [{name: part[member] for name, part in parts.items()} for member in range(self.replicas)]


def _merge(parts: list[Any]) -> Any:
    if all(part.ndim == 1 or part.shape[1] == 1 for part in parts):
        return sum(parts) / len(parts)
    return np.concatenate(parts, axis=1) / len(parts)


def replicate(architecture: Architecture, replicas: int) -> Architecture:
    """Wrap an architecture for a number of replicas; one replica is the architecture itself.

    Raises UsageError for an architecture that brings its own trainer.
    """
    if replicas > 1 and type(architecture).trainer is not Architecture.trainer:
        hint = "Leave --replicas out."
        raise UsageError(f"{architecture.name} brings its own trainer, which trains no replicas.", hint=hint)
    return Replicated(architecture, replicas) if replicas > 1 else architecture


def replica_count(architecture: Architecture) -> int:
    """How many replicas an architecture trains: 1 unless it is wrapped."""
    return architecture.replicas if isinstance(architecture, Replicated) else 1
