"""The texts about how good a run is: where it errs, how well it ranks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.cells import cell_len
from textual.content import Content

from tui.charts.bars import share_bar
from tui.formats import count, fit

MUTED = "$foreground 60%"
NAME_WIDTH, TITLE_WIDTH, BAR_WIDTH = 12, 30, 12
SLICES = (
    ("by_user_activity", "By the user's training ratings"),
    ("by_item_popularity", "By the item's training ratings"),
    ("by_rating", "By true rating"),
    ("by_genre", "By genre, the worst first (an item counts in each of its genres)"),
)


def errors_text(diagnosis: Mapping[str, Any], ascii_only: bool) -> Content:
    """The errors on the held-out ratings: in all, by slices, the calibration, the worst pairs."""
    slices = [one for key, _ in SLICES for one in diagnosis[key]]
    largest = max((one["rmse"] for one in slices), default=0.0) or 1.0
    head = ("", "ratings", "RMSE", "MAE", "too high by")
    lines = [_heading("Errors on the held-out ratings"), _muted(_columns(*head))]
    lines += [_slice_line(diagnosis["whole"], largest, ascii_only)]
    for key, title in SLICES:
        lines += [_heading(f"\n{title}"), *(_slice_line(one, largest, ascii_only) for one in diagnosis[key])]
    lines += [_heading("\nCalibration: do predictions of a size come true?")]
    lines += [_muted(_columns("predicted", "ratings", "mean", "true", "too high by"))]
    lines += [_calibration_line(one) for one in diagnosis["calibration"]]
    lines += [_heading("\nWorst predictions"), _muted(_pair("true", "predicted", "off by", "title", "user"))]
    return Content("\n").join([*lines, *map(_worst_line, diagnosis["worst"])])


def ranking_text(run: Mapping[str, Any], popularity: Mapping[str, Any]) -> Content:
    """How well a run ranks, beside recommending to everybody what most have rated."""
    k = run["k"]
    figures = (f"nDCG@{k}", f"recall@{k}", f"MAP@{k}", "coverage", "novelty")
    note = (
        f"{count(run['users'])} users; relevant are held-out ratings from {run['relevant_from']:g}, "
        f"among all items that the user didn't rate in training."
    )
    lines = [_heading(f"Ranking: the first {k} for each user"), _muted(_ranked("", figures))]
    lines += [_ranking_line("this run", run), _ranking_line("most rated", popularity)]
    return Content("\n").join([*lines, _muted(note), _muted(_verdict(run, popularity)), Content("")])


def _verdict(run: Mapping[str, Any], popularity: Mapping[str, Any]) -> str:
    if run["ndcg"] > popularity["ndcg"]:
        return "It finds more of what users like than a list of the most rated items does."
    return "A list of the most rated items finds as much or more: good ratings are not yet a good ranking."


def _ranking_line(name: str, quality: Mapping[str, Any]) -> Content:
    figures = [f"{quality[key]:.4f}" for key in ("ndcg", "recall", "map")]
    return Content(_ranked(name, [*figures, f"{quality['coverage']:.1%}", f"{quality['novelty']:.2f} bits"]))


def _ranked(name: str, figures: Sequence[str]) -> str:
    return f"{name:<{NAME_WIDTH}}" + "".join(f"{figure:>10}" for figure in figures)


def _slice_line(one: Mapping[str, Any], largest: float, ascii_only: bool) -> Content:
    figures = (count(one["ratings"]), f"{one['rmse']:.4f}", f"{one['mae']:.4f}", f"{one['bias']:+.3f}")
    bar = share_bar(one["rmse"] / largest, BAR_WIDTH, ascii_only)
    return Content.from_markup("$figures  [$accent]$bar[/]", figures=_columns(one["name"], *figures), bar=bar)


def _calibration_line(one: Mapping[str, Any]) -> Content:
    error = one["predicted"] - one["truth"]
    figures = (count(one["ratings"]), f"{one['predicted']:.2f}", f"{one['truth']:.2f}", f"{error:+.2f}")
    return Content(_columns(f"{one['low']:.1f} to {one['high']:.1f}", *figures))


def _worst_line(one: Mapping[str, Any]) -> Content:
    title = fit(str(one["title"] or one["item"]), TITLE_WIDTH)
    return Content(
        _pair(f"{one['truth']:g}", f"{one['predicted']:.2f}", f"{one['error']:+.2f}", title, str(one["user"]))
    )


def _pair(truth: str, predicted: str, error: str, title: str, user: str) -> str:
    gap = " " * (TITLE_WIDTH - cell_len(title))
    return f"{truth:>6}{predicted:>10}{error:>8}  {title}{gap}  {user}"


def _columns(name: str, ratings: str, first: str, second: str, error: str) -> str:
    name = fit(name, NAME_WIDTH)
    gap = " " * (NAME_WIDTH - cell_len(name))
    return f"{name}{gap}{ratings:>10}{first:>8}{second:>8}{error:>12}"


def _heading(text: str) -> Content:
    return Content.from_markup("[b $primary]$text[/]", text=text)


def _muted(text: str) -> Content:
    return Content.from_markup(f"[{MUTED}]$text[/]", text=text)
