from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.engine.client import EngineClient, EngineEnded, LogLine, Notice, QueryError, describe_exit
from core.model.model import Model
from core.options import option
from core.protocol.commands import Pause
from core.protocol.events import EngineReady, Paused
from core.views.summary import Summary
from core.views.view import Answer, View


@dataclass(frozen=True, kw_only=True)
class Echoed(Answer):
    text: str
    number: int


class Echo(View[Echoed]):
    text: str = option(default="")
    number: int = option(default=0)

    def answer(self, model: Model) -> Echoed:
        return Echoed(text=self.text, number=self.number)


class Bad(Echo):
    """A view that the child doesn't know."""


READY = '{"event":"engine_ready","version":"1","process":1}'


def with_child(body: str, scenario: Callable[[EngineClient], Awaitable[None]]) -> None:
    """Run a scenario against a child that executes this Python code."""

    async def drive() -> None:
        code = f"import sys, time, json\n{textwrap.dedent(body)}"
        client = EngineClient([sys.executable, "-u", "-c", code])
        await client.start()
        try:
            await asyncio.wait_for(scenario(client), 90)
        finally:
            await client.close(grace_seconds=0.3)
        assert not client.running

    asyncio.run(drive())


async def first(client: EngineClient, kind: type) -> Notice:
    async for notice in client.notices():
        if isinstance(notice, kind):
            return notice
    raise AssertionError(f"no {kind.__name__} came")


ECHO = """
    for line in sys.stdin:
        asked = json.loads(line)
        if asked["command"] == "pause":
            print(json.dumps({"event": "paused", "epoch": 1, "batch": 2}))
        elif asked["command"] == "query" and asked["view"] == "bad":
            print(json.dumps({"event": "failed", "kind": "UsageError", "message": "No such view.",
                              "hint": "Use map.", "request": asked["request"]}))
        elif asked["command"] == "query":
            print(json.dumps({"event": "answer", "request": asked["request"], "view": asked["view"],
                              "result": asked["arguments"]}))
        elif asked["command"] == "quit":
            break
"""


def test_commands_go_in_and_events_come_out() -> None:
    async def scenario(client: EngineClient) -> None:
        assert client.send(Pause())
        assert await first(client, Paused) == Paused(1, 2)

    with_child(ECHO, scenario)


def test_answers_go_to_their_askers() -> None:
    async def scenario(client: EngineClient) -> None:
        answers = await asyncio.gather(*(client.ask(Echo(number=number)) for number in range(20)))
        assert [answer.number for answer in answers] == list(range(20))

    with_child(ECHO, scenario)


def test_what_is_asked_before_the_start_is_answered_after_it() -> None:
    async def drive() -> None:
        code = f"import sys, time, json\n{textwrap.dedent(ECHO)}"
        client = EngineClient([sys.executable, "-u", "-c", code])
        asking = asyncio.create_task(client.ask(Echo(number=3)))
        await asyncio.sleep(0.05)
        await client.start()
        try:
            assert (await asyncio.wait_for(asking, 90)).number == 3
        finally:
            await client.close(grace_seconds=0.3)

    asyncio.run(drive())


def test_a_failed_query_raises_with_message_and_hint() -> None:
    async def scenario(client: EngineClient) -> None:
        with pytest.raises(QueryError) as caught:
            await client.ask(Bad())
        assert (caught.value.message, caught.value.hint) == ("No such view.", "Use map.")

    with_child(ECHO, scenario)


def test_an_answer_of_another_form_is_told_as_such() -> None:
    async def scenario(client: EngineClient) -> None:
        with pytest.raises(QueryError, match="answer can't be read: ModelSummary") as caught:
            await client.ask(Summary())
        assert "one version" in caught.value.hint

    with_child(ECHO, scenario)


def test_a_dying_child_fails_its_askers_and_says_why() -> None:
    async def scenario(client: EngineClient) -> None:
        asking = asyncio.create_task(client.ask(Echo()))
        await asyncio.sleep(0.2)
        os.kill(client.process_id or 0, signal.SIGKILL)
        with pytest.raises(QueryError, match="killed"):
            await asking
        ended = await first(client, EngineEnded)
        assert isinstance(ended, EngineEnded)
        assert not ended.expected
        assert "signal 9" in ended.reason
        assert not client.send(Pause())
        with pytest.raises(QueryError, match="isn't running"):
            await client.ask(Echo())

    with_child("time.sleep(60)", scenario)


def test_a_flood_on_standard_error_is_drained_and_lines_kept() -> None:
    async def scenario(client: EngineClient) -> None:
        lines = 0
        async for notice in client.notices():
            lines += isinstance(notice, LogLine)
            if isinstance(notice, EngineReady):
                break
        assert lines == 20_001

    body = f"""
    for number in range(20_000):
        print("x" * 50, number, file=sys.stderr)
    print("y" * 5_000_000, file=sys.stderr)
    time.sleep(0.5)
    print('{READY}')
    time.sleep(60)
    """
    with_child(body, scenario)


def test_a_line_that_is_no_event_is_logged_and_harms_nothing() -> None:
    async def scenario(client: EngineClient) -> None:
        line = await first(client, LogLine)
        assert isinstance(line, LogLine)
        assert "garbage" in line.text
        assert isinstance(await first(client, EngineReady), EngineReady)

    with_child(f"print('garbage'); print('{READY}'); time.sleep(60)", scenario)


def test_an_answer_of_megabytes_arrives_whole() -> None:
    async def scenario(client: EngineClient) -> None:
        answer = await client.ask(Echo(text="é" * 1_000_000))
        assert len(answer.text) == 1_000_000

    with_child(ECHO, scenario)


def test_a_child_that_ignores_quit_and_terminate_is_killed_with_its_own_children() -> None:
    pids: list[int] = []

    async def scenario(client: EngineClient) -> None:
        line = await first(client, LogLine)
        assert isinstance(line, LogLine)
        pids.extend(int(word) for word in line.text.split())

    body = """
    import signal, subprocess, os
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    print(os.getpid(), other.pid, file=sys.stderr)
    while True:
        time.sleep(1)
    """
    with_child(body, scenario)
    deadline = time.monotonic() + 50
    while any(alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(pids) == 2
    assert not any(alive(pid) for pid in pids)


def alive(process: int) -> bool:
    """Whether a process runs; a zombie that nobody has waited for doesn't."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_the_real_engine_ends_when_its_parent_is_killed() -> None:
    code = """
    import asyncio, sys
    from core.engine.client import EngineClient, engine_command
    async def main():
        client = EngineClient(engine_command())
        await client.start()
        async for notice in client.notices():
            print(client.process_id, flush=True)
            await asyncio.sleep(60)
    asyncio.run(main())
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    deadline = time.monotonic() + 50
    while alive(child) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not alive(child)


def test_exits_are_told_in_plain_words() -> None:
    assert "memory" in describe_exit(-9)
    assert "SIGSEGV" in describe_exit(-11)
    assert describe_exit(3, ["oops"]) == "it ended with exit code 3. It last said: oops"
