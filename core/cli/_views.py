"""The commands of the views, made from their declarations; a view's own file holds all that is particular."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.cli._flags import AsJson, OneLine, Plugins, RunName, Spreadsheet, all_plugins
from core.cli._output import note, note_leak, print_json, print_lines, say
from core.cli.words import PlainCommand
from core.errors import UsageError
from core.options import Form, OptionField
from core.views import View, view_of_command

if TYPE_CHECKING:
    from core.runs import Run

Values = dict[str, Any]
Everybody = Annotated[bool, typer.Option("--all", help="For every user, into --out.")]
RecommendationsFile = Annotated[Path | None, typer.Option(help="File of --all: .parquet or .csv.")]
PerUserFile = Annotated[
    Path | None, typer.Option("--per-user", help="File for each user's figures: .parquet or .csv.")
]
NewItem = Annotated[
    bool, typer.Option("--item", help="Fold in an item: --rate USER=RATING, --genre, --year, --tag.")
]
Year = Annotated[str | None, typer.Option(help="Of --item: its year.", metavar="INT")]
Tags = Annotated[list[str], typer.Option("--tag", help="Of --item: what people call it; repeat.")]
PictureFile = Annotated[Path | None, typer.Option(help="Picture to write: .svg, .png or .txt.")]


class _ViewCommand(OneLine, PlainCommand):
    """A command that tells wrong words in one line."""


@dataclass(frozen=True)
class _Extra:
    """What a view's command can do beside answering: more parameters, and the work where they are given.

    `work` takes the run, the view, its arguments, the values of the parameters and whether JSON is wanted; it
    says whether that was all there is to do.
    """

    parameters: Mapping[str, Any] = field(default_factory=dict)
    work: Callable[[Run, type[View[Any]], Values, Values, bool], bool] = lambda *_: False


@cache
def view_command(name: str) -> Any:
    """A view's command, made when somebody asks for it; None where no view has that name."""
    view = view_of_command(name)
    return None if view is None else _command(view)


def _command(view: type[View[Any]]) -> Any:
    """Make a view's command, by way of a function's signature as typer reads it."""
    extra = _EXTRAS.get(view.tag, _Extra())

    def command(context: typer.Context, **values: Any) -> None:
        run, files, as_json = (values.pop(name) for name in ("run", "plugin", "as_json"))
        more = {name: values.pop(name) for name in extra.parameters}
        arguments = {one.name: _value(one, values[one.name]) for one in view.fields()}
        _run(run, all_plugins(context, files), view, _given(view, arguments), more, extra, as_json)

    kinds = {
        "context": typer.Context,
        "run": RunName,
        **{one.name: _annotation(one, one.name in view.positional) for one in _ordered(view)},
        **extra.parameters,
        "plugin": Plugins,
        "as_json": AsJson,
    }
    command.__annotations__ = kinds
    command.__signature__ = inspect.Signature(list(map(_parameter, kinds, kinds.values())))  # type: ignore[attr-defined]
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(view.command, cls=_ViewCommand, help=_first_sentence(view))(command)
    return typer.main.get_command(app)


def _run(
    name: str,
    plugins: Sequence[Path],
    view: type[View[Any]],
    arguments: Values,
    more: Values,
    extra: _Extra,
    as_json: bool,
) -> None:
    from core.api import load_run
    from core.contract import load_plugins
    from core.protocol import to_plain
    from core.startup import spare_pandas

    registry = load_plugins(plugins)
    if registry.only_own:
        spare_pandas()
    run = load_run(name, registry)
    if extra.work(run, view, arguments, more, as_json):
        return
    missing = next((one for one in view.fields() if one.required and one.name not in arguments), None)
    if missing is not None:
        raise UsageError(f"Say {missing.flags[0] if missing.flags else missing.flag}.", hint=missing.help)
    question = view.ask(arguments)
    answer = run.ask(question)
    if as_json:
        print_json(to_plain(answer))
    else:
        print_lines(question.lines(answer))
    if view.on_held_out:
        note_leak(run.model)


def _recommend_to_all(run: Run, _: type[View[Any]], arguments: Values, more: Values, as_json: bool) -> bool:
    """`recommend --all --out FILE`: recommendations for everybody in a file."""
    from core.views import TopItems, recommend_to_all, write_recommendations

    everybody, out = more["everybody"], more["out"]
    if not everybody and out is None:
        if not arguments.get("user"):
            raise UsageError("Name a user, or --all with --out FILE.")
        return False
    if out is None or arguments.get("user"):
        raise UsageError("--all goes with --out FILE and without users.")
    question = TopItems.ask({**arguments, "user": []})
    if question.diversity:
        raise UsageError("--diversity goes with single users, not with --all.")
    found = recommend_to_all(run.model, question)
    write_recommendations(run.model, found, out, more["spreadsheet"])
    summary = {"path": str(out), "rows": len(found.users), "users": len(set(found.users.tolist()))}
    if as_json:
        print_json(summary)
    else:
        say(f"{summary['rows']:,} recommendations for {summary['users']:,} users in {out}")
    return True


