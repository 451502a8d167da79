"""Which key gives which rating: digits for whole ratings, or ten equal parts of an unusual scale."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import UsageError
from core.views import Scale

_PARTS = 10
_MOST_STEPS = 20
"""`+` and `-` cross the whole scale in at most so many presses."""


@dataclass(frozen=True)
class RatingKeys:
    """The keys of a rating scale; `step` is 0 where any number between its ends will do."""

    minimum: float
    maximum: float
    step: float = 0.0

    @classmethod
    def of(cls, scale: Scale) -> RatingKeys:
        """The keys of a model's scale."""
        return cls(scale.minimum, scale.maximum, scale.step)

    @property
    def plain(self) -> bool:
        """Whether a digit is the rating itself, as on 1–5 and 1–10."""
        return self.minimum >= 0 and 1 <= self.maximum <= _PARTS

    @property
    def single(self) -> bool:
        """Whether there is but one rating to give, as in a table of mere likes."""
        return self.minimum == self.maximum

    @property
    def fine(self) -> float:
        """How far `+` and `-` go."""
        span = self.maximum - self.minimum
        return self.step if self.step > 0 and span / self.step <= _MOST_STEPS else span / _MOST_STEPS

    def value(self, digit: int) -> float | None:
        """The rating of a digit's key, None for one beyond the scale; 0 is the tenth key."""
        tenth = digit or _PARTS
        if not self.plain:
            return self._snap(self.minimum + (self.maximum - self.minimum) * tenth / _PARTS)
        if digit == 0 and self.maximum < _PARTS:
            return self.minimum if self.minimum < 1 else None
        return float(tenth) if self.minimum <= tenth <= self.maximum else None

    def moved(self, rating: float, steps: int) -> float:
        """A rating some fine steps up or down, not beyond the ends."""
        return self._snap(min(self.maximum, max(self.minimum, rating + steps * self.fine)))

    def parse(self, text: str) -> float:
        """Read a typed rating; raises UsageError for one off the scale."""
        try:
            rating = float(text.strip().replace(",", "."))
        except ValueError:
            rating = float("nan")
        if not self.minimum <= rating <= self.maximum:
            raise UsageError(f"A number from {self.minimum:g} to {self.maximum:g}, not {text!r}.")
        return rating

    def legend(self) -> str:
        """`1–5 rate; + - by 0.5`; on other scales what the first and the last key give."""
        fine = f"+ - by {self.fine:g}"
        keys = [digit for digit in range(1, _PARTS) if self.value(digit) is not None]
        if self.plain and self.maximum < _PARTS:
            return f"{keys[0]}–{keys[-1]} rate; {fine}"
        return f"{keys[0]}–9, 0 rate {self.value(keys[0]):g}–{self.value(0):g}; {fine}"

    def _snap(self, rating: float) -> float:
        if self.step <= 0:
            return round(rating, 6)
        return round(self.minimum + round((rating - self.minimum) / self.step) * self.step, 6)
