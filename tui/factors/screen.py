"""The Factors screen: item biases, the components of taste with names of one's own, and the crosstab."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.events import Resize
from textual.markup import escape
from textual.widgets import DataTable, Static, TabbedContent, TabPane

from core.errors import TastemapError
from core.model import NamedAxis
from core.views import (
    Axes,
    Biases,
    BiasTable,
    Component,
    ComponentNames,
    Components,
    ComponentTable,
    Crosstab,
    CrosstabTable,
    NameComponent,
    NamedAxes,
)
from tui.charts import ordered
from tui.dialogs import PromptScreen
from tui.factors._texts import SHOWN, bias_entries, component_text, crosstab_csv, crosstab_note, crosstab_rows
from tui.files import free_path
from tui.lists import ThingList
from tui.shell import ASKING, Answered, BenchScreen, NotAnswered, OpenThing, Thing

_ADVICE = "Nothing to show yet: train a model first (1, then s), or open a run (5)."
_COMPONENTS = 6
SIDES, ENDS = ("top", "bottom"), ("low", "high")


class FactorsScreen(BenchScreen):
    """Three tabs; every table is of the items that have most ratings."""

    MODE = "factors"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "tab('biases')", "Biases", id="factors.biases"),
        Binding("c", "tab('components')", "Components", id="factors.components"),
        Binding("t", "tab('crosstab')", "Crosstab", id="factors.crosstab"),
        Binding("n", "name", "Name", id="factors.name"),
        Binding("left,h", "component(-1)", "Previous component", id="factors.previous", show=False),
        Binding("right,l", "component(1)", "Next component", id="factors.next", show=False),
        Binding("v", "toggle_truth", "Truth", id="factors.truth"),
        Binding("e", "export", "Export", id="factors.export"),
        Binding("m", "most_rated", "Most rated", id="factors.most_rated", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._components: Sequence[Component] = ()
        self._component = 0
        self._axes: Sequence[NamedAxis] = ()
        self._axes_remark = ""
        self._biases: BiasTable | None = None
        self._crosstab: CrosstabTable | None = None
        self._shown = SHOWN[0]
        self._wanted_component: int | None = None
        self._most_rated = Biases().most_rated

    def compose_body(self) -> ComposeResult:
        """Tabs, and advice where there is nothing to put into them."""
        yield Static(_ADVICE, id="factors-advice", classes="advice", markup=False)
        with TabbedContent(id="factors-tabs"):
            with TabPane("Biases", id="biases"), Horizontal():
                for side in SIDES:
                    with Vertical(id=f"panel-{side}", classes="panel"):
                        yield ThingList(id=f"biases-{side}")
            with TabPane("Components", id="components"), Vertical():
                yield Static("", id="component-list", markup=False)
                with Horizontal(id="component-ends"):
                    for end in ENDS:
                        with Vertical(id=f"panel-{end}", classes="panel"):
                            yield ThingList(id=f"component-{end}")
            with TabPane("Crosstab", id="crosstab"), Vertical():
                yield Static("", id="crosstab-note", classes="note", markup=False)
                yield DataTable(id="crosstab-table", cursor_type="cell", fixed_columns=1)

    def on_mount(self) -> None:
        """Name the panels; those of the components are named after what is shown."""
        self.query_one("#panel-top").border_title = "Liked more than users and factors explain"
        self.query_one("#panel-bottom").border_title = "Liked less"
        self.query_one("#factors-tabs Tabs").can_focus = False
        self._list("biases-top").focus()

    def _list(self, name: str) -> ThingList:
        return self.query_one(f"#{name}", ThingList)

    def open_thing(self, thing: Thing) -> None:
        """Show a component that another screen points at."""
        self._wanted_component = int(thing.id)
        self._take_wanted()

    def _take_wanted(self) -> None:
        numbers = [component.number for component in self._components]
        if self._wanted_component in numbers and self.is_mounted:
            self._component = numbers.index(self._wanted_component)
            self._wanted_component = None
            self.action_tab("components")
            self._show_component()

    def place(self) -> Callable[[], object]:
        """The tab, the component and the item under the cursor."""
        tab, component, focused = self.query_one(TabbedContent).active, self._component, self.focused
        thing = focused.thing if isinstance(focused, ThingList) else None

        def restore() -> None:
            self.action_tab(tab)
            self._component = component
            self._show_component()
            if isinstance(focused, ThingList):
                focused.focus()
                focused.put_cursor(thing)

        return restore

    def subject_changed(self) -> None:
        """Load all three tabs of another model."""
        missing = self.bench.subject is None
        self.query_one("#factors-advice").display = missing
        self.query_one("#factors-tabs").display = not missing
        if missing:
            return
        self._list("biases-top").say(ASKING)
        self.ask(Biases(most_rated=self._most_rated, count=15))
        self._ask_components()
        self.ask(Crosstab(users=30, items=30))
        self._axes, self._axes_remark = (), ""
        self.ask(Axes(most_rated=self._most_rated, components=_COMPONENTS))

    def _ask_components(self) -> None:
        """Ask without the tested names, which take longer and come by themselves."""
        self.ask(Components(most_rated=self._most_rated, components=_COMPONENTS, ends=10, axes=False))

    @on(Answered)
    def answered(self, message: Answered) -> None:
        """Fill the tab that was asked for."""
        match message.answer:
            case BiasTable() as biases:
                self._biases = biases
                self._show_biases()
            case ComponentTable(components=components):
                self._components = components
                self._component = min(self._component, max(0, len(components) - 1))
                self._show_component()
                self._take_wanted()
            case NamedAxes(axes=axes):
                self._axes = axes
                self._show_component()
            case ComponentNames():
                self._ask_components()
            case CrosstabTable() as crosstab:
                self._crosstab = crosstab
                self._show_crosstab()

    @on(NotAnswered)
    def not_answered(self, message: NotAnswered) -> None:
        """Say in the tab why it is empty."""
        text = f"{message.message}\n{message.hint}"
        match message.question:
            case Axes():
                self._axes_remark = f"No tested names: {message.message}"
                self._show_component()
            case Biases():
                self._list("biases-top").say(text)
            case Components():
                self.query_one("#component-list", Static).update(text)
            case Crosstab():
                self.query_one("#crosstab-note", Static).update(text)
            case _:
                self.notify(message.hint, title=message.message, severity="error")

    def on_resize(self, event: Resize) -> None:
        """Leave the counts out where titles need the room."""
        del event
        self._show_biases()

    def _show_biases(self) -> None:
        if self._biases is None:
            return
        compact = self.size.width < 100
        for side, items in (("top", self._biases.top), ("bottom", self._biases.bottom)):
            self._list(f"biases-{side}").show(bias_entries(items, self._biases, compact))

    def _show_component(self) -> None:
        if not self._components:
            return
        text = component_text(self._components, self._component, self._axes, self._axes_remark)
        self.query_one("#component-list", Static).update(text.heading)
        self._list("component-low").show(text.low)
        self._list("component-high").show(text.high)
        for end in ENDS:
            title = " · ".join(filter(None, (f"{end.capitalize()} end", self._tested_name(end))))
            self.query_one(f"#panel-{end}").border_title = escape(title)

    def _tested_name(self, end: str) -> str:
        if self._component >= len(self._axes):
            return ""
        axis = self._axes[self._component]
        return axis.low if end == "low" else axis.high

    def _show_crosstab(self) -> None:
        if self._crosstab is None:
            return
        table: DataTable[Text] = self.query_one("#crosstab-table", DataTable)
        table.clear(columns=True)
        headings, rows = crosstab_rows(self._crosstab, self._shown, ordered(self.app.current_theme.dark)[:-1])
        for heading in headings:
            table.add_column(heading)
        table.add_rows(rows)
        self.query_one("#crosstab-note", Static).update(crosstab_note(self._crosstab, self._shown))

    @on(DataTable.CellSelected, "#crosstab-table")
    def cell_selected(self, event: DataTable.CellSelected) -> None:
        """Open the user of the first column, or the item of the cell."""
        if self._crosstab is None:
            return
        row, column = event.coordinate
        user, items = self._crosstab.users[row], self._crosstab.items
        item = items[column - 1] if column else None
        thing = Thing("user", user, str(user)) if item is None else Thing("item", item.item, item.title)
        self.post_message(OpenThing(thing))

    def action_tab(self, name: str) -> None:
        """Show a tab."""
        self.query_one(TabbedContent).active = name
        target = {"biases": "#biases-top", "components": "#component-low", "crosstab": "#crosstab-table"}[
            name
        ]
        self.query_one(target).focus()

    def action_component(self, step: int) -> None:
        """Show the next or the previous component."""
        if self.query_one(TabbedContent).active == "components" and self._components:
            self._component = (self._component + step) % len(self._components)
            self._show_component()

    def action_name(self) -> None:
        """Give the component that is shown a name, saved with the run."""
        if not self._components or self.bench.subject is None or self.bench.subject.run is None:
            self.notify("Names are saved with a finished run.", title="No run to save a name in")
            return
        self.action_tab("components")
        component = self._components[self._component]
        question = f"What does component {component.number} mean? Empty takes the name away."
        self.app.push_screen(PromptScreen(question, component.name), self._use_name)

    def _use_name(self, name: str | None) -> None:
        if name is not None:
            self.ask(NameComponent(number=self._components[self._component].number, name=name.strip()))

    def action_toggle_truth(self) -> None:
        """Show true ratings, predicted ones or both in the crosstab."""
        self.action_tab("crosstab")
        self._shown = SHOWN[(SHOWN.index(self._shown) + 1) % len(SHOWN)]
        self._show_crosstab()

    def action_export(self) -> None:
        """Write the crosstab, true and predicted, for a spreadsheet."""
        if self._crosstab is None:
            self.notify("Train a model or open a run first.", title="Nothing to export")
            return
        path = free_path(self.tastemap.out_folder / "crosstab.csv")
        try:
            path.write_text(crosstab_csv(self._crosstab), encoding="utf-8-sig", newline="")
        except OSError as error:
            self.notify(str(error), title="The crosstab can't be written", severity="error")
        else:
            self.tastemap.deliver(path, "Crosstab written")

    def action_most_rated(self) -> None:
        """Ask how many of the most rated items count."""
        prompt = PromptScreen("How many of the most rated items?", str(self._most_rated), _parse_count)
        self.app.push_screen(prompt, self._use_most_rated)

    def _use_most_rated(self, text: str | None) -> None:
        if text is not None:
            self._most_rated = _parse_count(text)
            self.subject_changed()


def _parse_count(text: str) -> int:
    """Read a number of items; raises TastemapError."""
    if not text.strip().isdecimal() or int(text) < 2:
        raise TastemapError(f"A whole number of at least 2, not {text!r}.")
    return int(text)
