"""Turn command-line words into declared options: settings, reading choices and an architecture's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from core.contract.reading_options import ReadingOptions
from core.errors import UsageError
from core.options import OptionField, suggest

READING_FLAGS = tuple(field for field in ReadingOptions.fields() if field.name != "source")


def parse_flags(
    words: Sequence[str], groups: Mapping[str, Iterable[OptionField]]
) -> dict[str, dict[str, object]]:
    """Sort `--name value` and `--name=value` into groups of declared options.

    A yes-or-no option needs no value, and `--no-name` turns it off. Raises UsageError for an unknown flag
    (with the nearest known one), a missing value or a value that doesn't fit.
    """
    owners = {field.flag: (group, field) for group, fields in groups.items() for field in fields}
    sorted_values: dict[str, dict[str, object]] = {group: {} for group in groups}
    waiting = list(reversed(words))
    while waiting:
        flag, has_value, value = waiting.pop().partition("=")
        flag, value, has_value = _negated(flag, value, has_value, owners)
        if flag not in owners:
            raise UsageError(f"Unknown option {flag!r}.", hint=suggest(flag, owners))
        group, field = owners[flag]
        if not has_value:
            value = _next_value(field, waiting)
        sorted_values[group][field.name] = field.parse(value)
    return sorted_values


def require_data(data: str) -> None:
    """Refuse a training without a table; raises UsageError that names the one which needs no file."""
    if not data:
        raise UsageError("Say what to train on with --data.", hint="--data demo needs no file.")


def _negated(
    flag: str, value: str, has_value: str, owners: Mapping[str, tuple[str, OptionField]]
) -> tuple[str, str, str]:
    positive = f"--{flag.removeprefix('--no-')}"
    is_negated = flag.startswith("--no-") and flag not in owners and not has_value
    if is_negated and positive in owners and owners[positive][1].type is bool:
        return positive, "no", "="
    return flag, value, has_value


def _next_value(field: OptionField, waiting: list[str]) -> str:
    if field.type is bool and (not waiting or waiting[-1].startswith("--")):
        return "yes"
    if not waiting:
        raise UsageError(f"{field.flag} needs a value.", hint=field.help)
    return waiting.pop()
