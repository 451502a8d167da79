"""The data sets that can be chosen without typing a path."""

from __future__ import annotations

from dataclasses import dataclass

from core.datasets.contract import NamedDataset
from core.plugins import Registry


@dataclass(frozen=True)
class Offer:
    """A data set by the name to train on, and what it is."""

    name: str
    description: str


DEMO = Offer("demo", "Real films, made-up viewers; built in, at once. Synthetic ratings.")


def offered_datasets(registry: Registry) -> list[Offer]:
    """The demo set first, then every named set that can be fetched."""
    named = [source for source in registry.data_sources if isinstance(source, NamedDataset)]
    return [DEMO, *(Offer(source.name, source.description) for source in (*builtin_datasets(), *named))]


def builtin_datasets() -> list[NamedDataset]:
    """The named sets that Tastemap brings itself."""
    return []
