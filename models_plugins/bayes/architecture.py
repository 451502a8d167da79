"""Bayesian matrix factorization by Gibbs sampling (Salakhutdinov & Mnih 2008).

Two additions carry most of its accuracy: who rated what (as in SVD++), genres and years shape the prior of
every row, and every user has noise of their own.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from core import (
    GRADIENT_SETTINGS,
    Architecture,
    ArchitectureOptions,
    Arrays,
    EmbeddingSide,
    FloatArray,
    Recipe,
    Rows,
    Terms,
    Trainer,
    TrainingData,
    TrainingNews,
    hookimpl,
    option,
)


class Bayes(Architecture):
    """Averages samples of factors and biases from their posterior: accurate, and says how sure it is."""

    name = "bayes"
    objectives = ("rating",)
    averages = True
    unused_settings = (*GRADIENT_SETTINGS, "positive_from")
    recipes = {
        "default": Recipe(
            "Three chains of 200 sweeps, of large tables two or one; tuned on parts of training.",
            {},
            {"epochs": 20, "center": "mean"},
        ),
        "ratings": Recipe(
            "From the ratings alone, without side features.",
            {"user_features": 0, "item_features": 0},
            {"epochs": 20, "center": "mean"},
        ),
        "plain": Recipe(
            "Without side features and with the same noise for all users, as in the original paper.",
            {"user_features": 0, "item_features": 0, "noise_freedom": 0.0},
            {"epochs": 20, "center": "mean"},
        ),
    }

    class Options(ArchitectureOptions):
        """What can be chosen."""

        factors: int = option(
            default=0,
            help="Latent factors of a sample (0: as many as the ratings tell apart, up to 32).",
            minimum=0,
            maximum=64,
            search=(6, 20),
        )
        chains: int = option(
            default=0,
            help="Independent chains, whose samples are averaged (0: by the count of ratings, 3, 2 or 1).",
            minimum=0,
            maximum=64,
        )
        sweeps: int = option(
            default=10, help="Gibbs sweeps of each chain in an epoch.", minimum=1, maximum=10_000
        )
        burn_in: int = option(
            default=3, help="First sweeps of each chain that the mean leaves out.", minimum=0
        )
        components: int = option(
            default=32, help="Directions kept of the mean of all samples.", minimum=1, maximum=1024
        )
        user_features: int = option(
            default=150, help="Directions kept of the sets of items that users rated (0: none).", minimum=0
        )
        item_features: int = option(
            default=150,
            help="Directions kept of items' sets of users and of what is beside them, each with genres and "
            "years (0: none).",
            minimum=0,
        )
        traits: bool = option(default=True, help="Count genres and years among the items' features.")
        beside: float = option(
            default=4.0,
            help="What items rated just before and after count among items' features, where times tell "
            "something (0: nothing).",
            minimum=0,
        )
        noise_freedom: float = option(
            default=5.0, help="How alike users' noise is; the larger, the more (0: the same).", minimum=0
        )

    def build(self, user: EmbeddingSide, item: EmbeddingSide, options: Options) -> Any:
        """Score = user factors · item factors + user bias + item bias, all of the posterior mean."""
        from keras import layers

        factors = [side.embed(options.components) for side in (user, item)]
        biases = [side.embed(1, role="bias") for side in (user, item)]
        return layers.Add()([layers.Dot(axes=1)(factors), *biases])

    def terms(self, rows: Rows, options: Options) -> Terms:
        """One term per direction of the posterior mean, the strongest first, and one per bias."""
        return {
            "factors": rows["user_factors"] * rows["item_factors"],
            "user bias": rows["user_bias"],
            "item bias": rows["item_bias"],
        }

    def uncertainty(self, rows: Rows, options: Options) -> FloatArray:
        """Standard deviation of a rating before clipping: the user's noise and how samples' scores differ."""
        from models_plugins.bayes._posterior import spread_of

        deviations: FloatArray = np.sqrt(spread_of(rows["user_spread"], rows["item_spread"]))
        return deviations

    def updated(self, weights: Arrays, news: TrainingNews, settings: Any, options: Options) -> Arrays:
        """Draw the kept samples' touched rows again: what the spread is told by."""
        from models_plugins.bayes._updating import updated_spread

        return updated_spread(weights, news, settings.seed, options.noise_freedom)

    def settled(self, data: TrainingData, options: Options) -> dict[str, int]:
        """Count the factors that the ratings tell apart, where none were asked for."""
        from models_plugins.bayes._trainer import factors_for

        return {} if options.factors else {"factors": factors_for(data)}

    def trainer(self, data: TrainingData, settings: Any, options: Options) -> Trainer:
        """Bring the Gibbs sampler; of the settings it takes the seed and the device."""
        import tensorflow as tf

        from models_plugins.bayes._trainer import GibbsTrainer

        on_gpu = settings.device != "cpu" and tf.config.list_physical_devices("GPU")
        return GibbsTrainer(data, settings.seed, "/GPU:0" if on_gpu else "/CPU:0", options)


@hookimpl
def register_architectures() -> list[type[Architecture]]:
    """Bring `bayes`."""
    return [Bayes]
