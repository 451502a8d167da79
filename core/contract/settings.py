"""The training settings, declared once for the command line, the screen, Python and the run folder."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from core.contract.architecture import Architecture, Recipe, Replicated, replicate
from core.errors import UsageError
from core.options import ArchitectureOptions, OptionSet, option, suggest

OPTIMIZERS = ("rowwise_adagrad", "adagrad", "adam", "sgd")

OBJECTIVES = ("auto", "rating", "ranking")

STRATEGIES = ("none", "mirrored", "multiworker")


class TrainingSettings(OptionSet):
    """How to train, whatever the architecture."""

    objective: str = option(
        default="auto",
        help="Predict ratings or rank items (auto: ratings where the table has them).",
        choices=OBJECTIVES,
    )
    positive_from: str = option(
        default="auto",
        help="Ratings from here on count as likes when ranking (auto: chosen from the training ratings).",
    )
    epochs: int = option(default=20, help="Passes over the training ratings.", minimum=1, maximum=100_000)
    learning_rate: float = option(
        default=0.06, help="Learning rate of the embeddings.", minimum=1e-12, maximum=1000, search=(0.02, 0.2)
    )
    schedule: str = option(default="linear", help="constant, linear, cosine or steps like 1x0.001,6x0.01.")
    optimizer: str = option(
        default="rowwise_adagrad", help="Optimizer of the embeddings.", choices=OPTIMIZERS
    )
    head_learning_rate: float = option(
        default=0.001, help="Adam's learning rate for the head's own weights.", minimum=1e-12, maximum=10
    )
    batch_size: int = option(
        default=0, help="Ratings per update (0: chosen for the device).", minimum=0, maximum=10_000_000
    )
    seed: int = option(
        default=1, help="Seed of start values, order and dropout.", minimum=0, maximum=2**31 - 1
    )
    replicas: int = option(
        default=1, help="Train so many seeds side by side and predict their mean.", minimum=1, maximum=64
    )
    split_seed: int = option(default=42, help="Seed of the split.", minimum=0, maximum=2**63 - 1)
    test_fraction: float = option(
        default=0.2, help="Held-out share: of the rows, or of the users.", minimum=0.001, maximum=0.9
    )
    split: str = option(
        default="random",
        help="What is held out: random ratings, a share of each user's, their last, all from a moment on, "
        "whole users (newcomers, folded in), a fold, a test file, nothing.",
        choices=("random", "user", "last", "time", "newcomers", "kfold", "official", "none"),
    )
    last_count: int = option(default=1, help="Ratings of each user that --split last holds out.", minimum=1)
    since: str = option(
        default="",
        help="The moment from which on --split time holds out, as in 2018-06-30 (else: the latest share).",
        flags=("--from",),
        metavar="DATE",
    )
    given_fraction: float = option(
        default=0.8,
        help="Share of a newcomer's ratings that they are folded in from; they are judged on the rest.",
        minimum=0.01,
        maximum=0.99,
    )
    folds: int = option(default=5, help="Folds of --split kfold.", minimum=2, maximum=1000)
    fold: int = option(default=1, help="The fold that --split kfold holds out, from 1.", minimum=1)
    early_stopping: int = option(
        default=0,
        help="Stop after this many epochs without a better tuning RMSE and keep the best (0: never).",
        minimum=0,
    )
    tuning_fraction: float = option(
        default=0.1, help="Share of training carved out to decide early stopping.", minimum=0.001, maximum=0.5
    )
    center: str = option(
        default="means",
        help="What scores are added to: the damped means of user and item, the training mean, or nothing.",
        choices=("means", "mean", "none"),
    )
    adapt: bool = option(
        default=True,
        help="Learn from carved parts of training how long to train and how far to trust the model.",
    )
    device: str = option(default="auto", help="Where to train.", choices=("auto", "cpu", "gpu"))
    strategy: str = option(
        default="none",
        help="Train on one device, on several of this machine, or on the machines that TF_CONFIG names.",
        choices=STRATEGIES,
    )
    devices: int = option(
        default=0,
        help="Devices of --strategy mirrored (0: all GPUs; on the CPU one a core, two to eight).",
        minimum=0,
        maximum=256,
    )

    @classmethod
    def parse(cls, values: Mapping[str, object]) -> Self:
        """Build settings from names and texts or JSON values; `center` may be yes or no, as it was in 0.1."""
        if isinstance(values.get("center"), bool):
            values = {**values, "center": "mean" if values["center"] else "none"}
        return super().parse(values)

    def plan(self) -> Schedule:
        """The learning rate of every epoch; raises UsageError for a schedule that can't be read."""
        return parse_schedule(self.schedule, self.learning_rate, self.epochs)


