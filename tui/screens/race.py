from textual.widgets import Static
from tui.screens.base import BenchScreen


class RaceScreen(BenchScreen):
    MODE = "race"

    def compose_body(self):
        yield Static("")
