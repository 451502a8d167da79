"""The rooms of the screen: each is entered by its face."""

from __future__ import annotations

import ast
from pathlib import Path

import tui

ROOT = Path(tui.__file__).parent
ROOMS = sorted(path.parent.name for path in ROOT.glob("*/__init__.py"))


def imported(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]


def test_a_room_is_entered_by_its_face_alone() -> None:
    inside = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in ROOT.rglob("*.py")
        for module in imported(path)
        if module.count(".") == 2 and module.startswith("tui.") and module.split(".")[1] != path.parent.name
    ]
    assert not inside, inside


def test_a_room_is_small_and_says_what_is_in_it() -> None:
    assert len(ROOMS) == 11
    for room in ROOMS:
        assert len(list((ROOT / room).glob("*.py"))) <= 16, room
        readme = (ROOT / room / "README.md").read_text(encoding="utf-8")
        assert len(readme.splitlines()) <= 25, room
        lost = [path.name for path in (ROOT / room).glob("[!_]*.py") if path.name not in readme]
        assert not lost, f"{room}/README.md doesn't name {lost}"
