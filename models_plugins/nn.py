"""A small neural net over embeddings: in the notebook the whole score, by default a correction.

The default adds the net to biases and a dot product and gives it factors of its own, as NeuMF does (He et
al. 2017): a net alone has to learn what a product gives for nothing, and does so badly (Rendle et al. 2020).
"""

from __future__ import annotations

from typing import Any

from core import Architecture, ArchitectureOptions, EmbeddingSide, Recipe, Rows, Terms, hookimpl, option


class NeuralNet(Architecture):
    """Biases plus dot product plus what a small net makes of factors of its own."""

    name = "nn"
    recipes = {
        "default": Recipe(
            "Tuned on parts of training.",
            {},
            {"epochs": 10, "learning_rate": 0.054, "head_learning_rate": 0.0004, "center": "mean"},
        ),
        "large": Recipe(
            "For large tables, whose rows have many ratings: held less, trained longer.",
            {"l2": 0.05, "net_l2": 0.02},
            {"epochs": 16, "learning_rate": 0.042, "head_learning_rate": 0.0004, "center": "mean"},
            from_ratings=500_000,
        ),
        # Carved parts: a net that may say much from the start ranks worse than none, a small one that begins
        # with nothing to say ranks as none. Dropout has nothing to do where l2 does it all.
        "ranking": Recipe(
            "For ranking; tuned on a part of training.",
            {
                "factors": 64,
                "l2": 0.37,
                "prior": 0.0,
                "bias_l2": 0.0,
                "bias_prior": 0.0,
                "net_factors": 8,
                "hidden_units": 8,
                "net_l2": 0.4,
                "net_prior": 0.0,
                "initial_spread": 0.1,
                "dropout": 0.0,
                "hidden_dropout": 0.0,
                "zero_start": True,
            },
            {"epochs": 16, "learning_rate": 0.02},
            by_noise=("l2", "net_l2"),
        ),
        # Its l2 of 1e-4 on whole tables in every batch is 0.067 per rating for a user of average activity.
        "notebook": Recipe(
            "The 2017 notebook's network, which is the whole score; 8 epochs of Adam.",
            {
                "residual": False,
                "hidden_units": 70,
                "hidden_dropout": 0.75,
                "l2": 0.067,
                "prior": 0.0,
                "initial_spread": 0.029,
            },
            {
                "schedule": "8x0.001",
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

        residual: bool = option(
            default=True,
            help="Add the net to biases and a dot product; without, it reads the factors and is the score.",
        )
        factors: int = option(
            default=50, help="Latent factors per user and item.", minimum=1, maximum=4096, search=(10, 200)
        )
        net_factors: int = option(
            default=16, help="Factors that only the net reads.", minimum=1, maximum=4096, search=(4, 64)
        )
        hidden_units: int = option(
            default=16, help="Units of the hidden layer.", minimum=1, maximum=65536, search=(8, 128)
        )
        dropout: float = option(default=0.3, help="Dropout on what the net reads.", minimum=0, maximum=0.99)
        hidden_dropout: float = option(
            default=0.5, help="Dropout on the hidden layer.", minimum=0, maximum=0.99
        )
        zero_start: bool = option(
            default=False, help="The net has nothing to say at the start: its last layer begins at zero."
        )
        l2: float = option(
            default=0.075, help="l2 on the factors, per rating.", minimum=0, maximum=100, search=(0.01, 0.2)
        )
        prior: float = option(
            default=0.0,
            help="Prior on the factors, once a user or item.",
            minimum=0,
            maximum=10_000,
            search=(0.0, 20.0),
        )
        bias_l2: float = option(default=0.026, help="l2 on the biases, per rating.", minimum=0, maximum=100)
        bias_prior: float = option(
            default=3.0, help="Prior on the biases, once a user or item.", minimum=0, maximum=10_000
        )
        net_l2: float = option(
            default=0.035,
            help="l2 on the net's factors, per rating.",
            minimum=0,
            maximum=100,
            search=(0.005, 0.1),
        )
        net_prior: float = option(
            default=0.0, help="Prior on the net's factors, once a user or item.", minimum=0, maximum=10_000
        )
        initial_spread: float = option(
            default=0.011, help="Factors' standard deviation at the start.", minimum=0
        )
        net_spread: float = option(
            default=0.12, help="The net's factors' standard deviation at the start.", minimum=0
        )

    def build(self, user: EmbeddingSide, item: EmbeddingSide, options: Options) -> Any:
        """Score = user bias + item bias + user factors · item factors + net(user's, item's own factors)."""
        from keras import layers

        sides = (user, item)
        factors = [
            side.embed(
                options.factors, l2=options.l2, prior=options.prior, initial_spread=options.initial_spread
            )
            for side in sides
        ]
        if not options.residual:
            return _net(factors, options)
        biases = [side.embed(1, role="bias", l2=options.bias_l2, prior=options.bias_prior) for side in sides]
        own = [
            side.embed(
                options.net_factors,
                role="net",
                l2=options.net_l2,
                prior=options.net_prior,
                initial_spread=options.net_spread,
            )
            for side in sides
        ]
        return layers.Add()([layers.Dot(axes=1)(factors), *biases, _net(own, options)])

    rest = "net"

    def partial_terms(self, rows: Rows, options: Options) -> Terms | None:
        """Biases and a term per factor, to which the net adds its part; None where it is the whole score."""
        if not options.residual:
            return None
        return {
            "factors": rows["user_factors"] * rows["item_factors"],
            "user bias": rows["user_bias"],
            "item bias": rows["item_bias"],
        }


def _net(rows: list[Any], options: NeuralNet.Options) -> Any:
    """Dense(dropout(relu(dense(dropout(concatenated rows))))): the notebook's net, shape (batch, 1)."""
    from keras import layers

    hidden = layers.Dropout(options.dropout)(layers.Concatenate()(rows))
    hidden = layers.Dense(options.hidden_units, activation="relu")(hidden)
    start = "zeros" if options.zero_start else "glorot_uniform"
    last = layers.Dense(1, kernel_initializer=start)
    return last(layers.Dropout(options.hidden_dropout)(hidden))


@hookimpl
def register_architectures() -> list[type[Architecture]]:
    """Bring `nn`."""
    return [NeuralNet]
