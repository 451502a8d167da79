"""Declared options as a command's own: settings, reading choices and an architecture's, parsed by click.

Which options a command takes depends on `--arch`, `--plugin` and `--resume`, so they are declared when it
parses its words, and nothing is loaded before that.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import typer

from core.cli.words import PlainCommand, pass_plain
from core.contract import ReadingOptions
from core.errors import UsageError
from core.options import Form, OptionField

if TYPE_CHECKING:
    from core.contract import Registry


Values = Mapping[str, Mapping[str, object]]
"""Options that were given, parsed, by group and name."""

CHANGEABLE = frozenset({"epochs", "strategy", "devices"})
"""Settings that a resumed run may take from the command line instead of its own."""

_DECLARED, _VALUES, _REGISTRY = "tastemap.declared", "tastemap.values", "tastemap.registry"
WrongUsage: type[Any] = typer.BadParameter.__mro__[1]  # click's, wherever this version of typer keeps it


@dataclass(frozen=True)
class _Group:
    """Declared options: their values land under `name`, and `title` heads them in the help."""

    name: str
    title: str
    fields: Sequence[OptionField]


@dataclass(frozen=True)
class _Declared:
    """An option as click knows it, the group that it belongs to and its declaration."""

    parameter: Any
    group: str
    field: OptionField


class OneLine:
    """For commands and groups: words that don't fit are told in one line."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the words; raises UsageError for those that don't fit."""
        try:
            left: list[str] = super().parse_args(ctx, args)  # type: ignore[misc]
        except WrongUsage as error:
            raise told(ctx, error) from None
        return left


class ReadingCommand(PlainCommand):
    """A command that takes the reading options; subclasses take more."""

    def groups(self, context: Any, given: Mapping[str, Any]) -> list[_Group]:  # noqa: ARG002 - for subclasses
        """The groups of options to take beside the command's own, whose words are in `given`."""

        fields = [field for field in ReadingOptions.fields() if field.name != "source"]
        return [_Group("reading", "Reading a table", fields)]

    def get_params(self, ctx: Any) -> list[Any]:
        """The command's own options and, once its words are known, the declared ones."""
        return [*super().get_params(ctx), *(declared.parameter for declared in ctx.meta.get(_DECLARED, ()))]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse own and declared options; raises UsageError, in one line, for words that don't fit."""
        try:
            groups = self.groups(ctx, self._given(ctx, args))
            own = {flag for parameter in self.get_params(ctx) for flag in parameter.opts}
            declared = [one for group in groups for one in _declare(group) if one.field.flag not in own]
            ctx.meta[_DECLARED] = declared
            left: list[str] = super().parse_args(ctx, _switched(args, declared))
        except WrongUsage as error:
            raise told(ctx, error) from None
        ctx.meta[_VALUES] = _values(ctx, groups, declared)
        return left

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write arguments, own options and a section for each group of declared ones."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            plain = "Arguments" if parameter.param_type_name == "argument" else "Options"
            record = parameter.get_help_record(ctx)
            if record is not None:
                sections.setdefault(getattr(parameter, "rich_help_panel", None) or plain, []).append(record)
        for title, records in sections.items():
            with formatter.section(title):
                formatter.write_dl(records)

    def _given(self, ctx: Any, args: Sequence[str]) -> dict[str, Any]:
        """The command's own options before the others are known, and whether `help` is asked for."""
        parser, help_option = self.make_parser(ctx), self.get_help_option(ctx)
        parser.ignore_unknown_options = True
        words, _, _ = parser.parse_args(args=list(args))
        asked = help_option is not None and help_option.name in words
        return {**{one.name: one.default for one in self.params}, **words, "help": asked}


class RaceCommand(ReadingCommand):
    """A command that takes the training settings."""

    def groups(self, context: Any, given: Mapping[str, Any]) -> list[_Group]:
        """The settings, which every architecture understands, and the reading options."""
        return [_settings(), *super().groups(context, given)]


class VerdictCommand(ReadingCommand):
    """A command that takes the training settings, but for those that a verdict chooses itself."""

    fixed: ClassVar[frozenset[str]] = frozenset(
        {"split", "folds", "fold", "last_count", "objective", "strategy", "devices"}
    )

    def groups(self, context: Any, given: Mapping[str, Any]) -> list[_Group]:
        """The settings that all contenders share, and the reading options."""
        return [_settings(lambda name: name not in self.fixed), *super().groups(context, given)]


class TrainCommand(ReadingCommand):
    """A command that takes settings and the options of the architecture that `--arch` names."""

    fixed: ClassVar[frozenset[str]] = frozenset()

    def groups(self, context: Any, given: Mapping[str, Any]) -> list[_Group]:
        """What `--arch` takes, or the settings that `--resume` may change; for help, all architectures'."""
        if given.get("resume") and not given["help"]:
            return [_settings(CHANGEABLE.__contains__)]
        registry = loaded_plugins(context, given["plugin"])
        names = list(registry.architectures) if given["help"] else [given["arch"]]
        options = [
            _Group("options", f"Options of --arch {name}", registry.architecture(name).Options.fields())
            for name in names
        ]
        settings = _settings(lambda name: name not in self.fixed)
        if given["help"]:
            settings = replace(settings, fields=[_with_exceptions(one, registry) for one in settings.fields])
        return [settings, *options, *super().groups(context, given)]


