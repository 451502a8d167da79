"""The app: seven screens over one engine, their keys, themes and the way out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widgets import Input

from core.contract import Registry
from tui.shell._engine_app import EngineApp
from tui.shell._look import TASTEMAP, TASTEMAP_LIGHT, lacks_unicode
from tui.shell.messages import LatestRun, OpenThing, Thing
from tui.shell.modes import SCREENS, TABS, screen_class, screen_maker
from tui.shell.preferences import read_keymap
from tui.shell.screen import BenchApp, BenchScreen
from tui.shell.training import Stage
from tui.shell.workbench import Engine, Subject

_LONG_NAMES = {"fold_in": "Fold yourself in"}
_PAGES = {"item": "lookup", "user": "lookup", "run": "runs", "component": "factors", "data": "train"}
_TWICE_SECONDS = 2.0
_MOST_STEPS_BACK = 50


def _mode_keys(mode: str, key: str, name: str) -> list[BindingType]:
    action = f"show('{mode}')"
    name = _LONG_NAMES.get(mode, name)
    return [
        Binding(key, action, name, id=f"app.{mode}", show=False),
        Binding(f"f{key}", action, name, id=f"app.{mode}_anywhere", show=False, priority=True),
    ]


class TastemapApp(EngineApp):
    """Train, look up, map: seven screens over one engine.

    `subject` is the run to look at from the start, `first` the screen to begin with, `watched` the folder
    of a run that another process trains.
    """

    TITLE = "Tastemap"
    CSS_PATH = "tastemap.tcss"
    ENABLE_COMMAND_PALETTE = True
    MODES: ClassVar[dict[str, Any]] = {mode: screen_maker(mode) for mode in SCREENS}
    BINDINGS: ClassVar[list[BindingType]] = [
        *(binding for tab in TABS for binding in _mode_keys(*tab)),
        Binding("escape", "leave_field", "Leave field", id="app.leave"),
        Binding("escape", "step_back", "Back", id="app.back"),
        Binding("escape", "end", "End a selection", id="app.end", show=False),
        Binding("question_mark", "help", "Help", key_display="?", id="app.help"),
        Binding(
            "ctrl+p,ctrl+f", "command_palette", "Find anything", id="app.palette", show=False, priority=True
        ),
        Binding("L", "log", "Engine log", id="app.log", show=False),
        Binding("T", "next_theme", "Dark or light", id="app.theme", show=False),
        Binding("q", "ask_quit", "Quit", id="app.quit"),
        Binding(
            "ctrl+c,ctrl+q",
            "interrupt",
            "Quit from anywhere",
            id="app.quit_anywhere",
            show=False,
            priority=True,
        ),
    ]

    def __init__(
        self,
        engine: Engine,
        registry: Registry,
        subject: Subject | None = None,
        first: str = "train",
        watched: Path | None = None,
    ) -> None:
        super().__init__(engine, registry)
        self._dress()
        self.bench.subject, self._first, self._watched = subject, first, watched
        self.ascii_only = lacks_unicode()
        self.own_keys: dict[str, str] = {}
        self._back: list[tuple[str, Callable[[], object] | None]] = []
        self._interrupted_at = float("-inf")

    def _dress(self) -> None:
        """Take the theme before anything is drawn: a change later reads and applies all styles again."""
        for theme in (TASTEMAP, TASTEMAP_LIGHT):
            self.register_theme(theme)
        known = self.preferences.theme in self.available_themes
        name = self.preferences.theme if known else TASTEMAP.name
        self.set_reactive(type(self).theme, name)
        dark = self.current_theme.dark
        self.set_classes([f"-theme-{name}", "-dark-mode" if dark else "-light-mode"])

    def on_mount(self) -> None:
        """Show the first screen, and only then spawn the engine."""
        self.end_by_signals()
        self._use_own_keys()
        self.switch_mode(self._first)
        self.call_after_refresh(self.start_engine)
        self.call_after_refresh(self._look_at_first)

    def _look_at_first(self) -> None:
        """Watch the run that was asked for where it is in training, else look at the newest."""
        if self._watched is not None:
            self.watch_run(self._watched)
        self.look_for_runs()

    def look_for_runs(self) -> None:
        """Look at the newest saved run where nothing is looked at."""
        self.run_worker(self._latest_run, name="latest", group="latest", thread=True)

    def _latest_run(self) -> None:
        from tui.files import latest_run
        from tui.shell.watching import replay

        run = latest_run()
        if run is not None:
            training = replay(run.folder) if run.state == "finished" else None
            self.post_message(LatestRun(Subject.of_run(run), training))

    @on(LatestRun)
    def latest_run_found(self, message: LatestRun) -> None:
        """Look at the newest run until something else is chosen."""
        if self.bench.subject is None and not self.bench.training.active:
            self.bench.subject = message.subject
            if message.training is not None and self.bench.training.stage is Stage.IDLE:
                self.bench.training = message.training
            if isinstance(self.screen, BenchScreen):
                self.screen.redraw()

    @on(OpenThing)
    def thing_pointed_at(self, message: OpenThing) -> None:
        """Take a thing to the screen that shows it; Escape leads back to where one came from."""
        self.open_thing(message.thing, message.mode)

    def open_thing(self, thing: Thing, mode: str = "") -> None:
        """Show a thing on its own screen, or on another that shows such things."""
        here = next((one for one in reversed(self.screen_stack) if isinstance(one, BenchScreen)), None)
        if here is not None:
            self._back = [*self._back, (self.current_mode, here.place())][-_MOST_STEPS_BACK:]
        self._show(mode or _PAGES[thing.kind])
        if isinstance(self.screen, BenchScreen):
            self.screen.open_thing(thing)
        self.screen.refresh_bindings()

    def _use_own_keys(self) -> None:
        self.own_keys, problems = read_keymap(self.known_actions)
        self.set_keymap(self.own_keys)
        for problem in problems:
            self.notify(problem.hint, title=problem.message, severity="error", timeout=15)

    def known_actions(self) -> set[str]:
        """The names of all actions whose keys can be changed."""
        from tui.lists import ThingList

        owners: list[type[DOMNode]] = [type(self), ThingList, *map(screen_class, SCREENS)]
        bindings = [binding for owner in owners for binding in owner.BINDINGS]
        return {binding.id for binding in bindings if isinstance(binding, Binding) and binding.id}

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Offer every action of the screen and the app in the palette."""
        from tui.shell._palette import palette_entries

        yield from palette_entries(self, screen)

    def action_command_palette(self) -> None:
        """Find anything: items, users, runs, components, data sets, commands."""
        from tui.dialogs import FindScreen

        if not isinstance(self.screen, FindScreen):
            commands = list(self.get_system_commands(self.screen))
            self.push_screen(FindScreen(self.bench, commands), self._found)

    def _found(self, found: Thing | SystemCommand | None) -> None:
        if isinstance(found, SystemCommand):
            found.callback()
        elif found is not None:
            self.open_thing(found)

    def action_show(self, mode: str) -> None:
        """Switch to one of the screens, the focus at home; what led to the present one is forgotten."""
        self._back.clear()
        before = self.current_mode
        self._show(mode)
        screen = self.screen
        if mode != before and isinstance(screen, BenchScreen) and screen.is_mounted and screen.HOME:
            screen.go_home()

    def _show(self, mode: str) -> None:
        while len(self.screen_stack) > 1:
            self.pop_screen()
        if self.current_mode != mode:
            self.switch_mode(mode)

    def action_help(self) -> None:
        """Explain the screen that is shown."""
        from tui.dialogs import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self.current_mode, self.own_keys))

    def action_log(self) -> None:
        """Show what the engine wrote to standard error."""
        from tui.dialogs import LogScreen

        if not isinstance(self.screen, LogScreen):
            self.push_screen(LogScreen(self.bench.log, self.events))

    def action_next_theme(self) -> None:
        """Switch between our dark and our light theme."""
        self.theme = TASTEMAP_LIGHT.name if self.current_theme.dark else TASTEMAP.name

    def watch_theme(self, theme: str) -> None:
        """Remember the theme, however it was chosen."""
        self.remember(theme=theme)

    def action_leave_field(self) -> None:
        """Take the focus out of a field, so that keys act again."""
        if isinstance(self.screen, BenchScreen):
            self.screen.step_back()
            self.screen.go_home()

    def action_end(self) -> None:
        """End what was begun on this screen."""
        if isinstance(self.screen, BenchScreen):
            self.screen.step_back()

    def action_step_back(self) -> None:
        """End what was begun on this screen, else go back to where one came from."""
        if isinstance(self.screen, BenchScreen) and self.screen.step_back():
            return
        if self._back:
            mode, restore = self._back.pop()
            self._show(mode)
            if restore is not None:
                restore()
            self.screen.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Show the key that leaves a field in a field, and the one that goes back where there is a way."""
        del parameters
        if action == "leave_field":
            return isinstance(self.screen, BenchScreen) and self.screen.in_field
        return action != "step_back" or bool(self._back)

    @property
    def out_folder(self) -> Path:
        """Where exports are written: the current folder, or a passing one where a browser gets them."""
        return Path(mkdtemp(prefix="tastemap-")) if self.is_web else Path.cwd()

    def deliver(self, path: Path, what: str) -> None:
        """Say where a file was written, or send it to the browser that this app is served to."""
        if self.is_web:
            self.deliver_binary(path)
            self.notify(path.name, title=f"{what}; your browser saves it")
        else:
            self.notify(str(path), title=what)

    def action_interrupt(self) -> None:
        """Copy what is selected, else quit: asking while something trains, at once at a second press."""
        if self._copied_selection():
            return
        twice = time.monotonic() - self._interrupted_at < _TWICE_SECONDS
        self._interrupted_at = time.monotonic()
        if twice:
            self.exit(0)
        else:
            self.action_ask_quit()

    def _copied_selection(self) -> bool:
        field = self.focused
        chosen = field.selected_text if isinstance(field, Input) else self.screen.get_selected_text()
        if chosen:
            self.copy_to_clipboard(chosen)
        return bool(chosen)

    def action_ask_quit(self) -> None:
        """Quit; ask first while something trains."""
        if not self.bench.training.active or self.bench.watched:  # another process trains on
            self.exit(0)
            return
        from tui.dialogs import AskScreen

        if not isinstance(self.screen, AskScreen):
            question = "Training is stopped and saved with the epochs it has. Quit?"
            self.push_screen(AskScreen(question, yes="Quit"), self._quit_if)

    def _quit_if(self, sure: bool | None) -> None:
        if sure:
            self.exit(0)

    async def on_unmount(self) -> None:
        """Leave no child behind, whatever ended the app, and empty the trash."""
        self._terminal.leave()
        await self.bench.engine.close()
        if self.bench.deleted:
            from tui.files import empty_trash

            empty_trash([deleted.place for deleted in self.bench.deleted])


if TYPE_CHECKING:

    def _as_screens_need_it(app: TastemapApp) -> BenchApp:
        return app
