"""What a program of somebody else's does with the public names: checked by type checkers, and run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import assert_type

import numpy as np
import pandas as pd

from core import (
    Architecture,
    ArchitectureOptions,
    Controls,
    Evaluation,
    Event,
    Ratings,
    RatingSplitter,
    Recommender,
    Run,
    TastemapError,
    describe,
    evaluate,
    hookimpl,
    load_ratings,
    load_run,
    option,
    resume,
    split_ratings,
    train,
)
from core.views import (
    BiasTable,
    ComponentTable,
    CrosstabTable,
    FoldedIn,
    ItemMap,
    JudgedPrediction,
    Recommendations,
    SearchResults,
)


def trained(folder: Path) -> Run:
    """Train a frame, heard and steered."""
    heard: list[Event] = []
    generator = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "user": np.repeat(np.arange(30), 8),
            "item": generator.integers(0, 20, 240),
            "rating": generator.integers(1, 6, 240).astype(float),
        }
    ).drop_duplicates(["user", "item"])
    ratings = load_ratings(frame, user="user", rating="rating")
    assert_type(ratings, Ratings)
    print(len(split_ratings(ratings, seed=1).train), describe(ratings)["users"])
    run = train(
        ratings,
        "bias",
        options={"factors": 2},
        on_event=heard.append,
        controls=Controls(),
        folder=folder,
        epochs=2,
    )
    assert_type(run, Run)
    assert heard
    return resume(run.folder, epochs=3)


def asked(run: Run) -> Sequence[str]:
    """Ask every kind of question, with ids, titles and several at once."""
    top = run.recommend(3, n=5, never=[1, 2])
    assert_type(top, Recommendations)
    assert_type(run.recommend([3, 4]).items[0].title, str)
    assert_type(run.predict(3, 4), JudgedPrediction)
    assert_type(run.predict(3, 4).rating, float | None)
    assert_type(run.predict(top.to_frame().assign(user=3)), pd.DataFrame)
    assert_type(run.fold_in({3: 5, 4: 2.5}), FoldedIn)
    by_title: dict[str, float] = {"3": 5.0}
    assert_type(run.fold_in(by_title, likes=["4"]), FoldedIn)
    assert_type(run.biases(n=3), BiasTable)
    assert_type(run.components(2, n=3), ComponentTable)
    assert_type(run.crosstab(3, 3), CrosstabTable)
    assert_type(run.map(1, 2, last=5), ItemMap)
    assert_type(run.search("1", side="user"), SearchResults)
    assert_type(run.evaluate(), Evaluation)
    assert_type(evaluate(run).rmse, float)
    assert_type(run.factors("item"), pd.DataFrame)
    assert_type(run.history, pd.DataFrame)
    assert_type(run.val_rmse, float | None)
    print(run.why(3, run.user_history(3).best[0].item, n=2).refitted if run.user_history(3).best else "")
    print(run.rank(k=3).model.ndcg, run.compare([run]).runs[0].run, run.curves().to_svg()[:4])
    return [one.title for one in top.items]


class Constant(Architecture):
    """A bias for each user alone."""

    name = "constant"

    class Options(ArchitectureOptions):
        """One option."""

        strength: float = option(default=0.02, help="How strongly rows are held.", minimum=0)


@hookimpl
def register_architectures() -> list[type[Architecture]]:
    """What a plugin registers."""
    return [Constant]


def estimated() -> float:
    """scikit-learn's side."""
    pairs = pd.DataFrame({"user": [1, 1, 2, 2, 3, 3], "item": [1, 2, 1, 3, 2, 3]})
    ratings = pd.Series([5.0, 3.0, 4.0, 1.0, 3.0, 2.0])
    model = Recommender("bias", factors=1, epochs=1).fit(pairs, ratings)
    assert_type(model, Recommender)
    folds = RatingSplitter("kfold", 2).split(pairs)
    return model.score(pairs, ratings) + len(next(folds)[0])


def main(folder: Path) -> None:
    """Do all of it."""
    run = trained(folder / "run")
    print(asked(load_run(run.folder)), estimated(), Constant.Options(strength=0.5).strength)
    try:
        load_run("nothing like it")
    except TastemapError as error:
        print(error.message, error.hint)