def refuse_several_machines(settings: TrainingSettings, work: str) -> None:
    """Raise UsageError where `work` trains more than once: machines come together for one training only."""
    if settings.strategy == "multiworker":
        raise UsageError(f"{work} can't use --strategy multiworker.", hint="It trains more than one model.")


@dataclass(frozen=True)
class Resolved:
    """An architecture with its options, and the settings to train it, after recipe and overrides.

    `given` is what was asked for beside the recipe: options and settings, for `settle`. `by_noise` names the
    options of the recipe that are open: a carved part may choose others by the noise of the likes.
    """

    architecture: Architecture
    options: ArchitectureOptions
    settings: TrainingSettings
    recipe: str
    given: tuple[Mapping[str, object], Mapping[str, object]] = ({}, {})
    by_noise: tuple[str, ...] = ()

    @property
    def ranks(self) -> bool:
        """Whether it is trained to rank."""
        return self.settings.objective == "ranking"


RANKING = Recipe(
    "The engine's own for ranking.",
    {},
    {"objective": "ranking", "epochs": 20, "learning_rate": 0.02, "optimizer": "adam"},
)


def resolve(
    architecture: Architecture,
    recipe: str = "default",
    options: Mapping[str, object] | None = None,
    settings: Mapping[str, object] | None = None,
) -> Resolved:
    """Lay what the user asks for over the recipe and the recipe over the defaults.

    The objective "auto" stays open until `settle` knows the table. Raises UsageError for an unknown recipe or
    option, for a value out of its range and for a setting that the architecture doesn't use.
    """
    given = dict(options or {}), dict(settings or {})
    refuse_unused(architecture, given[1])
    chosen = _recipe_for(architecture, recipe, str(given[1].get("objective", "auto")))
    merged = {**chosen.training, **given[1]}
    if "epochs" in given[1] and "schedule" not in given[1]:
        merged = _without_steps(merged)
    if settings and not settings.keys().isdisjoint(_SAYS_HOW_LONG):
        merged = merged if "adapt" in settings else {**merged, "adapt": False}
    parsed = TrainingSettings.parse(merged)
    parsed = TrainingSettings.parse({**parsed.to_dict(), "epochs": parsed.plan().epochs})
    parsed_options = architecture.Options.parse({**chosen.options, **given[0]})
    open_to = tuple(name for name in chosen.by_noise if name not in given[0])
    return Resolved(
        replicate(architecture, parsed.replicas), parsed_options, parsed, recipe, given, by_noise=open_to
    )


def refuse_unused(architecture: Architecture, given: Mapping[str, object]) -> None:
    """Raise UsageError for settings that mean nothing to an architecture, with the flags that set them."""
    flags = [f"--{name.replace('_', '-')}" for name in architecture.unused_settings if name in given]
    if flags:
        named = " and ".join([", ".join(flags[:-1]), flags[-1]] if len(flags) > 1 else flags)
        message = f"{architecture.name} has no {named}: its training doesn't use that."
        raise UsageError(message, hint="Leave it out.")


def used_settings(architecture: Architecture, given: Mapping[str, object]) -> dict[str, object]:
    """Those of the given settings that an architecture uses."""
    return {name: value for name, value in given.items() if name not in architecture.unused_settings}


def settle(resolved: Resolved, has_ratings: bool, rows: int = 0) -> Resolved:
    """Decide by the table, of so many rows, what is still open: the objective, and the recipe for both.

    Raises UsageError where the architecture or the table can't serve the objective.
    """
    architecture, wanted = resolved.architecture, resolved.settings.objective
    objective = wanted
    if wanted == "auto":
        objective = architecture.objectives[0] if has_ratings else "ranking"
    if objective not in architecture.objectives:
        message, hint = _cannot(architecture.name, objective, has_ratings and wanted != "auto")
        raise UsageError(message, hint=hint)
    if objective == "rating" and not has_ratings:
        hint = "Use --objective ranking, or name a column of ratings with --rating-column."
        raise UsageError("The table holds no ratings to predict, only who took what.", hint=hint)
    recipe = resolved.recipe if objective == "ranking" else _for_size(architecture, resolved.recipe, rows)
    if (wanted, resolved.recipe) == (objective, recipe):
        return resolved
    inner = architecture.inner if isinstance(architecture, Replicated) else architecture
    options, settings = resolved.given
    return resolve(inner, recipe, options, {**settings, "objective": objective})


