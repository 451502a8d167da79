from __future__ import annotations

import pytest

from core.contract.architecture import Architecture, Recipe
from core.contract.plugins import check_architecture
from core.contract.settings import parse_schedule, resolve, used_settings
from core.errors import PluginError, UsageError


def test_shapes_start_at_the_learning_rate_and_fall() -> None:
    assert parse_schedule("constant", 0.1, 3).learning_rates == (0.1, 0.1, 0.1)
    assert parse_schedule("linear", 0.1, 4).learning_rates == pytest.approx((0.1, 0.075, 0.05, 0.025))
    cosine = parse_schedule("cosine", 0.1, 5).learning_rates
    assert cosine[0] == 0.1
    assert list(cosine) == sorted(cosine, reverse=True)
    assert cosine[-1] > 0


def test_steps_bring_their_own_epochs_as_in_the_notebook() -> None:
    schedule = parse_schedule("1x0.001, 3x0.01,6x0.001", 99, 99)
    assert schedule.learning_rates == (0.001, 0.01, 0.01, 0.01, *[0.001] * 6)


@pytest.mark.parametrize("text", ["", "fast", "3x", "x0.1", "0x0.1", "3x-1", "3xnan", "1x0.1,,2x0.1"])
def test_a_schedule_that_cannot_be_read_says_what_can(text: str) -> None:
    with pytest.raises(UsageError, match="constant, linear, cosine or steps"):
        parse_schedule(text, 0.1, 3)


class Stepped(Architecture):
    name = "stepped"
    recipes = {
        "default": Recipe(training={"schedule": "2x0.1,1x0.01"}),
        "plain": Recipe(training={"epochs": 9}),
    }


def test_steps_set_the_epochs_unless_epochs_are_asked_for() -> None:
    assert resolve(Stepped()).settings.epochs == 3
    asked = resolve(Stepped(), settings={"epochs": 5}).settings
    assert (asked.epochs, asked.schedule) == (5, "constant")
    assert resolve(Stepped(), "plain", settings={"seed": 4}).settings.epochs == 9


def test_an_unknown_recipe_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="Did you mean 'plain'"):
        resolve(Stepped(), "plane")


class Sampled(Architecture):
    """Has no learning rate."""

    name = "sampled"
    unused_settings = ("learning_rate", "optimizer", "replicas")


def test_a_setting_that_an_architecture_does_not_use_is_refused_by_its_flag() -> None:
    with pytest.raises(UsageError, match="sampled has no --learning-rate and --optimizer"):
        resolve(Sampled(), settings={"optimizer": "sgd", "learning_rate": 0.1})
    assert used_settings(Sampled(), {"seed": 3, "replicas": 2}) == {"seed": 3}


def test_a_setting_that_does_not_exist_cannot_be_unused() -> None:
    class Wrong(Sampled):
        unused_settings = ("learing_rate",)
        trainer = None  # type: ignore[assignment] - brings one

    with pytest.raises(PluginError, match="no setting 'learing_rate'") as raised:
        check_architecture(Wrong)
    assert "learning_rate" in raised.value.hint
