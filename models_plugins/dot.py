"""Dot product of factors: the first model of the notebook, and the plainest matrix factorization."""

from __future__ import annotations

from typing import Any

from core import Architecture, ArchitectureOptions, EmbeddingSide, Recipe, Rows, Terms, hookimpl, option


class Dot(Architecture):
    """Dot product of user and item factors."""

    name = "dot"
    unused_settings = ("head_learning_rate",)
    recipes = {
        "default": Recipe("Tuned on a part of training.", {}, {"epochs": 20, "learning_rate": 0.065}),
        "large": Recipe(
            "For large tables, whose rows have many ratings: held by each of them, less by the prior.",
            {"l2": 0.05, "prior": 4.0},
            {"epochs": 20, "learning_rate": 0.055},
            from_ratings=500_000,
        ),
        "ranking": Recipe(
            "For ranking; tuned on a part of training.",
            {"factors": 64, "l2": 0.4, "prior": 0.0, "initial_mean": 0.0, "initial_spread": 0.1},
            {"epochs": 25, "learning_rate": 0.02},
            by_noise=("l2",),
        ),
        # Its l2 of 1e-4 on whole tables in every batch is 0.067 per rating for a user of average activity.
        "notebook": Recipe(
            "The 2017 notebook's 50 factors and hand-set learning rates with Adam.",
            {"l2": 0.067, "prior": 0.0, "initial_spread": 0.029},
            {
                "schedule": "1x0.001,3x0.01,6x0.001",
                "learning_rate": 0.001,
                "optimizer": "adam",
                "batch_size": 64,
                "center": "none",
                "adapt": False,
            },
        ),
    }

    class Options(ArchitectureOptions):
        """What can be chosen."""

        factors: int = option(
            default=50, help="Latent factors per user and item.", minimum=1, maximum=4096, search=(10, 200)
        )
        l2: float = option(
            default=0.03, help="l2 on the factors, per rating.", minimum=0, maximum=100, search=(0.01, 0.2)
        )
        prior: float = option(
            default=6.0,
            help="Prior on the factors, once a user or item.",
            minimum=0,
            maximum=10_000,
            search=(1.0, 20.0),
        )
        initial_mean: float = option(
            default=0.0, help="Mean of the factors at the start, towards which l2 and prior pull."
        )
        initial_spread: float = option(
            default=0.012, help="Factors' standard deviation at the start.", minimum=0
        )

    def build(self, user: EmbeddingSide, item: EmbeddingSide, options: Options) -> Any:
        """Score = user factors · item factors."""
        from keras import layers

        user_factors, item_factors = (
            side.embed(
                options.factors,
                l2=options.l2,
                prior=options.prior,
                initial_mean=options.initial_mean,
                initial_spread=options.initial_spread,
            )
            for side in (user, item)
        )
        return layers.Dot(axes=1)([user_factors, item_factors])

    def terms(self, rows: Rows, options: Options) -> Terms:
        """One term per factor."""
        return {"factors": rows["user_factors"] * rows["item_factors"]}


@hookimpl
def register_architectures() -> list[type[Architecture]]:
    """Bring `dot`."""
    return [Dot]
