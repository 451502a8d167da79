"""The data sets that can be chosen without typing a path."""

from __future__ import annotations

from dataclasses import dataclass

from textual.suggester import Suggester

from core.errors import UsageError
from core.plugins import Registry


@dataclass(frozen=True)
class Offer:
    """A data set by the name to train on, and what it is."""

    name: str
    description: str


DEMO = Offer("demo", "Real films, made-up viewers: synthetic ratings, built in, at once.")


def offered_datasets(registry: Registry) -> list[Offer]:
    """The demo set first, then every named set that can be fetched; raises UsageError for a name given twice.

    Imports the readers, so it is not for the first frame.
    """
    from core.datasets.named import all_datasets

    named = all_datasets(registry.data_sources)
    return [DEMO, *(Offer(name, dataset.description) for name, dataset in named.items())]


class DatasetSuggester(Suggester):
    """Completes the names of data sets as one types."""

    def __init__(self, registry: Registry) -> None:
        super().__init__()
        self._registry = registry

    async def get_suggestion(self, value: str) -> str | None:
        """The first name that begins so."""
        try:
            names = [offer.name for offer in offered_datasets(self._registry)]
        except UsageError:
            return None  # the picker (d) tells what is wrong with the plugins
        return next((name for name in names if name.startswith(value.casefold())), None)
