"""The screen's fixtures serve the attacks on it too."""

from tests.tui.conftest import registry, steady_surroundings

__all__ = ["registry", "steady_surroundings"]
