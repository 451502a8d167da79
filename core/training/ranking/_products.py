"""Heads whose score is a sum of products, wholly or but for a rest: those are matrix products."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.array_types import FloatArray
from core.contract import Architecture, EmbeddingSpec, Replicated, Rows, Terms
from core.model import Head
from core.options import ArchitectureOptions

_CHECKED_PAIRS = 64
Tables = Mapping[str, FloatArray]


@dataclass(frozen=True)
class Products:
    """score = Σ user · item over `roles` + the single numbers of `user_single` and `item_single` (roles).

    Where `has_rest`, the head's score of the same rows with all of these zero comes on top.
    """

    roles: tuple[str, ...]
    user_single: tuple[str, ...]
    item_single: tuple[str, ...]
    has_rest: bool = False

    def scores(self, user: Tables, item: Tables) -> FloatArray:
        """Mean over replicas of the scores of all pairs, without the rest, shape (users, items).

        `user` and `item` are rows by role, shape (rows, replicas, dimension).
        """
        flat = [(_flat(user[role]), _flat(item[role]) / item[role].shape[1]) for role in self.roles]
        total: FloatArray = sum((one @ other.T for one, other in flat[1:]), flat[0][0] @ flat[0][1].T)
        for role in self.item_single:
            total += item[role].mean(axis=1).T
        for role in self.user_single:
            total += user[role].mean(axis=1)
        return total

    @property
    def tables(self) -> frozenset[str]:
        """Names of the embeddings that products and single numbers read."""
        sides = (("user", self.user_single), ("item", self.item_single))
        return frozenset(f"{side}_{role}" for side, single in sides for role in (*self.roles, *single))


def find_products(architecture: Architecture, options: ArchitectureOptions, head: Head) -> Products | None:
    """See a head as a sum of products, and maybe a rest, or None where it is anything else.

    Embeddings of one role on both sides multiply, those of one number alone are added. Which of them do is
    told by the architecture's `terms`, or by its `partial_terms` where the head adds something more. Whether
    that is so is checked on random rows, so a head that isn't is never taken for one.
    """
    inner = architecture.inner if isinstance(architecture, Replicated) else architecture
    generator = np.random.default_rng(0)
    rows: Rows = {
        spec.name: generator.normal(size=(_CHECKED_PAIRS, spec.dimension)).astype(np.float32)
        for spec in head.specs
    }
    terms = inner.terms(rows, options)
    if terms is not None:
        return _whole(_guess(head.specs), rows, _sum(terms))
    known = inner.partial_terms(rows, options)
    return None if known is None else _but_for_a_rest(inner, options, head, rows, _sum(known))


def _whole(found: Products | None, rows: Rows, told: FloatArray) -> Products | None:
    return found if found is not None and _alike(told, _scores(found, rows)) else None


def _but_for_a_rest(
    architecture: Architecture,
    options: ArchitectureOptions,
    head: Head,
    rows: Rows,
    told: FloatArray,
) -> Products | None:
    """The products that the partial terms tell, where the head is they and what it makes of other rows."""
    nothing = {name: np.zeros_like(row) for name, row in rows.items()}

    def counts(spec: EmbeddingSpec) -> bool:
        other = {"user": "item", "item": "user"}[spec.side]
        alone = {name: rows[name] for name in (spec.name, f"{other}_{spec.role}") if name in rows}
        known = architecture.partial_terms({**nothing, **alone}, options)
        return known is not None and bool(np.any(_sum(known)))

    found = _guess([spec for spec in head.specs if counts(spec)])
    if found is None or not _alike(told, _scores(found, rows)):
        return None
    others = {name: nothing[name] if name in found.tables else row for name, row in rows.items()}
    whole, rest = _head_scores(head, rows), _head_scores(head, others)
    return replace(found, has_rest=True) if _alike(whole, told + rest) else None


def _sum(terms: Terms) -> FloatArray:
    total: FloatArray = sum(
        (np.asarray(part).reshape(_CHECKED_PAIRS, -1).sum(axis=1) for part in terms.values()),
        np.zeros(_CHECKED_PAIRS, np.float32),
    )
    return total


def _head_scores(head: Head, rows: Rows) -> FloatArray:
    scores: FloatArray = head.model([rows[spec.name] for spec in head.specs], training=False).numpy()
    return scores.reshape(-1)


def _alike(one: FloatArray, other: FloatArray) -> bool:
    return bool(np.allclose(one, other, rtol=1e-4, atol=1e-4))


def _flat(rows: FloatArray) -> FloatArray:
    return rows.reshape(len(rows), -1)


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
