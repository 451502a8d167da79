"""The texts of the screen on which one meets oneself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text
from textual.content import Content

from tui.charts.bars import BarStyle, signed_bars
from tui.fold_in.given import Given, Person
from tui.fold_in.rating_keys import RatingKeys
from tui.formats import count
from tui.map.texts import short_title

MUTED = "$foreground 60%"
APART = 0.15
"""A share of users further than this from one half is worth a remark."""
HOW_TO = "Space skips what you don't know, / finds any title."
ALL_ASKED = "That was all: / finds any other title, and Enter on a list takes one up."


def offer_text(
    offer: Mapping[str, Any] | None, person: Person, keys: RatingKeys | None, trouble: str
) -> Content:
    """The item at hand, what is known of it, and which keys rate it."""
    if offer is None:
        return Content.from_markup(f"[{MUTED}]$text[/]", text=ALL_ASKED)
    given = person.ratings.get(str(offer["id"]))
    facts = [", ".join(offer.get("genres") or ()), f"{count(offer.get('ratings') or 0)} ratings"]
    how = keys.legend() if keys else f"The rating scale isn't known ({trouble}); t types a rating."
    return Content.from_markup(
        f"[b $accent]$title[/]$given\n[{MUTED}]$facts[/]\n[b]$how[/]\n[{MUTED}]{HOW_TO}[/]",
        title=str(offer.get("title") or offer["id"]),
        given=f"   you gave {given.rating:g}" if given else "",
        facts=" · ".join(filter(None, facts)),
        how=how,
    )


def stars(rating: float, keys: RatingKeys | None, ascii_only: bool) -> str:
    """`★★★★½`, on scales up to five; nothing on others and in ASCII, where the number says it all."""
    if ascii_only or keys is None or keys.minimum < 0 or keys.maximum != 5:
        return ""
    whole, half = divmod(round(rating * 2), 2)
    return f" {'★' * whole + '½' * half:<5}"


def given_line(given: Given, predicted: float | None, keys: RatingKeys | None, ascii_only: bool) -> Content:
    """A given rating, and what the model would have guessed now."""
    guess = "" if predicted is None else f" ({predicted:.1f})"
    return Content.from_markup(
        f"[b $accent]$rating[/][$accent]$stars[/][{MUTED}]$guess[/] $title",
        rating=f"{given.rating:>4g}",
        stars=stars(given.rating, keys, ascii_only),
        guess=guess,
        title=given.title,
    )


def top_line(place: int, item: Mapping[str, Any], risen: int | None, ascii_only: bool) -> Content:
    """A recommendation: its place, how it moved, the predicted rating and the title."""
    mark, look = movement_mark(risen, ascii_only)
    return Content.from_markup(
        f"[{MUTED}]$place[/] [{look}]$mark[/] [b $accent]$rating[/] $title",
        place=f"{place:>2}",
        mark=f"{mark:<3}",
        rating=f"{item['rating']:.2f}",
        title=str(item["title"] or item["item"]),
    )


def movement_mark(risen: int | None, ascii_only: bool) -> tuple[str, str]:
    """`▲3`, `▼1`, `new` or nothing, and its colour."""
    up, down = ("^", "v") if ascii_only else ("▲", "▼")
    if risen is None:
        return "new", "$accent"
    if risen == 0:
        return "", MUTED
    return (f"{up}{risen}", "$success") if risen > 0 else (f"{down}{-risen}", "$error")


def reading(
    standing: Sequence[float] | None,
    axes: Sequence[Mapping[str, Any]],
    names: Mapping[int, str],
    rated: int,
    most: int = 2,
) -> str:
    """One sentence on what sets the folded-in user apart, in the components' own words."""
    if not rated:
        return "You are still everybody: rate something, and the star starts to move."
    if standing is None:
        return ""
    order = sorted(range(len(standing)), key=lambda number: -abs(standing[number] - 0.5))
    apart = [number for number in order if abs(standing[number] - 0.5) >= APART][:most]
    if not apart:
        return "You are near the middle so far: no component sets you apart."
    return f"You lean {' and '.join(_leaning(number, standing[number], axes, names) for number in apart)}."


def _leaning(number: int, share: float, axes: Sequence[Mapping[str, Any]], names: Mapping[int, str]) -> str:
    high = share >= 0.5
    beyond = f"(more than {min(0.99, max(share, 1 - share)):.0%} of users)"
    if names.get(number + 1):
        return f"{'towards' if high else 'away from'} “{names[number + 1]}” {beyond}"
    end = axes[number]["high" if high else "low"] if number < len(axes) else ""
    named = end.replace(" · ", ", ") or f"the {'high' if high else 'low'} end of component {number + 1}"
    return f"towards {named} {beyond}"


def near_text(titles: Sequence[str], note: str) -> Content:
    """The items next to the star, or why there is none."""
    if note or not titles:
        return Content.from_markup(f"[{MUTED}]$note[/]", note=note)
    names = ", ".join(short_title(title) for title in titles)
    return Content.from_markup(f"[{MUTED}]near you[/] $names", names=names)


def why_text(why: Mapping[str, Any], width: int, colours: tuple[str, str], ascii_only: bool) -> Text:
    """The predicted rating beside an average user's, and the ratings that make the difference, as bars."""
    text = Text(f"{why['title']}\n", style="bold")
    text.append(f"{why['rating']:.2f} for you, {why['average']:.2f} for an average user\n\n", "not bold")
    if not why["influences"]:
        return text.append(
            "You haven't rated anything yet, so you get what an average user gets.", "not bold"
        )
    text.append("What each rating adds, compared with not having given it:\n", "not bold dim")
    terms = [
        (f"{push['rating']:g}  {short_title(push['title'])}", push["effect"]) for push in why["influences"]
    ]
    return text.append(signed_bars(terms, width, BarStyle(colours[0], colours[1], "", ascii_only)))
