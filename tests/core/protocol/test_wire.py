from __future__ import annotations

import dataclasses
import json
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from core.errors import ProtocolError
from core.protocol.commands import COMMAND_KINDS, Pause, Query, SetLearningRate, Train, parse_command
from core.protocol.events import EVENT_KINDS, BatchProgress, Failed, parse_event
from tests.support import EPOCH

MESSAGES = [
    BatchProgress(
        epoch=1,
        batch=2,
        batches=3,
        train_rmse=0.5,
        learning_rate=0.1,
        ratings_per_second=1e6,
        eta_seconds=2.5,
    ),
    EPOCH,
    replace(EPOCH, train_rmse=None, val_rmse=None),
    Failed(kind="DataError", message="line 3: ünreadable", hint="Mend it.", request="7"),
]


@pytest.mark.parametrize("event", MESSAGES)
def test_events_come_back_the_same(event: object) -> None:
    assert parse_event(event.to_json()) == event  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "command",
    [
        Pause(),
        SetLearningRate(0.5),
        Train(data="demo", settings={"epochs": 2}),
        Query(request="1", view="map", run=None, arguments={"x": [1, 2]}),
    ],
)
def test_commands_come_back_the_same(command: object) -> None:
    assert parse_command(command.to_json()) == command  # type: ignore[attr-defined]


def test_a_message_is_one_line_named_in_snake_case_with_null_for_what_is_not_finite() -> None:
    line = BatchProgress(
        epoch=1,
        batch=2,
        batches=3,
        train_rmse=float("nan"),
        learning_rate=0.1,
        ratings_per_second=float("inf"),
        eta_seconds=2.5,
    ).to_json()
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
        ('{"command":"train","data":3}', r"Expected `str`, got `int` - at `\$\.data`"),
        ('{"command":"set_learning_rate","learning_rate":0}', "above 0"),
        ('{"command":"set_learning_rate","learning_rate":true}', "Expected `float`, got `bool`"),
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


@pytest.mark.parametrize("kind", [*EVENT_KINDS.values(), *COMMAND_KINDS.values()])
def test_three_fields_or_more_are_given_by_name(kind: type) -> None:
    if len(fields := dataclasses.fields(kind)) >= 3:
        assert all(field.kw_only for field in fields)
