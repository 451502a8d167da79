from textual.widgets import Static
from tui.screens.base import BenchScreen


class FactorsScreen(BenchScreen):
    MODE = "factors"

    def compose_body(self):
        yield Static("")
