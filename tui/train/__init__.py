"""The Train screen: choose, start, watch and steer a training."""

from tui.train.screen import TrainScreen

__all__ = ["TrainScreen"]
