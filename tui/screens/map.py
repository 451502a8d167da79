from textual.widgets import Static
from tui.screens.base import BenchScreen


class MapScreen(BenchScreen):
    MODE = "map"

    def compose_body(self):
        yield Static("")
