"""The texts of the Factors screen."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.text import Text
from textual.content import Content

from core.model import NamedAxis
from core.readable import disarmed, readable
from core.views import BiasTable, Component, CrosstabItem, CrosstabTable, End, ItemBias
from tui.charts import share_bar
from tui.formats import count, counted_words, fit, short_title
from tui.lists import Entry, heading
from tui.shell import Thing

_MUTED = "$foreground 60%"
_BAR_WIDTH = 16


def bias_entries(items: Sequence[ItemBias], table: BiasTable, compact: bool = False) -> list[Entry]:
    """One line an item of an end of the table: rank, bias, number of ratings (or likes), title, with a line
    above that names them."""
    columns = heading(f"{'':>2} {'bias':>6}{'' if compact else f' {table.counted:>7}'}  title")
    lines = [_bias_entry(number, item, table.counted, compact) for number, item in enumerate(items, 1)]
    return [columns, *lines, heading(f"source: {table.source}")]


def _bias_entry(number: int, item: ItemBias, counted: str, compact: bool) -> Entry:
    line = Content.from_markup(
        f"[{_MUTED}]$rank[/] [b $accent]$bias[/][{_MUTED}]$ratings[/]  $title",
        rank=f"{number:>2}",
        bias=f"{item.bias:+.3f}",
        title=item.title or str(item.item),
        ratings="" if compact else f" {count(item.ratings):>7}",
    )
    known = counted_words(item.ratings, counted)
    return Entry(line, Thing("item", item.item, item.title), f"{item.title} · {known}")


@dataclass(frozen=True)
class _ComponentText:
    """The list of components with one chosen, and both its ends."""

    heading: Content
    low: list[Entry]
    high: list[Entry]


def component_text(
    components: Sequence[Component], chosen: int, axes: Sequence[NamedAxis] = (), remark: str = ""
) -> _ComponentText:
    """Lay out the components' shares and names, the user's own before the tested ones, and the chosen
    one's ends."""
    largest = max(component.explained for component in components) or 1.0
    tested = {axis.number: _tested_names(axis) for axis in axes}
    lines = [
        _component_line(component, largest, number == chosen, tested.get(component.number, ""))
        for number, component in enumerate(components)
    ]
    remarks = ["← → choose a component, n names it", *filter(None, [remark])]
    hint = Content.from_markup(f"[{_MUTED}]$remark[/]", remark=". ".join(remarks))
    component = components[chosen]
    return _ComponentText(
        Content("\n").join([*lines, hint]), _end_lines(component.low), _end_lines(component.high)
    )


def _tested_names(axis: NamedAxis) -> str:
    """`from Drama, older to Action`: what significantly sets a component's ends apart."""
    ends = (("from", axis.low), ("to", axis.high))
    return " ".join(f"{word} {end.replace(' · ', ', ')}" for word, end in ends if end)


def _component_line(component: Component, largest: float, chosen: bool, tested: str) -> Content:
    look = "b $accent" if chosen else "$foreground 75%"
    return Content.from_markup(
        f"[{look}]$mark $number  $share  $bar  $name[/][{_MUTED}]$tested[/]",
        mark=">" if chosen else " ",
        number=str(component.number),
        share=f"{component.explained:6.1%}",
        bar=share_bar(component.explained / largest, _BAR_WIDTH),
        name=f"{component.name}  " if component.name else "",
        tested=tested,
    )


def _end_lines(ends: Sequence[End]) -> list[Entry]:
    return [
        Entry(
            Content.from_markup(
                "[$accent]$value[/]  $title", value=f"{end.value:+.3f}", title=end.title or str(end.item)
            ),
            Thing("item", end.item, end.title),
        )
        for end in ends
    ]


SHOWN = ("both", "truth", "predicted")
"""What the crosstab's cells can show."""
_WORDS = {
    "both": "true ratings beside predicted ratings",
    "truth": "true ratings",
    "predicted": "predicted ratings",
}


_USER_WIDTH = 16
"""Columns of a user's id in the crosstab: the first column stays in view, and leaves room for others."""


def crosstab_rows(
    crosstab: CrosstabTable, shown: str, heat: Sequence[str]
) -> tuple[list[Text], list[list[Text]]]:
    """Headings and rows of the crosstab; what isn't known is a dot, colours go from low to high."""
    titles = [short_title(_title(item)) for item in crosstab.items]
    headings = [Text("user"), *(Text(fit(title, 12)) for title in titles)]
    known = [rating for row in (*crosstab.truth, *crosstab.predicted) for rating in row if rating is not None]
    low, high = min(known, default=0.0), max(known, default=1.0)

    def colour(rating: float | None) -> str:
        if rating is None or high <= low:
            return ""
        return heat[min(len(heat) - 1, int((rating - low) / (high - low) * len(heat)))]

    rows = [
        [
            Text(fit(readable(str(user)), _USER_WIDTH), style="bold"),
            *(_cell(*pair, shown, colour) for pair in zip(truth, guesses, strict=True)),
        ]
        for user, truth, guesses in zip(crosstab.users, crosstab.truth, crosstab.predicted, strict=True)
    ]
    return headings, rows


def crosstab_note(crosstab: CrosstabTable, shown: str) -> str:
    """Which ratings are shown, who and what counts as most active, and any remark."""
    words = f"The most active users by the most rated items: {_WORDS[shown]} (v switches, e exports)."
    return " ".join(filter(None, (words, f"Ranked by {crosstab.counted}.", crosstab.note)))


def _title(item: CrosstabItem) -> str:
    return item.title or str(item.item)


def _cell(
    truth: float | None, guess: float | None, shown: str, colour: Callable[[float | None], str]
) -> Text:
    """One cell, in the colour of its rating: the true one, the guess, or both side by side."""
    parts = {
        "truth": [(truth, ".1f")],
        "predicted": [(guess, ".2f")],
        "both": [(truth, ".1f"), (guess, ".1f")],
    }
    cell = Text(justify="right")
    for number, (rating, form) in enumerate(parts[shown]):
        cell.append(" " if number else "")
        words = f"{'·':>3}" if rating is None else f"{rating:{form}}"
        cell.append(words, colour(rating) or "dim")
    return cell


def crosstab_csv(crosstab: CrosstabTable) -> str:
    """Two blocks of one layout: the true ratings, then the predicted ones; unknown cells are empty."""
    text = io.StringIO()
    writer = csv.writer(text)
    titles = [disarmed(_title(item)) for item in crosstab.items]
    blocks: tuple[tuple[str, Sequence[Sequence[float | None]]], ...] = (
        ("true ratings", crosstab.truth),
        ("predicted ratings", crosstab.predicted),
    )
    for name, rows in blocks:
        writer.writerow([name, *titles])
        for user, ratings in zip(crosstab.users, rows, strict=True):
            writer.writerow([disarmed(str(user)), *("" if rating is None else rating for rating in ratings)])
        writer.writerow([])
    return text.getvalue()
