"""The protocols that published figures stand on, and some of these figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.errors import UsageError
from core.options import suggest


@dataclass(frozen=True)
class Published:
    """A published figure: whose, and where it stands."""

    who: str
    figure: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """What is trained on what and measured how; `told` says it in a line. `architectures` are judged where
    none is named, `holds` is a file that a folder of the data must hold."""

    name: str
    dataset: str
    measure: str
    told: str
    architectures: tuple[str, ...]
    holds: str
    published: tuple[Published, ...]


PROTOCOLS: Mapping[str, Protocol] = {
    protocol.name: protocol
    for protocol in (
        Protocol(
            name="ml-100k",
            dataset="ml-100k",
            measure="RMSE",
            told="MovieLens 100K, official pairs u1.base/u1.test to u5",
            holds="u1.base",
            architectures=("bias", "bayes"),
            published=(
                Published("GC-MC", "0.905 to 0.910 (u1)", "van den Berg et al. 2017"),
                Published("GLocal-K", "0.889 (u1)", "Han et al. 2021"),
            ),
        ),
        Protocol(
            name="ml-1m",
            dataset="ml-1m",
            measure="RMSE",
            told="MovieLens 1M, random 90/10",
            holds="ratings.dat",
            architectures=("bias", "bayes"),
            published=(
                Published("GC-MC", "0.832", "van den Berg et al. 2017"),
                Published("GLocal-K", "0.823", "Han et al. 2021"),
            ),
        ),
        Protocol(
            name="liang",
            dataset="ml-20m",
            measure="nDCG@100",
            told="MovieLens 20M, ratings from 4 of users with 5 such at least, 10,000 users held out and "
            "folded in from 80 % of their items (Liang et al. 2018; none held out for validation)",
            architectures=("ease",),
            holds="ratings.csv",
            published=(
                Published("EASE", "0.420", "Steck 2019"),
                Published("iALS", "0.425", "Rendle et al. 2022"),
                Published("Mult-VAE", "0.426", "Liang et al. 2018"),
                Published("RecVAE", "0.442", "Shenbin et al. 2020"),
            ),
        ),
    )
}


def find_protocol(name: str) -> Protocol:
    """Look a protocol up; raises UsageError with the nearest name."""
    if name not in PROTOCOLS:
        raise UsageError(f"There is no protocol {name!r}.", hint=suggest(name, PROTOCOLS))
    return PROTOCOLS[name]
