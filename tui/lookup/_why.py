"""Why a prediction is what it is: a sentence first, then the ratings that carry it, then its parts."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from core.model import Influence
from core.views import ContributionTable, Counterfactual, Reasons
from tui.charts import share_bar
from tui.formats import short_title
from tui.lists import Entry, heading
from tui.lookup._texts import item_thing

_NOTABLE = 0.05
"""A smaller difference of ratings isn't worth a word."""
_NAMED = 2
_BAR_WIDTH = 10
_MUTED = "$foreground 60%"


def why_sentence(table: ContributionTable, reasons: Reasons | None) -> str:
    """`4.2 because they gave Aliens 5 and Blade Runner 4.5; against it speaks …`, as far as it is known."""
    prediction = table.prediction
    if prediction.fallback:
        return ""
    number = f"{prediction.rating:.1f}" if prediction.rating is not None else f"rank {prediction.rank}"
    pushes = _pushes(reasons)
    words = [*pushes, *_biases(table)]
    if not words:
        return f"{number}: nothing in it stands out."
    sentence = f"{number}{' ' if pushes else ': '}{'; '.join(words)}."
    return (
        " ".join([sentence, *(_had_sentence(one) for one in reasons.counterfactuals)]).strip()
        if reasons
        else sentence
    )


def _pushes(reasons: Reasons | None) -> list[str]:
    """The two strongest of the ratings that go the way of the strongest, and the strongest of the others."""
    if reasons is None:
        return []
    strong = [one for one in reasons.influences if abs(one.effect) >= 0.005]
    up, down = ([one for one in strong if (one.effect > 0) == sign] for sign in (True, False))
    mostly_up = bool(up) and (not down or abs(up[0].effect) >= abs(down[0].effect))
    words = []
    if up:
        words.append(f"because they {_liked(up[: _NAMED if mostly_up else 1])}")
    if down:
        some = down[: 1 if mostly_up else _NAMED]
        words.append(f"{'against it speaks that' if up else 'although'} they {_liked(some)}")
    return words


def _liked(some: Sequence[Influence]) -> str:
    if some[0].rating is None:
        return f"liked {' and '.join(_quoted(one) for one in some)}"
    return f"gave {' and '.join(f'{_quoted(one)} {one.rating:g}' for one in some)}"


def _biases(table: ContributionTable) -> list[str]:
    """What holds whoever asks: people like it less than its kind, or else this user rates high."""
    values = {one.name: one.value for one in table.contributions}
    item, user = values.get("item bias", 0.0), values.get("user bias", 0.0)
    if max(abs(item), abs(user)) < _NOTABLE:
        return []
    if abs(item) >= abs(user):
        gains, more = ("gains", "more") if item > 0 else ("loses", "less")
        return [f"it {gains} {abs(item):.1f} since people like it {more} than its kind"]
    return [f"this user rates {abs(user):.1f} {'higher' if user > 0 else 'lower'} than others"]


def _had_sentence(other: Counterfactual) -> str:
    """`Had they given “Alien” 1, it would be 0.21 lower.`; nothing where it is the same rating.

    By how much, not what: where the user's row hasn't settled, the change is of another prediction than the
    one shown.
    """
    if other.instead == other.rating or abs(other.change) < 0.005:
        return ""
    would = f"it would be {abs(other.change):.2f} {'higher' if other.change > 0 else 'lower'}"
    return f"Had they given {_quoted(other)} {other.instead:g}, {would}."


def influence_entries(reasons: Reasons, ascii_only: bool) -> list[Entry]:
    """The user's own ratings that influence a prediction, the strongest first, as things to open."""
    prediction = reasons.contributions.prediction
    given = "likes" if prediction.rating is None else "ratings"
    first = [heading(f"Their own {given} that influence it most")]
    first += _refit(prediction.rating, reasons.refitted)
    largest = max((abs(one.effect) for one in reasons.influences), default=0.0) or 1.0
    lines = [_influence_entry(one, largest, ascii_only) for one in reasons.influences]
    return [*first, heading(f"{'effect':>7} {'':{_BAR_WIDTH}} {'given':>5}  title"), *lines]


def _influence_entry(one: Influence, largest: float, ascii_only: bool) -> Entry:
    look = "$success" if one.effect >= 0 else "$error"
    bar = ("#" if ascii_only else "━") * max(1, round(abs(one.effect) / largest * _BAR_WIDTH))
    line = Content.from_markup(
        f"[b {look}]$effect[/] [{look}]$bar[/] [$accent]$given[/]  $title",
        effect=f"{one.effect:+7.3f}",
        bar=f"{bar:<{_BAR_WIDTH}}",
        given=f"{'liked' if one.rating is None else f'{one.rating:g}':>5}",
        title=_short(one),
    )
    return Entry(line, item_thing(one.item, one.title))


def _refit(rating: float | None, refitted: float) -> list[Entry]:
    """Where the user's row hasn't settled, influences are of another prediction than the one shown."""
    differs = rating is not None and abs(rating - refitted) >= _NOTABLE
    return [heading(f"({refitted:.2f} when refitted to them)")] if differs else []


def part_entries(table: ContributionTable, names: dict[int, str], ascii_only: bool) -> list[Entry]:
    """What the number is made of: the mean, the biases, and what each component of taste adds."""
    if not table.available and not table.contributions:
        return [heading(table.reason or "This architecture's score is no sum of parts.")]
    components = list(table.components)
    single = [(one.name, one.value) for one in table.contributions if not one.name.startswith("factor ")]
    factors = sum(one.value for one in table.contributions if one.name.startswith("factor "))
    told = [(_component_name(one.number, names), one.value) for one in components]
    rest = factors - sum(value for _, value in told)
    parts = [*single, *sorted(told, key=lambda part: -abs(part[1]))]
    if any(one.name.startswith("factor ") for one in table.contributions):
        parts.append(("all other tastes" if told else "tastes (factors)", rest))
    raw = table.prediction.raw
    largest = max((abs(value) for _, value in parts), default=0.0) or 1.0
    lines = [_part_entry(name, value, largest, ascii_only) for name, value in parts]
    mean = "" if table.prediction.rating is None else f" mean {table.mean:.3f}, and"
    first = heading(f"What it is made of:{mean}")
    return [first, *lines, heading(f"{raw:7.3f}  in all")]


def _component_name(number: int, names: dict[int, str]) -> str:
    return names.get(number) or f"component {number}"


def _part_entry(name: str, value: float, largest: float, ascii_only: bool) -> Entry:
    look = "$success" if value >= 0 else "$error"
    bar = share_bar(1.0, max(1, round(abs(value) / largest * _BAR_WIDTH)), ascii_only)
    line = Content.from_markup(
        f"[{look}]$value $bar[/]  $name", value=f"{value:+7.3f}", bar=f"{bar:<{_BAR_WIDTH}}", name=name
    )
    return Entry(line)


def _quoted(rated: Influence | Counterfactual) -> str:
    """A title in quotes: one may end in a number, and a rating follows."""
    return f"“{_short(rated)}”"


def _short(rated: Influence | Counterfactual) -> str:
    return short_title(rated.title or str(rated.item))
