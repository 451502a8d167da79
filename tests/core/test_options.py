from __future__ import annotations

import pytest

from core.errors import PluginError, UsageError
from core.options import ArchitectureOptions, option


class Options(ArchitectureOptions):
    factors: int = option(default=50, help="Factors.", minimum=1, maximum=100)
    l2: float = 0.5
    center: bool = True
    kind: str = option(default="a", choices=("a", "b"))


def test_fields_keep_order_type_default_and_flag() -> None:
    described = [(field.flag, field.type, field.default) for field in Options.fields()]
    assert described == [
        ("--factors", int, 50),
        ("--l2", float, 0.5),
        ("--center", bool, True),
        ("--kind", str, "a"),
    ]


def test_parse_takes_text_and_json_values() -> None:
    parsed = Options.parse({"factors": "7", "l2": "1e-3", "center": "no", "kind": "b"})
    assert parsed.to_dict() == {"factors": 7, "l2": 1e-3, "center": False, "kind": "b"}
    assert Options.parse(parsed.to_dict()) == parsed


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"factors": "many"}, "whole number from 1 to 100"),
        ({"factors": 0}, "whole number from 1 to 100"),
        ({"factors": 2.5}, "whole number"),
        ({"factors": True}, "whole number"),
        ({"factors": float("inf")}, "whole number"),
        ({"l2": "nan"}, "a number"),
        ({"center": "maybe"}, "true or false"),
        ({"kind": "c"}, "one of a, b"),
        ({"factor": 3}, "Did you mean 'factors'"),
    ],
)
def test_what_does_not_fit_is_refused_in_plain_words(values: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Options.parse(values)


def test_an_option_without_default_or_of_another_type_is_a_plugin_error() -> None:
    with pytest.raises(PluginError, match="must be int, float, bool or str"):

        class Listed(ArchitectureOptions):
            layers: list[int] = option(default=0)

    with pytest.raises(PluginError, match="needs a default"):

        class Bare(ArchitectureOptions):
            factors: int


def test_options_cannot_be_changed_after_parsing() -> None:
    with pytest.raises(AttributeError):
        Options().factors = 3  # type: ignore[misc]
