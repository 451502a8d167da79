"""How good a saved run is, on top of the list of runs: its errors by slices, and its ranking."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.visual import VisualType
from textual.widgets import Static

from core.engine import QueryError
from core.ranking import RankingFigures
from core.views import View
from core.views.quality import (
    Calibration,
    Diagnosis,
    ErrorReport,
    Ranking,
    RankingQuality,
    Residual,
    Slice,
)
from tui.charts import share_bar
from tui.dialogs import Dialog
from tui.files import SavedRun
from tui.formats import count, fit, in_words
from tui.shell import Answered, Engine, NotAnswered, shown

_MEASURING = "Predicting the held-out ratings …"
_NEEDED = "Quality is measured on the held-out part of the table that the run was trained on."
_RANKING = "Ranking all items for every user …\n"


class QualityScreen(Dialog[None]):
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
            if self._run.leak:
                yield Static(_muted(f"{in_words(self._run.leak)}\n"), id="quality-leak", markup=False)
            first, then = (_RANKING, "") if self._run.ranks else ("", _MEASURING)
            yield Static(first, id="quality-ranking", markup=False)
            yield Static(then, id="quality-errors", markup=False)

    def on_mount(self) -> None:
        """Ask, and let the arrow keys scroll."""
        self.query_one("#quality").focus()
        self.run_worker(self._measure(), name="quality", group="quality", exclusive=True)

    async def _measure(self) -> None:
        """Ask one after another, since all fail alike where the ratings table can't be read."""
        questions: tuple[View[Any], ...] = (Ranking(),) if self._run.ranks else (Diagnosis(), Ranking())
        for view in questions:
            try:
                answer = shown(await self._engine.ask(view, str(self._run.folder)))
            except QueryError as error:
                self.post_message(NotAnswered(view, error.message, error.hint))
                return
            self.post_message(Answered(view, answer))

    @on(Answered)
    def answered(self, message: Answered) -> None:
        """Show what has been measured; the ranking takes longest on large tables."""
        match message.answer:
            case ErrorReport() as report:
                self.query_one("#quality-errors").add_class("-table")
                self._put("errors", _errors_text(report, self._ascii))
                self._put("ranking", _RANKING)
            case RankingQuality() as quality:
                self._put("ranking", _ranking_text(quality))

    @on(NotAnswered)
    def not_answered(self, message: NotAnswered) -> None:
        """Say in plain words what can't be measured, and why."""
        what = "errors" if isinstance(message.question, Diagnosis) else "ranking"
        lines = (f"The {what} can't be measured: {message.message}", message.hint, _NEEDED)
        self._put(what, "\n".join(filter(None, lines)))

    def _put(self, place: str, content: VisualType) -> None:
        self.query_one(f"#quality-{place}", Static).update(content)


_MUTED = "$foreground 60%"
NAME_WIDTH, TITLE_WIDTH, BAR_WIDTH = 12, 30, 12


def _groups(report: ErrorReport) -> tuple[tuple[str, tuple[Slice, ...]], ...]:
    return (
        ("By the user's training ratings", report.by_user_activity),
        ("By the item's training ratings", report.by_item_popularity),
        ("By true rating", report.by_rating),
        ("By genre, the worst first (an item counts in each of its genres)", report.by_genre),
    )


def _errors_text(report: ErrorReport, ascii_only: bool) -> Content:
    """The errors on the held-out ratings: in all, by slices, the calibration, the worst pairs."""
    groups = _groups(report)
    largest = max((one.rmse for _, slices in groups for one in slices), default=0.0) or 1.0
    head = ("", "ratings", "RMSE", "MAE", "too high by")
    lines = [_heading("Errors on the held-out ratings"), _muted(_columns(*head))]
    lines += [_slice_line(report.whole, largest, ascii_only)]
    for title, slices in groups:
        lines += [_heading(f"\n{title}"), *(_slice_line(one, largest, ascii_only) for one in slices)]
    lines += [_heading("\nCalibration: do predictions of a size come true?")]
    lines += [_muted(_columns("predicted", "ratings", "mean", "true", "too high by"))]
    lines += [_calibration_line(one) for one in report.calibration]
    lines += [_heading("\nWorst predictions"), _muted(_pair("true", "predicted", "off by", "title", "user"))]
    return Content("\n").join([*lines, *map(_worst_line, report.worst)])


def _ranking_text(quality: RankingQuality) -> Content:
    """How well a run ranks, beside recommending what is most popular to everybody."""
    k = quality.k
    figures = (f"nDCG@{k}", f"recall@{k}", f"MAP@{k}", "coverage", "novelty")
    note = (
        f"{count(quality.users)} users; relevant are held-out {_sought(quality)}, "
        f"among all items that the user doesn't have in training."
    )
    lines = [_heading(f"Ranking: the first {k} for each user"), _muted(_ranked("", figures))]
    lines += [_ranking_line("this run", quality.model), _ranking_line("popularity", quality.popularity)]
    return Content("\n").join([*lines, _muted(note), _muted(_verdict(quality)), Content("")])


def _sought(quality: RankingQuality) -> str:
    return "rows" if quality.relevant_from is None else f"ratings from {quality.relevant_from:g}"


def _verdict(quality: RankingQuality) -> str:
    if quality.model.ndcg > quality.popularity.ndcg:
        return "It finds more of what users like than a list of the most popular items does."
    return "A list of the most popular items finds as much or more."


def _ranking_line(name: str, figures: RankingFigures) -> Content:
    shares = [f"{share:.4f}" for share in (figures.ndcg, figures.recall, figures.map)]
    return Content(_ranked(name, [*shares, f"{figures.coverage:.1%}", f"{figures.novelty:.2f} bits"]))


def _ranked(name: str, figures: Sequence[str]) -> str:
    return f"{name:<{NAME_WIDTH}}" + "".join(f"{figure:>10}" for figure in figures)


def _slice_line(one: Slice, largest: float, ascii_only: bool) -> Content:
    figures = (count(one.ratings), f"{one.rmse:.4f}", f"{one.mae:.4f}", f"{one.bias:+.3f}")
    bar = share_bar(one.rmse / largest, BAR_WIDTH, ascii_only)
    return Content.from_markup("$figures  [$accent]$bar[/]", figures=_columns(one.name, *figures), bar=bar)


def _calibration_line(one: Calibration) -> Content:
    error = one.predicted - one.truth
    figures = (count(one.ratings), f"{one.predicted:.2f}", f"{one.truth:.2f}", f"{error:+.2f}")
    return Content(_columns(f"{one.low:.1f} to {one.high:.1f}", *figures))


def _worst_line(one: Residual) -> Content:
    title = fit(one.title or str(one.item), TITLE_WIDTH)
    return Content(_pair(f"{one.truth:g}", f"{one.predicted:.2f}", f"{one.error:+.2f}", title, str(one.user)))


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
