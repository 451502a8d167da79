"""What a model is, in a few figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from core.model import Model
from core.options import OptionValue
from core.views.view import Answer, Lines, Table, View


@dataclass(frozen=True, kw_only=True)
class Scale:
    """The lowest and highest rating, and the step between neighbouring ratings (0 if there is none)."""

    minimum: float
    maximum: float
    step: float


@dataclass(frozen=True, kw_only=True)
class ModelSummary(Answer):
    """Counts, scale, architecture and options; `val_rmse` is None where it isn't known (in training).

    `users` and `items` count all ids, `trained_users` and `trained_items` those with a training rating (or
    like, for the objective "ranking"), `train_ratings` those;
    `tables` gives each embedding table's shape.
    """

    run: str | None
    architecture: str
    options: dict[str, OptionValue]
    users: int
    items: int
    trained_users: int
    trained_items: int
    train_ratings: int
    mean: float
    scale: Scale
    tables: dict[str, tuple[int, ...]]
    val_rmse: float | None
    objective: str = "rating"
    val_ndcg: float | None = None


class Summary(View[ModelSummary]):
    """Sum a model up: its architecture and options, the table that it was trained on, its figures."""

    command: ClassVar[str] = "summary"
    method: ClassVar[str] = "summarize"

    def answer(self, model: Model) -> ModelSummary:
        """Count."""
        baseline, scale = model.baseline, model.baseline.scale
        tables = {name: array for name, array in model.weights.items() if name.startswith("table/")}
        return ModelSummary(
            run=model.facts.run,
            architecture=model.architecture.name,
            options=model.options.to_dict(),
            users=len(model.users),
            items=len(model.items),
            trained_users=int((baseline.user_counts > 0).sum()),
            trained_items=int((baseline.item_counts > 0).sum()),
            train_ratings=int(baseline.item_counts.sum()),
            mean=baseline.mean,
            scale=Scale(minimum=scale.minimum, maximum=scale.maximum, step=scale.step),
            tables={name.removeprefix("table/"): tuple(array.shape) for name, array in tables.items()},
            val_rmse=model.facts.val_rmse,
            objective=model.objective,
            val_ndcg=model.facts.val_ndcg,
        )

    @classmethod
    def lines(cls, answer: ModelSummary) -> Lines:
        """A row a fact."""
        options = ", ".join(f"{name} {value}" for name, value in answer.options.items())
        one = "like" if answer.objective == "ranking" else "rating"
        yield Table(
            [
                ("run", answer.run or "in training"),
                ("architecture", f"{answer.architecture}: {options}"),
                ("users", f"{answer.users:,}, {answer.trained_users:,} with a training {one}"),
                ("items", f"{answer.items:,}, {answer.trained_items:,} with a training {one}"),
                *(_of_likes(answer) if one == "like" else _of_ratings(answer)),
            ]
        )


def _of_ratings(answer: ModelSummary) -> Iterator[tuple[str, str]]:
    yield "training ratings", f"{answer.train_ratings:,}, {answer.mean:.3f} on average"
    yield "scale", f"{answer.scale.minimum:g} to {answer.scale.maximum:g}"
    yield "val RMSE", _figure(answer.val_rmse)


def _of_likes(answer: ModelSummary) -> Iterator[tuple[str, str]]:
    yield "training likes", f"{answer.train_ratings:,}"
    yield "val nDCG@10", _figure(answer.val_ndcg)


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
