"""TF_CONFIG is read as TensorFlow reads it, and refused in words that help."""

from __future__ import annotations

import json

import pytest

from core.contract.settings import TrainingSettings
from core.errors import UsageError
from core.training.several.cluster import EXAMPLE, read_cluster
from core.training.several.following import follows

TWO = {"worker": ["a:1", "b:2"]}


def config(cluster: object, task: object) -> dict[str, str]:
    return {"TF_CONFIG": json.dumps({"cluster": cluster, "task": task})}


def test_the_example_that_errors_show_is_right() -> None:
    cluster = read_cluster({"TF_CONFIG": EXAMPLE})
    assert cluster.leads
    assert cluster.endpoint(1) == ("10.0.0.2", 12345)
    assert cluster.name(1) == "worker 1 at 10.0.0.2:12345"


def test_a_chief_counts_as_worker_0() -> None:
    jobs = {"chief": ["a:1"], "worker": ["b:2", "[::1]:3"]}
    cluster = read_cluster(config(jobs, {"type": "worker", "index": 1}))
    assert (cluster.addresses, cluster.index, cluster.leads) == (("a:1", "b:2", "[::1]:3"), 2, False)
    assert cluster.endpoint(2) == ("::1", 3)


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "needs TF_CONFIG"),
        ({"TF_CONFIG": "{"}, "TF_CONFIG can't be used"),
        ({"TF_CONFIG": "[]"}, "TF_CONFIG can't be used"),
        ({"TF_CONFIG": '{"cluster": {}}'}, "it has no 'task'"),
        (config([], {}), "must be objects"),
        (config({"worker": ["a:1"]}, {"type": "worker", "index": 0}), "two workers at least"),
        (config({"worker": ["a:1", "a:1"]}, {"type": "worker", "index": 0}), "each once"),
        (config({"worker": "a:1"}, {"type": "worker", "index": 0}), "a list of host:port"),
        (config({"worker": ["a:1", "b"]}, {"type": "worker", "index": 0}), "'b' is no host:port"),
        (config({"worker": ["a:1", "b:99999"]}, {"type": "worker", "index": 0}), "'b:99999' is no host:port"),
        (config(TWO, {"type": "worker", "index": 2}), "there is no worker 2"),
        (config(TWO, {"type": "worker", "index": "1"}), "there is no worker 1"),
        (config(TWO, {"type": "worker"}), "it has no 'index'"),
        (config({**TWO, "ps": ["c:3"]}, {"type": "worker", "index": 0}), "'ps'"),
        (config({**TWO, "chief": ["c:3", "d:4"]}, {"type": "worker", "index": 0}), "more than one chief"),
    ],
)
def test_a_bad_one_is_refused_with_an_example(environment: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_cluster(environment)
    assert said in str(caught.value)
    assert EXAMPLE in str(caught.value)


def test_only_the_other_workers_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_CONFIG", config(TWO, {"type": "worker", "index": 1})["TF_CONFIG"])
    assert follows(TrainingSettings(strategy="multiworker"))
    assert not follows(TrainingSettings(strategy="mirrored"))
    monkeypatch.setenv("TF_CONFIG", config(TWO, {"type": "worker", "index": 0})["TF_CONFIG"])
    assert not follows(TrainingSettings(strategy="multiworker"))
