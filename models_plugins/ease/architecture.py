"""EASE (Steck 2019): the score of an item is a weighted sum of what the user took."""

from __future__ import annotations

from typing import Any

import numpy as np

from core import (
    GRADIENT_SETTINGS,
    Architecture,
    ArchitectureOptions,
    Arrays,
    FloatArray,
    Recipe,
    TastemapError,
    Trainer,
    TrainingData,
    TrainingNews,
    hookimpl,
    option,
)
from models_plugins.ease._histories import scores_by_popularity
from models_plugins.ease._links import Links, link_scores


class Ease(Architecture):
    """Weights from item to item in closed form: ranks by what a user took, no rows for users."""

    name = "ease"
    objectives = ("ranking",)
    unused_settings = (*GRADIENT_SETTINGS, "epochs", "early_stopping", "tuning_fraction", "center")
    recipes = {
        "ranking": Recipe(
            "One solve.",
            {},
            {"epochs": 1, "learning_rate": 1.0, "schedule": "constant"},
            by_noise=("l2",),
        )
    }

    class Options(ArchitectureOptions):
        """What can be chosen."""

        l2: float = option(
            default=250.0, help="Pulls the weights to 0.", minimum=1e-3, maximum=1e6, search=(30, 2000)
        )
        min_likes: int = option(default=3, help="Items with fewer likes get no weights.", minimum=1)
        most_items: int = option(
            default=10_000, help="So many of the most liked items get weights.", minimum=2, maximum=100_000
        )
        weigh: bool = option(default=False, help="Let weights count; without, every like counts alike.")
        links: int = option(
            default=0,
            help="Weights kept, the strongest, for each item on average; 0 keeps what has something to say.",
            minimum=0,
        )

        keep_inverse: bool = option(
            default=False,
            help="Keep the inverse (items × items numbers), so that updates cost users × items², not items³.",
        )

    def history_scores(self, histories: Any, weights: Arrays, options: Options) -> FloatArray:
        """What was taken times the weights; items without any by popularity, after all others."""
        histories = alike(histories, options.weigh)
        return linked_scores(histories, weights, links_of(weights, histories.shape[1]))

    def served_scores(self, weights: Arrays, options: Options) -> tuple[Any, list[Any]]:
        """The same with TensorFlow: the links as a sparse matrix."""
        from models_plugins.ease._served import served_links

        return served_links(weights, options.weigh)

    def updated(self, weights: Arrays, news: TrainingNews, settings: Any, options: Options) -> Arrays | None:
        """A block update of the inverse, where it is kept and that pays; else all is solved again."""
        from models_plugins.ease._trainer import EaseTrainer

        trainer = EaseTrainer(news.now, self, options)
        try:
            return trainer.go_on(weights, news.before)
        finally:
            trainer.close()

    def trainer(self, data: TrainingData, settings: Any, options: Options) -> Trainer:
        """Bring the closed form."""
        from models_plugins.ease._trainer import EaseTrainer

        return EaseTrainer(data, self, options)


def linked_scores(histories: Any, weights: Arrays, links: Any) -> FloatArray:
    """Scores (users, items) by `links` of what was taken, a scipy.sparse matrix (users, items)."""
    kept: Any = weights["history/kept"]
    scores = scores_by_popularity(histories.shape, weights["history/popularity"])
    scores[:, kept] = link_scores(histories[:, kept], links)
    return scores


def links_of(weights: Arrays, count: int) -> Any:
    """The links as a sparse matrix; raises TastemapError where they point at items that aren't there."""
    kept: Any = weights["history/kept"]
    links = Links(*(weights[f"history/{name}"] for name in ("starts", "sources", "weights")))  # type: ignore[arg-type]
    try:
        matrix = links.matrix()
        if matrix.shape[0] != len(kept):
            raise ValueError(f"links of {matrix.shape[0]} items for {len(kept)}")
        if len(kept) and not 0 <= kept.min() <= kept.max() < count:
            raise ValueError("items out of range")
    except ValueError as error:
        raise TastemapError(f"The saved weights of ease are damaged: {error}.") from None
    return matrix


def alike(histories: Any, weigh: bool) -> Any:
    """What was taken, each with weight 1 unless weights count."""
    if weigh:
        return histories
    alike = histories.copy()
    alike.data = np.ones_like(alike.data)
    return alike


@hookimpl
def register_architectures() -> list[type[Architecture]]:
    """Bring `ease`."""
    return [Ease]
