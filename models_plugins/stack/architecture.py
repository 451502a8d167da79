"""Stacking (Wolpert 1992): what factors say and what links say of a user's history, added up."""

from __future__ import annotations

from typing import Any

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
from models_plugins.ease import scores_by_popularity


class Stack(Architecture):
    """Softmax factors and item-item weights stacked, both from a user's history; weights are learnt."""

    name = "stack"
    objectives = ("ranking",)
    unused_settings = (*GRADIENT_SETTINGS, "epochs", "early_stopping", "tuning_fraction", "center")
    recipes = {
        "ranking": Recipe("One pass.", {}, {"epochs": 1, "learning_rate": 1.0, "schedule": "constant"})
    }

    class Options(ArchitectureOptions):
        """What can be chosen."""

        factors: int = option(
            default=64, help="Latent factors per item.", minimum=1, maximum=4096, search=(32, 128)
        )
        members: int = option(
            default=4, help="Factorizations of other seeds, whose mean counts.", minimum=1, maximum=64
        )
        passes: int = option(
            default=25, help="Passes over the likes of each factorization.", minimum=1, maximum=10_000
        )
        l2: float = option(
            default=0.0, help="l2 on the factors, per like (0: chosen on a part).", minimum=0, maximum=100
        )
        link_l2: float = option(
            default=0.0,
            help="Pulls the item-item weights to 0 (0: chosen on a part).",
            minimum=0,
            maximum=1e6,
        )
        min_likes: int = option(default=3, help="Items with fewer likes are ranked by popularity.", minimum=1)
        most_items: int = option(
            default=10_000, help="So many of the most liked items are learnt.", minimum=2, maximum=100_000
        )
        links: int = option(
            default=2000, help="Item-item weights kept, the strongest, for each item on average.", minimum=1
        )

    def history_scores(self, histories: Any, weights: Arrays, options: Options) -> FloatArray:
        """Stack the members' scores; items with too few likes by popularity, after all others."""
        from models_plugins.stack._saved import read_back, score_known

        saved = read_back(weights, histories.shape[1])
        popularity: Any = weights["history/popularity"]
        scores = scores_by_popularity(histories.shape, popularity)
        scores[:, saved.kept] = score_known(histories[:, saved.kept], saved, popularity[saved.kept])
        return scores

    def updated(self, weights: Arrays, news: TrainingNews, settings: Any, options: Options) -> Arrays:
        """Keep what was chosen, move the factors of touched items, solve for the links again."""
        from models_plugins.stack._trainer import StackTrainer

        trainer = StackTrainer(news.now, self, settings, options)
        try:
            return trainer.go_on(weights, news.items)
        finally:
            trainer.close()

    def trainer(self, data: TrainingData, settings: Any, options: Options) -> Trainer:
        """Bring the members' trainers."""
        from models_plugins.stack._trainer import StackTrainer

        if data.objective != "ranking":
            raise TastemapError("stack ranks items.", hint="Use --objective ranking.")
        return StackTrainer(data, self, settings, options)


@hookimpl
def register_architectures() -> list[type[Architecture]]:
    """Bring `stack`."""
    return [Stack]
