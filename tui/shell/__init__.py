"""What all screens share: the app around them, its state, and what a screen is made of."""

from tui.shell._engine_app import UNCLEAR
from tui.shell._shown import shown
from tui.shell.app import TastemapApp
from tui.shell.messages import Answered, NotAnswered, OpenThing, Thing
from tui.shell.modes import TABS, screen_class
from tui.shell.preferences import keymap_path
from tui.shell.screen import ASKING, BenchScreen, drop_outdated
from tui.shell.tables import KnownTables, Reading, table_name
from tui.shell.training import Courses, Lane, Stage, TrainingState
from tui.shell.workbench import Deleted, Engine, Subject, Workbench

__all__ = [
    "ASKING",
    "TABS",
    "UNCLEAR",
    "Answered",
    "BenchScreen",
    "Courses",
    "Deleted",
    "Engine",
    "KnownTables",
    "Lane",
    "NotAnswered",
    "OpenThing",
    "Reading",
    "Stage",
    "Subject",
    "TastemapApp",
    "Thing",
    "TrainingState",
    "Workbench",
    "drop_outdated",
    "keymap_path",
    "screen_class",
    "shown",
    "table_name",
]
