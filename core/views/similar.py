"""The items or users whose factors point most nearly the same way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from core.array_types import FloatArray
from core.errors import UsageError
from core.model import ItemCard, Model, factor_table, item_card, nearest, user_row
from core.options import Identifier, option
from core.views.search import resolve_item
from core.views.view import Answer, Lines, Remark, Table, View


@dataclass(frozen=True, kw_only=True)
class SimilarItem(ItemCard):
    """An item and its cosine similarity, from −1 to 1."""

    similarity: float


@dataclass(frozen=True, kw_only=True)
class ItemNeighbours(Answer):
    """The item asked about and the most similar others, the nearest first; `counted` is what training counts
    of them."""

    item: ItemCard
    similar: tuple[SimilarItem, ...]
    counted: str = "ratings"


@dataclass(frozen=True, kw_only=True)
class SimilarUser:
    """A user, their count of training ratings (or likes) and the cosine similarity, from −1 to 1."""

    user: int | str
    ratings: int
    similarity: float


@dataclass(frozen=True, kw_only=True)
class UserNeighbours(Answer):
    """The user asked about and the most similar others, the nearest first; `counted` is what training counts
    of them."""

    user: int | str
    similar: tuple[SimilarUser, ...]
    counted: str = "ratings"


class SimilarItems(View[ItemNeighbours]):
    """List the items whose factors are most like an item's.

    Raises UsageError for an unknown item, one that training never saw, and an architecture without item
    factors.
    """

    command: ClassVar[str] = "similar"
    positional: ClassVar[tuple[str, ...]] = ("item",)
    item: Identifier = option(help="Item id or title.")
    count: int = option(default=10, help="How many.", minimum=0, flags=("-n", "--count"))
    min_ratings: int = option(default=5, help="Only items with so many training ratings or likes.", minimum=0)

    def answer(self, model: Model) -> ItemNeighbours:
        """Compare the factors of all items with so many ratings."""
        row, counts = resolve_item(model, self.item), model.baseline.item_counts
        _check_trained(model, int(counts[row]), f"Item {self.item!r}")
        factors = factor_table(model, "item")
        _check_learnt(factors[row], f"Item {self.item!r}", model.architecture.name)
        allowed = counts >= max(1, self.min_ratings)
        rows, similarities = nearest(factors, row, allowed, self.count)
        found = tuple(
            SimilarItem(**vars(item_card(model, other)), similarity=similarity)
            for other, similarity in zip(rows.tolist(), similarities.tolist(), strict=True)
        )
        return ItemNeighbours(item=item_card(model, row), similar=found, counted=model.counted)

    @classmethod
    def lines(cls, answer: ItemNeighbours) -> Lines:
        """A row an item."""
        yield Remark(f"most like {answer.item.item} {answer.item.title}, by the cosine of the factors:")
        yield Table([(f"{one.similarity:.3f}", *one.cells(answer.counted)) for one in answer.similar])


class SimilarUsers(View[UserNeighbours]):
    """List the users whose factors are most like a user's."""

    command: ClassVar[str] = "similar-users"
    positional: ClassVar[tuple[str, ...]] = ("user",)
    user: Identifier = option(help="User id, as in the table.")
    count: int = option(default=10, help="How many.", minimum=0, flags=("-n", "--count"))
    min_ratings: int = option(default=1, help="Only users with so many training ratings or likes.", minimum=0)

    def answer(self, model: Model) -> UserNeighbours:
        """Compare the factors of all users with so many ratings."""
        row, counts = user_row(model, self.user), model.baseline.user_counts
        _check_trained(model, int(counts[row]), f"User {self.user!r}")
        allowed = counts >= max(1, self.min_ratings)
        rows, similarities = nearest(factor_table(model, "user"), row, allowed, self.count)
        found = tuple(
            SimilarUser(user=model.users.identifier(other), ratings=int(counts[other]), similarity=similarity)
            for other, similarity in zip(rows.tolist(), similarities.tolist(), strict=True)
        )
        return UserNeighbours(user=model.users.identifier(row), similar=found, counted=model.counted)

    @classmethod
    def lines(cls, answer: UserNeighbours) -> Lines:
        """A row a user."""
        yield Table(
            [
                (f"{one.similarity:.3f}", f"user {one.user}", f"{one.ratings:,} {answer.counted}")
                for one in answer.similar
            ]
        )


def _check_learnt(factors: FloatArray, name: str, architecture: str) -> None:
    if not factors.any():
        hint = "Train with a lower --min-likes, or ask a run of bias."
        raise UsageError(f"{name} was too seldom in training for {architecture} to compare it.", hint=hint)


def _check_trained(model: Model, ratings: int, name: str) -> None:
    if not ratings:
        raise UsageError(
            f"{name} had no training {model.counted.removesuffix('s')}, so its factors mean nothing."
        )
