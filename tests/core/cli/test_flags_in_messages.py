"""Messages name only flags that exist."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from core.cli._app import app
from core.cli._views import view_command
from core.contract import ReadingOptions, TrainingSettings, load_plugins
from core.views import view_commands

ROOT = Path(__file__).parents[3] / "core"
_FLAG = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*\b(?![_-])")
_OTHERS = {"--objective", "--logdir"}
"""Flags of what is being built beside this, and of TensorBoard."""


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """The texts of a module that may be said: not its docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.lineno, node.value


def known() -> set[str]:
    """Every flag of every command, with those that are declared once."""

    def walk(command: object) -> Iterator[str]:
        for parameter in getattr(command, "params", ()):
            yield from (*parameter.opts, *parameter.secondary_opts)
        for child in getattr(command, "commands", {}).values():
            yield from walk(child)

    registry = load_plugins()
    declared = [*ReadingOptions.fields(), *TrainingSettings.fields()]
    for name in registry.architectures:
        declared += registry.architecture(name).Options.fields()
    flags = {field.flag for field in declared}
    opposites = {flag.replace("--", "--no-", 1) for flag in flags}
    views = [flag for name in view_commands() for flag in walk(view_command(name))]
    return {*views, *walk(typer.main.get_command(app)), *flags, *opposites, "--help", "--version"} | _OTHERS


FLAGS = known()
MODULES = sorted(ROOT.rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_flag_in_a_message_exists(path: Path) -> None:
    wrong = [
        f"{path.name}:{line}: {flag}"
        for line, text in texts(path)
        for flag in _FLAG.findall(text)
        if flag not in FLAGS
    ]
    assert not wrong


def test_the_messages_of_data_name_flags() -> None:
    paths = (ROOT / "data").rglob("*.py")
    named = {flag for path in paths for _, text in texts(path) for flag in _FLAG.findall(text)}
    assert {"--layout", "--missing", "--missing-rating", "--table", "--member", "--decimal"} <= named
