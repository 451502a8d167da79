"""A verdict in words: who wins where, whether the order holds, what is noise, how large the effect is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from core.verdict.answer import RMSE, Away, Part, Reversal, Standing

_TASKS = {RMSE: "to predict ratings"}


def conclude(parts: Sequence[Part]) -> tuple[str, ...]:
    """Say for each measure who wins on each split, whether the order holds, and what to use."""
    lines: list[str] = []
    for measure in dict.fromkeys(part.measure for part in parts):
        own = [part for part in parts if part.measure == measure]
        lines += map(_winner, own)
        telling = [part for part in own if part.tells]
        if telling:
            known = "" if len(telling) == len(own) else " with users enough"
            lines += [_order(telling, known), _advice(telling, known)]
    return tuple(lines)


def reversals(parts: Sequence[Part]) -> tuple[Reversal, ...]:
    """Pairs of contenders that lie clearly one way on one part and clearly the other way on another.

    A pair is told once: where both differences are largest.
    """
    found: dict[tuple[str, str, str], Reversal] = {}
    for one, two in combinations(parts, 2):
        if one.measure == two.measure and one.tells and two.tells:
            for reversal in _turned(one, two):
                key = (reversal.measure, *sorted((reversal.first, reversal.other)))
                held = found.get((key[0], key[1], key[2]))
                if held is None or _weight(reversal) > _weight(held):
                    found[(key[0], key[1], key[2])] = reversal
    return tuple(sorted(found.values(), key=_weight, reverse=True))


def _weight(reversal: Reversal) -> float:
    return min(reversal.ahead, reversal.behind)


def _turned(one: Part, two: Part) -> Iterator[Reversal]:
    elsewhere = {(pair.first, pair.other): pair.away for pair in two.pairs}
    for pair in one.pairs:
        here, there = pair.away, elsewhere.get((pair.first, pair.other))
        if (
            there is None
            or not (here.clear and there.clear)
            or (here.difference > 0) == (there.difference > 0)
        ):
            continue
        first_ahead = (here.difference > 0) == (one.measure == RMSE)
        first, other = (pair.first, pair.other) if first_ahead else (pair.other, pair.first)
        yield Reversal(
            measure=one.measure,
            first=first,
            other=other,
            split=one.split,
            ahead=abs(here.difference),
            elsewhere=two.split,
            behind=abs(there.difference),
        )


def _winner(part: Part) -> str:
    """Who wins on a part, by how much against the baseline, and who is within noise of it."""
    best = part.best
    near = [one.name for one in part.standings[1:] if one.leads]
    if not part.tells:
        return f"{part.measure}, {part.split}: {part.users} users are too few to conclude anything."
    told = f"{part.measure}, {part.split}: {best.name} is best with {best.figure:.4f}"
    if best.from_baseline is None:
        behind = [one.name for one in part.standings[1:] if not one.leads]
        clearly = f" (clearly ahead of {_listed(behind)})" if behind else ""
        rest = f"; within noise of it: {_listed(near)}" if near else ""
        return f"{told}, and nothing beats that baseline{clearly}{rest}."
    base = part.standing(part.baseline)
    assert base is not None  # noqa: S101 - the baseline is among the contenders
    how = "clearly" if best.from_baseline.clear else "within noise"
    told += f", {_effect(part, best, base)} {part.baseline} ({base.figure:.4f}; {how}"
    told += f", 95 % {_percent(best.from_baseline, base)})"
    return (
        f"{told}; within noise of it: {_listed(near)}." if near else f"{told}; all others lie clearly behind."
    )


def _effect(part: Part, best: Standing, base: Standing) -> str:
    share = abs(best.figure - base.figure) / max(abs(base.figure), 1e-12)
    return f"{share:.1%} {'below' if part.measure == RMSE else 'above'}"


def _percent(away: Away, base: Standing) -> str:
    low, high = sorted(abs(end) / max(abs(base.figure), 1e-12) for end in (away.low, away.high))
    if not away.clear:
        return f"{away.low / base.figure:+.1%} to {away.high / base.figure:+.1%}"
    return f"{low:.1%} to {high:.1%}"


def _order(parts: Sequence[Part], known: str) -> str:
    """Whether the order holds over the parts of one measure; `known` says which splits these are."""
    measure = parts[0].measure
    if len(parts) < 2:
        return f"{measure}: with one split there is no saying whether the order holds."
    turned = reversals(parts)
    if turned:
        told = [
            f"{one.first} is ahead of {one.other} on {one.split} (by {one.ahead:.4f}) and behind it on "
            f"{one.elsewhere} (by {one.behind:.4f})"
            for one in turned[:3]
        ]
        more = f"; and {len(turned) - 3} pairs more" if len(turned) > 3 else ""
        return f"{measure}: the order reverses between splits, beyond noise: {'; '.join(told)}{more}."
    winners = list(dict.fromkeys(part.best.name for part in parts))
    if len(winners) == 1:
        held = "no pair turns round beyond noise"
        where = f"on every split{known}" if known else "everywhere"
        clear = any(one.from_best and one.from_best.clear for part in parts for one in part.standings[1:2])
        best = f"is best {where}" if clear else f"comes first {where}, within noise"
        return f"{measure}: the order holds: {held}, and {winners[0]} {best}."
    return (
        f"{measure}: no pair turns round beyond noise, though the first place changes within it: "
        f"{_listed(winners)}."
    )


def _advice(parts: Sequence[Part], known: str) -> str:
    """Whom to take: who leads or is within noise of it on most parts, then who beats the baseline on most,
    then who has the better mean rank."""
    measure = parts[0].measure
    names = [one.name for one in parts[0].standings if all(part.standing(one.name) for part in parts)]
    scored = {name: [part.standing(name) for part in parts] for name in names}

    def merit(name: str) -> tuple[int, int, float]:
        leads = sum(1 for one in scored[name] if one is not None and one.leads)
        ranks = [[other.name for other in part.standings].index(name) for part in parts]
        return -leads, -sum(_beats(part, name) for part in parts), sum(ranks) / len(ranks)

    chosen = min(names, key=merit)
    leads = -merit(chosen)[0]
    task = _TASKS.get(measure, "to rank")
    where = f"on every split{known}" if leads == len(parts) else f"on {leads} of {len(parts)} splits{known}"
    beaten = [part.split for part in parts if _beats(part, chosen)]
    if not beaten:
        return f"So {task}, nothing clearly beats {parts[0].baseline} here: take that, it costs nothing."
    rest = f"on every split{known}" if len(beaten) == len(parts) else f"on {_listed(beaten)}"
    rest = f"it clearly beats {parts[0].baseline} {rest}"
    return f"So {task}, take {chosen}: it leads or ties {where}, and {rest}."


def _beats(part: Part, name: str) -> bool:
    standing = part.standing(name)
    if standing is None or standing.from_baseline is None:
        return False
    return part.verdict(standing.from_baseline) == "better"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
