"""The Runs screen: saved runs, opened, compared, measured, deleted, exported."""

from tui.runs.screen import RunsScreen

__all__ = ["RunsScreen"]
