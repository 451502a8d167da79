"""The texts of the Lookup screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text
from textual.content import Content

from tui.charts.bars import BarStyle, signed_bars
from tui.formats import count, fit
from tui.map.texts import short_title

MOST_TERMS = 10
NOTABLE = 0.05
"""A smaller difference of ratings isn't worth a word."""
MUTED = "$foreground 60%"


def prediction_text(contributions: Mapping[str, Any]) -> Content:
    """The predicted rating large enough to see, the true one beside it, and any remark."""
    prediction = contributions["prediction"]
    title = prediction["title"] or str(prediction["item"])
    markup = (
        f"[b]$title[/]  [{MUTED}]for user $user[/]\n"
        f"[b $accent] $rating [/][$accent]$deviation[/][{MUTED}]predicted[/]   $truth"
    )
    text = Content.from_markup(
        markup,
        title=title,
        user=str(prediction["user"]),
        rating=f"{prediction['rating']:.2f}",
        deviation=_deviation(prediction),
        truth=_truth(prediction),
    )
    remark = prediction["fallback"] or prediction.get("note") or ""
    return text + Content.from_markup("\n[$warning]$remark[/]", remark=remark) if remark else text


def _deviation(prediction: Mapping[str, Any]) -> str:
    """How sure the model is, where it says so: one standard deviation of the rating."""
    deviation = prediction.get("deviation")
    return "" if deviation is None else f"± {deviation:.2f} "


def _truth(prediction: Mapping[str, Any]) -> str:
    truth = prediction.get("truth")
    if truth is None:
        return "not rated by this user"
    part = "held out from training" if prediction.get("part") == "held-out" else "seen in training"
    return f"true {truth:g}, off by {prediction['rating'] - truth:+.2f} ({part})"


def terms_chart(
    contributions: Mapping[str, Any], width: int, colours: tuple[str, str], ascii_only: bool
) -> Text:
    """The parts as bars, the largest factors first, and the sum that they make."""
    if not contributions["available"]:
        return Text(contributions["reason"] or "This architecture's score is no sum of parts.")
    terms = [(term["name"], float(term["value"])) for term in contributions["terms"]]
    single = [term for term in terms if not term[0].startswith("factor ")]
    factors = sorted((term for term in terms if term not in single), key=lambda term: -abs(term[1]))
    shown = [*single, *factors[:MOST_TERMS]]
    rest = sum(value for _, value in factors[MOST_TERMS:])
    if len(factors) > MOST_TERMS:
        shown.append((f"{len(factors) - MOST_TERMS} more", rest))
    raw = contributions["prediction"]["raw"]
    text = Text(f"mean {contributions['mean']:.3f}")
    for name, value in single:
        text.append(f"  {name} {value:+.3f}")
    text.append(f"  {len(factors)} factors {sum(value for _, value in factors):+.3f}  = {raw:.3f}\n\n")
    style = BarStyle(colours[0], colours[1], "", ascii_only)
    return text.append(signed_bars(shown, width, style))


def pushes_text(why: Mapping[str, Any], width: int, colours: tuple[str, str], ascii_only: bool) -> Text:
    """The user's own ratings that push a prediction, as bars, and what another rating would have done."""
    prediction = why["contributions"]["prediction"]
    text = Text("\n")
    text.append(f"User {prediction['user']}'s own ratings that push it most")
    text.append(_refit(prediction["rating"], why["refitted"]), "dim").append("\n")
    text.append("".join(map(_had_line, why["counterfactuals"])), "dim").append("\n")
    terms = [(f"{one['rating']:>3g}  {_short(one)}", float(one["effect"])) for one in why["influences"]]
    return text.append(signed_bars(terms, width, BarStyle(colours[0], colours[1], "", ascii_only)))


def _refit(rating: float, refitted: float) -> str:
    """Where the user's row hasn't settled, influences are of another prediction than the one shown."""
    return f" ({refitted:.2f} when refitted to them)" if abs(rating - refitted) >= NOTABLE else ""


def _had_line(other: Mapping[str, Any]) -> str:
    """`Had it been 1 instead of 5 for Alien: 3.214 (-0.412).`; nothing where it is the same rating."""
    if other["instead"] == other["rating"]:
        return ""
    rated = f"{other['instead']:g} instead of {other['rating']:g}"
    return f"Had they given {_short(other)} {rated}: {other['predicted']:.3f} ({other['change']:+.3f}).\n"


def _short(item: Mapping[str, Any]) -> str:
    return short_title(str(item["title"] or item["item"]))


def remark_text(remark: str) -> Content:
    """A remark below the parts of a prediction."""
    return Content.from_markup(f"\n[{MUTED}]$remark[/]", remark=remark.strip())


def top_text(items: Sequence[Mapping[str, Any]], user: Any) -> Content:
    """The best unseen items of a user."""
    heading = Content.from_markup(f"[{MUTED}]What user $user hasn't rated, the best first[/]", user=str(user))
    return _lines(heading, [_rated_line(f"{item['rating']:.2f}", item) for item in items])


def history_text(history: Mapping[str, Any], user: Any) -> Content:
    """What a user liked best and least, with the model's own guess beside each rating."""
    markup = f"[{MUTED}]User $user rated $count items, $mean on average; true and predicted[/]"
    mean = "—" if history["mean"] is None else f"{history['mean']:.2f}"
    heading = Content.from_markup(markup, user=str(user), count=count(history["count"]), mean=mean)
    if not history["best"]:
        return heading + Content.from_markup("\n$note", note=history.get("note") or "No rating is known.")
    lines = [Content.from_markup("[b $success]Best[/]"), *map(_judged_line, history["best"])]
    lines += [Content.from_markup("[b $error]Worst[/]"), *map(_judged_line, history["worst"])]
    return _lines(heading, lines)


def _judged_line(item: Mapping[str, Any]) -> Content:
    return Content.from_markup(
        f"[b $accent]$truth[/] [{MUTED}]$predicted[/]  $title",
        truth=f"{item['truth']:>5g}",
        predicted=f"{item['predicted']:.2f}",
        title=fit(str(item["title"] or item["item"]), 60),
    )


def similar_text(items: Sequence[Mapping[str, Any]]) -> Content:
    """The items nearest to one in the space of factors."""
    heading = Content.from_markup(f"[{MUTED}]Nearest in all factors (cosine)[/]")
    return _lines(heading, [_rated_line(f"{item['similarity']:.2f}", item) for item in items])


def _rated_line(value: str, item: Mapping[str, Any]) -> Content:
    title = fit(str(item.get("title") or item["item"]), 60)
    return Content.from_markup("[b $accent]$value[/]  $title", value=f"{value:>5}", title=title)


def _lines(heading: Content, lines: Sequence[Content]) -> Content:
    return Content("\n").join([heading, *(lines or [Content("none")])])
