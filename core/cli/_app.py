"""The commands and their help; each loads what it needs only when it runs."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from pathlib import Path
from typing import Annotated, Any

import typer

from core.cli._data_commands import data_app
from core.cli._flags import (
    AsJson,
    CrossvalCommand,
    OneLine,
    Plugins,
    RaceCommand,
    ReadingCommand,
    RunName,
    TrainCommand,
    VerdictCommand,
    all_plugins,
    given_options,
    loaded_plugins,
)
from core.cli._output import say
from core.cli.words import PlainCommand, PlainGroup
from core.errors import UsageError


class _CommandsAndViews(OneLine, PlainGroup):
    """The application's own commands and, made when they are asked for, those of the views."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Name all commands, the views' after the others."""
        from core.views import view_commands

        return [*super().list_commands(ctx), *view_commands()]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Find a command; views load NumPy, so they are only looked at if no other has the name."""
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        from core.cli._views import view_command

        return view_command(cmd_name)


app = typer.Typer(
    name="tastemap",
    cls=_CommandsAndViews,
    help="A terminal workbench for collaborative filtering. Without a command it opens the screen.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Screen = Annotated[
    str,
    typer.Option(help="The screen to begin with: train, lookup, factors, map, runs, race or you."),
]
Tune = Annotated[
    int, typer.Option(help="First search so many choices on a part of training.", metavar="TRIALS", min=0)
]


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        say(f"tastemap {version('tastemap')}")
        raise typer.Exit


def _print_spec(context: typer.Context, wanted: bool) -> None:
    if wanted:
        from core.cli._listing import print_specification

        print_specification(context.command, context.params.get("plugin") or [])
        raise typer.Exit


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    plugin: Plugins = [],  # noqa: B006 - typer copies it
    screen: Screen = "",
    show_version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
    show_spec: Annotated[
        bool,
        typer.Option("--spec", callback=_print_spec, help="Print every command, option and view as JSON."),
    ] = False,
) -> None:
    """Note the plugins for the command that follows, or open the screen where none does."""
    del show_version, show_spec
    context.obj = list(plugin)
    if context.invoked_subcommand is None:
        raise typer.Exit(_app("screen")(plugins=context.obj, screen=screen) or 0)
    if screen:
        raise UsageError("--screen opens the screen, so it goes with no command but open.")


@app.command("open")
def open_run(
    context: typer.Context,
    run: RunName,
    screen: Screen = "",
    plugin: Plugins = [],  # noqa: B006
) -> None:
    """Open the screen on a run; one that another process trains is watched and steered."""
    from core.runs import find_run

    folder = find_run(run)
    raise typer.Exit(_app("screen")(plugins=all_plugins(context, plugin), screen=screen, run=folder) or 0)


