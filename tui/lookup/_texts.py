"""The texts of the Lookup screen."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual.content import Content

from core.model import Influence, ItemCard
from core.options import Identifier
from core.views import (
    ContributionTable,
    Counterfactual,
    History,
    ItemNeighbours,
    JudgedPrediction,
    RatedItem,
    Reasons,
    Recommendations,
)
from tui.charts import BarStyle, signed_bars
from tui.formats import count, fit, short_title

_MOST_FACTORS = 10
_NOTABLE = 0.05
"""A smaller difference of ratings isn't worth a word."""
_MUTED = "$foreground 60%"


def prediction_text(prediction: JudgedPrediction) -> Content:
    """The predicted rating large enough to see, the true one beside it, and any remark."""
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
    remark = prediction.fallback or prediction.note
    return text + Content.from_markup("\n[$warning]$remark[/]", remark=remark) if remark else text


def _rank_text(prediction: JudgedPrediction) -> Content:
    """Where a model that ranks puts the item among what the user hasn't taken."""
    rank = "—" if prediction.rank is None else f"rank {prediction.rank:,}"
    among = "" if prediction.among is None else f"of {prediction.among:,} not taken"
    taken = "" if prediction.part is None else f"taken, {prediction.part}"
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
        return "not rated by this user"
    part = "held out from training" if prediction.part == "held-out" else "seen in training"
    off = prediction.rating - prediction.truth
    return f"true {prediction.truth:g}, off by {off:+.2f} ({part})"


def contributions_chart(
    table: ContributionTable, width: int, colours: tuple[str, str], ascii_only: bool
) -> Text:
    """The parts as bars, the largest factors first, and the sum that they make."""
    if not table.available:
        return Text(table.reason or "This architecture's score is no sum of parts.")
    parts = [(one.name, one.value) for one in table.contributions]
    single = [part for part in parts if not part[0].startswith("factor ")]
    factors = sorted((part for part in parts if part not in single), key=lambda part: -abs(part[1]))
    shown = [*single, *factors[:_MOST_FACTORS]]
    rest = sum(value for _, value in factors[_MOST_FACTORS:])
    if len(factors) > _MOST_FACTORS:
        shown.append((f"{len(factors) - _MOST_FACTORS} more", rest))
    raw = table.prediction.raw
    text = Text(f"mean {table.mean:.3f}")
    for name, value in single:
        text.append(f"  {name} {value:+.3f}")
    text.append(f"  {len(factors)} factors {sum(value for _, value in factors):+.3f}  = {raw:.3f}\n\n")
    style = BarStyle(colours[0], colours[1], "", ascii_only)
    return text.append(signed_bars(shown, width, style))


def influences_text(reasons: Reasons, width: int, colours: tuple[str, str], ascii_only: bool) -> Text:
    """The user's own ratings that influence a prediction, as bars, and what another would have done."""
    prediction = reasons.contributions.prediction
    text = Text("\n")
    text.append(f"User {prediction.user}'s own ratings that influence it most")
    text.append(_refit(prediction.rating, reasons.refitted), "dim").append("\n")
    text.append("".join(map(_had_line, reasons.counterfactuals)), "dim").append("\n")
    effects = [(f"{_given(one.rating)}  {_short(one)}", one.effect) for one in reasons.influences]
    return text.append(signed_bars(effects, width, BarStyle(colours[0], colours[1], "", ascii_only)))


def _given(rating: float | None) -> str:
    return "liked" if rating is None else f"{rating:>3g}"


def _refit(rating: float | None, refitted: float) -> str:
    """Where the user's row hasn't settled, influences are of another prediction than the one shown."""
    return (
        f" ({refitted:.2f} when refitted to them)"
        if rating is not None and abs(rating - refitted) >= _NOTABLE
        else ""
    )


def _had_line(other: Counterfactual) -> str:
    """`Had it been 1 instead of 5 for Alien: 3.214 (-0.412).`; nothing where it is the same rating."""
    if other.instead == other.rating:
        return ""
    rated = f"{other.instead:g} instead of {other.rating:g}"
    return f"Had they given {_short(other)} {rated}: {other.predicted:.3f} ({other.change:+.3f}).\n"


def _short(rated: Influence | Counterfactual) -> str:
    return short_title(rated.title or str(rated.item))


def remark_text(remark: str) -> Content:
    """A remark below the parts of a prediction."""
    return Content.from_markup(f"\n[{_MUTED}]$remark[/]", remark=remark.strip())


def top_text(found: Recommendations) -> Content:
    """The best unseen items of a user."""
    user = ", ".join(map(str, found.users))
    heading = Content.from_markup(f"[{_MUTED}]What user $user hasn't rated, the best first[/]", user=user)
    return _lines(
        heading, [_item_line(item.rank if item.rating is None else item.rating, item) for item in found.items]
    )


def history_text(history: History, user: Identifier) -> Content:
    """What a user liked best and least, with the model's own guess beside each rating."""
    markup = f"[{_MUTED}]User $user rated $count items, $mean on average; true and predicted[/]"
    mean = "—" if history.mean is None else f"{history.mean:.2f}"
    heading = Content.from_markup(markup, user=str(user), count=count(history.count), mean=mean)
    if not history.best:
        return heading + Content.from_markup("\n$note", note=history.note or "No rating is known.")
    lines = [Content.from_markup("[b $success]Best[/]"), *map(_judged_line, history.best)]
    lines += [Content.from_markup("[b $error]Worst[/]"), *map(_judged_line, history.worst)]
    return _lines(heading, lines)


def _judged_line(item: RatedItem) -> Content:
    return Content.from_markup(
        f"[b $accent]$truth[/] [{_MUTED}]$predicted[/]  $title",
        truth=f"{item.truth:>5g}",
        predicted="" if item.predicted is None else f"{item.predicted:.2f}",
        title=fit(item.title or str(item.item), 60),
    )


def similar_text(neighbours: ItemNeighbours) -> Content:
    """The items nearest to one in the space of factors."""
    heading = Content.from_markup(f"[{_MUTED}]Nearest in all factors (cosine)[/]")
    return _lines(heading, [_item_line(item.similarity, item) for item in neighbours.similar])


def _item_line(value: float, item: ItemCard) -> Content:
    title = fit(item.title or str(item.item), 60)
    shown = f"{value:>4}." if isinstance(value, int) else f"{value:>5.2f}"
    return Content.from_markup("[b $accent]$value[/]  $title", value=shown, title=title)


def _lines(heading: Content, lines: Sequence[Content]) -> Content:
    return Content("\n").join([heading, *(lines or [Content("none")])])
