"""The texts of the Lookup screen: the prediction, and its lists as entries of things to open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textual.content import Content

from core.data import day_of
from core.model import ItemCard
from core.options import Identifier
from core.views import (
    History,
    ItemNeighbours,
    JudgedPrediction,
    RatedItem,
    Recommendations,
)
from tui.charts import step_bars
from tui.formats import count, counted_words
from tui.lists import Entry, heading
from tui.shell import Thing

_MUTED = "$foreground 60%"


def item_thing(item: Identifier, title: str) -> Thing:
    """An item as a thing that can be opened."""
    return Thing("item", item, title)


def prediction_text(prediction: JudgedPrediction, width: int = 60, ascii_only: bool = False) -> Content:
    """The predicted rating large enough to see, the true one beside it, how likely each step is; remarks."""
    if prediction.rating is None:
        return _rank_text(prediction)
    markup = (
        f"[b]$title[/]  [{_MUTED}]for user $user[/]\n"
        f"[b $accent] $rating [/][$accent]$deviation[/][{_MUTED}]predicted[/]   $truth"
    )
    text = Content.from_markup(
        markup,
        title=prediction.title or str(prediction.item),
        user=str(prediction.user),
        rating=f"{prediction.rating:.2f}",
        deviation=_deviation(prediction),
        truth=_truth(prediction),
    )
    text += _knowing_when(prediction) + _distribution(prediction, width, ascii_only)
    remark = prediction.fallback or prediction.note
    return text + Content.from_markup("\n[$warning]$remark[/]", remark=remark) if remark else text


def _knowing_when(prediction: JudgedPrediction) -> Content:
    """What is predicted for who knows when it was rated, where that says something."""
    if prediction.moment is None or prediction.rating_then is None:
        return Content()
    then, day = f"{prediction.rating_then:.2f}", day_of(prediction.moment)
    return Content.from_markup(f"\n[{_MUTED}]knowing when ($day): [/]$then", then=then, day=day)


def _distribution(prediction: JudgedPrediction, width: int, ascii_only: bool) -> Content:
    """How likely each step of the scale is, as bars over the steps; nothing where that isn't told."""
    if not prediction.distribution:
        return Content()
    steps = [(f"{one.rating:g}", one.probability) for one in prediction.distribution]
    bars, names = step_bars(steps, max(10, width), ascii_only)
    markup = f"\n[$accent]$bars[/]\n[{_MUTED}]$names[/]"
    return Content.from_markup(markup, bars=bars, names=names)


def _rank_text(prediction: JudgedPrediction) -> Content:
    """Where a model that ranks puts the item among what the user hasn't taken."""
    rank = "—" if prediction.rank is None else f"rank {prediction.rank:,}"
    among = "" if prediction.among is None else f"of {prediction.among:,} not taken"
    taken = "" if prediction.part is None else f"this user took it ({prediction.part})"
    markup = f"[b]$title[/]  [{_MUTED}]for user $user[/]\n[b $accent] $rank [/][{_MUTED}]$among[/]   $taken"
    title = prediction.title or str(prediction.item)
    text = Content.from_markup(
        markup, title=title, user=str(prediction.user), rank=rank, among=among, taken=taken
    )
    remark = prediction.fallback or prediction.note
    return text + Content.from_markup("\n[$warning]$remark[/]", remark=remark) if remark else text


def _deviation(prediction: JudgedPrediction) -> str:
    """How sure the model is, where it says so: one standard deviation of the rating."""
    return "" if prediction.deviation is None else f"± {prediction.deviation:.2f} "


def _truth(prediction: JudgedPrediction) -> str:
    if prediction.truth is None or prediction.rating is None:
        return "whether this user rated it isn't known" if prediction.note else "not rated by this user"
    part = "held out from training" if prediction.part == "held-out" else "seen in training"
    off = prediction.rating - prediction.truth
    return f"true {prediction.truth:g}, off by {off:+.2f} ({part})"


def top_entries(found: Recommendations) -> list[Entry]:
    """The best unseen items of a user."""
    user = ", ".join(map(str, found.users))
    ranks = bool(found.items) and found.items[0].rating is None
    what = "rank" if ranks else "predicted"
    lines = [
        _item_entry(
            f"{item.rank:>8}." if item.rating is None else f"{item.rating:>9.2f}",
            item,
            "likes" if ranks else "ratings",
        )
        for item in found.items
    ]
    had = "taken" if ranks else "rated"
    return _listed(f"What user {user} hasn't {had}, the best first", f"{what:>9}  title", lines)


def history_entries(history: History, user: Identifier) -> list[Entry]:
    """What a user liked best and least, with the model's own guess beside each rating; or what they took."""
    if not history.best:
        note = history.note or f"No {history.counted.removesuffix('s')} is known."
        return [heading(f"User {user} has {count(history.count)} training {history.counted}"), heading(note)]
    words = _RATED if history.counted == "ratings" else _TAKEN
    mean = "" if history.mean is None else f", {words.mean_of}{history.mean:.2f} on average"
    columns = heading(f"{words.truth:>5} {words.predicted:>9}  title")
    first = heading(f"User {user} {words.did} {count(history.count)} items in all{mean}")
    best, worst = (list(map(_judged_entry, items)) for items in (history.best, history.worst))
    return [first, columns, heading(words.best), *best, heading(words.worst), *worst]


class _Words(NamedTuple):
    """How a history of ratings, or of interactions, is told."""

    did: str
    mean_of: str
    truth: str
    predicted: str
    best: str
    worst: str


_RATED = _Words("rated", "", "true", "predicted", "Best", "Worst")
_TAKEN = _Words("took", "weights ", "weight", "", "Most", "Least")


def _judged_entry(item: RatedItem) -> Entry:
    line = Content.from_markup(
        f"[b $accent]$truth[/] [{_MUTED}]$predicted[/]  $title",
        truth=f"{item.truth:>5g}",
        predicted=f"{'' if item.predicted is None else f'{item.predicted:.2f}':>9}",
        title=item.title or str(item.item),
    )
    part = Content.from_markup(f"[{_MUTED}]  held out[/]") if item.part == "held-out" else Content()
    return Entry(line, item_thing(item.item, item.title), more=part)


def similar_entries(neighbours: ItemNeighbours) -> list[Entry]:
    """The items nearest to one in the space of factors."""
    lines = [_item_entry(f"{item.similarity:>9.2f}", item, neighbours.counted) for item in neighbours.similar]
    title = neighbours.item.title or str(neighbours.item.item)
    return _listed(f"Nearest to {title} in all factors (cosine)", f"{'likeness':>9}  title", lines)


def _item_entry(value: str, item: ItemCard, counted: str) -> Entry:
    title, known = item.title or str(item.item), counted_words(item.ratings, counted)
    line = Content.from_markup("[b $accent]$value[/]  $title", value=value, title=title)
    more = Content.from_markup(f"  [{_MUTED}]$known[/]", known=known)
    facts = [
        title,
        str(item.year) if item.year else "",
        ", ".join(item.genres),
        known,
    ]
    return Entry(line, item_thing(item.item, item.title), " · ".join(filter(None, facts)), more)


def _listed(first: str, columns: str, lines: Sequence[Entry]) -> list[Entry]:
    return [heading(first), heading(columns), *(lines or [heading("none")])]
