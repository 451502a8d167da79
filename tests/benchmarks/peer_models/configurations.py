"""Which models are compared: every peer's documented defaults, and better settings where they are known."""

from __future__ import annotations

from dataclasses import dataclass

from peer_models.bayesian import myfm
from peer_models.classic import cornac, lenskit, surprise
from peer_models.neural import fastai, keras
from peer_models.own import tastemap
from peer_models.split import Fit


@dataclass(frozen=True)
class Configuration:
    """One row of the table; a slow one is trained with the first seed only."""

    who: str
    what: str
    fit: Fit
    slow: bool = False
    recipe: tuple[str, ...] = ()
    """Tastemap's own: the architecture and its recipe."""


def own(what: str, *recipe: str) -> Configuration:
    """One of Tastemap's own architectures with one of its recipes."""
    return Configuration("Tastemap", what, tastemap(*recipe), recipe=recipe)


MODULES = {
    "Tastemap": "tensorflow",
    "Surprise": "surprise",
    "Cornac": "cornac",
    "LensKit": "lenskit",
    "myFM": "myfm",
    "fastai": "fastai",
    "Keras": "keras",
}
"""The module that an interpreter needs for it."""

PACKAGES = {
    "Surprise": 'scikit-surprise pandas "numpy<2" "setuptools<80"',
    "Cornac": "cornac",
    "LensKit": "lenskit",
    "myFM": 'myfm "setuptools<80"',
    "fastai": "fastai",
    "Keras": "keras tensorflow",
}
"""What pip installs for it."""

_ALS = "lenskit.als", "BiasedMFScorer"
_SAMPLERS = "MyFMRegressor", "MyFMOrderedProbit"
CONFIGURATIONS: dict[str, Configuration] = {
    "tastemap-dot": own("`dot`", "dot"),
    "tastemap-bias": own("`bias`", "bias"),
    "tastemap-nn": own("`nn`", "nn"),
    "tastemap-plain": own("`bayes --recipe plain`: the same noise for all users", "bayes", "plain"),
    "tastemap-ratings": own("`bayes --recipe ratings`: no side features", "bayes", "ratings"),
    "tastemap-bayes": own("`bayes`: who rated what, genres, years", "bayes"),
    "surprise-baseline": Configuration("Surprise", "BaselineOnly", surprise("BaselineOnly", verbose=False)),
    "surprise-svd": Configuration("Surprise", "SVD", surprise("SVD")),
    "surprise-svd-tuned": Configuration(
        "Surprise",
        "SVD, 60 epochs, reg 0.1",
        surprise("SVD", n_factors=100, n_epochs=60, reg_all=0.1),
    ),
    "surprise-svdpp": Configuration("Surprise", "SVD++", surprise("SVDpp", cache_ratings=True), slow=True),
    "surprise-knn": Configuration("Surprise", "KNNBaseline", surprise("KNNBaseline", verbose=False)),
    "cornac-mf": Configuration("Cornac", "MF, 50 factors", cornac(k=50)),
    "cornac-mf-tuned": Configuration(
        "Cornac", "MF, 50 factors, 60 epochs, reg 0.1", cornac(k=50, max_iter=60, lambda_reg=0.1)
    ),
    "lenskit-als": Configuration("LensKit", "ALS BiasedMF", lenskit(*_ALS)),
    "lenskit-als-20": Configuration("LensKit", "ALS BiasedMF, 20 epochs", lenskit(*_ALS, epochs=20)),
    "lenskit-knn": Configuration(
        "LensKit", "item kNN", lenskit("lenskit.knn", "ItemKNNScorer", feedback="explicit")
    ),
    "myfm": Configuration("myFM", "Bayesian MF, 200 sweeps", myfm(_SAMPLERS[0], n_iter=200)),
    "myfm-probit": Configuration("myFM", "ordered probit, 200 sweeps", myfm(_SAMPLERS[1], n_iter=200)),
    "myfm-blocks": Configuration(
        "myFM",
        "Bayesian MF, 200 sweeps: who rated what, genres, years",
        myfm(_SAMPLERS[0], blocks=True, n_iter=200),
    ),
    "myfm-probit-blocks": Configuration(
        "myFM",
        "ordered probit, 200 sweeps: who rated what, genres, years",
        myfm(_SAMPLERS[1], blocks=True, n_iter=200),
        slow=True,
    ),
    "fastai-dot": Configuration("fastai", "collab_learner", fastai(), slow=True),
    "fastai-nn": Configuration(
        "fastai", "collab_learner, neural net", fastai(use_nn=True, layers=[100, 50]), slow=True
    ),
    "keras-dot": Configuration(
        "Keras", "the notebook's dot", keras("dot", ((1, 1e-3), (3, 1e-2), (6, 1e-3))), slow=True
    ),
    "keras-bias": Configuration(
        "Keras", "the notebook's bias", keras("bias", ((1, 1e-3), (6, 1e-2), (15, 1e-3))), slow=True
    ),
    "keras-nn": Configuration("Keras", "the notebook's nn", keras("nn", ((8, 1e-3),)), slow=True),
}
