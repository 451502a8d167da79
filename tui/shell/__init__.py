"""What all screens share: the app around them, its state, and what a screen is made of."""

from tui.shell._shown import shown
from tui.shell.app import TastemapApp
from tui.shell.messages import Answered, NotAnswered, OpenItem
from tui.shell.modes import screen_class
from tui.shell.preferences import keymap_path
from tui.shell.screen import ASKING, BenchScreen
from tui.shell.training import Lane, Stage, TrainingState
from tui.shell.workbench import Engine, Subject, Workbench

__all__ = [
    "ASKING",
    "Answered",
    "BenchScreen",
    "Engine",
    "Lane",
    "NotAnswered",
    "OpenItem",
    "Stage",
    "Subject",
    "TastemapApp",
    "TrainingState",
    "Workbench",
    "keymap_path",
    "screen_class",
    "shown",
]
