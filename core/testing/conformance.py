"""The checks behind `assert_conforms`, each a plain function that raises AssertionError in plain words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing

import numpy as np

from core.contract import Architecture, Arrays, Resolved, Trainer, check_architecture, resolve, used_settings
from core.model import Scoring, make_scorer
from core.options import ArchitectureOptions, OptionValue
from core.runs import load_head
from core.testing.tables import planted_data, planted_training_data

_MARGIN = 0.97


def assert_conforms(
    architecture: Architecture, options: Mapping[str, OptionValue] | None = None, epochs: int = 8
) -> None:
    """Check that an architecture keeps the contract, learns, repeats itself, resumes and reloads.

    Trains for a few seconds on a small planted table. `options` replace the defaults (few factors make it
    faster). Raises AssertionError or PluginError saying what is wrong.
    """
    check_architecture(type(architecture))
    objective = architecture.objectives[0]
    settings = {"epochs": epochs, "device": "cpu", "objective": objective}
    resolved = resolve(architecture, options=options, settings=used_settings(architecture, settings))
    _check_options(resolved.options)
    with closing(_start(resolved)) as trainer:
        _run_epochs(trainer, resolved, range(1, epochs + 1))
        _check_learning(trainer) if objective == "rating" else _check_ranking(trainer)
        _check_saved_scores(resolved, trainer)
        whole = trainer.state()
    # Each trainer is closed before the next one starts, which may then take what it compiled.
    _check_repeatable(resolved, epochs, whole)
    _check_resumable(resolved, epochs, whole)


def _start(resolved: Resolved) -> Trainer:
    from core.training import make_trainer

    trainer, _ = make_trainer(
        resolved.architecture, resolved.options, resolved.settings, planted_data(resolved.settings.objective)
    )
    return trainer


def _state_after(resolved: Resolved, epochs: range, start: Arrays | None = None) -> Arrays:
    """The state after these epochs of a new trainer, which may go on from another's state."""
    with closing(_start(resolved)) as trainer:
        if start is not None:
            trainer.restore(start)
        _run_epochs(trainer, resolved, epochs)
        return trainer.state()


def _run_epochs(trainer: Trainer, resolved: Resolved, epochs: range) -> None:
    schedule = resolved.settings.plan()
    for epoch in epochs:
        batches = trainer.begin_epoch(epoch)
        trainer.run_batches(0, batches, schedule.learning_rate(min(epoch, schedule.epochs)))


def _check_options(options: ArchitectureOptions) -> None:
    again = type(options).parse(json.loads(json.dumps(options.to_dict())))
    assert again == options, "Options must come back the same from JSON."


def _check_learning(trainer: Trainer) -> None:
    data = planted_training_data()
    scores = trainer.scores(data.users, data.items)
    assert scores.shape == (len(data),), f"Scores must have shape ({len(data)},), not {scores.shape}."
    assert np.isfinite(scores).all(), "Training gave scores that are not finite; lower the learning rate."
    error = float(np.mean((scores - data.targets) ** 2))
    baseline = float(np.mean(data.targets**2))
    assert error < _MARGIN * baseline, f"It learns nothing: MSE {error:.4f}, the mean's is {baseline:.4f}."


def _check_ranking(trainer: Trainer) -> None:
    """What users took must score higher than what they didn't."""
    data = planted_data("ranking")
    users, items = np.divmod(np.arange(data.user_count * data.item_count), data.item_count)
    scores = trainer.scores(users.astype(np.int32), items.astype(np.int32))
    assert np.isfinite(scores).all(), "Training gave scores that are not finite; lower the learning rate."
    taken = np.zeros((data.user_count, data.item_count), bool)
    taken[data.users, data.items] = True
    apart = scores[taken.ravel()].mean() - scores[~taken.ravel()].mean()
    assert apart > 0, f"It learns nothing: what users took scores {apart:+.4f} against what they didn't."


def _check_repeatable(resolved: Resolved, epochs: int, whole: Arrays) -> None:
    again = _state_after(resolved, range(1, epochs + 1))
    _assert_same(whole, again, "Two trainings with one seed differ in {}.")


def _check_resumable(resolved: Resolved, epochs: int, whole: Arrays) -> None:
    half = epochs // 2
    saved = _state_after(resolved, range(1, half + 1))
    resumed = _state_after(resolved, range(half + 1, epochs + 1), saved)
    _assert_same(whole, resumed, "A resumed training differs in {}.")


def _assert_same(first: Arrays, second: Arrays, message: str) -> None:
    assert first.keys() == second.keys(), message.format("the names of its arrays")
    for name, array in first.items():
        assert np.array_equal(array, second[name], equal_nan=True), message.format(name)


def _check_saved_scores(resolved: Resolved, trainer: Trainer) -> None:
    """Saved weights must give the trainer's scores, by the head and, where there are any, by the terms."""
    data = planted_data(resolved.settings.objective)
    users, items = data.users[:300], data.items[:300]
    offsets = np.zeros(data.user_count, np.float32), np.zeros(data.item_count, np.float32)
    weights, scoring = trainer.weights(), Scoring(offset=0.0)
    scorer = make_scorer(resolved.architecture, resolved.options, weights, scoring, offsets, load_head)
    saved = scorer.raw(users, items)
    what = "terms" if scorer.terms(int(users[0]), int(items[0])) is not None else "reloaded head"
    expected = trainer.scores(users, items)
    assert np.allclose(saved, expected, rtol=1e-4, atol=1e-4), f"The {what} and the trained head disagree."
    deviations = scorer.deviations(users, items)
    if deviations is not None:
        assert deviations.shape == (300,), f"Uncertainty must have shape (300,), not {deviations.shape}."
        assert (deviations > 0).all(), "Uncertainty must be positive everywhere."
