"""The Lookup screen: who would like what, how much, and why."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.timer import Timer
from textual.widgets import Static, TabbedContent, TabPane

from core.engine.client import Notice
from tui.lookup.search_box import SearchBox
from tui.lookup.texts import (
    history_text,
    prediction_text,
    pushes_text,
    remark_text,
    similar_text,
    terms_chart,
    top_text,
)
from tui.shell.messages import Answered, NotAnswered
from tui.shell.screen import ASKING, BenchScreen

REST_SECONDS = 0.3
"""Whoever walks through titles wants predictions; why is asked once they stay."""
PUSHES = 8
NOT_IN_TRAINING = "Which ratings of theirs push it: when the training is done."
ADVICE = "Nothing to look up yet: train a model first (1, then s), or open a run (5)."


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
        self._user: Any = None
        self._item: Any = None
        self._wanted: tuple[Any, str] | None = None
        self._resting: Timer | None = None
        self._explained: object = None

    def compose_body(self) -> ComposeResult:
        """Searches, prediction, lists."""
        with Horizontal(id="lookup-body"):
            with Vertical(id="lookup-left"):
                yield SearchBox("item", "Part of a title, or an id", id="search-item")
                yield SearchBox("user", "A user's id", id="search-user")
            with Vertical(id="lookup-right", classes="panel"):
                yield Static(ADVICE, id="prediction", markup=False)
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

    def open_item(self, item: Any, title: str) -> None:
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

    def told(self, notice: Notice) -> None:
        """While the model trains, show what its current weights say."""
        super().told(notice)
        if self.follows(notice):
            self._predict(lists=False)

    @on(SearchBox.Searched)
    def searched(self, message: SearchBox.Searched) -> None:
        """Ask for what matches."""
        self._search(message.side, message.text)

    def _search(self, side: str, text: str) -> None:
        if self.bench.subject is not None:
            question = {"text": text, "side": side, "limit": 50}
            self.start_worker(f"search-{side}", self._ask, "search", question)

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
            self.ask("contributions", user=self._user, item=self._item)
        if lists and self._item is not None:
            self.ask("similar_items", item=self._item, count=25, min_ratings=10)
        if lists and self._user is not None:
            self.ask("top_items", user=self._user, count=25)
            self.ask("user_history", user=self._user, count=12)
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
    def _selection(self) -> tuple[object, Any, Any]:
        return self.bench.subject, self._user, self._item

    @property
    def _is_complete(self) -> bool:
        return None not in self._selection

    @property
    def _is_explained(self) -> bool:
        """Whether what is shown was asked for this selection; answers for others come too late."""
        return self._explained == self._selection

    def _explain_soon(self) -> None:
        """Ask for the user's pushing ratings once the selection rests, if the tab is there to show them."""
        if self._is_explained or not self._is_complete:
            return
        if self._resting is not None:
            self._resting.stop()
        self.workers.cancel_group(self, "why")
        self._explained = None
        self._put("influences", "")
        self._resting = self.set_timer(REST_SECONDS, self._explain)

    def _explain(self) -> None:
        """Ask, but not the run in training: each answer would take time from it."""
        subject, shown = self.bench.subject, self.query_one(TabbedContent).active == "why"
        if subject is None or not (shown and self.is_current and self._is_complete):
            return
        self._explained = self._selection
        if subject.run is None:
            self._put("influences", remark_text(NOT_IN_TRAINING))
        else:
            self.ask("why", user=self._user, item=self._item, count=PUSHES)

    @on(Answered)
    def answered(self, message: Answered) -> None:
        """Put an answer where it belongs."""
        width = max(30, self.query_one("#lookup-right").size.width - 4)
        result = message.result
        match message.view:
            case "search":
                self._show_found(message.arguments, result)
            case "contributions":
                self._say(prediction_text(result))
                bars = terms_chart(result, width, self._bar_colours(), self.tastemap.ascii_only)
                self._put("why", bars)
            case "why" if self._is_explained:
                self._put(
                    "influences", pushes_text(result, width, self._bar_colours(), self.tastemap.ascii_only)
                )
            case "top_items":
                self._put("top", top_text(result, self._user))
            case "user_history":
                self._put("history", history_text(result, self._user))
            case "similar_items":
                self._put("similar", similar_text(result))

    def _show_found(self, arguments: dict[str, Any], found: list[dict[str, Any]]) -> None:
        box = self.query_one(f"#search-{arguments['side']}", SearchBox)
        if box.text != arguments["text"]:
            return
        box.show_found(found)
        current = self._user if arguments["side"] == "user" else self._item
        if current is None and found:
            box.choose_first()

    @on(NotAnswered)
    def not_answered(self, message: NotAnswered) -> None:
        """Say what is wrong where the answer would be."""
        places = {"top_items": "top", "user_history": "history", "similar_items": "similar"}
        text = f"{message.message}\n{message.hint}"
        if message.view == "why":
            self._put("influences", remark_text(text) if self._is_explained else "")
        elif message.view in places:
            self._put(places[message.view], text)
        else:
            self._say(text)

    def _say(self, content: Any) -> None:
        self.query_one("#prediction", Static).update(content)

    def _put(self, place: str, content: Any) -> None:
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
