"""Fixtures of the screen's tests: an app over a fake engine, driven by keys."""

from __future__ import annotations

import time

import pytest

from core.contract.plugins import Registry, load_plugins
from tests.tui.fake_engine import FakeEngine


@pytest.fixture(scope="session")
def registry() -> Registry:
    """The three architectures that the recordings and pictures know, whatever else is installed."""
    loaded = load_plugins()
    loaded.architectures = {name: loaded.architectures[name] for name in ("bias", "dot", "nn")}
    return loaded


@pytest.fixture
def engine() -> FakeEngine:
    """An engine with recorded answers."""
    return FakeEngine()


@pytest.fixture(autouse=True)
def steady_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """One time zone, a Unicode terminal with colour, whatever the machine has."""
    for name in ("NO_COLOR", "TASTEMAP_ASCII", "LC_ALL", "LC_CTYPE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
