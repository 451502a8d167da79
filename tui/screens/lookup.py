from textual.widgets import Static
from tui.screens.base import BenchScreen


class LookupScreen(BenchScreen):
    MODE = "lookup"

    def compose_body(self):
        yield Static("")
