"""A moment in words: a date, a date with a time, a year, or seconds since 1970."""

from __future__ import annotations

import datetime

from core.errors import UsageError

_MOST_DIGITS = 18
"""Seconds of more digits are no moment that a table could hold."""


def read_moment(text: str, flag: str) -> int:
    """Read a moment as seconds since 1970; dates without a zone are in UTC. Raises UsageError."""
    word = text.strip()
    if word.isdecimal() and len(word) == 4:
        word = f"{word}-01-01"
    try:
        if word.lstrip("-").isdecimal() and 8 < len(word) <= _MOST_DIGITS:
            return int(word)
        moment = datetime.datetime.fromisoformat(word)
    except ValueError:
        hint = "Write it as in 2018-06-30 or 2018-06-30T12:00, in UTC."
        raise UsageError(f"{flag} takes a date, not {text!r}.", hint=hint) from None
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)
    return int(zoned.timestamp())


def date_of(seconds: int) -> str:
    """ISO 8601 in UTC; a time too far off for a calendar stays a number."""
    try:
        return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat()
    except (OverflowError, ValueError, OSError):
        return str(seconds)


def day_of(seconds: int) -> str:
    """The day alone, as people read it."""
    return date_of(seconds).partition("T")[0]
