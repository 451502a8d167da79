from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ProtocolError
from core.protocol.commands import COMMAND_KINDS, Pause, Query, SetLearningRate, Train, parse_command
from core.protocol.events import EVENT_KINDS, BatchProgress, EpochFinished, Failed, parse_event

MESSAGES = [
    BatchProgress(1, 2, 3, 0.5, 0.1, 1e6, 2.5),
    EpochFinished(1, 2, 0.9, None, None, None, 0.1, 0.2, 1e6, True),
    Failed("DataError", "line 3: ünreadable", "Mend it.", "7"),
]


@pytest.mark.parametrize("event", MESSAGES)
def test_events_come_back_the_same(event: object) -> None:
    assert parse_event(event.to_json()) == event  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "command",
    [Pause(), SetLearningRate(0.5), Train("demo", {"epochs": 2}), Query("1", "map", None, {"x": [1, 2]})],
)
def test_commands_come_back_the_same(command: object) -> None:
    assert parse_command(command.to_json()) == command  # type: ignore[attr-defined]


def test_a_message_is_one_line_named_in_snake_case_with_null_for_what_is_not_finite() -> None:
    line = BatchProgress(1, 2, 3, float("nan"), 0.1, float("inf"), 2.5).to_json()
    values = json.loads(line)
    assert "\n" not in line
    assert values["event"] == "batch_progress"
    assert values["train_rmse"] is None
    assert values["ratings_per_second"] is None


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "Not a line of JSON"),
        ("[1]", "Not a known command"),
        ('{"command":"fly"}', "Not a known command"),
        ('{"command":["pause"]}', "Not a known command"),
        ('{"command":"pause","now":1}', "no field 'now'"),
        ('{"command":"train"}', "data"),
        ('{"command":"train","data":3}', "data can't be 3"),
        ('{"command":"set_learning_rate","learning_rate":0}', "above 0"),
        ('{"command":"set_learning_rate","learning_rate":true}', "can't be True"),
        ("[" * 100_000, "Not a line of JSON"),
    ],
)
def test_a_bad_line_is_a_protocol_error(line: str, said: str) -> None:
    with pytest.raises(ProtocolError, match=said):
        parse_command(line)


@given(st.text() | st.recursive(st.none() | st.text() | st.floats(), st.lists).map(json.dumps))
def test_no_text_at_all_raises_anything_else(line: str) -> None:
    for parse in (parse_command, parse_event):
        with pytest.raises(ProtocolError):
            parse(line)


@given(
    st.sampled_from(sorted(COMMAND_KINDS)),
    st.dictionaries(
        st.sampled_from(["data", "run", "learning_rate", "view", "x"]), st.integers() | st.text()
    ),
)
def test_known_names_with_any_fields_give_a_command_or_a_protocol_error(
    name: str, fields: dict[str, object]
) -> None:
    try:
        assert type(parse_command(json.dumps({"command": name, **fields}))) is COMMAND_KINDS[name]
    except ProtocolError as error:
        assert str(error)


def test_every_kind_has_its_own_name_and_a_docstring() -> None:
    for kinds in (EVENT_KINDS, COMMAND_KINDS):
        assert all(kind.__doc__ for kind in kinds.values())
    assert not set(EVENT_KINDS) & set(COMMAND_KINDS)
