"""Every room of core shows what its face names, and others take nothing else from it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = sorted(path.parent for path in (ROOT / "core").rglob("__init__.py"))
FACES = sorted((ROOT / "core").rglob("__init__.pyi"))
OPEN = {"core.testing", "core.trackers"}
"""Small rooms without a stub: their `__init__` holds what they show."""


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def modules() -> Iterator[tuple[str, str, ast.Module]]:
    """Each module's name, its room and its syntax."""
    for room in ("core", "models_plugins", "tui"):
        for path in (ROOT / room).rglob("*.py"):
            yield dotted(path), dotted(path.parent), ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.Module) -> Iterator[str]:
    """What a module imports from core, as dotted names of modules and rooms."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "core":
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "core")


def test_nobody_reaches_into_another_room() -> None:
    rooms = {dotted(room) for room in ROOMS} - {"core"}
    wrong = [
        f"{name} imports {target}"
        for name, own, tree in modules()
        for target in imported(tree)
        if target not in rooms and (room := target.rpartition(".")[0]) in rooms - OPEN and room != own
    ]
    assert not wrong


@pytest.mark.parametrize("face", FACES, ids=dotted)
def test_every_name_of_a_face_is_there(face: Path) -> None:
    room = import_module(dotted(face.parent))
    named = [
        alias.asname
        for node in ast.parse(face.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]
    assert sorted(room.__all__) == sorted(filter(None, named))
    for name in room.__all__:
        assert getattr(room, name) is not None


def test_no_room_has_more_than_sixteen_modules() -> None:
    for room in (*ROOMS, *(path.parent for path in (ROOT / "tui").rglob("__init__.py"))):
        assert len(list(room.glob("*.py"))) <= 16, room


def test_every_room_has_a_readme_of_one_screen() -> None:
    for room in (path for path in ROOMS if path != ROOT / "core"):
        assert (room / "README.md").is_file(), room
