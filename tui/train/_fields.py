"""A form made of declared options: an input, a choice or a check box each, checked as one types."""

from __future__ import annotations

from collections.abc import Mapping

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Checkbox, Input, Label, Select
from textual.widgets.select import NoSelection

from core.errors import UsageError
from core.options import OptionField, OptionValue
from tui.formats import human, in_words

NAMES = {"learning_rate": "Learning rate", "test_fraction": "Test share", "tuning_fraction": "Tuning share"}


class FieldRow(Horizontal):
    """One option with its name; `baseline` is the value that it has unless the user changes it."""

    DEFAULT_CSS = """
    FieldRow { height: 1; }
    FieldRow > Label { width: 15; color: $text-muted; text-overflow: ellipsis; text-wrap: nowrap; }
    FieldRow > Input, FieldRow > Select, FieldRow > Checkbox { width: 1fr; }
    FieldRow.-invalid > Label { color: $error; text-style: bold; }
    FieldRow.-changed > Label { color: $foreground; text-style: bold; }
    FieldRow:focus-within > Label { color: $accent; }
    """

    class Described(Message):
        """A row got the focus or a new value: `text` says what it is for, or what is wrong with it."""

        def __init__(self, text: str, wrong: bool) -> None:
            super().__init__()
            self.text, self.wrong = text, wrong

    def __init__(self, field: OptionField, baseline: OptionValue) -> None:
        super().__init__(id=f"row-{field.name}")
        self.field, self.baseline = field, baseline

    def compose(self) -> ComposeResult:
        """The name and the editor that fits the type."""
        yield Label(self._label, markup=False)
        editor_id = f"field-{self.field.name}"
        if self.field.type is bool:
            yield Checkbox("", bool(self.baseline), compact=True, id=editor_id)
        elif self.field.choices:
            choices = [(choice, choice) for choice in self.field.choices]
            yield Select(choices, value=self.baseline, allow_blank=False, compact=True, id=editor_id)
        else:
            yield Input(_shown(self.baseline), compact=True, id=editor_id)

    @property
    def text(self) -> str | bool:
        """What the editor holds."""
        editor = self.query_one(f"#field-{self.field.name}")
        if isinstance(editor, Checkbox | Input):
            return editor.value
        return str(editor.value) if isinstance(editor, Select) else ""

    @property
    def value(self) -> OptionValue:
        """The value, checked; raises UsageError saying what is expected."""
        value: OptionValue = self.field.parse(self.text)
        return value

    @property
    def changed(self) -> bool:
        """Whether the user asks for something else than the baseline; a wrong value counts."""
        try:
            return self.value != self.baseline
        except UsageError:
            return True

    def set_baseline(self, value: OptionValue) -> None:
        """Take a new baseline, and its value too unless the user had chosen another."""
        follow = not self.changed
        self.baseline = value
        if follow:
            self.set_value(value)

    def set_value(self, value: OptionValue) -> None:
        """Put a value into the editor."""
        editor = self.query_one(f"#field-{self.field.name}")
        if isinstance(editor, Checkbox):
            editor.value = bool(value)
        elif isinstance(editor, Input):
            editor.value = _shown(value)
        elif isinstance(editor, Select):
            editor.value = value

    def set_choices(self, choices: Mapping[str, str], value: str) -> None:
        """Offer other choices, value → shown name."""
        editor = self.query_one(f"#field-{self.field.name}", Select)
        editor.set_options([(name, choice) for choice, name in choices.items()])
        editor.value = value
        self.baseline = value

    @on(Input.Changed)
    @on(Checkbox.Changed)
    @on(Select.Changed)
    def check(self) -> None:
        """Mark the row, and say what is wrong."""
        self.set_class(self._problem() != "", "-invalid")
        self.set_class(self.changed, "-changed")
        if self.has_focus_within:
            self.describe()

    def on_descendant_focus(self) -> None:
        """Explain the option that is reached."""
        self.describe()

    def describe(self) -> None:
        """Post what this option is for, or what is wrong."""
        problem = self._problem()
        self.post_message(self.Described(problem or self.field.help, bool(problem)))

    def _problem(self) -> str:
        if isinstance(self.query_one(f"#field-{self.field.name}"), Select):
            value = self.query_one(f"#field-{self.field.name}", Select).value
            return "" if not isinstance(value, NoSelection) else "Choose one."
        try:
            self.field.parse(self.text)
        except UsageError as error:
            return in_words(error.message)
        return ""

    @property
    def _label(self) -> str:
        return NAMES.get(self.field.name, human(self.field.name))

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Whatever is typed while a field has the focus belongs to the form, also beside a line of text."""
        return _is_typed(character) or super().check_consume_key(key, character)

    def on_key(self, event: events.Key) -> None:
        """Let nothing typed beside a line of text act as a command, and say how to leave."""
        if _is_typed(event.character):
            event.stop()
            self.post_message(self.Described("Keys act again when the form is left: Esc.", False))


class FieldGroup(Vertical):
    """Some rows that belong together."""

    DEFAULT_CSS = "FieldGroup { height: auto; }"

    def rows(self) -> list[FieldRow]:
        """The rows in their order."""
        return list(self.query(FieldRow))

    def changed_values(self) -> dict[str, OptionValue]:
        """The values in sight that differ from their baselines; raises UsageError for the first wrong one."""
        return {row.field.name: row.value for row in self.rows() if row.display and row.changed}


def _is_typed(character: str | None) -> bool:
    return character is not None and character.isprintable() and not character.isspace()


def _shown(value: OptionValue) -> str:
    """A value as one would type it."""
    return f"{value:g}" if isinstance(value, float) and float(f"{value:g}") == value else str(value)
