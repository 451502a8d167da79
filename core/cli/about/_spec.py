"""Every command, option, setting, view and event as plain values, for programs and agents."""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping
from dataclasses import MISSING
from importlib.metadata import version
from typing import Any

import msgspec

from core.contract import ReadingOptions, Registry, TrainingSettings
from core.options import Identifier, OptionField
from core.protocol import EVENT_KINDS
from core.views import VIEWS, View

EXIT_CODES = {
    "0": "done",
    "1": "failed",
    "2": "wrong usage",
    "130": "interrupted (what is trained is saved)",
    "129, 143": "hung up, terminated (what is trained is saved)",
    "141": "the reader of standard output went away",
}


def specification(command: Any, registry: Registry) -> dict[str, Any]:
    """Describe a click command with all below it, and what is declared in `core`.

    `settings` go with train, race and crossval, `architectures`' options with train and crossval, `reading`
    with every command that reads a table. Answers and events are JSON Schema.
    """
    answers = [view.answer_type() for view in VIEWS.values()]
    references, components = msgspec.json.schema_components([*answers, *EVENT_KINDS.values()])
    return {
        "program": "tastemap",
        "version": version("tastemap"),
        "exit_codes": EXIT_CODES,
        "commands": list(_commands(command, ())),
        "settings": [_field(one) for one in TrainingSettings.fields()],
        "reading": [_field(one) for one in ReadingOptions.fields() if one.name != "source"],
        "architectures": [
            {
                "name": name,
                "description": one.architecture.description(),
                "objectives": list(one.architecture.objectives),
                "recipes": sorted({"default", *one.architecture.recipes}),
                "options": [_field(field) for field in one.architecture.Options.fields()],
            }
            for name, one in registry.architectures.items()
        ],
        "views": [_view(view, answer) for view, answer in zip(VIEWS.values(), references, strict=False)],
        "events": dict(zip(EVENT_KINDS, references[len(answers) :], strict=True)),
        "$defs": components,
    }


def _commands(command: Any, path: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """A command's subcommands, or the command itself where it has none, each by its whole name."""
    context = command.context_class(command, info_name=path[-1] if path else "tastemap")
    names = command.list_commands(context) if hasattr(command, "list_commands") else []
    if path and not names:
        yield {
            "name": " ".join(path),
            "help": command.help or "",
            "parameters": [_parameter(one) for one in command.params],
            "groups": _groups(command, context),
        }
    for name in names:
        yield from _commands(command.get_command(context, name), (*path, name))


def _groups(command: Any, context: Any) -> list[str]:
    """Which of the declared options a command takes beside its own."""
    if not hasattr(command, "groups"):
        return []
    found = command.groups(context, {"help": True, "plugin": []})
    return list(dict.fromkeys(group.name for group in found))


def _parameter(parameter: Any) -> dict[str, Any]:
    default, is_option = parameter.default, parameter.param_type_name == "option"
    return {
        "name": parameter.name,
        "kind": parameter.param_type_name,
        "flags": [*parameter.opts, *parameter.secondary_opts] if is_option else [],
        "help": getattr(parameter, "help", None) or "",
        "type": _type_of(parameter),
        "metavar": parameter.metavar,
        "required": parameter.required,
        "repeatable": parameter.multiple or parameter.nargs == -1,
        "default": default if isinstance(default, str | int | float | bool | None) else None,
    }


def _type_of(parameter: Any) -> str:
    """A parameter's type; typer tells the annotation that it was made from, click a type of its own."""
    if getattr(parameter, "is_flag", False):
        return "boolean"
    descriptor = getattr(parameter, "type_descriptor", None)
    if descriptor is None:
        return str(parameter.type.name)
    parts = [part for part in typing.get_args(descriptor.annotation) if part is not type(None)]
    kind = parts[0] if parts else descriptor.annotation
    return {int: "integer", float: "number", str: "string", bool: "boolean"}.get(kind) or str(
        kind.__name__
    ).lower()


def _view(view: type[View[Any]], answer: Mapping[str, Any]) -> dict[str, Any]:
    description = " ".join((view.__doc__ or "").split())
    named = {"name": view.tag, "command": view.command or None, "method": view.method}
    arguments = [_argument(field, field.name in view.positional) for field in view.fields()]
    return {**named, "description": description, "arguments": arguments, "answer": answer}


def _argument(field: OptionField, positional: bool) -> dict[str, Any]:
    """An argument of a view; the command takes a positional one by its place, without a flag."""
    told = {**_field(field), "method_argument": field.argument, "required": field.required}
    return {**told, "flags": [], "positional": True} if positional else {**told, "positional": False}


def _field(field: OptionField) -> dict[str, Any]:
    kinds = {int: "integer", float: "number", bool: "boolean", str: "string", Identifier: "id"}
    return {
        "name": field.name,
        "flags": list(field.flags or (field.flag,)),
        "type": kinds[field.type],
        "form": field.form.value,
        "help": field.help,
        "default": None if field.default is MISSING else field.default,
        "minimum": field.minimum,
        "maximum": field.maximum,
        "choices": [choice for choice in field.choices if choice],
    }
