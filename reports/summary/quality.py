"""Gates on what a run says of its homes, beside those on what became of the book. Pure.

Each is passed, not passed, or not judged where there is too little to judge by: a share of ten
homes says nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

import numpy as np
import pandas as pd

from core.damage import PROBABILITIES, XBD_SUBTYPES, DamageGrade, Status, Tier
from core.schemas.book import LOCATION_KEY
from reports.summary.gates import Gap

_STRANGE_NOVELTY = 0.99
"""Homes whose picture is stranger than 99 of 100 that the weights were measured on."""
_UNDECIDED_BELOW = 0.5
_DAMAGED = (Tier.T2.value, Tier.T3.value, Tier.T4.value)
_SIGMAS = 4.0
"""Chance alone is not told: the reviewed share must stray by so many standard errors too."""
_DUPLICATED = ["longitude", "latitude", "building_id", "building_tiv"]


@dataclass(frozen=True, slots=True)
class QualityLimits:
    """From where on a list is held back for what it says; shares are 0 to 1."""

    min_homes: int = 200
    """homes to judge drift by, at the least; of fewer nothing is said"""

    max_strange_frac: float = 0.25
    """homes whose pictures are stranger than 99 in 100 that the weights were measured on; of the
    events seen so far 0 to 9 in 100 were (docs/every-day.md)"""

    max_undecided_frac: float = 0.3
    """graded homes of which no grade has a chance of one half; of the weights' own held-out homes
    5 in 100, of single events up to 12"""

    min_compared: int = 30
    """homes to judge a jump by, at the least"""

    max_turned_frac: float = 0.3
    """homes graded in the last published list too of which this one says damaged where that said
    not, or the other way round"""

    max_left_frac: float = 0.3
    """homes of the last published list that are not in this one"""

    max_duplicate_frac: float = 0.2
    """homes that share place, building and insured value with another home of the list"""

    min_reviewed: int = 50
    """reviewed homes to judge calibration by, at the least"""

    max_miscalibrated_frac: float = 0.15
    """... by so much the share that people found damaged may differ from the chances given"""

    def __post_init__(self) -> None:
        for name in ("min_homes", "min_compared", "min_reviewed"):
            if getattr(self, name) < 1:
                raise ValueError(f"gates.{name} is {getattr(self, name)}, below 1")
        for name in (
            "max_strange_frac", "max_undecided_frac", "max_turned_frac", "max_left_frac",
            "max_duplicate_frac", "max_miscalibrated_frac",
        ):  # fmt: skip
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"gates.{name} is {getattr(self, name)}, no share of 0 to 1")


class Outcome(StrEnum):
    """What became of a gate."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_JUDGED = "not_judged"


@dataclass(frozen=True, slots=True)
class GateResult:
    """One gate of one run.

    Attributes:
        code: which; stable, for programs.
        outcome: what became of it.
        told: the numbers, in words.
        gap: where it was not passed.
    """

    code: str
    outcome: Outcome
    told: str
    gap: Gap | None = None


@dataclass(frozen=True, slots=True)
class _Gate:
    """What a gate is told by.

    Attributes:
        code: which.
        least: fewest homes that it is judged by.
        limit: share allowed.
        limit_name: the setting.
        words: as in ``{part} of {whole} homes ...``.
        remedy: what to do about it.
    """

    code: str
    least: int
    limit: float
    limit_name: str
    words: str
    remedy: str

    def judge(self, part: int, whole: int, asked: str = "homes") -> GateResult:
        """The gate, by a share."""
        if whole < self.least:
            told = f"not judged: {whole} {asked}, {self.least} needed"
            return GateResult(self.code, Outcome.NOT_JUDGED, told)
        told = f"{part:,} of {whole:,} {self.words} ({part / whole:.0%}, {self.limit:.0%} allowed)"
        if part <= self.limit * whole:
            return GateResult(self.code, Outcome.PASSED, told)
        gap = Gap(self.code, part, whole, self.limit, told, self.remedy, self.limit_name)
        return GateResult(self.code, Outcome.FAILED, told, gap)


def judge_quality(
    findings: pd.DataFrame, published: pd.DataFrame | None, limits: QualityLimits
) -> tuple[GateResult, ...]:
    """All gates on what the list says.

    Args:
        findings: FINDINGS of this run.
        published: FINDINGS of the last run whose list was published, of this version or an
            earlier; None where there is none.
        limits: from where on a list is held back.
    """
    return (
        _judge_duplicates(findings, limits),
        _judge_strange(findings, limits),
        _judge_undecided(findings, limits),
        *_judge_jump(findings, published, limits),
        _judge_reviews(findings, limits),
    )


