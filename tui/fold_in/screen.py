"""The fold-in screen: rate what you know, and watch your star move and your recommendations change."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.events import ScreenResume
from textual.widgets import Static

from core.engine import Notice
from core.errors import RunError
from core.views import (
    Axes,
    Components,
    ComponentTable,
    FoldedIn,
    FoldIn,
    ItemMap,
    Map,
    ModelSummary,
    NamedAxes,
    Scale,
    Search,
    SearchResults,
    Summary,
)
from tui.dialogs import AskScreen, PickScreen, PromptScreen
from tui.fold_in._answer_panel import AnswerPanel
from tui.fold_in._card import CardScreen, TasteCard, save_card
from tui.fold_in._given_panel import GivenPanel
from tui.fold_in._profiles import Profiles, keep, profiles_of
from tui.fold_in._rating_keys import RatingKeys
from tui.fold_in._state import FoldInAnswer, FoldInState, Item, Question, save_ratings
from tui.fold_in._why import FoldInWhyScreen
from tui.formats import counted_words
from tui.lists import SearchBox
from tui.shell import Answered, BenchScreen, NotAnswered, Thing

_ADVICE = "No model to fold you in yet: train a model first (1, then s), or open a run (5)."
OFFERED, FOUND, ON_MAP, BEST, LEAST_RATINGS, COMPONENTS = 300, 30, 200, 30, 5, 3
VIEWS = ("-both", "-map", "-lists")
_OPEN_ONLY = {
    *(
        "rate",
        "like",
        "amend",
        "skip",
        "find",
        "why",
        "forget",
        "clear",
        "export",
        "type_rating",
        "next_view",
    ),
    *("undo", "who", "card"),
}
_SOMEBODY_ELSE, _TOGETHER = "somebody else …", "all together"


class FoldInScreen(BenchScreen):
    """The item at hand and the ratings given to the left; map, reading and recommendations to the right."""

    MODE = "fold_in"
    HOME = "#fold-in-given"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "skip", "Skip", key_display="Space", id="fold_in.skip"),
        Binding("plus,equals_sign", "amend(1)", "More", key_display="+", id="fold_in.more", show=False),
        Binding("minus", "amend(-1)", "Less", key_display="-", id="fold_in.less", show=False),
        Binding("l", "like", "Like", id="fold_in.like"),
        Binding("slash", "find", "Search", key_display="/", id="fold_in.search"),
        Binding("w", "why", "Why", id="fold_in.why"),
        Binding("u", "undo", "Undo", id="fold_in.undo"),
        Binding("d,delete", "forget", "Delete", id="fold_in.delete"),
        Binding("n", "who", "Who rates", id="fold_in.who"),
        Binding("c", "card", "Card", id="fold_in.card"),
        Binding("C", "clear", "Clear", id="fold_in.clear"),
        Binding("e", "export", "Export", id="fold_in.export"),
        Binding("v", "next_view", "View", id="fold_in.view"),
        Binding("t", "type_rating", "Type a rating", id="fold_in.type", show=False),
        *(
            Binding(str(digit), f"rate({digit})", f"Rate {digit}", id=f"fold_in.rate_{digit}", show=False)
            for digit in (1, 2, 3, 4, 5, 6, 7, 8, 9, 0)
        ),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._profiles_by_data: dict[tuple[int, int, Scale], Profiles] = {}
        self._profiles = Profiles()
        self._state, self._answer = FoldInState(), FoldInAnswer()
        self._open = False
        self._wanted: Thing | None = None

    def compose_body(self) -> ComposeResult:
        """Advice where there is no model, else both columns."""
        yield Static(_ADVICE, id="fold-in-advice", classes="advice", markup=False)
        with Horizontal(id="fold-in-body"):
            yield GivenPanel(self.tastemap.ascii_only, id="fold-in-left")
            yield AnswerPanel(self.tastemap.ascii_only, id="fold-in-right")

    def on_mount(self) -> None:
        """Show the map and the lists."""
        self.add_class(VIEWS[0])
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self._answer_panel.draw_map())

    @property
    def _given_panel(self) -> GivenPanel:
        return self.query_one(GivenPanel)

    @property
    def _answer_panel(self) -> AnswerPanel:
        return self.query_one(AnswerPanel)

    def subject_changed(self) -> None:
        """Ask another model: its scale first, since it tells whose ratings count there."""
        self._state, self._answer = FoldInState(), FoldInAnswer()
        self._given_panel.forget()
        self._answer_panel.forget()
        self._advise(_ADVICE if self.bench.subject is None else "")
        if self.bench.subject is None:
            return
        self.ask(Summary())
        self._load_map()
        self.ask(Search(text="", limit=OFFERED), "offers")
        self.ask(Axes(components=COMPONENTS))
        self.ask(Components(components=COMPONENTS, ends=1, axes=False))
        self._draw()

    def on_screen_resume(self, event: ScreenResume) -> None:  # noqa: ARG002 - the base changes it
        """Read the components' names again: one may have been given in the meantime."""
        if self._open:
            self.ask(Components(components=COMPONENTS, ends=1, axes=False))

    def heard(self, notice: Notice) -> None:
        """Follow a training epoch by epoch, but not faster than one can see."""
        super().heard(notice)
        if self.follows(notice):
            self._load_map()
            self._fold_in()

    def _load_map(self) -> None:
        self.ask(Map(last=ON_MAP))

    def _fold_in(self) -> None:
        given = self._state.given.question()
        self.ask(FoldIn(**given, count=BEST, min_ratings=LEAST_RATINGS, components=COMPONENTS))

    def _advise(self, text: str) -> None:
        self._open = not text
        self.refresh_bindings()
        self.query_one("#fold-in-advice", Static).update(text)
        self.query_one("#fold-in-advice").display = bool(text)
        self.query_one("#fold-in-body").display = not text

    @on(Answered)
    def answered(self, message: Answered) -> None:
        """Put an answer where it belongs."""
        match message.question, message.answer:
            case _, ModelSummary() as summary:
                self._use_scale(summary)
            case FoldIn(ratings=ratings, likes=likes), FoldedIn() as folded_in:
                self._show_answer({"ratings": ratings or {}, "likes": tuple(likes)}, folded_in)
            case Search(text=""), SearchResults(found=found):
                self._state.popular = [Item.found(one) for one in found]
                self._order_offers()
            case Search(text=text), SearchResults() as results:
                self._given_panel.show_found(text, results)
            case _, ItemMap() as places:
                self._answer_panel.show_map(places)
                self._order_offers()
            case _, NamedAxes(axes=axes):
                self._answer_panel.use_axes(axes)
            case _, ComponentTable(components=components):
                self._answer_panel.use_names(components)

    @on(NotAnswered)
    def not_answered(self, message: NotAnswered) -> None:
        """Say what is wrong where the answer would be; a model that folds nobody in has nothing to show."""
        text = f"{message.message}\n{message.hint}".strip()
        match message.question:
            case Summary():
                self._state.trouble = message.message
                self._fold_in()
                self._draw()
            case FoldIn() if not self._state.given.ratings:
                self._advise(f"This model can't fold you in.\n\n{text}")
            case FoldIn() | Search():
                self._answer_panel.complain(False, text)
            case Map():
                self._answer_panel.complain(True, text)

    def _use_scale(self, summary: ModelSummary) -> None:
        """Take the ratings given for the same data before, whatever model was asked then."""
        key = summary.users, summary.items, summary.scale
        if key not in self._profiles_by_data:
            self._profiles_by_data[key] = self._read_profiles(key)
        self._profiles = self._profiles_by_data[key]
        self._state.given = self._profiles.now
        self._state.keys, self._state.ranks = RatingKeys.of(summary.scale), summary.objective == "ranking"
        self._take_wanted()
        self._fold_in()
        self._draw()

    def _read_profiles(self, key: tuple[int, int, Scale]) -> Profiles:
        try:
            return profiles_of(*key)
        except RunError as error:
            self.notify(error.hint, title=error.message, severity="error", timeout=12)
            return Profiles()

    def _keep(self) -> None:
        """Write the ratings down, away from the keys."""
        path, content = self._profiles.path, self._profiles.to_json()
        if path is not None:
            self.run_worker(
                partial(self._write, path, content), group="profiles", exclusive=True, thread=True
            )

    def _write(self, path: Path, content: bytes) -> None:
        try:
            keep(path, content)
        except RunError as error:
            self.notify(error.hint, title=error.message, severity="warning")

    def _order_offers(self) -> None:
        self._state.order_offers(self._answer_panel.places)
        self._draw()

    def _show_answer(self, asked: Question, result: FoldedIn) -> None:
        if asked != self._state.given.question():
            return  # a later rating's answer is on its way
        self._answer.hear(asked, result)
        self._answer_panel.show_answer(self._answer)
        self._draw()

    def _draw(self, changed: bool = False) -> None:
        self._given_panel.show(self._state, self._answer, changed)

    def _changed(self) -> None:
        """Draw the change at once, ask what it means, and write it down."""
        self._keep()
        self._draw(changed=True)
        self._fold_in()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Where nobody can be folded in, the digits switch screens as they do elsewhere."""
        del parameters
        return self._open or action not in _OPEN_ONLY

    def action_rate(self, digit: int) -> None:
        """Rate the item at hand."""
        keys = self._state.keys
        rating = keys.value(digit) if keys else None
        if rating is None:
            scale = keys.legend() if keys else "Press t to type a rating."
            self.notify(scale, title=f"{digit} rates nothing here", severity="warning")
        else:
            self._rate(rating)

    def action_like(self) -> None:
        """Like the item at hand: all that a model which ranks counts, and to others the top rating."""
        self._rate(None)

    def _rate(self, rating: float | None) -> None:
        if self._state.at_hand is not None:
            self._state.note()
            self._state.rate(rating)
            self._given_panel.end_search()
            self._changed()

    def action_amend(self, steps: int) -> None:
        """Move the last rating by a step."""
        self._state.note()
        if self._state.amend(steps):
            self._changed()
        else:
            self._state.before.pop()  # nothing to take back

    def action_type_rating(self) -> None:
        """Ask for any rating of the scale, or for any number where the scale isn't known."""
        item, keys = self._state.at_hand, self._state.keys or RatingKeys(float("-inf"), float("inf"))
        if item is not None:
            prompt = PromptScreen(f"Your rating of {item.name}", check=keys.parse)
            self.app.push_screen(prompt, lambda text: self._rate(keys.parse(text)) if text else None)

    def action_skip(self) -> None:
        """Go on to the next item."""
        self._state.skip()
        self._keep()
        self._given_panel.end_search()
        self._draw()

    def action_forget(self) -> None:
        """Take the highlighted rating back."""
        item = self._given_panel.highlighted()
        if item:
            self._state.note()
            self._state.forget(item)
            self._changed()

    def action_clear(self) -> None:
        """Start anew, if that is really meant."""
        if self._state.given.ratings:
            count = len(self._state.given.ratings)
            yours = counted_words(count, self._state.counted)
            self.app.push_screen(AskScreen(f"Forget your {yours}?", "Forget"), self._clear_if)

    def _clear_if(self, sure: bool | None) -> None:
        if sure:
            self._state.note()
            self._state.clear()
            self._changed()

    def action_undo(self) -> None:
        """Take the last change of the ratings back."""
        if self._state.undo():
            self._changed()
        else:
            self.notify("Nothing was rated since the start.", title="Nothing to undo")

    def action_who(self) -> None:
        """Choose whose ratings these are: each name has its own, and all together are a group."""
        counted = self._state.counted
        names = [
            (name, counted_words(len(given.ratings), counted)) for name, given in self._profiles.given.items()
        ]
        choices = [*names, (_SOMEBODY_ELSE, f"A new name, without {counted} yet.")]
        if len(names) > 1:
            choices.append((_TOGETHER, "The mean of what all gave, as a profile of its own."))
        self.app.push_screen(
            PickScreen(f"Who rates? Now it is {self._profiles.current}.", choices), self._use_name
        )

    def _use_name(self, name: str | None) -> None:
        if name == _SOMEBODY_ELSE:
            self.app.push_screen(PromptScreen(f"Whose {self._state.counted}?"), self._switch)
        elif name == _TOGETHER:
            self._profiles.given[_TOGETHER] = self._profiles.together()
            self._switch(_TOGETHER)
        elif name:
            self._switch(name)

    def _switch(self, name: str | None) -> None:
        if name and name.strip():
            self._profiles.switch(name)
            self._state.given, self._state.before, self._state.last = self._profiles.now, [], None
            self._answer = FoldInAnswer()
            self._changed()

    def action_card(self) -> None:
        """Show the taste card."""
        result = self._answer.result
        if result is None or not self._state.given.ratings:
            self.notify("Rate something first.", title="There is no taste to show yet")
            return
        card = TasteCard(self._profiles.current, self._answer_panel.reading, self._state.given, result)
        self.app.push_screen(CardScreen(card), lambda wanted: self._save_card(card) if wanted else None)

    def _save_card(self, card: TasteCard) -> None:
        try:
            paths = save_card(card, self.tastemap.out_folder)
        except (OSError, RunError) as error:
            self.notify(str(error), title="The card can't be written", severity="error")
            return
        for path in paths:
            self.tastemap.deliver(path, "Card written")

    def action_export(self) -> None:
        """Write the ratings for a spreadsheet."""
        if not self._state.given.ratings:
            self.notify("Rate something first.", title="Nothing to export")
            return
        try:
            path = save_ratings(self._state.given, self.tastemap.out_folder)
        except OSError as error:
            self.notify(str(error), title="The ratings can't be written", severity="error")
        else:
            self.tastemap.deliver(path, "Ratings written")

    def action_why(self) -> None:
        """Explain the highlighted recommendation."""
        item = self._answer_panel.highlighted_item()
        if item is None:
            self.notify("There is no recommendation yet.", title="Nothing to explain")
            return
        question = self._state.given.question()
        self.app.push_screen(FoldInWhyScreen(self.bench, question, item, self.tastemap.ascii_only))

    def action_next_view(self) -> None:
        """Give the room to the map, to the lists, or to both."""
        at = next(number for number, view in enumerate(VIEWS) if self.has_class(view))
        self.remove_class(*VIEWS)
        self.add_class(VIEWS[(at + 1) % len(VIEWS)])

    def action_find(self) -> None:
        """Search any title."""
        self._given_panel.begin_search()

    def step_back(self) -> bool:
        """End the search; the item found is put back."""
        searching = self._given_panel.searching
        if searching:
            self._state.taken = None
            self._given_panel.end_search()
            self._draw()
        return searching

    def open_thing(self, thing: Thing) -> None:
        """Put an item at hand that another screen, or a list of this one, points at."""
        self._wanted = thing
        self._take_wanted()

    def _take_wanted(self) -> None:
        if self._wanted is not None and self._state.keys is not None:
            self._state.take_up(Item(str(self._wanted.id), self._wanted.title))
            self._wanted = None
            self._draw()

    @on(SearchBox.Searched)
    def searched(self, message: SearchBox.Searched) -> None:
        """Ask for what matches; an empty line has found nothing yet."""
        if message.text:
            self.ask(Search(text=message.text, limit=FOUND), "search-item")

    @on(GivenPanel.ItemChosen)
    @on(AnswerPanel.ItemChosen)
    def item_chosen(self, message: GivenPanel.ItemChosen | AnswerPanel.ItemChosen) -> None:
        """Rate an item found, one rated before, a recommendation, or an item of the map."""
        self._state.take_up(message.item)
        self._draw()
