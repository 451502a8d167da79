"""EASE: weights from item to item in closed form."""

from models_plugins.ease._histories import HistoryTrainer, scores_by_popularity
from models_plugins.ease._links import Links, item_links, link_scores
from models_plugins.ease.architecture import Ease, register_architectures

__all__ = [
    "Ease",
    "HistoryTrainer",
    "Links",
    "item_links",
    "link_scores",
    "register_architectures",
    "scores_by_popularity",
]
