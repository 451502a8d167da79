from textual.widgets import Static
from tui.screens.base import BenchScreen


class RunsScreen(BenchScreen):
    MODE = "runs"

    def compose_body(self):
        yield Static("")
