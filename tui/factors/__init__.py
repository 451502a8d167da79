"""The Factors screen: biases, the components of taste, the crosstab."""

from tui.factors.screen import FactorsScreen

__all__ = ["FactorsScreen"]
