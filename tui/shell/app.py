"""The app: seven screens over one engine, their keys, themes and the way out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Input

from core.contract import Registry
from core.errors import UsageError
from tui.shell._engine_app import EngineApp
from tui.shell._look import TASTEMAP, TASTEMAP_LIGHT, lacks_unicode
from tui.shell.messages import LatestRun, OpenItem
from tui.shell.modes import SCREENS, TABS, screen_class, screen_maker
from tui.shell.preferences import read_keymap
from tui.shell.screen import BenchApp, BenchScreen
from tui.shell.workbench import Engine, Subject

_LONG_NAMES = {"fold_in": "Fold yourself in"}


def _mode_keys(mode: str, key: str, name: str) -> list[BindingType]:
    action = f"show('{mode}')"
    name = _LONG_NAMES.get(mode, name)
    return [
        Binding(key, action, name, id=f"app.{mode}", show=False),
        Binding(f"f{key}", action, name, id=f"app.{mode}_anywhere", show=False, priority=True),
    ]


class TastemapApp(EngineApp):
    """Train, look up, map: seven screens over one engine."""

    TITLE = "Tastemap"
    CSS_PATH = "tastemap.tcss"
    ENABLE_COMMAND_PALETTE = True
    MODES: ClassVar[dict[str, Any]] = {mode: screen_maker(mode) for mode in SCREENS}
    BINDINGS: ClassVar[list[BindingType]] = [
        *(binding for tab in TABS for binding in _mode_keys(*tab)),
        Binding("question_mark", "help", "Help", key_display="?", id="app.help"),
        Binding("ctrl+p", "command_palette", "Commands", id="app.palette", show=False, priority=True),
        Binding("L", "log", "Engine log", id="app.log", show=False),
        Binding("T", "next_theme", "Dark or light", id="app.theme", show=False),
        Binding("q", "ask_quit", "Quit", id="app.quit"),
        Binding("escape", "leave_field", "Leave field", id="app.leave"),
    ]

    def __init__(self, engine: Engine, registry: Registry) -> None:
        super().__init__(engine, registry)
        self.ascii_only = lacks_unicode()
        self.own_keys: dict[str, str] = {}

    def on_mount(self) -> None:
        """Dress up, show the first screen, and only then spawn the engine."""
        self.end_by_signals()
        for theme in (TASTEMAP, TASTEMAP_LIGHT):
            self.register_theme(theme)
        known = self.preferences.theme in self.available_themes
        self.theme = self.preferences.theme if known else TASTEMAP.name
        self._use_own_keys()
        self.switch_mode("train")
        self.call_after_refresh(self.start_engine)
        self.call_after_refresh(self._look_for_runs)

    def _look_for_runs(self) -> None:
        self.run_worker(self._latest_run, name="latest", group="latest", thread=True)

    def _latest_run(self) -> None:
        from tui.files import latest_run

        run = latest_run()
        if run is not None:
            self.post_message(LatestRun(Subject(str(run.folder), run.label)))

    @on(LatestRun)
    def latest_run_found(self, message: LatestRun) -> None:
        """Look at the newest run until something else is chosen."""
        if self.bench.subject is None and not self.bench.training.active:
            self.bench.subject = message.subject
            if isinstance(self.screen, BenchScreen):
                self.screen.redraw()

    @on(OpenItem)
    def item_pointed_at(self, message: OpenItem) -> None:
        """Take an item to the Lookup screen."""
        self.action_show("lookup")
        if isinstance(self.screen, BenchScreen):
            self.screen.open_item(message.item, message.title)

    def _use_own_keys(self) -> None:
        try:
            self.own_keys = read_keymap(self.known_actions)
            self.set_keymap(self.own_keys)
        except UsageError as error:
            self.notify(error.hint, title=error.message, severity="error", timeout=15)

    def known_actions(self) -> set[str]:
        """The names of all actions whose keys can be changed."""
        owners = [type(self), *map(screen_class, SCREENS)]
        bindings = [binding for owner in owners for binding in owner.BINDINGS]
        return {binding.id for binding in bindings if isinstance(binding, Binding) and binding.id}

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Offer every action of the screen and the app in the command palette."""
        from tui.shell._palette import palette_entries

        yield from palette_entries(self, screen)

    def action_show(self, mode: str) -> None:
        """Switch to one of the screens."""
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
        self.screen.set_focus(None)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Show the key that leaves a field only in a field."""
        del parameters
        return action != "leave_field" or isinstance(self.focused, Input)

    def action_ask_quit(self) -> None:
        """Quit; ask first while something trains."""
        if not self.bench.training.active:
            self.exit(0)
            return
        from tui.dialogs import AskScreen

        question = "Training is stopped and saved with the epochs it has. Quit?"
        self.push_screen(AskScreen(question, yes="Quit"), self._quit_if)

    def _quit_if(self, sure: bool | None) -> None:
        if sure:
            self.exit(0)

    async def on_unmount(self) -> None:
        """Leave no child behind, whatever ended the app, and empty the trash."""
        await self.bench.engine.close()
        if self.bench.deleted:
            from tui.files import empty_trash

            empty_trash([place for place, _ in self.bench.deleted])


if TYPE_CHECKING:

    def _as_screens_need_it(app: TastemapApp) -> BenchApp:
        return app
