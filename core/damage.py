"""Damage scales, probabilities over them, and the crosswalk to the claims tier."""

from enum import IntEnum, StrEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray


class DamageGrade(IntEnum):
    """xBD joint damage scale (Gupta et al. 2019, arXiv:1911.09296), ordered by severity."""

    NO_DAMAGE = 0
    MINOR = 1
    MAJOR = 2
    DESTROYED = 3
    UNCLASSIFIED = 4


GRADED = (DamageGrade.NO_DAMAGE, DamageGrade.MINOR, DamageGrade.MAJOR, DamageGrade.DESTROYED)
"""The four grades a model gives, in column order; UNCLASSIFIED is a label, never an answer."""
PROBABILITIES = ["p_no_damage", "p_minor", "p_major", "p_destroyed"]
"""Columns of their chances, in that order."""

XBD_SUBTYPES = {
    "no-damage": DamageGrade.NO_DAMAGE,
    "minor-damage": DamageGrade.MINOR,
    "major-damage": DamageGrade.MAJOR,
    "destroyed": DamageGrade.DESTROYED,
    "un-classified": DamageGrade.UNCLASSIFIED,
}
"""xBD's label words."""


class Tier(StrEnum):
    """Working damage tier, FEMA-like: T0 none, T1 affected, T2 minor, T3 major, T4 destroyed."""

    T0 = "T0"
    T1 = "T1"
    T2 = "T2"
    T3 = "T3"
    T4 = "T4"
    U = "U"
    """Not assessed: nothing usable was seen."""


TIER_LABELS = {
    Tier.T0: "no damage seen",
    Tier.T1: "affected",
    Tier.T2: "minor",
    Tier.T3: "major",
    Tier.T4: "destroyed",
    Tier.U: "not assessed",
}

TIER_DAMAGE_RATIO = {Tier.T0: 0.0, Tier.T1: 0.05, Tier.T2: 0.175, Tier.T3: 0.375, Tier.T4: 0.875}
"""Ground-up loss over building value: the middle of each CAL FIRE DINS band.

Indicative, never a reserve.
"""

AFFECTED_PROBABILITY = 0.2
"""From here P(damaged) makes a home at least T1: $150 for a wasted review against $600 for a
missed home, 150 / (150 + 600)."""

MAJORITY = 0.5
_ROUNDING = 1e-3


class Status(StrEnum):
    """What could be said of an insured location. "Not seen" is never "not damaged"."""

    GRADED = "graded"
    OBSCURED = "obscured"
    NO_IMAGERY = "no_imagery"
    STALE_IMAGERY = "stale_imagery"
    MISALIGNED = "misaligned"
    NO_BUILDING_MATCH = "no_building_match"
    AMBIGUOUS_MATCH = "ambiguous_match"
    GEOCODE_TOO_COARSE = "geocode_too_coarse"


class SeenCode(StrEnum):
    """Reason codes of a graded building; the last two join the first."""

    SEEN = "seen"
    """Enough of the building is clear in both pictures."""
    LOOKS_CHANGED = "looks_changed"
    """Graded undamaged, though the measures of both pictures say otherwise."""
    BARE_BEFORE = "bare_before"
    """The picture before shows no building under the outline."""
    OUTLINE_NEWER = "outline_newer_than_images"
    """The outline is newer than the picture before: the building may be too."""


class Decision(StrEnum):
    """What to do next. Nothing here ever denies or closes a claim."""

    OPEN_DRAFT = "open_draft"
    REVIEW = "review"
    OUTREACH = "outreach"
    NONE = "none"


class CoverageResult(StrEnum):
    """What the policy's terms say on paper; ``fail`` is advice to a person, never a denial."""

    PASS = "pass"  # noqa: S105  a result, not a password
    REFER = "refer"
    FAIL = "fail"