def _fold_in_item(run: Run, _: type[View[Any]], arguments: Values, more: Values, as_json: bool) -> bool:
    """`foldin --item`: an item in the place of a user, as `foldin-item`."""
    from core.protocol import to_plain
    from core.views.new_items import FoldInItem

    if not more["new_item"]:
        if more["year"] or more["tag"]:
            raise UsageError("--year and --tag say what an item is.", hint="Add --item.")
        return False
    known = {"ratings", "likes", "genre", "count"}
    odd = next((name for name in arguments if name not in known), None)
    if odd is not None:
        raise UsageError(
            f"--{odd.replace('_', '-')} doesn't go with --item.", hint="See `foldin-item --help`."
        )
    told: Values = {name: arguments[name] for name in ("ratings", "likes", "count") if name in arguments}
    genres = [word.strip() for word in str(arguments.get("genre", "")).split(",") if word.strip()]
    question = FoldInItem.ask(
        {**told, "genres": genres, "tags": more["tag"], **({"year": more["year"]} if more["year"] else {})}
    )
    answer = run.ask(question)
    if as_json:
        print_json(to_plain(answer))
    else:
        print_lines(question.lines(answer))
    return True


def _draw_map(run: Run, view: type[View[Any]], arguments: Values, more: Values, as_json: bool) -> bool:
    """`map --out FILE`: the map as a picture; the answer itself still goes to --json."""
    from core.pictures import write_picture

    if more["out"] is None:
        return False
    answer = run.ask(view.ask(arguments))
    write_picture(answer.scatter(), more["out"])
    note(f"{len(answer.items):,} items on {more['out']}")
    return not as_json


def _write_users(run: Run, view: type[View[Any]], arguments: Values, more: Values, as_json: bool) -> bool:
    """`rank --per-user FILE`: each user's figures in a file; the answer itself follows."""
    from core.views.quality import write_users

    del as_json
    if more["per_user"] is not None:
        question: Any = view.ask(arguments)
        count = write_users(run.model, question, more["per_user"])
        note(f"{count:,} users in {more['per_user']}")
    return False


_EXTRAS = {
    "ranking": _Extra({"per_user": PerUserFile}, _write_users),
    "top_items": _Extra(
        {"everybody": Everybody, "out": RecommendationsFile, "spreadsheet": Spreadsheet}, _recommend_to_all
    ),
    "fold_in": _Extra({"new_item": NewItem, "year": Year, "tag": Tags}, _fold_in_item),
    "map": _Extra({"out": PictureFile}, _draw_map),
}


def _ordered(view: type[View[Any]]) -> Iterable[OptionField]:
    """The arguments by their place, then the others as they were declared."""
    fields = {one.name: one for one in view.fields()}
    return [*(fields.pop(name) for name in view.positional), *fields.values()]


def _annotation(one: OptionField, positional: bool) -> Any:
    default = "" if one.required or one.default in ("", None) else f" [default: {one.default}]"
    if one.type is bool:
        both = one.flags or (f"{one.flag}/{one.flag.replace('--', '--no-', 1)}",)
        return Annotated[bool | None, typer.Option(*both, help=f"{one.help}{default}")]
    many = one.form in (Form.LIST, Form.RATINGS)
    kind: Any = list[str] if many else str | None
    metavar = one.metavar or (one.name.upper() if positional else _kind(one))
    if positional:
        shown = f"{metavar}..." if many else metavar
        return Annotated[list[str] if many else str, typer.Argument(help=one.help, metavar=shown)]
    flags = one.flags or (one.flag,)
    return Annotated[kind, typer.Option(*flags, help=f"{one.help}{default}", metavar=metavar)]


def _kind(one: OptionField) -> str:
    names = {int: "INT", float: "FLOAT"}
    return "|".join(one.choices) or names.get(one.type, "TEXT")


def _parameter(name: str, kind: Any) -> inspect.Parameter:
    """A keyword with the default that means "not given"; a run and what has its place must be given."""
    values = getattr(kind, "__origin__", None)
    default: Any = False if name in _SWITCHES else None
    if name == "context" or values is str:
        default = inspect.Parameter.empty
    elif values == list[str] or values == list[Path]:
        default = []
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)


_SWITCHES = frozenset({"as_json", "everybody", "new_item", "spreadsheet"})


def _value(one: OptionField, given: Any) -> Any:
    return _ratings(one, given) if one.form is Form.RATINGS else given


def _given(view: type[View[Any]], arguments: Values) -> Values:
    """The arguments that were given; a list in its place may be empty: the view then says what it lacks."""
    given = {name: value for name, value in arguments.items() if value is not None}
    return {name: value for name, value in given.items() if name in view.positional or value not in ([], {})}


def _ratings(one: OptionField, words: Sequence[str]) -> dict[str, float]:
    """Read "Toy Story=5" and "296=4.5" into ratings by item id or title; raises UsageError."""
    flag, ratings = one.flags[0], {}
    for word in words:
        item, _, value = word.rpartition("=")
        try:
            ratings[item.strip()] = float(value)
        except ValueError:
            item = ""
        if not item.strip():
            example = "Toy Story=5" if str(one.metavar).startswith("ITEM") else "42=5"
            raise UsageError(f"{flag} takes {one.metavar}, as in {flag} '{example}', not {word!r}.")
    return ratings


def _first_sentence(view: type[View[Any]]) -> str:
    return inspect.cleandoc(view.__doc__ or "").split("\n\n")[0].replace("\n", " ")
