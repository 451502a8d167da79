"""Meet yourself: rate what you know, and watch your star move and your recommendations change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from core.engine.client import Notice
from tui.dialogs.ask import AskScreen, PromptScreen
from tui.fold_in.given import Person, offer_order, save_ratings
from tui.fold_in.panel import FoldInPanel
from tui.fold_in.rating_keys import RatingKeys
from tui.fold_in.state import Meeting, Visit
from tui.fold_in.texts import given_line, offer_text
from tui.fold_in.why import FoldInWhyScreen
from tui.lookup.search_box import SearchBox
from tui.shell.messages import Answered, NotAnswered
from tui.shell.screen import ASKING, BenchScreen

ADVICE = "Nobody to meet yet: train a model first (1, then s), or open a run (5)."
OFFERED, FOUND, ON_MAP, BEST, LEAST_RATINGS, COMPONENTS = 300, 30, 200, 30, 5, 3
VIEWS = ("-both", "-map", "-lists")
RATING_ACTIONS = {
    "rate",
    "amend",
    "skip",
    "find",
    "why",
    "forget",
    "clear",
    "export",
    "type_rating",
    "next_view",
}


class FoldInScreen(BenchScreen):
    """The item at hand and the ratings given to the left; map, reading and recommendations to the right."""

    MODE = "fold_in"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,s", "skip", "Skip", key_display="Space", id="fold_in.skip"),
        Binding(
            "plus,equals_sign,full_stop", "amend(1)", "More", key_display="+", id="fold_in.more", show=False
        ),
        Binding("minus", "amend(-1)", "Less", key_display="-", id="fold_in.less", show=False),
        Binding("slash", "find", "Search", key_display="/", id="fold_in.search"),
        Binding("w", "why", "Why", id="fold_in.why"),
        Binding("d,delete", "forget", "Delete", id="fold_in.delete"),
        Binding("C", "clear", "Clear", id="fold_in.clear"),
        Binding("e", "export", "CSV", id="fold_in.export"),
        Binding("m", "next_view", "View", id="fold_in.view"),
        Binding("t", "type_rating", "Type a rating", id="fold_in.type", show=False),
        *(
            Binding(str(digit), f"rate({digit})", f"Rate {digit}", id=f"fold_in.rate_{digit}", show=False)
            for digit in (1, 2, 3, 4, 5, 6, 7, 8, 9, 0)
        ),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._people: dict[object, Person] = {}
        self._visit, self._meeting = Visit(), Meeting()
        self._open = False
        self._found: Sequence[Mapping[str, Any]] = ()
        self._popular: Sequence[Mapping[str, Any]] = ()

    def compose_body(self) -> ComposeResult:
        """Advice where there is no model, else both columns."""
        yield Static(ADVICE, id="fold-in-advice", classes="advice")
        with Horizontal(id="fold-in-body"):
            with Vertical(id="fold-in-left"):
                yield Static("", id="fold-in-offer", classes="panel")
                yield SearchBox("item", "Part of a title, then a rating", id="fold-in-search")
                yield OptionList(id="fold-in-given", classes="panel", compact=True)
            yield FoldInPanel(self.tastemap.ascii_only, id="fold-in-right")

    def on_mount(self) -> None:
        """Name the panels."""
        self.query_one("#fold-in-offer").border_title = "Do you know it?"
        self.add_class(VIEWS[0])
        self.query_one("#fold-in-given").focus()
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self._panel.draw_map())

    @property
    def _panel(self) -> FoldInPanel:
        return self.query_one(FoldInPanel)

    def subject_changed(self) -> None:
        """Visit another model: its scale first, since it tells whose ratings count there."""
        self._visit, self._meeting, self._popular, self._found = Visit(), Meeting(), (), ()
        self._panel.forget()
        self._advise(ADVICE if self.bench.subject is None else "")
        if self.bench.subject is None:
            return
        self.ask("summary")
        self._load_map()
        self.start_worker("offers", self._ask, "search", {"text": "", "side": "item", "limit": OFFERED})
        self.ask("axes", components=COMPONENTS)
        self.ask("components", components=COMPONENTS, ends=1)
        self._draw()

    def told(self, notice: Notice) -> None:
        """Follow a training epoch by epoch, but not faster than one can see."""
        super().told(notice)
        if self.follows(notice):
            self._load_map()
            self._meet()

    def _load_map(self) -> None:
        self.ask("map", components=[1, 2], first=0, last=ON_MAP)

    def _meet(self) -> None:
        question = self._visit.person.question()
        self.ask("fold_in", ratings=question, count=BEST, min_ratings=LEAST_RATINGS, components=COMPONENTS)

    def _advise(self, text: str) -> None:
        self._open = not text
        self.query_one("#fold-in-advice", Static).update(text)
        self.query_one("#fold-in-advice").display = bool(text)
        self.query_one("#fold-in-body").display = not text

    @on(Answered)
    def answered(self, message: Answered) -> None:
        """Put an answer where it belongs."""
        match message.view:
            case "summary":
                self._arrive(message.result)
            case "fold_in":
                self._met(message.arguments["ratings"], message.result)
            case "search" if message.arguments["limit"] == OFFERED:
                self._popular = message.result
                self._order_offers()
            case "search":
                self._show_found(message)
            case "map":
                self._panel.show_map(message.result)
                self._order_offers()
            case "axes":
                self._panel.use_axes(message.result)
            case "components":
                self._panel.use_names(message.result["components"])

    @on(NotAnswered)
    def not_answered(self, message: NotAnswered) -> None:
        """Say what is wrong where the answer would be; a model that folds nobody in has nothing to show."""
        text = f"{message.message}\n{message.hint}".strip()
        match message.view:
            case "summary":
                self._visit.trouble = message.message
                self._meet()
                self._draw()
            case "fold_in" if not self._visit.person.ratings:
                self._advise(f"This model can't meet you.\n\n{text}")
            case "fold_in" | "map" | "search":
                self._panel.complain(message.view, text)

    def _arrive(self, summary: Mapping[str, Any]) -> None:
        """Be the person who rated items of the same data before, whatever model was asked then."""
        scale = summary["scale"]
        key = (summary["users"], summary["items"], *sorted(scale.items()))
        self._visit.person = self._people.setdefault(key, Person())
        self._visit.keys = RatingKeys.of(scale)
        self._meet()
        self._draw()

    def _order_offers(self) -> None:
        """Offer well-known items that differ; an order once begun stays while a training goes on."""
        if self._popular and (self._panel.places or not self._visit.offers):
            begun = bool(self._visit.person.ratings or self._visit.person.skipped)
            if not (begun and self._visit.offers):
                self._visit.offers = offer_order(self._popular, self._panel.places)
            self._draw()

    def _met(self, ratings: dict[str, float], result: Mapping[str, Any]) -> None:
        if ratings != self._visit.person.question():
            return  # a later rating's answer is on its way
        self._meeting.hear(ratings, result)
        self._panel.show_meeting(self._meeting)
        self._draw()

    def _draw(self, changed: bool = False) -> None:
        """The item at hand and the ratings given."""
        visit, ascii_only = self._visit, self.tastemap.ascii_only
        waiting = visit.at_hand is None and not visit.offers
        text = ASKING if waiting else offer_text(visit.at_hand, visit.person, visit.keys, visit.trouble)
        self.query_one("#fold-in-offer", Static).update(text)
        given = self.query_one("#fold-in-given", OptionList)
        highlighted = str(visit.last["id"]) if visit.last and changed else self._highlighted_given()
        ratings = dict(reversed(visit.person.ratings.items()))
        given.set_options(
            Option(given_line(one, self._meeting.predicted(item), visit.keys, ascii_only), id=item)
            for item, one in ratings.items()
        )
        if ratings:
            ids = list(ratings)
            given.highlighted = ids.index(highlighted) if highlighted in ids else 0
        given.border_title = f"Your ratings: {len(ratings)}" if ratings else "Your ratings"
        given.border_subtitle = "Enter takes one up again" if ratings else ""

    def _highlighted_given(self) -> str:
        option = self.query_one("#fold-in-given", OptionList).highlighted_option
        return option.id or "" if option else ""

    def _changed(self) -> None:
        """Draw the change at once, and ask what it means."""
        self._draw(changed=True)
        self._meet()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Where there is nobody to meet, the digits switch screens as they do elsewhere."""
        del parameters
        return self._open or action not in RATING_ACTIONS

    def action_rate(self, digit: int) -> None:
        """Rate the item at hand."""
        keys = self._visit.keys
        rating = keys.value(digit) if keys else None
        if rating is None:
            scale = keys.legend() if keys else "Press t to type a rating."
            self.notify(scale, title=f"{digit} rates nothing here", severity="warning")
        else:
            self._rate(rating)

    def _rate(self, rating: float) -> None:
        if self._visit.at_hand is not None:
            self._visit.rate(rating)
            self._end_search()
            self._changed()

    def action_amend(self, steps: int) -> None:
        """Move the last rating by a step."""
        if self._visit.amend(steps):
            self._changed()

    def action_type_rating(self) -> None:
        """Ask for any rating of the scale, or for any number where the scale isn't known."""
        item, keys = self._visit.at_hand, self._visit.keys or RatingKeys(float("-inf"), float("inf"))
        if item is not None:
            prompt = PromptScreen(f"Your rating of {item.get('title') or item['id']}", check=keys.parse)
            self.app.push_screen(prompt, lambda text: self._rate(keys.parse(text)) if text else None)

    def action_skip(self) -> None:
        """Go on to the next item."""
        self._visit.skip()
        self._end_search()
        self._draw()

    def action_forget(self) -> None:
        """Take the highlighted rating back."""
        item = self._highlighted_given()
        if item:
            self._visit.person.forget(item)
            self._visit.last = None
            self._changed()

    def action_clear(self) -> None:
        """Start anew, if that is really meant."""
        if self._visit.person.ratings:
            count = len(self._visit.person.ratings)
            self.app.push_screen(AskScreen(f"Forget your {count} ratings?", "Forget"), self._clear_if)

    def _clear_if(self, sure: bool | None) -> None:
        if sure:
            self._visit.person.clear()
            self._visit.last = self._visit.taken = None
            self._changed()

    def action_export(self) -> None:
        """Write the ratings for a spreadsheet."""
        if not self._visit.person.ratings:
            self.notify("Rate something first.", title="Nothing to export")
            return
        try:
            path = save_ratings(self._visit.person)
        except OSError as error:
            self.notify(str(error), title="The ratings can't be written", severity="error")
        else:
            self.notify(str(path), title="Ratings written")

    def action_why(self) -> None:
        """Explain the highlighted recommendation."""
        item = self._panel.highlighted_item()
        if item is None:
            self.notify("There is no recommendation yet.", title="Nothing to explain")
            return
        question = self._visit.person.question()
        self.app.push_screen(FoldInWhyScreen(self.bench, question, item, self.tastemap.ascii_only))

    def action_next_view(self) -> None:
        """Give the room to the map, to the lists, or to both."""
        at = next(number for number, view in enumerate(VIEWS) if self.has_class(view))
        self.remove_class(*VIEWS)
        self.add_class(VIEWS[(at + 1) % len(VIEWS)])

    def action_find(self) -> None:
        """Search any title."""
        self.add_class("-searching")
        self.query_one(SearchBox).show_text("")
        self.query_one(SearchBox).focus_input()

    def key_escape(self) -> None:
        """End the search; the item found is put back."""
        if self.has_class("-searching"):
            self._visit.taken = None
            self._end_search()
            self._draw()

    def _end_search(self) -> None:
        if self.has_class("-searching"):
            self.remove_class("-searching")
            self.query_one("#fold-in-given").focus()

    @on(SearchBox.Searched)
    def searched(self, message: SearchBox.Searched) -> None:
        """Ask for what matches; an empty line has found nothing yet."""
        if message.text:
            question = {"text": message.text, "side": "item", "limit": FOUND}
            self.start_worker("search-item", self._ask, "search", question)

    def _show_found(self, message: Answered) -> None:
        box = self.query_one(SearchBox)
        if box.text == message.arguments["text"] and self.has_class("-searching"):
            self._found = message.result
            box.show_found(message.result)

    @on(SearchBox.Chosen)
    def chosen(self, message: SearchBox.Chosen) -> None:
        """Put what was found at hand."""
        found = {each["id"]: each for each in self._found}
        if self.has_class("-searching") and message.identifier in found:
            self._take_up(found[message.identifier])

    @on(OptionList.OptionSelected, "#fold-in-given")
    def given_selected(self, event: OptionList.OptionSelected) -> None:
        """Rate an item anew."""
        item = event.option.id or ""
        self._take_up({"id": item, "title": self._visit.person.ratings[item].title})

    @on(FoldInPanel.ItemChosen)
    def item_chosen(self, message: FoldInPanel.ItemChosen) -> None:
        """Rate a recommendation, or an item of the map."""
        self._take_up(message.item)

    def _take_up(self, item: Mapping[str, Any]) -> None:
        known = {str(each["id"]): each for each in self._popular}
        self._visit.take_up(known.get(str(item["id"]), item))
        self._draw()