class CrossvalCommand(TrainCommand):
    """A command that takes what training takes, but for the settings that say what a fold holds out."""

    fixed = frozenset({"split", "folds", "fold"})


def given_options(context: typer.Context) -> Values:
    """The declared options that the command line gave, by group."""
    values: Values = context.meta[_VALUES]
    return values


def loaded_plugins(context: typer.Context, own: Sequence[Any]) -> Registry:
    """The installed plugins and those named before and after the command, loaded once a command."""
    from core.contract import load_plugins

    if _REGISTRY not in context.meta:
        context.meta[_REGISTRY] = load_plugins(all_plugins(context, own))
    registry: Registry = context.meta[_REGISTRY]
    return registry


def require_data(data: str) -> None:
    """Refuse a training without a table; raises UsageError that names the one which needs no file."""
    if not data:
        raise UsageError("Say what to train on with --data.", hint="--data demo needs no file.")


def _with_exceptions(field: OptionField, registry: Registry) -> OptionField:
    """A setting whose help says which architectures have no use for it."""
    architectures = (registered.architecture for registered in registry.architectures.values())
    without = [one.name for one in architectures if field.name in one.unused_settings]
    return replace(field, help=f"{field.help} (Not for {', '.join(without)}.)") if without else field


_BY_RECIPE = ("epochs", "learning_rate", "optimizer")
"""Recipes choose these for each architecture: no value is the default of all."""


def _settings(wanted: Callable[[str], bool] = bool) -> _Group:
    from core.contract import TrainingSettings

    fields = [
        replace(field, default="") if field.name in _BY_RECIPE else field
        for field in TrainingSettings.fields()
        if wanted(field.name)
    ]
    return _Group("settings", "Training settings (defaults: those of the architecture's recipe)", fields)


def told(ctx: Any, error: Any) -> UsageError:
    """Turn what click says of wrong words into one line."""
    near, see_help = getattr(error, "possibilities", None), f"See `{ctx.command_path} --help`."
    if near is None:
        return UsageError(f"{error.format_message().rstrip('.')}.", hint=see_help)
    hint = f"Did you mean {near[0]!r}?" if near else see_help
    return UsageError(f"Unknown option {error.option_name!r}.", hint=hint)


def _values(ctx: Any, groups: Sequence[_Group], declared: Sequence[_Declared]) -> Values:
    """Take the declared options out of what click parsed, which the command itself is called with."""
    values: dict[str, dict[str, object]] = {group.name: {} for group in groups}
    for one in declared:
        value = ctx.params.pop(one.parameter.name)
        if value not in (None, (), []):
            values[one.group][one.field.name] = one.field.parse(value)
    return values


def _declare(group: _Group) -> list[_Declared]:
    """Make click's options of declared ones, by way of a function's signature as typer reads it."""

    def command(**values: object) -> None:
        """Never called: its parameters are what counts."""

    names = [f"{group.name}__{field.name}" for field in group.fields]
    kinds = [_annotation(field, group.title) for field in group.fields]
    command.__annotations__ = dict(zip(names, kinds, strict=True))
    command.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
            for name, kind in command.__annotations__.items()
        ]
    )
    app = typer.Typer(add_completion=False)
    app.command()(command)
    parameters = typer.main.get_command(app).params
    pass_plain(parameters)
    return [_Declared(one, group.name, field) for one, field in zip(parameters, group.fields, strict=True)]


def _annotation(field: OptionField, title: str) -> Any:
    told = field.help if field.default in ("", None, ()) else f"{field.help} [default: {field.default}]"
    if field.type is bool:
        both = f"{field.flag}/{_opposite(field)}"
        return Annotated[bool | None, typer.Option(both, help=told, rich_help_panel=title)]
    kind = "|".join(filter(None, field.choices)) or field.metavar
    kind = kind or field.type.__name__.upper().replace("STR", "TEXT")
    given: Any = list[str] | None if field.form is Form.LIST else str | None
    return Annotated[given, typer.Option(field.flag, help=told, metavar=kind, rich_help_panel=title)]


def _opposite(field: OptionField) -> str:
    return field.flag.replace("--", "--no-", 1)


def _switched(args: Sequence[str], declared: Sequence[_Declared]) -> list[str]:
    """Write `--center no` and `--center=no` as `--no-center`, the only form that click knows."""
    switches = {one.field.flag: one.field for one in declared if one.field.type is bool}
    words, waiting = [], list(reversed(args))
    while waiting:
        word = waiting.pop()
        flag, has_value, value = word.partition("=")
        if flag not in switches:
            words.append(word)
            continue
        if not has_value:
            value = waiting.pop() if waiting and not waiting[-1].startswith("-") else "yes"
        words.append(flag if switches[flag].parse(value) else _opposite(switches[flag]))
    return words


Plugins = Annotated[list[Path], typer.Option("--plugin", help="Load a plugin from this Python file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Spreadsheet = Annotated[
    bool, typer.Option("--spreadsheet", help="Let no title be taken for a formula: a ' before = + - @.")
]
RunName = Annotated[str, typer.Argument(metavar="RUN", help="Run id, a beginning of it, a path, or latest.")]


def all_plugins(context: typer.Context, own: Iterable[Path | str]) -> list[Path]:
    """The plugin files named before and after the command."""
    return [*(context.obj or ()), *map(Path, own)]
