"""The Lookup screen: who would like what, how much, and why."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.events import Resize, ScreenResume
from textual.timer import Timer
from textual.visual import VisualType
from textual.widgets import Static, TabbedContent, TabPane

from core.engine import Notice
from core.options import Identifier
from core.views import (
    Axes,
    Contributions,
    ContributionTable,
    History,
    ItemNeighbours,
    NamedAxes,
    Reasons,
    Recommendations,
    Search,
    SearchResults,
    SimilarItems,
    TopItems,
    UserHistory,
    Why,
)
from tui.lists import Entry, SearchBox, ThingList, heading
from tui.lookup._new_item import NewItemScreen
from tui.lookup._texts import history_entries, prediction_text, similar_entries, top_entries
from tui.lookup._why import influence_entries, part_entries, why_sentence
from tui.shell import ASKING, Answered, BenchScreen, NotAnswered, Subject, Thing

REST_SECONDS = 0.3
"""Whoever walks through titles wants predictions; why is asked once they stay."""
_INFLUENCES = 8
_WIDTH = 40
"""Columns for the bars before the screen was laid out."""
_NOT_IN_TRAINING = "Which ratings of theirs influence it: when the training is done."
_ADVICE = "Nothing to look up yet: train a model first (1, then s), or open a run (5)."
_TABS = (("why", "Why"), ("top", "Top picks"), ("history", "History"), ("similar", "Similar"))

_Selection = tuple[Subject | None, Identifier | None, Identifier | None]
"""A model, a user and an item, as far as they are chosen."""


class LookupScreen(BenchScreen):
    """Two searches to the left; the prediction, its parts and lists to the right."""

    MODE = "lookup"
    HOME = "#search-item ThingList"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash,i", "find('item')", "Item", key_display="/", id="lookup.item"),
        Binding("u", "find('user')", "User", id="lookup.user"),
        Binding("left", "turn(-1)", "Previous list", show=False, id="lookup.previous"),
        Binding("right", "turn(1)", "Next list", key_display="← →", id="lookup.next"),
        Binding("w", "tab('why')", "Why", id="lookup.why"),
        Binding("t", "tab('top')", "Top", id="lookup.top"),
        Binding("h", "tab('history')", "History", id="lookup.history"),
        Binding("s", "tab('similar')", "Similar", id="lookup.similar"),
        Binding("ctrl+n", "new_item", "A new item", show=False, id="lookup.new_item"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._user: Identifier | None = None
        self._item: Identifier | None = None
        self._wanted: Thing | None = None
        self._data = ""
        self._neighbours_of: Identifier | None = None
        self._resting: Timer | None = None
        self._explained: _Selection | None = None
        self._table: ContributionTable | None = None
        self._reasons: Reasons | None = None
        self._component_names: dict[int, str] = {}

    def compose_body(self) -> ComposeResult:
        """Searches, prediction, lists."""
        with Horizontal(id="lookup-body"):
            with Vertical(id="lookup-left"):
                yield SearchBox("item", "Part of a title, or an id", id="search-item")
                yield SearchBox("user", "A user's id", id="search-user")
            with Vertical(id="lookup-right", classes="panel"):
                yield Static(_ADVICE, id="prediction", markup=False)
                with TabbedContent(id="lookup-tabs"):
                    for name, title in _TABS:
                        with TabPane(title, id=name):
                            if name == "why":
                                yield Static("", id="why-sentence", markup=False)
                            yield ThingList(id=f"list-{name}")

    def on_mount(self) -> None:
        """Let the arrow keys walk through titles at once; a letter begins a search."""
        self.query_one("#lookup-right").border_title = "Prediction"
        self.query_one("#lookup-tabs Tabs").can_focus = False
        self._box("item").focus_results()

    def _box(self, side: str) -> SearchBox:
        return self.query_one(f"#search-{side}", SearchBox)

    def _list(self, name: str) -> ThingList:
        return self.query_one(f"#list-{name}", ThingList)

    def open_thing(self, thing: Thing) -> None:
        """Show an item or a user that another screen, or a list of this one, points at."""
        self._wanted = thing
        if self.is_mounted and self.bench.subject == self._seen_subject:  # else once the other model is seen
            self._take_wanted()

    def _take_wanted(self) -> None:
        thing, self._wanted = self._wanted, None
        if thing is None:
            return
        if thing.kind == "user":
            self._user = thing.id
        else:
            self._item = thing.id
        box = self._box(thing.kind)
        box.show_text(thing.name)
        self._predict()
        self.action_tab("history" if thing.kind == "user" else "why")

    def place(self) -> Callable[[], object]:
        """The user, the item and the list that are shown, with the cursor in it."""
        user, item, tab = self._user, self._item, self.query_one(TabbedContent).active
        thing, at_home = self._list(tab).thing, self.focused is self._box("item").results
        texts = {side: self._box(side).text for side in ("item", "user")}

        def restore() -> None:
            self._user, self._item = user, item
            for side, text in texts.items():
                self._box(side).show_text(text)
            self._predict()
            self.action_tab(tab)
            self._list(tab).put_cursor(thing)
            if at_home:
                self.go_home()

        return restore

    def subject_changed(self) -> None:
        """Search the new model's items, and choose its first user."""
        self._user, self._component_names = None, {}
        self._forget_why()
        subject = self.bench.subject
        if subject is not None and subject.data != self._data:
            self._data, self._item = subject.data, None  # items of another table are others
            for side in ("item", "user"):
                self._box(side).show_text("")
        if self.bench.subject is None:
            self._say(_ADVICE)
            return
        self._say(ASKING)
        for side in ("item", "user"):
            self._search(side, self._box(side).text)
        if self.bench.subject.run is not None:
            self.ask(Axes(components=6))
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

    @on(SearchBox.Entered)
    def entered(self, message: SearchBox.Entered) -> None:
        """Go to the page of what was chosen, whose lists can be walked."""
        self.action_tab("history" if message.side == "user" else self.query_one(TabbedContent).active)

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

    def on_screen_resume(self, event: ScreenResume) -> None:  # noqa: ARG002 - the base changes it
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
        self._explained = self._reasons = None
        self._show_why()
        self._resting = self.set_timer(REST_SECONDS, self.explain_rested)

    def explain_rested(self) -> None:
        """Ask, but not the run in training: each answer would take time from it."""
        subject, user, item = self._selection
        shown = self.is_current and self.query_one(TabbedContent).active == "why"
        if not shown or subject is None or user is None or item is None:
            return
        self._explained = self._selection
        if subject.run is None:
            self._show_why(_NOT_IN_TRAINING)
        else:
            self.ask(Why(user=user, item=item, count=_INFLUENCES))

    @on(Answered)
    def answered(self, message: Answered) -> None:
        """Put an answer where it belongs."""
        question, answer = message.question, message.answer
        match answer:
            case SearchResults() if isinstance(question, Search):
                self._show_found(question, answer)
            case ContributionTable():
                self._table = answer
                self._show_prediction()
                self._show_why()
            case Reasons() if self._is_explained:
                self._reasons = answer
                self._show_why()
            case Recommendations():
                self._list("top").show(top_entries(answer))
            case History() if isinstance(question, UserHistory):
                self._list("history").show(history_entries(answer, question.user))
            case ItemNeighbours() if isinstance(question, SimilarItems):
                self._show_similar(question.item, answer)
            case NamedAxes(axes=axes):
                self._component_names = {axis.number: _words(axis.low, axis.high) for axis in axes}
                self._show_why()

    def on_resize(self, event: Resize) -> None:  # noqa: ARG002 - the base heeds it too
        """Draw the bars anew where there is more or less room for them."""
        self.call_after_refresh(self._show_prediction)

    def _show_prediction(self) -> None:
        if self._table is not None:
            width = self.query_one("#prediction").content_size.width or _WIDTH
            self._say(prediction_text(self._table.prediction, width, self.tastemap.ascii_only))

    def _show_why(self, remark: str = "") -> None:
        """The sentence, the ratings that carry it, and below what the number is made of."""
        table, reasons = self._table, self._reasons
        if table is None:
            return
        ascii_only = self.tastemap.ascii_only
        self.query_one("#why-sentence", Static).update(why_sentence(table, reasons))
        entries: list[Entry] = influence_entries(reasons, ascii_only) if reasons else []
        if remark:
            entries += [heading(line) for line in remark.strip().split("\n")]
        names = {
            **self._component_names,
            **{part.number: part.name for part in table.components if part.name},
        }
        self._list("why").show([*entries, *part_entries(table, names, ascii_only)])

    def _show_similar(self, item: Identifier, answer: ItemNeighbours) -> None:
        """List neighbours, from the nearest on where they are another item's."""
        similar, other = self._list("similar"), item != self._neighbours_of
        self._neighbours_of = item
        if other:
            similar.show([])
        similar.show(similar_entries(answer))

    def _forget_why(self) -> None:
        """Explain nothing any more: there is no prediction that could be."""
        self._table = self._reasons = None
        self.query_one("#why-sentence", Static).update("")
        self._list("why").show([])

    def _show_found(self, question: Search, results: SearchResults) -> None:
        box = self._box(question.side)
        if box.text != question.text:
            return
        box.show_found(results)
        current = self._user if question.side == "user" else self._item
        if current is None and results.found:
            box.choose_first()

    @on(NotAnswered)
    def not_answered(self, message: NotAnswered) -> None:
        """Say what is wrong where the answer would be."""
        text = f"{message.message}\n{message.hint}"
        match message.question:
            case Why():
                if self._is_explained:
                    self._show_why(text)
            case TopItems():
                self._list("top").say(text)
            case UserHistory():
                self._list("history").say(text)
            case SimilarItems():
                self._list("similar").say(text)
            case Axes():
                pass  # components without tested names are numbered
            case Contributions():
                self._forget_why()
                self._say(text)
            case _:
                self._say(text)

    def _say(self, content: VisualType) -> None:
        self.query_one("#prediction", Static).update(content)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """In a line the keys are letters, and the arrows move its cursor."""
        del parameters
        return action not in ("turn", "find") or not self.in_field

    def action_new_item(self) -> None:
        """Ask of an item that training doesn't know."""
        if self.bench.subject is not None:
            self.app.push_screen(NewItemScreen(self.bench.ask))

    def action_find(self, side: str) -> None:
        """Type into a search."""
        self._box(side).focus_input()

    def action_turn(self, step: int) -> None:
        """Show the next or the previous list, the focus staying where one walks."""
        names = [name for name, _ in _TABS]
        tabs = self.query_one(TabbedContent)
        tabs.active = names[(names.index(tabs.active) + step) % len(names)]
        if not isinstance(self.focused, ThingList) or self.focused.id:
            self._list(tabs.active).focus()

    def action_tab(self, name: str) -> None:
        """Show one of the lists."""
        self.query_one(TabbedContent).active = name
        self._list(name).focus()


def _words(low: str, high: str) -> str:
    """`Drama … Action`: the ends of a component in words, as far as any sets them apart."""
    return " … ".join(end.replace(" · ", ", ") for end in (low, high) if end)
