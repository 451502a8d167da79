"""Find anything: items, users, runs, components, data sets and commands in one box, the best match first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from textual import on
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input

from core.engine import QueryError
from core.model import SearchIndex, relevance
from core.views import Components, ComponentTable, Search, SearchResults, View
from tui.dialogs.dialog import Dialog
from tui.formats import counted_words
from tui.lists import LIKELY, LONGEST_TEXT, Entry, ThingList, marked, parted
from tui.shell import Answered, Thing, Workbench

_ITEMS, _USERS, _SHOWN = 12, 3, 40
_LEAST = 60.0
_NOUNS = {
    "item": "title",
    "user": "user",
    "run": "run",
    "component": "component",
    "data": "data",
    "command": "do",
}


@dataclass(frozen=True)
class _Candidate:
    """Something that can be found, with its match from 0 to 102 and how well known it is."""

    thing: Thing
    detail: str
    score: float = 0.0
    known: int = 0


@dataclass
class _LocalRead(Message):
    """The runs and data sets of this machine."""

    candidates: list[_Candidate]


class FindScreen(Dialog["Thing | SystemCommand"]):
    """One line and the best matches of every kind; gives a Thing to open, or a command to run."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Close", priority=True),
        Binding("down", "walk(1)", "Next", show=False, priority=True),
        Binding("up", "walk(-1)", "Previous", show=False, priority=True),
    ]

    def __init__(self, bench: Workbench, commands: Sequence[SystemCommand]) -> None:
        super().__init__()
        self._bench, self._commands = bench, commands
        self._local = [
            _Candidate(Thing("command", number, command.title), command.help)
            for number, command in enumerate(commands)
        ]
        self._asked: dict[str, list[_Candidate]] = {}

    def compose(self) -> ComposeResult:
        """The line and the matches."""
        with Vertical(classes="dialog -large", id="find") as dialog:
            dialog.border_title = "Find anything"
            dialog.border_subtitle = "Enter opens · Esc closes"
            yield Input(
                placeholder="A title, a user, a run, a command …", id="find-line", max_length=LONGEST_TEXT
            )
            yield ThingList(id="find-list", plain_enter=True)

    def on_mount(self) -> None:
        """Read what is on this machine, and ask for the components' names."""
        self.query_one(Input).focus()
        self.run_worker(self._read_local, group="local", thread=True)
        self._ask(Components(components=6, ends=1, axes=False), "components")
        self._show()

    def _read_local(self) -> None:
        from core.data.fetching import all_datasets
        from tui.files import read_runs

        runs = [
            _Candidate(Thing("run", str(run.folder), run.title), run.figures)
            for run in read_runs()
            if not run.problem
        ]
        named = all_datasets(self._bench.registry.data_sources)
        data = [_Candidate(Thing("data", name, name), one.description) for name, one in named.items()]
        self.post_message(_LocalRead([*runs, *data]))

    @on(_LocalRead)
    def local_read(self, message: _LocalRead) -> None:
        """Offer the runs and data sets too."""
        self._local += message.candidates
        self._show()

    def _ask(self, view: View[Any], group: str) -> None:
        async def ask() -> None:
            try:
                answer = await self._bench.ask(view)
            except QueryError:
                self._asked.pop(group, None)  # a model that can't be asked has nothing to find
            else:
                self.post_message(Answered(view, answer))

        if self._bench.subject is not None:
            self.run_worker(ask(), group=group, exclusive=True)

    @on(Input.Changed)
    def typed(self, event: Input.Changed) -> None:
        """Ask for what matches."""
        if event.value.strip():
            self._ask(Search(text=event.value, limit=_ITEMS), "item")
            self._ask(Search(text=event.value, side="user", limit=_USERS), "user")
        self._show()

    @on(Answered)
    def answered(self, message: Answered) -> None:
        """Offer what was found in the model, unless another text has been typed since."""
        match message.question, message.answer:
            case Search(text=text, side=side), SearchResults(found=found) as results if text == self._text:
                self._asked[side] = [
                    _Candidate(
                        Thing(side, one.id, one.title),
                        counted_words(one.ratings, results.counted),
                        one.score,
                        one.ratings,
                    )
                    for one in found
                ]
            case _, ComponentTable(components=components):
                self._local += [
                    _Candidate(
                        Thing("component", one.number, one.name or f"component {one.number}"),
                        f"{one.explained:.1%}",
                    )
                    for one in components
                ]
        self._show()

    @property
    def _text(self) -> str:
        return self.query_one(Input).value

    def _show(self) -> None:
        typed = self._text.strip()
        found = (
            self._matching(typed) if typed else [one for one in self._local if one.thing.kind == "command"]
        )
        shown = [(one, self._entry(one)) for one in found[:_SHOWN]]
        likely = [entry for one, entry in shown if not typed or one.score >= LIKELY]
        weak = [entry for one, entry in shown if typed and one.score < LIKELY]
        self.query_one(ThingList).show(parted(likely, weak))

    def _matching(self, typed: str) -> list[_Candidate]:
        scores = SearchIndex.build([one.thing.title for one in self._local]).scores(typed)
        local = [
            _Candidate(one.thing, one.detail, float(score))
            for one, score in zip(self._local, scores, strict=True)
            if score >= _LEAST
        ]
        asked = [one for found in self._asked.values() for one in found]
        both = [*local, *asked]
        ranks = relevance(np.array([one.score for one in both]), np.array([one.known for one in both]))
        return [both[index] for index in np.argsort(-ranks, kind="stable")]

    def _entry(self, found: _Candidate) -> Entry:
        noun = Content.from_markup("[$foreground 60%]$noun[/] ", noun=f"{_NOUNS[found.thing.kind]:<9}")
        detail = Content.from_markup("  [$foreground 60%]$detail[/]", detail=found.detail)
        return Entry(noun + marked(found.thing.name, self._text), found.thing, more=detail)

    def action_walk(self, steps: int) -> None:
        """Move the cursor without leaving the line."""
        things = self.query_one(ThingList)
        (things.action_cursor_down if steps > 0 else things.action_cursor_up)()

    @on(Input.Submitted)
    def submitted(self) -> None:
        """Take the match under the cursor."""
        self._take(self.query_one(ThingList).thing)

    @on(ThingList.Taken)
    def taken(self, message: ThingList.Taken) -> None:
        """Take a match that was clicked."""
        self._take(message.thing)

    def _take(self, thing: Thing | None) -> None:
        if thing is not None:
            self.dismiss(self._commands[int(thing.id)] if thing.kind == "command" else thing)

    def action_cancel(self) -> None:
        """Leave without a choice."""
        self.dismiss(None)
