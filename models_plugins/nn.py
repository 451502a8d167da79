"""A small neural net over the factors: the third model of the notebook."""

from __future__ import annotations

from typing import Any

from core import Architecture, ArchitectureOptions, EmbeddingSide, Recipe, hookimpl, option


class NeuralNet(Architecture):
    """Concatenated factors → dropout → dense relu → dropout → dense 1."""

    name = "nn"
    recipes = {
        "default": Recipe(
            "Tuned on a part of training.",
            {},
            {"epochs": 4, "learning_rate": 0.022, "head_learning_rate": 0.0004},
        ),
        # Its l2 of 1e-4 on whole tables in every batch is 0.067 per rating for a user of average activity.
        "notebook": Recipe(
            "The 2017 notebook's network, 8 epochs of Adam.",
            {"l2": 0.067, "initial_spread": 0.029},
            {"schedule": "8x0.001", "learning_rate": 0.001, "optimizer": "adam", "center": False},
        ),
    }

    class Options(ArchitectureOptions):
        """What can be chosen."""

        factors: int = option(
            default=50, help="Latent factors per user and item.", minimum=1, maximum=4096, search=(10, 200)
        )
        hidden_units: int = option(
            default=70, help="Units of the hidden layer.", minimum=1, maximum=65536, search=(32, 256)
        )
        dropout: float = option(default=0.3, help="Dropout on the factors.", minimum=0, maximum=0.99)
        hidden_dropout: float = option(
            default=0.75, help="Dropout on the hidden layer.", minimum=0, maximum=0.99
        )
        l2: float = option(
            default=0.024, help="l2 on the factors, per rating.", minimum=0, maximum=100, search=(0.003, 0.2)
        )
        initial_spread: float = option(
            default=0.015, help="Factors' standard deviation at the start.", minimum=0
        )

    def build(self, user: EmbeddingSide, item: EmbeddingSide, options: Options) -> Any:
        """Score = dense(dropout(relu(dense(dropout([user factors, item factors])))))."""
        from keras import layers

        factors = [
            side.embed(options.factors, l2=options.l2, initial_spread=options.initial_spread)
            for side in (user, item)
        ]
        hidden = layers.Dropout(options.dropout)(layers.Concatenate()(factors))
        hidden = layers.Dense(options.hidden_units, activation="relu")(hidden)
        return layers.Dense(1)(layers.Dropout(options.hidden_dropout)(hidden))


@hookimpl
def register_architectures() -> list[type[Architecture]]:
    """Bring `nn`."""
    return [NeuralNet]
