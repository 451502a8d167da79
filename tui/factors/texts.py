"""The texts of the Factors screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.text import Text
from textual.content import Content

from tui.charts.bars import share_bar
from tui.formats import count, fit
from tui.map.texts import short_title

MUTED = "$foreground 60%"
BAR_WIDTH = 16


def bias_lines(table: Mapping[str, Any], side: str, compact: bool = False) -> Content:
    """One line an item: rank, bias, title, number of ratings."""
    lines = [
        Content.from_markup(
            f"[{MUTED}]$rank[/] [b $accent]$bias[/][{MUTED}]$ratings[/]  $title",
            rank=f"{number:>2}",
            bias=f"{item['bias']:+.3f}",
            title=item["title"] or str(item["item"]),
            ratings="" if compact else f" {count(item['ratings']):>6}",
        )
        for number, item in enumerate(table[side], 1)
    ]
    columns = "bias, title" if compact else "bias, number of ratings, title"
    note = f"Rank, {columns}. Source: {table['source']}."
    return Content("\n").join([*lines, Content.from_markup(f"\n[{MUTED}]$note[/]", note=note)])


@dataclass(frozen=True)
class ComponentText:
    """The list of components with one chosen, and both its ends."""

    heading: Content
    low: Content
    high: Content


def component_text(
    components: Sequence[Mapping[str, Any]],
    chosen: int,
    axes: Sequence[Mapping[str, Any]] = (),
    remark: str = "",
) -> ComponentText:
    """Lay out the components' shares and names, the user's own before the tested ones, and the chosen
    one's ends."""
    largest = max(component["explained"] for component in components) or 1.0
    tested = {axis["number"]: tested_names(axis) for axis in axes}
    lines = [
        _component_line(component, largest, number == chosen, tested.get(component["number"], ""))
        for number, component in enumerate(components)
    ]
    remarks = ["← → choose a component, n names it", *filter(None, [remark])]
    hint = Content.from_markup(f"[{MUTED}]$remark[/]", remark=". ".join(remarks))
    component = components[chosen]
    return ComponentText(
        Content("\n").join([*lines, hint]), _end_lines(component["low"]), _end_lines(component["high"])
    )


def tested_names(axis: Mapping[str, Any]) -> str:
    """`from Drama, older to Action`: what significantly sets a component's ends apart."""
    ends = (("from", axis["low"]), ("to", axis["high"]))
    return " ".join(f"{word} {end.replace(' · ', ', ')}" for word, end in ends if end)


def _component_line(component: Mapping[str, Any], largest: float, chosen: bool, tested: str) -> Content:
    look = "b $accent" if chosen else "$foreground 75%"
    return Content.from_markup(
        f"[{look}]$mark $number  $share  $bar  $name[/][{MUTED}]$tested[/]",
        mark=">" if chosen else " ",
        number=str(component["number"]),
        share=f"{component['explained']:6.1%}",
        bar=share_bar(component["explained"] / largest, BAR_WIDTH),
        name=f"{component['name']}  " if component["name"] else "",
        tested=tested,
    )


def _end_lines(end: Sequence[Mapping[str, Any]]) -> Content:
    lines = [
        Content.from_markup(
            "[$accent]$value[/]  $title",
            value=f"{item['value']:+.3f}",
            title=item["title"] or str(item["item"]),
        )
        for item in end
    ]
    return Content("\n").join(lines)


def crosstab_rows(crosstab: Mapping[str, Any], truth: bool) -> tuple[list[Text], list[list[Text]]]:
    """Headings and rows of the crosstab; a rating that isn't known is a dot."""
    titles = [short_title(item["title"] or str(item["item"])) for item in crosstab["items"]]
    headings = [Text("user"), *(Text(fit(title, 12)) for title in titles)]
    values = crosstab["truth" if truth else "predicted"]
    rows = [
        [Text(str(user), style="bold"), *(_cell(rating, truth) for rating in ratings)]
        for user, ratings in zip(crosstab["users"], values, strict=True)
    ]
    return headings, rows


def _cell(rating: float | None, truth: bool) -> Text:
    if rating is None:
        return Text("·", style="dim", justify="right")
    return Text(f"{rating:.1f}" if truth else f"{rating:.2f}", justify="right")
