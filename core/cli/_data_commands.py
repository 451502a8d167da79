"""`tastemap data list | describe | fetch | convert`: a few lines each; the work is in `core.data`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from core.cli._flags import ReadingCommand, Spreadsheet, given_options
from core.cli.words import PlainGroup

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Source = Annotated[str, typer.Argument(help="demo, a data set's name, or a path.")]

data_app = typer.Typer(
    name="data",
    cls=PlainGroup,
    help="Ratings tables: list, describe, fetch and convert them.",
    rich_markup_mode=None,
    no_args_is_help=True,
)


@data_app.command("list")
def list_command(context: typer.Context, as_json: AsJson = False) -> None:
    """List the data sets that have a name."""
    from core.cli._data import print_datasets

    print_datasets(context.obj, as_json)


@data_app.command(cls=ReadingCommand)
def describe(context: typer.Context, source: Source, as_json: AsJson = False) -> None:
    """Read a table and say what is in it and how it was read."""
    from core.cli._data import print_description

    print_description(source, given_options(context)["reading"], context.obj, as_json)


@data_app.command()
def fetch(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of a data set; `tastemap data list` lists them.")],
    from_file: Annotated[Path | None, typer.Option(help="Take a file that was downloaded by hand.")] = None,
    accept_licence: Annotated[bool, typer.Option(help="Accept its licence without being asked.")] = False,
    as_json: AsJson = False,
) -> None:
    """Download a data set, check it and keep it for `--data NAME`."""
    from core.cli._data import fetch_dataset

    fetch_dataset(name, from_file, accept_licence, context.obj, as_json)


@data_app.command(cls=ReadingCommand)
def convert(
    context: typer.Context,
    source: Source,
    target: Annotated[Path, typer.Argument(help="A new .csv, .tsv or .parquet file.")],
    overwrite: Annotated[bool, typer.Option(help="Replace the target.")] = False,
    spreadsheet: Spreadsheet = False,
    as_json: AsJson = False,
) -> None:
    """Write a table in another form, titles beside it."""
    from core.cli._data import convert_table

    convert_table(
        source, target, overwrite, spreadsheet, given_options(context)["reading"], context.obj, as_json
    )
