"""The compiled step: scores of a batch's users × candidates, the softmax loss, gradients and updates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.model import Head
from core.startup import tf
from core.training.gradient import counting
from core.training.ranking._products import Products
from core.training.ranking._rows import RowTable

_AWAY = 1e30
_TINY = 1e-30
_SELDOM = 0.05
"""Rows that are there less often make up for 1 / 0.05 batches at most: l2 would throw them about."""


@dataclass(frozen=True)
class StepParts:
    """What a step works on.

    `head` scores rows pair by pair, but for what is `products`; `training` is its copy with counter dropout.
    `exact` says that the candidates are all items; `pairs` counts the likes of all devices together, `items`
    the items, `user_reach` how much further user rows step; `pairs` and `user_reach` are variables.
    """

    head: Head
    training: Head
    head_optimizer: Any
    tables: tuple[RowTable, ...]
    products: Products | None
    exact: bool
    pairs: Any
    items: int
    user_reach: Any

    @property
    def replicas(self) -> int:
        return self.training.replicas


def compile_step(parts: StepParts) -> Any:
    """Compile `run(batch, candidates, step, rate)` → sum of −log p.

    Both are tuples of the fields of `Batch` (without `items` and `pairs`) and of `Candidates`; the sum is the
    mean of the replicas' before the update. Rows are gathered and written outside of what XLA compiles: it
    would copy whole tables for each batch.
    """
    learn = _compile_learning(parts)

    @tf.function(autograph=False)
    def run(batch: Any, candidates: Any, step: Any, rate: Any) -> Any:
        places = [_place(parts, table, batch[0], candidates[0]) for table in parts.tables]
        values = [table.values(place) for table, place in zip(parts.tables, places, strict=True)]
        loss, learned = learn(values, batch, candidates, step, rate)
        for table, place, new in zip(parts.tables, places, learned, strict=True):
            if _learns(table):
                table.write(place, new)
        return loss

    return run


def _place(parts: StepParts, table: RowTable, users: Any, items: Any) -> Any | None:
    """Which rows of a table a batch needs; None for all of them."""
    if table.spec.side == "user":
        return users
    return None if parts.exact else items


def _learns(table: RowTable) -> bool:
    """A user's bias shifts all their scores alike, so what it would learn is noise."""
    spec = table.spec
    return not (spec.side == "user" and spec.role == "bias" and spec.dimension == 1)


def _compile_learning(parts: StepParts) -> Any:
    """Compile the loss, its gradients and what rows and slots become (changes, where rows are gathered)."""

    @tf.function(jit_compile=True, autograph=False)
    def learn(values: Any, batch: Any, candidates: Any, step: Any, rate: Any) -> Any:
        users, valid, places, weights = batch
        items, *_, row_share = candidates
        rows = [value[0] for value in values]
        variables = [weight.value for weight in parts.training.trained_weights]
        amounts = tf.math.unsorted_segment_sum(weights, places, users.shape[0])
        with counting(step), tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(rows)
            tape.watch(variables)
            loss = _log_loss(parts, rows, places, weights, amounts, candidates)
            penalties = sum(extra for model in parts.training.models for extra in model.losses)
            total = loss + penalties * tf.reduce_sum(amounts)
        found = tape.gradient(total, [*rows, *variables], unconnected_gradients="zero")
        shares = _shares(parts, weights, amounts)
        learned = [
            _user_changes(parts, table, own, gradient, (users, valid, amounts), rate)
            if table.spec.side == "user"
            else _learned_items(parts, table, own, gradient, (items, row_share, shares), rate)
            for table, own, gradient in zip(parts.tables, values, found, strict=False)
        ]
        if variables:
            mean = tf.maximum(tf.reduce_sum(amounts), 1.0)
            gradients = [gradient / mean for gradient in found[len(rows) :]]
            parts.head_optimizer.apply(gradients, parts.training.trained_weights)
        return loss / parts.replicas, learned

    return learn


def _shares(parts: StepParts, weights: Any, amounts: Any) -> tuple[Any, Any]:
    """The batch's likes for each item, were they shared out evenly, and its part of an epoch."""
    count = tf.reduce_sum(tf.cast(weights > 0, tf.float32))
    return tf.reduce_sum(amounts) / parts.items, count / parts.pairs


