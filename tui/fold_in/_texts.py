"""The texts of the fold-in screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.content import Content

from core.model import NamedAxis
from core.views import Recommendation
from tui.fold_in._rating_keys import RatingKeys
from tui.fold_in._state import GivenRating, GivenRatings, Item
from tui.formats import counted_words, short_title

_MUTED = "$foreground 60%"
_APART = 0.15
"""A share of users further than this from one half is worth a remark."""
_HOW_TO = "Space skips what you don't know, / finds any title."
_ALL_ASKED = "That was all: / finds any other title, and Enter on a list takes one up."


def _known(offer: Item, ranks: bool) -> str:
    """How many training knows of it."""
    counted = "likes" if ranks else "ratings"
    return counted_words(offer.ratings, counted) if offer.ratings is not None else ""


def given_words(rating: float | None) -> str:
    """A rating, or that it is a mere like."""
    return "liked" if rating is None else f"{rating:g}"


def offer_text(
    offer: Item | None, ratings: GivenRatings, keys: RatingKeys | None, trouble: str, ranks: bool = False
) -> Content:
    """The item at hand, what is known of it, and which keys rate or like it."""
    if offer is None:
        return Content.from_markup(f"[{_MUTED}]$text[/]", text=_ALL_ASKED)
    given = ratings.ratings.get(offer.id)
    facts = [", ".join(offer.genres), _known(offer, ranks)]
    how = keys.legend() if keys else f"The rating scale isn't known ({trouble}); t types a rating."
    if ranks and keys:
        how = "l likes it" if keys.single else f"l likes it; {how}"
    return Content.from_markup(
        f"[b $accent]$title[/]$given\n[{_MUTED}]$facts[/]\n[b]$how[/]\n[{_MUTED}]{_HOW_TO}[/]",
        title=offer.name,
        given="" if given is None else f"   you {_gave(given.rating)}",
        facts=" · ".join(filter(None, facts)),
        how=how,
    )


def _gave(rating: float | None) -> str:
    return "like it" if rating is None else f"gave {rating:g}"


def _stars(rating: float | None, keys: RatingKeys | None, ascii_only: bool) -> str:
    """`★★★★½`, on scales up to five; nothing on others and in ASCII, where the number says it all."""
    if rating is None or ascii_only or keys is None or keys.minimum < 0 or keys.maximum != 5:
        return ""
    whole, half = divmod(round(rating * 2), 2)
    return f" {'★' * whole + '½' * half:<5}"


def given_line(
    given: GivenRating, predicted: float | None, keys: RatingKeys | None, ascii_only: bool
) -> Content:
    """A given rating, and what the model would have guessed now."""
    guess = "" if predicted is None else f" ({predicted:.1f})"
    return Content.from_markup(
        f"[b $accent]$rating[/][$accent]$stars[/][{_MUTED}]$guess[/] $title",
        rating=f"{given_words(given.rating):>4}",
        stars=_stars(given.rating, keys, ascii_only),
        guess=guess,
        title=given.title,
    )


def top_line(place: int, item: Recommendation, risen: int | None, ascii_only: bool) -> Content:
    """A recommendation: its place, how it moved, the predicted rating and the title."""
    mark, look = movement_mark(risen, ascii_only)
    return Content.from_markup(
        f"[{_MUTED}]$place[/] [{look}]$mark[/] [b $accent]$rating[/] $title",
        place=f"{place:>2}",
        mark=f"{mark:<3}",
        rating="" if item.rating is None else f"{item.rating:.2f}",
        title=item.title or str(item.item),
    )


def movement_mark(risen: int | None, ascii_only: bool) -> tuple[str, str]:
    """`▲3`, `▼1`, `new` or nothing, and its colour."""
    up, down = ("^", "v") if ascii_only else ("▲", "▼")
    if risen is None:
        return "new", "$accent"
    if risen == 0:
        return "", _MUTED
    return (f"{up}{risen}", "$success") if risen > 0 else (f"{down}{-risen}", "$error")


def reading(
    standing: Sequence[float] | None,
    axes: Sequence[NamedAxis],
    names: Mapping[int, str],
    rated: int,
    most: int = 2,
) -> str:
    """One sentence on what sets the folded-in user apart, in the components' own words."""
    if not rated:
        return "You are still everybody: give something, and the star starts to move."
    if standing is None:
        return ""
    order = sorted(range(len(standing)), key=lambda number: -abs(standing[number] - 0.5))
    apart = [number for number in order if abs(standing[number] - 0.5) >= _APART][:most]
    if not apart:
        return "You are near the middle so far: no component sets you apart."
    return f"You lean {' and '.join(_leaning(number, standing[number], axes, names) for number in apart)}."


def _leaning(number: int, share: float, axes: Sequence[NamedAxis], names: Mapping[int, str]) -> str:
    high = share >= 0.5
    beyond = f"(more than {min(0.99, max(share, 1 - share)):.0%} of users)"
    if names.get(number + 1):
        return f"{'towards' if high else 'away from'} “{names[number + 1]}” {beyond}"
    axis = axes[number] if number < len(axes) else None
    end = (axis.high if high else axis.low) if axis else ""
    named = end.replace(" · ", ", ") or f"the {'high' if high else 'low'} end of component {number + 1}"
    return f"towards {named} {beyond}"


def near_text(titles: Sequence[str], note: str) -> Content:
    """The items next to the star, or why there is none."""
    if note or not titles:
        return Content.from_markup(f"[{_MUTED}]$note[/]", note=note)
    names = ", ".join(short_title(title) for title in titles)
    return Content.from_markup(f"[{_MUTED}]near you[/] $names", names=names)