class GradeProbabilities:
    """Calibrated probabilities of the four grades, one row a building.

    Attributes:
        values: float32 ``(buildings, 4)`` in the order of ``GRADED``; each row sums to 1.
        novelty_frac: ``(buildings,)``, 0 to 1; near 1 = unlike what the detector was trained on,
            so that its chances may not mean what they say. NaN where it cannot tell.
        heat: ``(buildings, height, width)`` over the chip after, 0 to 1: where the detector sees
            damage, the strongest of each chip 1. NaN for buildings graded undamaged; None from
            detectors that cannot say.
    """

    def __init__(
        self,
        values: NDArray[np.float32],
        novelty_frac: NDArray[np.float32] | None = None,
        heat: NDArray[np.float32] | None = None,
    ) -> None:
        if values.shape[1:] != (len(GRADED),):
            raise ValueError(f"grade probabilities need shape (n, 4), got {values.shape}")
        if not np.isfinite(values).all():
            raise ValueError("grade probabilities hold NaN or infinity")
        if values.size and (values.min() < 0 or abs(values.sum(axis=1) - 1).max() > _ROUNDING):
            raise ValueError("grade probabilities must be at least 0 and sum to 1 in each row")
        if novelty_frac is None:
            novelty_frac = np.full(len(values), np.nan, np.float32)
        if novelty_frac.shape != (len(values),):
            raise ValueError(f"novelty of {novelty_frac.shape} for {len(values)} buildings")
        if heat is not None and len(heat) != len(values):
            raise ValueError(f"heat of {len(heat)} buildings for {len(values)}")
        self.values = values
        self.novelty_frac = novelty_frac
        self.heat = heat

    def __len__(self) -> int:
        return len(self.values)

    def select(self, wanted: NDArray[np.intp]) -> Self:
        """Some of the buildings, in the order asked for."""
        heat = None if self.heat is None else self.heat[wanted]
        return type(self)(self.values[wanted], self.novelty_frac[wanted], heat)

    @classmethod
    def concatenate(cls, parts: "list[GradeProbabilities]") -> Self:
        """One of several, at least one; without heat if one of them has none."""
        heat = [part.heat for part in parts if part.heat is not None]
        return cls(
            np.concatenate([part.values for part in parts]),
            np.concatenate([part.novelty_frac for part in parts]),
            np.concatenate(heat) if len(heat) == len(parts) else None,
        )

    @property
    def damaged(self) -> NDArray[np.float32]:
        """P(minor or worse), ``(buildings,)``."""
        damaged: NDArray[np.float32] = self.values[:, DamageGrade.MINOR :].sum(axis=1)
        return damaged

    @property
    def severe(self) -> NDArray[np.float32]:
        """P(major or destroyed), ``(buildings,)``."""
        severe: NDArray[np.float32] = self.values[:, DamageGrade.MAJOR :].sum(axis=1)
        return severe

    @property
    def is_damaged(self) -> NDArray[np.bool_]:
        """``(buildings,)``; True = by the image alone, P(minor or worse) is a half or more."""
        damaged: NDArray[np.bool_] = self.damaged >= MAJORITY
        return damaged


def choose_tier(p_damage: float, p_severe: float, p_destroyed: float) -> Tier:
    """The tier of a building from its posterior probabilities.

    The median of the ordered scale decides between T2, T3 and T4; P(damaged) that is worth a
    look but under one half is T1, "affected". Major is split from minor by P(severe) >= 0.5.

    Args:
        p_damage: P(minor or worse) after fusion, 0 to 1.
        p_severe: P(major or destroyed) after fusion, 0 to 1.
        p_destroyed: P(destroyed) after fusion, 0 to 1.

    Raises:
        ValueError: a probability is NaN; "not seen" must not come out as "not damaged".
    """
    if np.isnan([p_damage, p_severe, p_destroyed]).any():
        raise ValueError(f"no tier from probabilities {(p_damage, p_severe, p_destroyed)}")
    if p_destroyed >= MAJORITY:
        return Tier.T4
    if p_severe >= MAJORITY:
        return Tier.T3
    if p_damage >= MAJORITY:
        return Tier.T2
    return Tier.T1 if p_damage >= AFFECTED_PROBABILITY else Tier.T0
