"""The data sets that can be chosen without typing a path."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from textual.suggester import Suggester

from core.contract.plugins import Registry
from core.errors import UsageError


@dataclass(frozen=True)
class Offer:
    """A data set by the name to train on; `here` says whether it needs no fetching, `licence` what binds."""

    name: str
    description: str
    here: bool = True
    licence: str = ""

    @property
    def explanation(self) -> str:
        """What the picker says beside the name."""
        return self.description if self.here else f"{self.description} To be fetched."


DEMO = Offer("demo", "Real films, made-up viewers: synthetic ratings, built in, at once.")


def offered_datasets(registry: Registry) -> list[Offer]:
    """The demo set first, then every named set that can be fetched; raises UsageError for a name given twice.

    Imports the readers, so it is not for the first frame.
    """
    from core.data.fetching.named import all_datasets, fetched_path

    named = all_datasets(registry.data_sources)
    return [
        DEMO,
        *(
            Offer(name, dataset.description, fetched_path(dataset).exists(), dataset.licence)
            for name, dataset in named.items()
        ),
    ]


def fetch_dataset(name: str, registry: Registry, progress: Callable[[int, int | None], None]) -> str:
    """Fetch a named data set whose licence was accepted; returns where it lies. Raises TastemapError."""
    from core.data.fetching.fetching import fetch

    fetched = fetch(name, accept_licence=True, progress=progress, sources=registry.data_sources)
    return str(fetched.path)


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
