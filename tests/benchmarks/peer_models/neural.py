"""Gradient-trained models: fastai's learner, and the notebook's models in plain Keras `fit`."""

from __future__ import annotations

from typing import Any

from peer_models.split import Fit, Split, timed


def fastai(learning_rate: float = 5e-3, **options: Any) -> Fit:
    """FastAI's collaborative-filtering learner as its tutorial uses it: 5 epochs of one cycle, decay 0.1."""

    def fit(split: Split, seed: int) -> tuple[float, Any]:
        import pandas
        from fastai.collab import CollabDataLoaders, collab_learner
        from fastai.torch_core import set_seed

        set_seed(seed)
        users, items, ratings = split.part(held_out=False)
        frame = pandas.DataFrame({"user": users, "item": items, "rating": ratings})
        loaders = CollabDataLoaders.from_df(frame, valid_pct=0.001, seed=seed, bs=64)
        low, high = (float(bound) for bound in split.scale)
        learner = collab_learner(loaders, n_factors=50, y_range=(low - 0.5, high + 0.5), **options)
        with learner.no_bar(), learner.no_logging():
            seconds, _ = timed(lambda: learner.fit_one_cycle(5, learning_rate, wd=0.1))
            held_out = pandas.DataFrame(dict(zip(("user", "item"), split.part(True)[:2], strict=True)))
            return seconds, learner.get_preds(dl=loaders.test_dl(held_out))[0].numpy().ravel()

    return fit


def keras(architecture: str, steps: tuple[tuple[int, float], ...]) -> Fit:
    """The 2017 notebook's model and its learning rates in plain Keras `fit`, batch 64."""

    def fit(split: Split, seed: int) -> tuple[float, Any]:
        import keras as library

        library.utils.set_random_seed(seed)
        model = _keras_model(library, split, architecture)
        users, items, ratings = split.part(held_out=False)

        def train() -> None:
            for epochs, rate in steps:
                model.optimizer.learning_rate = rate
                model.fit([users, items], ratings, batch_size=64, epochs=epochs, verbose=0)

        seconds, _ = timed(train)
        pairs = list(split.part(held_out=True)[:2])
        return seconds, model.predict(pairs, batch_size=32768, verbose=0)[:, 0]

    return fit


def _keras_model(library: Any, split: Split, architecture: str) -> Any:
    layers, l2 = library.layers, library.regularizers.l2
    user, item = layers.Input((1,), dtype="int32"), layers.Input((1,), dtype="int32")
    sides = ((user, split.users), (item, split.items))
    rows = [layers.Embedding(count, 50, embeddings_regularizer=l2(1e-4))(side) for side, count in sides]
    if architecture == "nn":
        hidden = layers.Dropout(0.3)(layers.Flatten()(layers.Concatenate()(rows)))
        score = layers.Dense(1)(layers.Dropout(0.75)(layers.Dense(70, activation="relu")(hidden)))
    else:
        score = layers.Flatten()(layers.Dot(axes=2)(rows))
    if architecture == "bias":
        biases = [layers.Flatten()(layers.Embedding(count, 1)(side)) for side, count in sides]
        score = layers.Add()([score, *biases])
    model = library.Model([user, item], score)
    model.compile(library.optimizers.Adam(1e-3), loss="mse")
    return model
