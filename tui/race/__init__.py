"""The Race screen: several architectures on the same split."""

from tui.race.screen import RaceScreen

__all__ = ["RaceScreen"]
