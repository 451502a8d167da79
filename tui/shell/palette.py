"""The command palette's entries: every key's action, found by its words, plus what has no key."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from textual.app import App, SystemCommand
from textual.binding import Binding
from textual.screen import Screen

from tui.shell.pictures import save_picture


def palette_entries(app: App[Any], screen: Screen[Any]) -> Iterable[SystemCommand]:
    """One entry for each action of the app and of the screen, and those of Textual itself."""
    seen: set[str] = set()
    for owner, name in ((screen, "This screen"), (app, "Tastemap")):
        for binding in _bindings(owner):
            if binding.description and binding.action not in seen:
                seen.add(binding.action)
                run = partial(_run, app, owner, binding.action)
                yield SystemCommand(binding.description, f"{name} · key {binding.key}", run)
    yield SystemCommand("Choose a theme", "All themes, with a preview", app.action_change_theme)
    yield SystemCommand("Save a picture of the screen", "An SVG file in the current folder", _picture(app))


def _bindings(owner: Screen[Any] | App[Any]) -> Iterable[Binding]:
    return (binding for binding in type(owner).BINDINGS if isinstance(binding, Binding))


def _run(app: App[Any], owner: Screen[Any] | App[Any], action: str) -> None:
    app.call_later(app.run_action, action, owner)


def _picture(app: App[Any]) -> Callable[[], object]:
    return lambda: app.set_timer(0.3, lambda: _save(app))  # when the palette is gone


def _save(app: App[Any]) -> None:
    try:
        path = save_picture(app)
    except OSError as error:
        app.notify(str(error), title="The picture can't be written", severity="error")
    else:
        app.notify(str(path), title="Picture saved")
