"""The palette's commands: every key's action, found by its words, plus pictures of the screen."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, cast

from textual.app import App, SystemCommand
from textual.binding import Binding
from textual.screen import Screen

from tui.files import free_path
from tui.shell.screen import BenchApp


def palette_entries(app: App[int], screen: Screen[Any]) -> Iterable[SystemCommand]:
    """One entry for each action of the app and of the screen, and those of Textual itself."""
    seen: set[str] = set()
    for owner, name in ((screen, "This screen"), (app, "Tastemap")):
        for binding in _bindings(owner):
            if binding.description and binding.action not in {*seen, *_NO_COMMANDS}:
                seen.add(binding.action)
                run = partial(_run, app, owner, binding.action)
                keys = Binding.make_bindings([Binding(binding.key, binding.action)])
                shown = binding.key_display or app.get_key_display(next(iter(keys)))
                yield SystemCommand(binding.description, f"{name} · {shown}", run)
    yield SystemCommand("Choose a theme", "All themes, with a preview", app.action_change_theme)
    yield SystemCommand("Save a picture of the screen", "An SVG file in the current folder", _picture(app))


_NO_COMMANDS = ("leave_field", "step_back", "end", "interrupt", "command_palette")
"""What acts only on what one is in the midst of."""


def _bindings(owner: Screen[Any] | App[int]) -> Iterable[Binding]:
    return (binding for binding in type(owner).BINDINGS if isinstance(binding, Binding))


def _run(app: App[int], owner: Screen[Any] | App[int], action: str) -> None:
    app.call_later(app.run_action, action, owner)


def _picture(app: App[int]) -> Callable[[], object]:
    return lambda: app.set_timer(0.3, lambda: _save(app))  # when the palette is gone


def _save(app: App[int]) -> None:
    try:
        path = _save_picture(app)
    except OSError as error:
        app.notify(str(error), title="The picture can't be written", severity="error")
    else:
        _bench(app).deliver(path, "Picture saved")


def _bench(app: App[int]) -> BenchApp:
    return cast(BenchApp, app)


_REMOTE_FONTS = re.compile(r"@font-face\s*\{[^}]*\}\s*")
_FONTS = "Fira Code, DejaVu Sans Mono, Menlo, Consolas"


def picture(app: App[int], title: str = "Tastemap") -> str:
    """The screen as SVG, in whatever monospaced font the viewer has."""
    svg = _REMOTE_FONTS.sub("", app.export_screenshot(title=title))
    return re.sub(r"terminal-\d+", "terminal", svg).replace(
        "font-family: Fira Code", f"font-family: {_FONTS}"
    )


def _save_picture(app: App[int]) -> Path:
    """Write a picture where exports go; raises OSError where that can't be."""
    path = free_path(_bench(app).out_folder / "tastemap.svg")
    path.write_text(picture(app), encoding="utf-8")
    return path
