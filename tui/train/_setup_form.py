"""The form of a training: data, architecture, recipe, and a field for every declared option."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.message import Message
from textual.widgets import Button, Collapsible, Select

from core.contract import Registry, TrainingSettings, resolve
from core.errors import UsageError
from core.options import OptionField
from core.protocol import Train
from tui.train._data_field import DataRow
from tui.train._datasets import known_names
from tui.train._fields import FieldGroup, FieldRow

_FIRST_SETTINGS = ("objective", "epochs", "learning_rate", "seed")


class SetupForm(VerticalScroll, can_focus=False):
    """Everything that can be chosen before a training; `command()` makes a Train of it."""

    class Start(Message):
        """The button was pressed."""

    def __init__(self, registry: Registry, data: str, recent: Callable[[], Sequence[str]] = tuple) -> None:
        super().__init__(id="setup")
        self._registry, self._data, self._recent = registry, data, recent
        names = sorted(registry.architectures)
        self.architecture = "bias" if "bias" in names else (names or [""])[0]
        self.recipe, self.objective = "default", "auto"

    def compose(self) -> ComposeResult:
        """Data and model first, then the settings that matter most, the options, and the rest folded."""
        settings, options = self._defaults()
        yield Button("Train  s", id="start", variant="primary", compact=True)
        with FieldGroup(id="choice"):
            yield DataRow(self._data, lambda: known_names(self._registry, self._recent()))
            yield FieldRow(self._architecture_field(), self.architecture)
            yield FieldRow(self._recipe_field(), self.recipe)
        with FieldGroup(id="settings"):
            yield from self._settings_rows(settings, first=True)
        yield FieldGroup(*self._option_rows(options), id="options")
        with Collapsible(title="More settings", collapsed=True):
            yield FieldGroup(id="more")

    def on_mount(self) -> None:
        """Name the groups."""
        self.query_one("#options").border_title = f"{self.architecture} options"

    def command(self) -> Train:
        """The training that the form asks for; raises UsageError for the first field that is wrong."""
        settings: dict[str, object] = {
            "architecture": self.architecture,
            "recipe": self.recipe,
            **self.query_one("#settings", FieldGroup).changed_values(),
            **self.query_one("#more", FieldGroup).changed_values(),
            "options": self.query_one("#options", FieldGroup).changed_values(),
        }
        return Train(data=self.data(), settings=settings)

    def data(self) -> str:
        """The table that is chosen; raises UsageError where none is."""
        data = str(self.query_one(DataRow).value).strip()
        if not data:
            raise UsageError("Choose a data set.", hint="d lists those that are at hand.")
        return data

    def choose_data(self, name: str) -> None:
        """Put a data set's name or path into its field."""
        self.query_one(DataRow).set_value(name)

    @on(Collapsible.Expanded)
    def more_wanted(self) -> None:
        """Make the remaining fields when they are first unfolded: the first frame comes sooner without."""
        group = self.query_one("#more", FieldGroup)
        if not group.rows():
            settings, _ = self._defaults()
            group.mount_all(self._settings_rows(settings, first=False))

    @on(Button.Pressed, "#start")
    def start_pressed(self, event: Button.Pressed) -> None:
        """Tell the screen."""
        event.stop()
        self.post_message(self.Start())

    @on(Select.Changed, "#field-architecture")
    async def architecture_changed(self, event: Select.Changed) -> None:
        """Offer this architecture's recipes and options."""
        if event.value in (self.architecture, Select.BLANK):
            return
        self.architecture, self.recipe = str(event.value), "default"
        row = self.query_one("#row-recipe", FieldRow)
        row.set_choices({name: name for name in self._recipe_field().choices}, "default")
        await self._rebuild_options()

    @on(Select.Changed, "#field-recipe")
    async def recipe_changed(self, event: Select.Changed) -> None:
        """Show the values that this recipe brings."""
        if event.value in (self.recipe, Select.BLANK):
            return
        self.recipe = str(event.value)
        await self._rebuild_options()

    @on(Select.Changed, "#field-objective")
    async def objective_changed(self, event: Select.Changed) -> None:
        """Show the values that go with this objective."""
        if event.value in (self.objective, Select.BLANK):
            return
        self.objective = str(event.value)
        await self._rebuild_options()

    async def _rebuild_options(self) -> None:
        settings, options = self._defaults()
        group = self.query_one("#options", FieldGroup)
        async with self.batch():
            await group.remove_children()
            await group.mount_all(self._option_rows(options))
        group.border_title = f"{self.architecture} options"
        for name in ("settings", "more"):
            for row in self.query_one(f"#{name}", FieldGroup).rows():
                row.set_baseline(settings[row.field.name])
                row.display = self._uses(row.field.name)

    def _defaults(self) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        if not self.architecture:
            return TrainingSettings().to_dict(), {}
        architecture, settings = self._registry.architecture(self.architecture), {"objective": self.objective}
        resolved = resolve(architecture, self.recipe, settings=settings)
        return {**resolved.settings.to_dict(), "objective": "auto"}, resolved.options.to_dict()

    def _settings_rows(self, values: Mapping[str, Any], first: bool) -> Iterator[FieldRow]:
        """A row for each setting; those that the architecture doesn't use are out of sight."""
        for field in TrainingSettings.fields():
            if (field.name in _FIRST_SETTINGS) == first:
                row = FieldRow(field, values[field.name])
                row.display = self._uses(field.name)
                yield row

    def _uses(self, setting: str) -> bool:
        if not self.architecture:
            return True
        return setting not in self._registry.architecture(self.architecture).unused_settings

    def _option_rows(self, values: Mapping[str, Any]) -> list[FieldRow]:
        if not self.architecture:
            return []
        fields = self._registry.architecture(self.architecture).Options.fields()
        return [FieldRow(field, values[field.name]) for field in fields]

    def _architecture_field(self) -> OptionField:
        names = tuple(sorted(self._registry.architectures))
        about = " ".join(
            f"{name}: {entry.architecture.description()}"
            for name, entry in self._registry.architectures.items()
        )
        return OptionField("architecture", str, self.architecture, about, choices=names)

    def _recipe_field(self) -> OptionField:
        recipes = self._registry.architecture(self.architecture).recipes if self.architecture else {}
        names = ("default", *(name for name in recipes if name != "default"))
        about = " ".join(f"{name}: {recipe.description}" for name, recipe in recipes.items())
        return OptionField("recipe", str, "default", about or "Options that belong together.", choices=names)
