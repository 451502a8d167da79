"""The Lookup screen: who would like what, how much, and why."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.timer import Timer
from textual.visual import VisualType
from textual.widgets import Static, TabbedContent, TabPane

from core.engine import Notice
from core.options import Identifier
from core.views import (
    Contributions,
    ContributionTable,
    History,
    ItemNeighbours,
    Reasons,
    Recommendations,
    Search,
    SearchResults,
    SimilarItems,
    TopItems,
    UserHistory,
    Why,
)
from tui.lookup._texts import (
    contributions_chart,
    history_text,
    influences_text,
    prediction_text,
    remark_text,
    similar_text,
    top_text,
)
from tui.lookup.search_box import SearchBox
from tui.shell import ASKING, Answered, BenchScreen, NotAnswered, Subject

REST_SECONDS = 0.3
"""Whoever walks through titles wants predictions; why is asked once they stay."""
_INFLUENCES = 8
_NOT_IN_TRAINING = "Which ratings of theirs influence it: when the training is done."
_ADVICE = "Nothing to look up yet: train a model first (1, then s), or open a run (5)."

_Selection = tuple[Subject | None, Identifier | None, Identifier | None]
"""A model, a user and an item, as far as they are chosen."""


class LookupScreen(BenchScreen):
    """Two searches to the left; the prediction, its parts and lists to the right."""

    MODE = "lookup"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash,i", "find('item')", "Item", key_display="/", id="lookup.item"),
        Binding("u", "find('user')", "User", id="lookup.user"),
        Binding("t", "tab('top')", "Top", id="lookup.top"),
        Binding("h", "tab('history')", "History", id="lookup.history"),
        Binding("s", "tab('similar')", "Similar", id="lookup.similar"),
        Binding("w", "tab('why')", "Why", id="lookup.why"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._user: Identifier | None = None
        self._item: Identifier | None = None
        self._wanted: tuple[Identifier, str] | None = None
        self._resting: Timer | None = None
        self._explained: _Selection | None = None

    def compose_body(self) -> ComposeResult:
        """Searches, prediction, lists."""
        with Horizontal(id="lookup-body"):
            with Vertical(id="lookup-left"):
                yield SearchBox("item", "Part of a title, or an id", id="search-item")
                yield SearchBox("user", "A user's id", id="search-user")
            with Vertical(id="lookup-right", classes="panel"):
                yield Static(_ADVICE, id="prediction", markup=False)
                with TabbedContent(id="lookup-tabs"):
                    for name, title in (
                        ("why", "Why"),
                        ("top", "Top picks"),
                        ("history", "History"),
                        ("similar", "Similar"),
                    ):
                        with TabPane(title, id=name), VerticalScroll(can_focus=True):
                            yield Static("", id=f"text-{name}", markup=False)
                            if name == "why":
                                yield Static("", id="text-influences", markup=False)

    def on_mount(self) -> None:
        """Type a title at once."""
        self.query_one("#lookup-right").border_title = "Prediction"
        self.query_one("#search-item", SearchBox).focus_input()

    def open_item(self, item: Identifier, title: str) -> None:
        """Show an item that another screen points at."""
        self._wanted = (item, title)
        if self.is_mounted:
            self._take_wanted()

    def _take_wanted(self) -> None:
        if self._wanted:
            self._item, title = self._wanted
            self._wanted = None
            self.query_one("#search-item", SearchBox).show_text(title)
            self._predict()

    def subject_changed(self) -> None:
        """Search the new model's items, and choose its first user."""
        self._user = None
        if self.bench.subject is None:
            return
        self._say(ASKING)
        for side in ("item", "user"):
            self._search(side, self.query_one(f"#search-{side}", SearchBox).text)
        self._take_wanted()

    def heard(self, notice: Notice) -> None:
        """While the model trains, show what its current weights say."""
        super().heard(notice)
        if self.follows(notice):
            self._predict(lists=False)

    @on(SearchBox.Searched)
    def searched(self, message: SearchBox.Searched) -> None:
        """Ask for what matches."""
        self._search(message.side, message.text)

    def _search(self, side: str, text: str) -> None:
        if self.bench.subject is not None:
            self.ask(Search(text=text, side=side, limit=50), f"search-{side}")

    @on(SearchBox.Chosen)
    def chosen(self, message: SearchBox.Chosen) -> None:
        """Predict for the new pair."""
        if message.side == "user":
            self._user = message.identifier
        else:
            self._item = message.identifier
        self._predict()

    def _predict(self, lists: bool = True) -> None:
        if self.bench.subject is None:
            return
        if self._user is not None and self._item is not None:
            self.ask(Contributions(user=self._user, item=self._item))
        if lists and self._item is not None:
            self.ask(SimilarItems(item=self._item, count=25, min_ratings=10))
        if lists and self._user is not None:
            self.ask(TopItems(user=(self._user,), count=25))
            self.ask(UserHistory(user=self._user, count=12))
        if lists:
            self._explain_soon()

    def on_screen_resume(self) -> None:
        """Explain what was chosen while another screen was shown."""
        self._explain_soon()

    @on(TabbedContent.TabActivated, "#lookup-tabs")
    def tab_activated(self) -> None:
        """Explain what was chosen while another tab was shown."""
        self._explain_soon()

    @property
    def _selection(self) -> _Selection:
        return self.bench.subject, self._user, self._item

    @property
    def _is_explained(self) -> bool:
        """Whether what is shown was asked for this selection; answers for others come too late."""
        return self._explained == self._selection

    def _explain_soon(self) -> None:
        """Ask for the influences once the selection rests, if the tab is there to show them."""
        if self._is_explained or None in self._selection:
            return
        if self._resting is not None:
            self._resting.stop()
        self.workers.cancel_group(self, Why.tag)
        self._explained = None
        self._put("influences", "")
        self._resting = self.set_timer(REST_SECONDS, self._explain)

    def _explain(self) -> None:
        """Ask, but not the run in training: each answer would take time from it."""
        subject, user, item = self._selection
        shown = self.is_current and self.query_one(TabbedContent).active == "why"
        if not shown or subject is None or user is None or item is None:
            return
        self._explained = self._selection
        if subject.run is None:
            self._put("influences", remark_text(_NOT_IN_TRAINING))
        else:
            self.ask(Why(user=user, item=item, count=_INFLUENCES))

    @on(Answered)
    def answered(self, message: Answered) -> None:
        """Put an answer where it belongs."""
        width = max(30, self.query_one("#lookup-right").size.width - 4)
        look = width, self._bar_colours(), self.tastemap.ascii_only
        question, answer = message.question, message.answer
        match answer:
            case SearchResults() if isinstance(question, Search):
                self._show_found(question, answer)
            case ContributionTable():
                self._say(prediction_text(answer.prediction))
                self._put("why", contributions_chart(answer, *look))
            case Reasons() if self._is_explained:
                self._put("influences", influences_text(answer, *look))
            case Recommendations():
                self._put("top", top_text(answer))
            case History() if isinstance(question, UserHistory):
                self._put("history", history_text(answer, question.user))
            case ItemNeighbours():
                self._put("similar", similar_text(answer))

    def _show_found(self, question: Search, results: SearchResults) -> None:
        box = self.query_one(f"#search-{question.side}", SearchBox)
        if box.text != question.text:
            return
        box.show_found(results.found)
        current = self._user if question.side == "user" else self._item
        if current is None and results.found:
            box.choose_first()

    @on(NotAnswered)
    def not_answered(self, message: NotAnswered) -> None:
        """Say what is wrong where the answer would be."""
        text = f"{message.message}\n{message.hint}"
        match message.question:
            case Why():
                self._put("influences", remark_text(text) if self._is_explained else "")
            case TopItems():
                self._put("top", text)
            case UserHistory():
                self._put("history", text)
            case SimilarItems():
                self._put("similar", text)
            case _:
                self._say(text)

    def _say(self, content: VisualType) -> None:
        self.query_one("#prediction", Static).update(content)

    def _put(self, place: str, content: VisualType) -> None:
        self.query_one(f"#text-{place}", Static).update(content)

    def _bar_colours(self) -> tuple[str, str]:
        variables = self.app.theme_variables
        return variables["success"], variables["error"]

    def action_find(self, side: str) -> None:
        """Type into a search."""
        self.query_one(f"#search-{side}", SearchBox).focus_input()

    def action_tab(self, name: str) -> None:
        """Show one of the lists."""
        self.query_one(TabbedContent).active = name
        self.query_one(f"#{name} VerticalScroll").focus()
