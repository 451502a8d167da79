"""Heads whose score is a sum of products: scores of users × items are then matrix products."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.array_types import FloatArray
from core.contract import Architecture, EmbeddingSpec, Replicated, Rows
from core.options import ArchitectureOptions

_CHECKED_PAIRS = 64


@dataclass(frozen=True)
class Products:
    """score = Σ user · item over `roles` + the single numbers of `user_single` and `item_single` (roles)."""

    roles: tuple[str, ...]
    user_single: tuple[str, ...]
    item_single: tuple[str, ...]


def find_products(
    architecture: Architecture, options: ArchitectureOptions, specs: Sequence[EmbeddingSpec]
) -> Products | None:
    """See a head as a sum of products by its `terms`, or None where it is anything else.

    Embeddings of one role on both sides multiply, those of one number alone are added. Whether that is the
    score is checked on random rows, so a head that isn't is never taken for one.
    """
    inner = architecture.inner if isinstance(architecture, Replicated) else architecture
    found = _guess(specs)
    if found is None:
        return None
    generator = np.random.default_rng(0)
    rows: Rows = {
        spec.name: generator.normal(size=(_CHECKED_PAIRS, spec.dimension)).astype(np.float32)
        for spec in specs
    }
    terms = inner.terms(rows, options)
    if terms is None:
        return None
    told = sum(np.asarray(part).reshape(_CHECKED_PAIRS, -1).sum(axis=1) for part in terms.values())
    return found if np.allclose(told, _scores(found, rows), rtol=1e-4, atol=1e-4) else None


def _guess(specs: Sequence[EmbeddingSpec]) -> Products | None:
    sides = {side: {s.role: s.dimension for s in specs if s.side == side} for side in ("user", "item")}
    users, items = sides["user"], sides["item"]
    roles = tuple(role for role in users if role != "bias" and users[role] == items.get(role))
    rest = [{role: size for role, size in side.items() if role not in roles} for side in (users, items)]
    if any(size != 1 for side in rest for size in side.values()):
        return None
    return Products(roles, tuple(rest[0]), tuple(rest[1]))


def _scores(products: Products, rows: Rows) -> FloatArray:
    total = np.zeros(_CHECKED_PAIRS, np.float32)
    for role in products.roles:
        total += np.einsum("ij,ij->i", rows[f"user_{role}"], rows[f"item_{role}"])
    for side, singles in (("user", products.user_single), ("item", products.item_single)):
        for role in singles:
            total += rows[f"{side}_{role}"][:, 0]
    return total