def _for_size(architecture: Architecture, recipe: str, rows: int) -> str:
    """The recipe for which "default" stands with a table of so many rows."""
    sizes = {one.from_ratings: name for name, one in architecture.recipes.items() if one.from_ratings}
    reached = [size for size in sizes if size <= rows]
    return sizes[max(reached)] if recipe == "default" and reached else recipe


def _cannot(name: str, objective: str, asked: bool) -> tuple[str, str]:
    if objective == "ranking":
        reason = "" if asked else " and the table holds no ratings"
        return (
            f"{name} predicts ratings and can't be trained to rank{reason}.",
            "Use bias, dot, nn, ease or stack.",
        )
    return f"{name} ranks items and predicts no ratings.", "Leave --objective out, or use bias."


_SAYS_HOW_LONG = ("epochs", "schedule", "early_stopping")
"""Who asks for any of these says how long to train; it is learnt from the table only if asked for too."""


def find_recipe(architecture: Architecture, name: str) -> Recipe:
    """Look a recipe up; raises UsageError for a name that the architecture doesn't have."""
    known = {"default": Recipe(), **architecture.recipes}
    if name not in known:
        raise UsageError(f"{architecture.name} has no recipe {name!r}.", hint=suggest(name, known))
    return known[name]


def _recipe_for(architecture: Architecture, name: str, objective: str) -> Recipe:
    """A recipe by name; "default" stands for "ranking" where that is the objective."""
    chosen = find_recipe(architecture, name)
    if name != "ranking" and not (name == "default" and objective == "ranking"):
        return chosen
    own = architecture.recipes.get("ranking", Recipe())
    return replace(own, training={**RANKING.training, **own.training})


def _without_steps(settings: dict[str, Any]) -> dict[str, Any]:
    """A number of epochs asked for outweighs a recipe's steps, which would bring their own number."""
    if settings.get("schedule", "constant") in SHAPES:
        return settings
    return {**settings, "schedule": "constant"}


SHAPES = ("constant", "linear", "cosine")
_HELP = "Use constant, linear, cosine or steps such as 1x0.001,6x0.01,15x0.001 (epochs x learning rate)."


@dataclass(frozen=True)
class Schedule:
    """A learning rate for each epoch: `learning_rates` has one number an epoch, epoch 1 first."""

    learning_rates: tuple[float, ...]

    @property
    def epochs(self) -> int:
        """Count the epochs."""
        return len(self.learning_rates)

    def learning_rate(self, epoch: int) -> float:
        """Give the learning rate of an epoch, counted from 1."""
        return self.learning_rates[epoch - 1]


def parse_schedule(text: str, learning_rate: float, epochs: int) -> Schedule:
    """Read a schedule.

    `constant`, `linear` (falls towards 0, which it would reach after the last epoch) and `cosine` scale
    `learning_rate` over `epochs`; steps such as `1x0.001,6x0.01` bring both themselves, as the notebook did
    by hand. Raises UsageError.
    """
    if text in SHAPES:
        return Schedule(tuple(learning_rate * _factor(text, epoch, epochs) for epoch in range(epochs)))
    steps = [_parse_step(step, text) for step in text.split(",")]
    return Schedule(tuple(rate for count, rate in steps for _ in range(count)))


def _factor(shape: str, finished: int, epochs: int) -> float:
    if shape == "linear":
        return 1 - finished / epochs
    return (1 + math.cos(math.pi * finished / epochs)) / 2 if shape == "cosine" else 1.0


def _parse_step(step: str, text: str) -> tuple[int, float]:
    count, separator, rate = step.strip().partition("x")
    try:
        parsed = int(count), float(rate)
    except ValueError:
        raise UsageError(f"Not a learning-rate schedule: {text!r}.", hint=_HELP) from None
    if not separator or parsed[0] < 1 or not (0 < parsed[1] < math.inf):
        raise UsageError(f"Not a learning-rate schedule: {text!r}.", hint=_HELP)
    return parsed