@app.command(cls=TrainCommand)
def train(
    context: typer.Context,
    data: Annotated[str, typer.Option("--data", "--train", help="demo, a data set's name, or a path.")] = "",
    test: Annotated[str, typer.Option(help="A file of ratings to hold out, as u1.test beside u1.base.")] = "",
    arch: Annotated[str, typer.Option(help="Architecture; `tastemap plugins` lists them.")] = "bias",
    recipe: Annotated[str, typer.Option(help="Named options and settings, as in notebook.")] = "default",
    resume: Annotated[str, typer.Option(metavar="RUN", help="Go on with an interrupted run.")] = "",
    tune: Tune = 0,
    track: Annotated[list[str], typer.Option(help="Tracker: csv, tensorboard, mlflow; repeatable.")] = [],  # noqa: B006
    plugin: Plugins = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Train a model and save it as a run."""
    from core.cli._train import TrainRequest, run_training

    request = TrainRequest(
        flags=given_options(context),
        data=data,
        test=test,
        architecture=arch,
        recipe=recipe,
        resume=resume,
        trials=tune,
        trackers=track,
        registry=loaded_plugins(context, plugin),
    )
    code = run_training(request, as_json)
    raise typer.Exit(code)


@app.command(cls=ReadingCommand)
def evaluate(
    context: typer.Context,
    run: RunName,
    data: Annotated[str, typer.Option(help="Another table: all its rows are measured.")] = "",
    plugin: Plugins = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Measure a saved run on the held-out part of its table, or on another table."""
    from core.cli._listing import print_evaluation

    print_evaluation(run, data, given_options(context)["reading"], all_plugins(context, plugin), as_json)


@app.command(cls=ReadingCommand)
def update(
    context: typer.Context,
    run: RunName,
    news: Annotated[
        str, typer.Argument(help="New ratings, of known and of new users and items.", metavar="[NEWS]")
    ] = "",
    withdrawn: Annotated[
        str, typer.Option(help="A table of users and items whose ratings are taken back.")
    ] = "",
    data: Annotated[str, typer.Option(help="The run's own table, where it has moved.")] = "",
    hold_out: Annotated[
        float | None, typer.Option(help="Share of the new pairs held out [the run's own].", min=0, max=0.9)
    ] = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="Train on everything too, and tell the difference.")
    ] = False,
    full: Annotated[bool, typer.Option("--full", help="Train on everything again instead.")] = False,
    plugin: Plugins = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Bring a run up to date with new ratings, users and items, without training again."""
    from core.cli._update import UpdateWords, run_update

    words = UpdateWords(
        run=run,
        news=news,
        withdrawn=withdrawn,
        data=data,
        hold_out=hold_out,
        compare=compare,
        full=full,
        flags=given_options(context),
        registry=loaded_plugins(context, plugin),
    )
    raise typer.Exit(run_update(words, as_json))


@app.command(cls=PlainCommand)
def runs(as_json: AsJson = False) -> None:
    """List the saved runs, the newest first."""
    from core.cli._listing import print_runs

    print_runs(as_json)


@app.command(cls=PlainCommand)
def plugins(context: typer.Context, plugin: Plugins = [], as_json: AsJson = False) -> None:  # noqa: B006
    """List the architectures with their options, and plugins that are broken with the reason."""
    from core.cli._listing import print_plugins

    print_plugins(all_plugins(context, plugin), as_json)


@app.command(cls=PlainCommand)
def doctor(context: typer.Context, plugin: Plugins = [], as_json: AsJson = False) -> None:  # noqa: B006
    """Look at versions, processor, devices, folders, plugins and terminal, and say what is wrong."""
    from core.cli._listing import print_findings

    raise typer.Exit(print_findings(all_plugins(context, plugin), as_json))


@app.command(cls=RaceCommand)
def race(
    context: typer.Context,
    data: Annotated[str, typer.Option(help="demo, a data set's name, or a path.")] = "",
    arch: Annotated[str, typer.Option(help="Architectures, separated by commas; all by default.")] = "",
    tune: Tune = 0,
    plugin: Plugins = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Train several architectures on one split and compare them."""
    from core.cli._train import run_race

    code = run_race(given_options(context), data, arch, tune, all_plugins(context, plugin), as_json)
    raise typer.Exit(code)