def _user_changes(
    parts: StepParts, table: RowTable, values: Any, gradient: Any, batch: tuple[Any, Any, Any], rate: Any
) -> list[Any]:
    """l2 counts once for every like of a user, the prior once in all: an epoch meets each user once."""
    users, valid, amounts = batch
    strength = table.spec.l2 * amounts[:, None, None] + table.spec.prior
    pull = strength * (values[0] - table.pulled(users))
    new = table.stepped(values, gradient + pull, rate * parts.user_reach)
    return _changes(new, values, valid)


def _learned_items(
    parts: StepParts, table: RowTable, values: Any, gradient: Any, batch: tuple[Any, Any, Any], rate: Any
) -> list[Any]:
    """l2 counts as often as for users, shared out evenly, and the prior once in all, shared out over an
    epoch; a row that is seldom there makes up for it."""
    items, row_share, (of_likes, of_epoch) = batch
    even = table.spec.l2 * of_likes + table.spec.prior * of_epoch
    if parts.exact:
        return table.stepped(values, gradient + even * (values[0] - table.pull), rate)
    often = even / tf.maximum(row_share, _SELDOM)[:, None, None]
    new = table.stepped(values, gradient + often * (values[0] - table.pulled(items)), rate)
    return _changes(new, values, tf.cast(row_share > 0, tf.float32))


def _changes(new: list[Any], old: Any, valid: Any) -> list[Any]:
    """What to add to rows and slots: nothing where `valid` is 0, which only pads."""
    return [(one - other) * valid[:, None, None] for one, other in zip(new, old, strict=True)]


def _log_loss(
    parts: StepParts, rows: Sequence[Any], places: Any, weights: Any, amounts: Any, candidates: Any
) -> Any:
    """Sum over replicas and pairs of −log softmax."""
    _, shared, log_share, taken, twice, _ = candidates
    scores = score_block(parts.training, parts, _of_candidates(parts, rows, shared), training=True)
    if parts.exact:
        flat = tf.reshape(scores, [scores.shape[0], -1])
        own = tf.gather(flat, places * scores.shape[2] + taken, axis=1)
        normalizer = tf.reduce_logsumexp(scores, axis=2)
    else:
        own = _own_scores(parts, rows, places, taken)
        normalizer = _sampled_normalizer(scores, own, places, weights, log_share, twice)
    # Added up by user first, so that rounding doesn't depend on how many pairs only pad.
    taken_by = tf.math.unsorted_segment_sum(tf.transpose(weights * own), places, amounts.shape[0])
    return tf.reduce_sum(amounts * normalizer) - tf.reduce_sum(taken_by)


def _sampled_normalizer(scores: Any, own: Any, places: Any, weights: Any, log_share: Any, twice: Any) -> Any:
    """log of the sum over all items, from what a user took and from candidates that count 1 / share times.

    `scores` has shape (replicas, users, candidates), `own` (replicas, pairs). What a user took is there for
    certain and counts once: among the candidates it is passed over. Padding counts nothing.
    """
    users, count = scores.shape[1], scores.shape[2]
    known = tf.cast((twice >= 0) & (weights > 0), tf.float32) * _AWAY
    where = tf.stack([places, tf.maximum(twice, 0)], axis=1)
    passed_over = tf.tensor_scatter_nd_add(tf.zeros([users, count]), where, known)
    others = tf.reduce_logsumexp(scores - log_share - passed_over, axis=2)
    padding = tf.where(weights > 0, 0.0, _AWAY)
    top = tf.stop_gradient(tf.reduce_max(own - padding, axis=1, keepdims=True))
    top = tf.maximum(top, tf.stop_gradient(tf.reduce_max(others, axis=1, keepdims=True)))
    chances = tf.transpose(tf.exp(own - padding - top))
    mine = tf.transpose(tf.math.unsorted_segment_sum(chances, places, users))
    return top + tf.math.log(tf.exp(others - top) + mine + _TINY)


def _of_candidates(parts: StepParts, rows: Sequence[Any], shared: Any) -> list[Any]:
    """The rows of users, and of the items that all users are scored on."""
    if parts.exact:
        return list(rows)
    return [
        row if table.spec.side == "user" else tf.gather(row, shared)
        for table, row in zip(parts.tables, rows, strict=True)
    ]


