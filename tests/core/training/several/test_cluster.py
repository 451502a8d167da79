"""TF_CONFIG is read as TensorFlow reads it, and refused in words that help."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.api import train
from core.contract.plugins import load_plugins
from core.contract.settings import resolve
from core.data.ratings import Ratings
from core.errors import UsageError
from core.training.session import Session
from core.training.several._collectives import lost
from core.training.several.cluster import EXAMPLE, read_cluster

TWO = {"worker": ["a:1", "b:2"]}


def config(cluster: object, task: object) -> str:
    return json.dumps({"cluster": cluster, "task": task})


def test_the_example_that_errors_show_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_CONFIG", EXAMPLE)
    cluster = read_cluster()
    assert cluster.leads
    assert cluster.endpoint(1) == ("10.0.0.2", 12345)
    assert cluster.name(1) == "worker 1 at 10.0.0.2:12345"


def test_a_chief_counts_as_worker_0(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = {"chief": ["a:1"], "worker": ["b:2", "[::1]:3"]}
    monkeypatch.setenv("TF_CONFIG", config(jobs, {"type": "worker", "index": 1}))
    cluster = read_cluster()
    assert (cluster.addresses, cluster.index, cluster.leads) == (("a:1", "b:2", "[::1]:3"), 2, False)
    assert cluster.endpoint(2) == ("::1", 3)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "needs TF_CONFIG"),
        ("{", "TF_CONFIG can't be used"),
        ("[]", "TF_CONFIG can't be used"),
        ("3", "TF_CONFIG can't be used"),
        ('{"cluster": {"worker": ["a:1", "b:2"]}}', "its task must have a type and an index"),
        (config([], {}), "must be a dictionary"),
        (config({"worker": ["a:1"]}, {"type": "worker", "index": 0}), "two workers at least"),
        (config({"worker": ["a:1", "a:1"]}, {"type": "worker", "index": 0}), "each once"),
        (config({"worker": "a:1"}, {"type": "worker", "index": 0}), "must be a list"),
        (config({"worker": ["a:1", None]}, {"type": "worker", "index": 0}), "None must be"),
        (config({"worker": ["a:1", "b"]}, {"type": "worker", "index": 0}), "'b' is no host:port"),
        (config({"worker": ["a:1", "b:99999"]}, {"type": "worker", "index": 0}), "'b:99999' is no host:port"),
        (config(TWO, {"type": "worker", "index": 2}), "there is no worker 2"),
        (config(TWO, {"type": "worker", "index": -1}), "there is no worker -1"),
        (config(TWO, {"type": "worker", "index": "x"}), "TF_CONFIG can't be used"),
        (config(TWO, {"type": "boss", "index": 0}), "there is no boss 0"),
        (config(TWO, {"type": "worker"}), "a type and an index"),
        (config({**TWO, "ps": ["c:3"]}, {"type": "worker", "index": 0}), "'ps'"),
        (config({**TWO, "chief": ["c:3", "d:4"]}, {"type": "worker", "index": 0}), "more than one chief"),
    ],
)
def test_a_bad_one_is_refused_with_an_example(monkeypatch: pytest.MonkeyPatch, text: str, said: str) -> None:
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(UsageError) as caught:
        read_cluster()
    assert said in str(caught.value)
    assert EXAMPLE in str(caught.value)


def test_only_the_other_workers_follow(monkeypatch: pytest.MonkeyPatch, ratings: Ratings) -> None:
    def follows(strategy: str, index: int) -> bool:
        monkeypatch.setenv("TF_CONFIG", config(TWO, {"type": "worker", "index": index}))
        registry = load_plugins()
        resolved = resolve(registry.architecture("bias"), settings={"strategy": strategy})
        return Session(ratings, resolved, registry, print).follows

    assert follows("multiworker", 1)
    assert not follows("mirrored", 1)
    assert not follows("multiworker", 0)


def test_another_worker_writes_no_run(monkeypatch: pytest.MonkeyPatch, ratings: Ratings) -> None:
    monkeypatch.setenv("TF_CONFIG", config(TWO, {"type": "worker", "index": 1}))
    with pytest.raises(UsageError, match="not worker 0. Start it with `tastemap train`"):
        train(ratings, "bias", strategy="multiworker")


@pytest.mark.parametrize(
    ("told", "named"),
    [
        (
            "from /job:worker/task:1: no heartbeats from /job:worker/replica:0/task:1",
            "Worker 2 at",
        ),
        ("from remote target /job:chief/replica:0/task:0 while calling RecvBuf", "Worker 0 at"),
        ("Deadline Exceeded RPC: /tensorflow.CoordinationService/Heartbeat", "Worker 0 at"),
        ("something else", "lost touch"),
    ],
)
def test_what_tensorflow_says_of_a_silent_worker_names_it(
    monkeypatch: pytest.MonkeyPatch, told: str, named: str
) -> None:
    def listens(*details: Any, **more: Any) -> bool:
        return True

    monkeypatch.setattr("core.training.several._collectives._listens", listens)
    jobs = {"chief": ["a:1"], "worker": ["b:2", "c:3"]}
    monkeypatch.setenv("TF_CONFIG", config(jobs, {"type": "worker", "index": 0}))
    assert named in str(lost(read_cluster(), RuntimeError(told)))
