"""A small planted table for the conformance kit."""

from __future__ import annotations

import functools

import numpy as np

from core.contract import TrainingData


@functools.cache
def planted_training_data(
    users: int = 80, items: int = 50, ratings: int = 2500, seed: int = 0
) -> TrainingData:
    """Make ratings from planted biases and two planted factors; the same table for the same arguments."""
    generator = np.random.default_rng(seed)
    tastes, traits = generator.normal(0, 0.7, (users, 2)), generator.normal(0, 0.7, (items, 2))
    pairs = generator.choice(users * items, ratings, replace=False)
    user_rows, item_rows = np.divmod(pairs, items)
    exact = generator.normal(0, 0.3, users)[user_rows] + generator.normal(0, 0.5, items)[item_rows]
    exact += (tastes[user_rows] * traits[item_rows]).sum(axis=1) + generator.normal(0, 0.2, ratings)
    rounded = np.clip(np.round((3 + exact) * 2) / 2, 0.5, 5).astype(np.float32)
    mean = float(rounded.mean())
    targets = rounded - np.float32(mean)
    return TrainingData(user_rows.astype(np.int32), item_rows.astype(np.int32), targets, users, items, mean)


def planted_data(objective: str) -> TrainingData:
    """The planted table for an objective: for "ranking" its ratings above the mean are what users took."""
    data = planted_training_data()
    if objective == "rating":
        return data
    liked = data.targets > 0
    ones = np.ones(int(liked.sum()), np.float32)
    counts = data.user_count, data.item_count
    return TrainingData(data.users[liked], data.items[liked], ones, *counts, 0.0, objective="ranking")