def _judge_duplicates(findings: pd.DataFrame, limits: QualityLimits) -> GateResult:
    points = findings["geometry"]
    placed = pd.DataFrame({
        "longitude": [point.x for point in points], "latitude": [point.y for point in points],
        "building_id": findings["building_id"].to_numpy(),
        "building_tiv": findings["building_tiv"].to_numpy(),
    })  # fmt: skip
    placed = placed[placed["building_id"].notna()]
    gate = _Gate(
        "duplicate_homes", limits.min_compared, limits.max_duplicate_frac,
        "max_duplicate_frac (settings, gates)",
        "homes share place, building and insured value with another",
        "See whether the book was exported twice, under two portfolios or accounts",
    )  # fmt: skip
    return gate.judge(int(placed.duplicated(_DUPLICATED, keep=False).sum()), len(placed))


def _judge_strange(findings: pd.DataFrame, limits: QualityLimits) -> GateResult:
    known = findings["novelty_frac"].dropna()
    gate = _Gate(
        "strange_pictures", limits.min_homes, limits.max_strange_frac,
        "max_strange_frac (settings, gates)",
        "graded homes look stranger than 99 in 100 that the weights were measured on",
        "Look at pictures on the map: another sensor, season or ground; have homes reviewed",
    )  # fmt: skip
    return gate.judge(int((known >= _STRANGE_NOVELTY).sum()), len(known), "graded homes")


def _judge_undecided(findings: pd.DataFrame, limits: QualityLimits) -> GateResult:
    graded = findings.loc[findings["status"] == Status.GRADED, PROBABILITIES]
    gate = _Gate(
        "undecided_scores", limits.min_homes, limits.max_undecided_frac,
        "max_undecided_frac (settings, gates)",
        "graded homes have no grade with a chance of one half",
        "Look at pictures on the map: haze, coarse pixels, a bad fit; have homes reviewed",
    )  # fmt: skip
    undecided = int((graded.max(axis=1) < _UNDECIDED_BELOW).sum())
    return gate.judge(undecided, len(graded), "graded homes")


def _judge_jump(
    findings: pd.DataFrame, published: pd.DataFrame | None, limits: QualityLimits
) -> tuple[GateResult, ...]:
    names = ("homes_left", "findings_turned")
    key = [name for name in LOCATION_KEY if published is not None and name in published]
    if published is None or not key:
        told = "not judged: no earlier list of the event is published"
        return tuple(GateResult(name, Outcome.NOT_JUDGED, told) for name in names)
    then = published[[*key, "status", "tier"]].drop_duplicates(key)
    both = then.merge(findings[[*key, "status", "tier"]].drop_duplicates(key), on=key, how="left")
    left = _Gate(
        names[0], limits.min_compared, limits.max_left_frac, "max_left_frac (settings, gates)",
        "homes of the last published list are not in this one",
        "See whether the book is whole, and whether the hazard is still the event's",
    )  # fmt: skip
    turned = _Gate(
        names[1], limits.min_compared, limits.max_turned_frac,
        "max_turned_frac (settings, gates)",
        "homes graded in both lists went from damaged to not damaged or back",
        "Compare the new pictures with the old on the map, and see which weights and settings ran",
    )  # fmt: skip
    graded = both[(both["status_x"] == Status.GRADED) & (both["status_y"] == Status.GRADED)]
    is_turned = graded["tier_x"].isin(_DAMAGED) != graded["tier_y"].isin(_DAMAGED)
    return (
        left.judge(int(both["status_y"].isna().sum()), len(both), "homes of an earlier list"),
        turned.judge(int(is_turned.sum()), len(graded), "homes graded in both lists"),
    )


def _judge_reviews(findings: pd.DataFrame, limits: QualityLimits) -> GateResult:
    """The chances of the pictures against what people found, on the homes that both judged."""
    code, limit = "reviews_disagree", limits.max_miscalibrated_frac
    is_both = findings["reviewed_grade"].notna() & (findings["status"] == Status.GRADED)
    both = findings[is_both]
    if len(both) < limits.min_reviewed:
        told = f"not judged: {len(both)} homes reviewed, {limits.min_reviewed} needed"
        return GateResult(code, Outcome.NOT_JUDGED, told)
    given = 1 - both["p_no_damage"].to_numpy(np.float64)
    found = both["reviewed_grade"].map(_GRADES).to_numpy() >= DamageGrade.MINOR
    error = sqrt(float((given * (1 - given)).sum())) / len(both)
    off = abs(float(given.mean()) - float(found.mean()))
    told = (
        f"of {len(both):,} reviewed homes people found {found.mean():.0%} damaged, the pictures' "
        f"chances say {given.mean():.0%} ({limit:.0%} apart allowed)"
    )
    if off <= max(limit, _SIGMAS * error):
        return GateResult(code, Outcome.PASSED, told)
    gap = Gap(
        code, round(off * len(both)), len(both), limit, told,
        "Have more homes reviewed, so that the event is recalibrated, or other weights trained",
        "max_miscalibrated_frac (settings, gates)",
    )  # fmt: skip
    return GateResult(code, Outcome.FAILED, told, gap)


_GRADES: Mapping[str, int] = {word: int(grade) for word, grade in XBD_SUBTYPES.items()}