def _own_scores(parts: StepParts, rows: Sequence[Any], places: Any, taken: Any) -> Any:
    """Scores of what users took, pair by pair, shape (replicas, pairs)."""
    named = {
        table.spec.name: tf.gather(row, places if table.spec.side == "user" else taken)
        for table, row in zip(parts.tables, rows, strict=True)
    }
    if parts.products is None:
        return _head_pairs(parts, named)
    products = tf.transpose(_product_pairs(parts.products, named))
    return products + _head_pairs(parts, named) if parts.products.has_rest else products


def _head_pairs(parts: StepParts, rows: dict[str, Any]) -> Any:
    """What the head makes of pairs beside products, from their rows: shape (replicas, pairs)."""
    scores = []
    for number, model in enumerate(parts.training.models):
        inputs = [_beside(parts, table, rows[table.spec.name][:, number]) for table in parts.tables]
        scores.append(tf.reshape(model(inputs, training=True), [-1]))
    return tf.stack(scores)


def _beside(parts: StepParts, table: RowTable, rows: Any) -> Any:
    """What the head is to see of rows: nothing of those that products read already."""
    of_products = parts.products is not None and table.spec.name in parts.products.tables
    return tf.zeros(rows.shape) if of_products else rows


def _product_pairs(products: Products, rows: dict[str, Any]) -> Any:
    """Scores of pairs from their rows, shape (pairs, replicas)."""
    parts = [tf.reduce_sum(rows[f"user_{role}"] * rows[f"item_{role}"], axis=2) for role in products.roles]
    parts += [rows[f"item_{role}"][:, :, 0] for role in products.item_single]
    parts += [rows[f"user_{role}"][:, :, 0] for role in products.user_single]
    return sum(parts[1:], parts[0])


def score_block(head: Head, parts: StepParts, rows: Sequence[Any], training: bool) -> Any:
    """Scores of all users with all candidates, shape (replicas, users, candidates), from their rows."""
    named = {table.spec.name: row for table, row in zip(parts.tables, rows, strict=True)}
    if parts.products is None:
        return _pair_scores(head, parts, named, training)
    products = _product_scores(parts.products, named)
    return products + _pair_scores(head, parts, named, training) if parts.products.has_rest else products


def _product_scores(products: Products, rows: dict[str, Any]) -> Any:
    replicas = next(iter(rows.values())).shape[1]
    blocks = [_block(products, {name: row[:, r] for name, row in rows.items()}) for r in range(replicas)]
    return tf.stack(blocks)


def _block(products: Products, rows: dict[str, Any]) -> Any:
    parts = [
        tf.matmul(rows[f"user_{role}"], rows[f"item_{role}"], transpose_b=True) for role in products.roles
    ]
    parts += [rows[f"item_{role}"][None, :, 0] for role in products.item_single]
    users = [rows[f"user_{role}"] for role in products.user_single]
    return sum(parts[1:], parts[0]) + sum(users, tf.zeros(1))


def _pair_scores(head: Head, parts: StepParts, rows: dict[str, Any], training: bool) -> Any:
    users = next(rows[t.spec.name].shape[0] for t in parts.tables if t.spec.side == "user")
    items = next(rows[t.spec.name].shape[0] for t in parts.tables if t.spec.side == "item")
    scores = []
    for number, model in enumerate(head.models):
        inputs = [
            tf.repeat(_beside(parts, t, rows[t.spec.name][:, number]), items, axis=0)
            if t.spec.side == "user"
            else tf.tile(_beside(parts, t, rows[t.spec.name][:, number]), [users, 1])
            for t in parts.tables
        ]
        scores.append(tf.reshape(model(inputs, training=training), [users, items]))
    return tf.stack(scores)


def compile_scores(parts: StepParts) -> Any:
    """Compile `score(users, items)` → scores of all pairs of both, shape (replicas, users, items)."""

    @tf.function(jit_compile=True, autograph=False)
    def score(users: Any, items: Any) -> Any:
        rows = [
            tf.gather(table.table.read_value(), users if table.spec.side == "user" else items)
            for table in parts.tables
        ]
        return score_block(parts.head, parts, rows, training=False)

    return score
