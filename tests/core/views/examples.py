"""Every view, asked of the handmade model as a saved run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core.model.model import Model, RunFacts
from core.views.biases import Biases, Expected
from core.views.components import Axes, Components, NameComponent
from core.views.crosstab import Crosstab
from core.views.fold_in import FoldIn, FoldInWhy
from core.views.history import UserHistory
from core.views.map import Map
from core.views.new_items.fold_in_item import FoldInItem
from core.views.prediction import Contributions, Predict
from core.views.python import Asker
from core.views.quality.comparison import Comparison
from core.views.quality.diagnosis import Diagnosis
from core.views.quality.ranking import Ranking
from core.views.search import Search
from core.views.similar import SimilarItems, SimilarUsers
from core.views.summary import Summary
from core.views.top_items import TopItems
from core.views.view import A, View, compute
from core.views.why import Why
from tests.core.views.handmade import hand_model

EXAMPLES: tuple[View[Any], ...] = (
    Axes(components=1, most_rated=4),
    Biases(count=2, most_rated=3),
    Comparison(runs=("other", "third"), k=2),
    Components(ends=1, components=2, axes=False, most_rated=5),
    Contributions(user="ann", item="10"),
    Crosstab(users=3, items=4),
    Diagnosis(worst=1),
    Expected(items=("10", "toy story"), user=("ann",)),
    FoldIn(ratings={"10": 5, "toy story": 0.5}, count=2, year_from=1970, components=1),
    FoldInItem(ratings={"ann": 5}, genres=("comedy",), year=1995, count=2),
    FoldInWhy(ratings={"10": 5, "12": 0.5}, item=11, count=1),
    Map(x=2, y=1, first=1, last=4),
    NameComponent(number=2, name="quiet films"),
    Predict(user="ann", item=12),
    Ranking(k=2, relevant_from=2),
    Search(text="alien", limit=1),
    Search(text="bob", side="user"),
    SimilarItems(item="toy story", count=2, min_ratings=1),
    SimilarUsers(user="ann", count=3),
    Summary(),
    TopItems(user=("ann", "bob"), unseen=False, genre="comedy", year_from=1990, year_to=2000),
    TopItems(user=("cid",), count=3, diversity=0.5),
    UserHistory(user="ann", count=2),
    Why(user="bob", item="the godfather", instead={"14": 1}),
)

EMPTY: tuple[View[Any], ...] = (
    Biases(count=0),
    Components(ends=0),
    Diagnosis(worst=0),
    FoldIn(ratings={}, count=0),
    FoldInItem(likes=("bob",), count=0),
    FoldInWhy(ratings={}, item=11),
    Map(first=50, last=60),
    NameComponent(number=2, name=""),
    Predict(user="nobody", item=12),
    Search(text="qqqqq"),
    SimilarItems(item=10, min_ratings=99),
    SimilarUsers(user="ann", min_ratings=99),
    TopItems(user=("ann",), min_ratings=99),
    UserHistory(user="ann", count=0),
    Why(user="bob", item=13, count=0, instead={}),
)
"""Questions to which there is little to say."""


def saved_model(folder: Path, **tables: Any) -> Model:
    """The handmade model as a run in a folder, beside one that is equal to it and one of another split."""
    facts = RunFacts(run="hand-made", val_rmse=0.9, split_hash="x", seconds=1.5)
    model = replace(hand_model(**tables), folder=folder, facts=facts)
    others = {"other": facts, "third": replace(facts, split_hash="y")}
    return replace(model, open_run=lambda name: replace(model, facts=replace(others[name], run=name)))


@dataclass(frozen=True)
class HandRun(Asker):
    """What is asked like a `Run`."""

    model: Model

    def ask(self, view: View[A]) -> A:
        return compute(view, self.model)
