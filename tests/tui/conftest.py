"""Fixtures of the screen's tests: an app over a fake engine, driven by keys."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

from core.contract.plugins import Registry, load_plugins
from tests.tui.fake_engine import FakeEngine

installed_plugins = cache(load_plugins)


@pytest.fixture
def registry() -> Registry:
    """The three architectures that the recordings and pictures know, whatever else is installed; each test
    has its own, to which it may add."""
    installed = installed_plugins()
    return replace(
        installed, architectures={name: installed.architectures[name] for name in ("bias", "dot", "nn")}
    )


@pytest.fixture
def engine() -> FakeEngine:
    """An engine with recorded answers."""
    return FakeEngine()


@pytest.fixture(scope="session", autouse=True)
def styles_parsed_once() -> Iterator[None]:
    """Apps of one process share what the same style sheet with the same colours was parsed to."""
    parse, parsed = Stylesheet._parse_rules, dict[Any, list[RuleSet]]()

    def parse_once(sheet: Stylesheet, *source: Any, **options: Any) -> list[RuleSet]:
        key = (source, *sorted(options.items()), *sorted(sheet._variables.items()))
        if key not in parsed:
            parsed[key] = parse(sheet, *source, **options)
        return parsed[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stylesheet, "_parse_rules", parse_once)
        yield


@pytest.fixture(autouse=True)
def steady_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """One time zone, a Unicode terminal with colour, whatever the machine has."""
    for name in ("NO_COLOR", "TASTEMAP_ASCII", "LC_ALL", "LC_CTYPE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
