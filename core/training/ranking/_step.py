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

_NO_CANDIDATE = 1e29


@dataclass(frozen=True)
class StepParts:
    """What a step works on.

    `head` scores rows pair by pair where `products` is None, `training` is its copy with counter dropout.
    `exact` says that the candidates are all items; `pairs` is the weight of all likes together, `items` the
    count of items, `user_reach` how much further user rows step.
    """

    head: Head
    training: Head
    head_optimizer: Any
    tables: tuple[RowTable, ...]
    products: Products | None
    exact: bool
    pairs: float
    items: int
    user_reach: float

    @property
    def replicas(self) -> int:
        return len(self.training.models)

    @property
    def trained_weights(self) -> list[Any]:
        """The weights that gradients move, of all replicas; none where the head is a sum of products."""
        return [weight for model in self.training.models for weight in model.trainable_variables]


def compile_step(parts: StepParts) -> Any:
    """Compile `run(users, valid, places, columns, weights, items, log_share, step, rate)` → sum of −log p.

    Shapes are those of `Batch` and `Candidates`; the sum is the mean of the replicas' before the update.
    """

    @tf.function(jit_compile=True, autograph=False)
    def run(
        users: Any,
        valid: Any,
        places: Any,
        columns: Any,
        weights: Any,
        items: Any,
        log_share: Any,
        step: Any,
        rate: Any,
    ) -> Any:
        index = {"user": users, "item": items}
        rows = [_gathered(parts, table, index) for table in parts.tables]
        variables = [weight.value for weight in parts.trained_weights]
        taken = tf.math.unsorted_segment_sum(weights, places, users.shape[0])
        with counting(step), tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(rows)
            tape.watch(variables)
            scores = score_block(parts.training, parts, rows, training=True)
            loss = _log_loss(scores, places, columns, weights, taken, log_share)
            penalties = sum(extra for model in parts.training.models for extra in model.losses)
            total = loss + penalties * tf.reduce_sum(weights)
        found = tape.gradient(total, [*rows, *variables], unconnected_gradients="zero")
        share = tf.reduce_sum(weights) / parts.pairs
        for table, row, gradient in zip(parts.tables, rows, found, strict=False):
            _learn(parts, table, row, gradient, index, (valid, taken, share, log_share), rate)
        if variables:
            mean = tf.maximum(tf.reduce_sum(weights), 1.0)
            gradients = [gradient / mean for gradient in found[len(rows) :]]
            parts.head_optimizer.apply(gradients, parts.trained_weights)
        return loss / parts.replicas

    return run


def _gathered(parts: StepParts, table: RowTable, index: dict[str, Any]) -> Any:
    if table.spec.side == "item" and parts.exact:
        return table.table.read_value()
    return tf.gather(table.table.read_value(), index[table.spec.side])


def _learn(
    parts: StepParts,
    table: RowTable,
    rows: Any,
    gradient: Any,
    index: dict[str, Any],
    weights: tuple[Any, Any, Any, Any],
    rate: Any,
) -> None:
    """l2 counts once for every like of a user; for items the same total is shared out evenly."""
    valid, taken, share, log_share = weights
    spec, where = table.spec, index[table.spec.side]
    if spec.side == "user" and spec.role == "bias" and spec.dimension == 1:
        return  # it shifts all scores of a user alike, so what it would learn is noise
    if spec.side == "user":
        away = rows - table.pulled(where)
        gradient = gradient + spec.l2 * taken[:, None, None] * away
        table.update_rows(where, gradient, valid, rate * parts.user_reach)
        return
    even = spec.l2 * parts.pairs / parts.items * share
    if parts.exact:
        table.update(gradient + even * (rows - table.pull), rate)
        return
    real = tf.cast(log_share < _NO_CANDIDATE, tf.float32)
    seldom = tf.exp(-tf.minimum(log_share, 0.0)) * real
    gradient = gradient + even * tf.minimum(seldom, 20.0)[:, None, None] * (rows - table.pulled(where))
    table.update_rows(where, gradient, real, rate)


def _log_loss(scores: Any, places: Any, columns: Any, weights: Any, taken: Any, log_share: Any) -> Any:
    """Sum over replicas and pairs of −log softmax, candidates counting 1 / share times each.

    `scores` has shape (replicas, users, candidates). What a user took is among the candidates for certain,
    so those pairs count once.
    """
    where = tf.stack([places, columns], axis=1)
    own = tf.gather(log_share, columns) * tf.cast(weights > 0, tf.float32)
    corrected = tf.tensor_scatter_nd_add(tf.zeros(scores.shape[1:]) - log_share, where, own)
    normalizer = tf.reduce_logsumexp(scores + corrected, axis=2)
    flat = tf.reshape(scores, [scores.shape[0], -1])
    picked = tf.gather(flat, places * scores.shape[2] + columns, axis=1)
    return tf.reduce_sum(taken * normalizer) - tf.reduce_sum(weights * picked)


def score_block(head: Head, parts: StepParts, rows: Sequence[Any], training: bool) -> Any:
    """Scores of all users with all candidates, shape (replicas, users, candidates), from their rows."""
    named = {table.spec.name: row for table, row in zip(parts.tables, rows, strict=True)}
    if parts.products is not None:
        return _product_scores(parts.products, named)
    return _pair_scores(head, parts, named, training)


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
            tf.repeat(rows[t.spec.name][:, number], items, axis=0)
            if t.spec.side == "user"
            else tf.tile(rows[t.spec.name][:, number], [users, 1])
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
