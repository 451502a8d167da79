"""The texts of the Factors screen."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text
from textual.content import Content

from core.model import NamedAxis
from core.readable import disarmed
from core.views import Component, CrosstabItem, CrosstabTable, End, ItemBias
from tui.charts import share_bar
from tui.formats import count, fit, short_title

_MUTED = "$foreground 60%"
_BAR_WIDTH = 16


def bias_lines(items: Sequence[ItemBias], source: str, compact: bool = False) -> Content:
    """One line an item: rank, bias, title, number of ratings."""
    lines = [
        Content.from_markup(
            f"[{_MUTED}]$rank[/] [b $accent]$bias[/][{_MUTED}]$ratings[/]  $title",
            rank=f"{number:>2}",
            bias=f"{item.bias:+.3f}",
            title=item.title or str(item.item),
            ratings="" if compact else f" {count(item.ratings):>6}",
        )
        for number, item in enumerate(items, 1)
    ]
    columns = "bias, title" if compact else "bias, number of ratings, title"
    note = f"Rank, {columns}. Source: {source}."
    return Content("\n").join([*lines, Content.from_markup(f"\n[{_MUTED}]$note[/]", note=note)])


@dataclass(frozen=True)
class _ComponentText:
    """The list of components with one chosen, and both its ends."""

    heading: Content
    low: Content
    high: Content


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


def _end_lines(ends: Sequence[End]) -> Content:
    lines = [
        Content.from_markup(
            "[$accent]$value[/]  $title",
            value=f"{end.value:+.3f}",
            title=end.title or str(end.item),
        )
        for end in ends
    ]
    return Content("\n").join(lines)


def crosstab_rows(crosstab: CrosstabTable, truth: bool) -> tuple[list[Text], list[list[Text]]]:
    """Headings and rows of the crosstab; a rating that isn't known is a dot."""
    titles = [short_title(_title(item)) for item in crosstab.items]
    headings = [Text("user"), *(Text(fit(title, 12)) for title in titles)]
    values: Sequence[Sequence[float | None]] = crosstab.truth if truth else crosstab.predicted
    rows = [
        [Text(str(user), style="bold"), *(_cell(rating, truth) for rating in ratings)]
        for user, ratings in zip(crosstab.users, values, strict=True)
    ]
    return headings, rows


def crosstab_note(crosstab: CrosstabTable, truth: bool) -> str:
    """Which ratings are shown, who and what counts as most active, and any remark."""
    which = "true ratings" if truth else "predicted ratings"
    shown = f"The most active users by the most rated items: {which} (v switches, e exports both)."
    return " ".join(filter(None, (shown, f"Ranked by {crosstab.counted}.", crosstab.note)))


def _title(item: CrosstabItem) -> str:
    return item.title or str(item.item)


def _cell(rating: float | None, truth: bool) -> Text:
    if rating is None:
        return Text("·", style="dim", justify="right")
    return Text(f"{rating:.1f}" if truth else f"{rating:.2f}", justify="right")


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