@app.command(cls=VerdictCommand)
def verdict(
    context: typer.Context,
    data: Annotated[str, typer.Option(help="demo, a data set's name, or a path.")] = "",
    arch: Annotated[
        str, typer.Option(help="Contenders by commas, as in bias,bias:ranking,ease; all by default.")
    ] = "",
    splits: Annotated[str, typer.Option(help="Splits to judge on.")] = "random,time,newcomers",
    report: Annotated[
        Path | None, typer.Option(metavar="FILE.md", help="Markdown file to write, with pictures beside it.")
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the trained runs.")] = False,
    plugin: Plugins = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Judge which model to use on a table: several on several splits, against the obvious, with intervals."""
    from core.cli._verdict import VerdictRequest, run_verdict

    request = VerdictRequest(
        flags=given_options(context),
        data=data,
        names=arch,
        splits=splits,
        report=report,
        keep=keep,
        plugins=all_plugins(context, plugin),
    )
    raise typer.Exit(run_verdict(request, as_json))


@app.command()
def bench(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Protocol: ml-100k, ml-1m or liang.")],
    data: Annotated[str, typer.Option(help="Your copy, a folder or archive [the fetched set].")] = "",
    arch: Annotated[str, typer.Option(help="Architectures, separated by commas.")] = "",
    plugin: Plugins = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Make published rows again from your own copy of the data: a line each, ready to paste."""
    from core.cli._verdict import run_bench

    raise typer.Exit(run_bench(name, data, arch, all_plugins(context, plugin), as_json))


@app.command(cls=CrossvalCommand)
def crossval(
    context: typer.Context,
    data: Annotated[str, typer.Option(help="demo, a data set's name, or a path.")] = "",
    arch: Annotated[str, typer.Option(help="Architecture; `tastemap plugins` lists them.")] = "bias",
    recipe: Annotated[str, typer.Option(help="Named options and settings.")] = "default",
    folds: Annotated[int, typer.Option(help="Number of folds.", min=2, max=1000)] = 5,
    plugin: Plugins = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Cross-validate: train once for each fold."""
    from core.cli._train import run_cross_validation

    registry = loaded_plugins(context, plugin)
    code = run_cross_validation(given_options(context), data, arch, recipe, folds, registry, as_json)
    raise typer.Exit(code)


@app.command(cls=PlainCommand)
def export(
    context: typer.Context,
    run: RunName,
    keras: Annotated[
        Path | None, typer.Option(help="Whole model, ids in and ratings out: a .keras file.")
    ] = None,
    parquet: Annotated[Path | None, typer.Option(help="Folder for users.parquet and items.parquet.")] = None,
    projector: Annotated[
        Path | None, typer.Option(help="Folder for TensorBoard's embedding projector.")
    ] = None,
    saved_model: Annotated[
        Path | None,
        typer.Option("--saved-model", help="New folder for a SavedModel, as TensorFlow Serving takes."),
    ] = None,
    top: Annotated[int, typer.Option(help="Of --saved-model: so many items a list.", min=1)] = 100,
    plugin: Plugins = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Export a run for other programs: Keras, tables, TensorBoard's projector, TensorFlow Serving."""
    from core.api import load_run
    from core.cli._export import export_model
    from core.contract import load_plugins

    model = load_run(run, load_plugins(all_plugins(context, plugin))).model
    export_model(model, keras, parquet, projector, as_json, saved_model, top)


@app.command(cls=PlainCommand)
def serve(
    context: typer.Context,
    host: Annotated[
        str, typer.Option(help="Address to listen on; others than loopback expose the app.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8000,
    plugin: Plugins = [],  # noqa: B006
) -> None:
    """Open the same screen in a browser."""
    raise typer.Exit(_app("serve")(host=host, port=port, plugins=all_plugins(context, plugin)) or 0)


def _app(name: str) -> Any:
    """Find the screen by entry point, since `core` knows nothing of it."""
    from core.contract import installed_plugins

    found = next((one for one in installed_plugins("tastemap.app") if one.name == name), None)
    if found is None:
        raise UsageError("No screen is installed.", hint="See `tastemap --help` for the commands.")
    return found.load()


app.add_typer(data_app)


def app_for(words: Sequence[str]) -> typer.Typer:
    """The application with the command alone that its first word names: typer makes all that it is given.

    With all commands where that is an option or no command's name.
    """
    if not words or words[0].startswith("-"):
        return app
    commands = [one for one in app.registered_commands if _command_name(one) == words[0]]
    groups = [one for one in app.registered_groups if one.typer_instance is data_app and words[0] == "data"]
    if not commands and not groups:
        from core.views import view_commands

        if words[0] not in view_commands():
            return app
    alone = copy(app)
    alone.registered_commands, alone.registered_groups = commands, groups
    return alone


def _command_name(command: Any) -> str:
    return command.name or typer.main.get_command_name(command.callback.__name__)
