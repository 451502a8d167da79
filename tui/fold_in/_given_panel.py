"""The left half of the fold-in screen: the item at hand, the search for another, the ratings given."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

from core.views import Found, SearchResults
from tui.fold_in._state import FoldInAnswer, FoldInState, Item
from tui.fold_in._texts import given_line, offer_text
from tui.lists import Entry, SearchBox, ThingList
from tui.shell import ASKING, Thing


class GivenPanel(Vertical):
    """Posts ItemChosen for an item found, or one whose rating is to be changed."""

    class ItemChosen(Message):
        """An item to rate."""

        def __init__(self, item: Item) -> None:
            super().__init__()
            self.item = item

    def __init__(self, ascii_only: bool, id: str) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._ascii = ascii_only
        self._state = FoldInState()
        self._found: Sequence[Found] = ()

    def compose(self) -> ComposeResult:
        """The item at hand, and below it the search or the ratings."""
        yield Static("", id="fold-in-offer", classes="panel", markup=False)
        yield SearchBox("item", "Part of a title, then a rating", id="fold-in-search")
        with Vertical(id="fold-in-given-panel", classes="panel"):
            yield ThingList(id="fold-in-given", plain_enter=True)

    def on_mount(self) -> None:
        """Name the panel, and let the keys act on the ratings."""
        self.query_one("#fold-in-offer").border_title = "Do you know it?"
        self.query_one("#fold-in-given").focus()

    def forget(self) -> None:
        """Empty what was found in another model."""
        self._found = ()

    def show(self, state: FoldInState, answer: FoldInAnswer, changed: bool) -> None:
        """Draw the item at hand and the ratings given; the one that has changed is highlighted."""
        self._state = state
        waiting = state.at_hand is None and not state.offers
        text = (
            ASKING
            if waiting
            else offer_text(state.at_hand, state.given, state.keys, state.trouble, state.ranks)
        )
        self.query_one("#fold-in-offer", Static).update(text)
        ratings = dict(reversed(state.given.ratings.items()))
        things = {item: Thing("item", item, one.title) for item, one in ratings.items()}
        self._list.show(
            [
                Entry(given_line(one, answer.predicted(item), state.keys, self._ascii), things[item])
                for item, one in ratings.items()
            ]
        )
        if state.last and changed:
            self._list.put_cursor(things.get(state.last.id))
        panel = self.query_one("#fold-in-given-panel")
        yours = f"Your {state.counted}"
        panel.border_title = f"{yours}: {len(ratings)}" if ratings else yours
        panel.border_subtitle = "Enter takes one up again" if ratings else ""

    @property
    def _list(self) -> ThingList:
        return self.query_one("#fold-in-given", ThingList)

    def highlighted(self) -> str:
        """The id of the highlighted rating's item; empty where there is none."""
        return str(self._list.thing.id) if self._list.thing else ""

    @property
    def searching(self) -> bool:
        """Whether the search stands where the ratings were."""
        return self.has_class("-searching")

    def begin_search(self) -> None:
        """Let the user type any title."""
        self.add_class("-searching")
        self.query_one(SearchBox).show_text("")
        self.query_one(SearchBox).focus_input()

    def end_search(self) -> None:
        """Let the keys act on the ratings again."""
        if self.searching:
            self.remove_class("-searching")
            self.query_one("#fold-in-given").focus()

    def show_found(self, text: str, results: SearchResults) -> None:
        """List what was found for a text, unless another one has been typed since."""
        box = self.query_one(SearchBox)
        if box.text == text and self.searching:
            self._found = results.found
            box.show_found(results)

    @on(SearchBox.Chosen)
    def chosen(self, message: SearchBox.Chosen) -> None:
        """Put what was found at hand."""
        message.stop()
        found = next((each for each in self._found if each.id == message.identifier), None)
        if self.searching and found is not None:
            self.post_message(self.ItemChosen(Item.found(found)))

    @on(SearchBox.Entered)
    def entered(self, message: SearchBox.Entered) -> None:
        """Let the digits rate what was chosen."""
        message.stop()
        self.query_one(SearchBox).focus_results()

    @on(ThingList.Taken, "#fold-in-given")
    def given_selected(self, event: ThingList.Taken) -> None:
        """Rate an item anew."""
        event.stop()
        self.post_message(self.ItemChosen(Item(str(event.thing.id), event.thing.title)))

    @on(ThingList.Walked, "#fold-in-given")
    def given_walked(self, event: ThingList.Walked) -> None:
        """Nothing hangs on the cursor before a key is pressed."""
        event.stop()
