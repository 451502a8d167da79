"""Small screens on top of a screen: questions, the finder, the help, the engine's log."""

from tui.dialogs.ask import AskScreen, CheckScreen, PickScreen, PromptScreen
from tui.dialogs.dialog import Dialog
from tui.dialogs.find import FindScreen
from tui.dialogs.help import HelpScreen
from tui.dialogs.log import LogScreen

__all__ = [
    "AskScreen",
    "CheckScreen",
    "Dialog",
    "FindScreen",
    "HelpScreen",
    "LogScreen",
    "PickScreen",
    "PromptScreen",
]
