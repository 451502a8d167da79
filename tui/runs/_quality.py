"""How good a saved run is, on top of the list of runs: its errors by slices, and its ranking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.visual import VisualType
from textual.widgets import Static

from core.engine.client import QueryError
from tui.charts import share_bar
from tui.files import SavedRun
from tui.formats import count, fit
from tui.shell import Answered, Engine, NotAnswered

WORST, TOP = 10, 10
_MEASURING = "Predicting the held-out ratings …"
_NEEDED = "Quality is measured on the held-out part of the table that the run was trained on."
_RANKING = "Ranking all items for every user …\n"


class QualityScreen(ModalScreen[None]):
    """Ranking first, since it is short; then the errors, to scroll through."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,i,enter", "dismiss", "Close")]

    def __init__(self, engine: Engine, run: SavedRun, ascii_only: bool) -> None:
        super().__init__()
        self._engine, self._run, self._ascii = engine, run, ascii_only

    def compose(self) -> ComposeResult:
        """Two texts, scrollable together."""
        with VerticalScroll(classes="dialog -large", id="quality") as dialog:
            dialog.border_title = "Quality"
            dialog.border_subtitle = "↑ ↓ scroll, Escape closes"
            yield Static(f"{self._run.name}  ({self._run.label})\n", markup=False, classes="heading")
            yield Static("", id="quality-ranking", markup=False)
            yield Static(_MEASURING, id="quality-errors", markup=False)

    def on_mount(self) -> None:
        """Ask, and let the arrow keys scroll."""
        self.query_one("#quality").focus()
        self.run_worker(self._measure(), name="quality", group="quality", exclusive=True)

    async def _measure(self) -> None:
        """Ask one after another, since all fail alike where the ratings table can't be read."""
        run = str(self._run.folder)
        view = "diagnosis"
        try:
            errors = await self._engine.ask(view, run, worst=WORST)
            self.post_message(Answered(view, {}, errors))
            view = "ranking"
            ranking = [await self._engine.ask(view, run, k=TOP, popularity=each) for each in (False, True)]
        except QueryError as error:
            self.post_message(NotAnswered(view, error.message, error.hint))
        else:
            self.post_message(Answered(view, {}, ranking))

    @on(Answered)
    def answered(self, message: Answered) -> None:
        """Show what has been measured; the ranking takes longest on large tables."""
        result: Any = message.result
        if message.view == "diagnosis":
            self._put("errors", _errors_text(result, self._ascii))
            self._put("ranking", _RANKING)
        else:
            self._put("ranking", _ranking_text(*result))

    @on(NotAnswered)
    def not_answered(self, message: NotAnswered) -> None:
        """Say in plain words what can't be measured, and why."""
        what = "errors" if message.view == "diagnosis" else "ranking"
        lines = (f"The {what} can't be measured: {message.message}", message.hint, _NEEDED)
        self._put(what, "\n".join(filter(None, lines)))

    def _put(self, place: str, content: VisualType) -> None:
        self.query_one(f"#quality-{place}", Static).update(content)


_MUTED = "$foreground 60%"
NAME_WIDTH, TITLE_WIDTH, BAR_WIDTH = 12, 30, 12
_SLICES = (
    ("by_user_activity", "By the user's training ratings"),
    ("by_item_popularity", "By the item's training ratings"),
    ("by_rating", "By true rating"),
    ("by_genre", "By genre, the worst first (an item counts in each of its genres)"),
)


def _errors_text(diagnosis: Mapping[str, Any], ascii_only: bool) -> Content:
    """The errors on the held-out ratings: in all, by slices, the calibration, the worst pairs."""
    slices = [one for key, _ in _SLICES for one in diagnosis[key]]
    largest = max((one["rmse"] for one in slices), default=0.0) or 1.0
    head = ("", "ratings", "RMSE", "MAE", "too high by")
    lines = [_heading("Errors on the held-out ratings"), _muted(_columns(*head))]
    lines += [_slice_line(diagnosis["whole"], largest, ascii_only)]
    for key, title in _SLICES:
        lines += [_heading(f"\n{title}"), *(_slice_line(one, largest, ascii_only) for one in diagnosis[key])]
    lines += [_heading("\nCalibration: do predictions of a size come true?")]
    lines += [_muted(_columns("predicted", "ratings", "mean", "true", "too high by"))]
    lines += [_calibration_line(one) for one in diagnosis["calibration"]]
    lines += [_heading("\nWorst predictions"), _muted(_pair("true", "predicted", "off by", "title", "user"))]
    return Content("\n").join([*lines, *map(_worst_line, diagnosis["worst"])])


def _ranking_text(run: Mapping[str, Any], popularity: Mapping[str, Any]) -> Content:
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
    return Content.from_markup(f"[{_MUTED}]$text[/]", text=text)
