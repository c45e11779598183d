"""Figures of a model's evaluation: what detectors measure and reports show."""

from dataclasses import dataclass
from enum import StrEnum

from core.damage import DamageGrade

POOLED = "all"
"""Stands for all events of a kind together."""


class SplitKind(StrEnum):
    """How homes were kept from the training whose model scores them."""

    AREA_FOLD = "area_fold"
    LEAVE_EVENT_OUT = "leave_event_out"
    HELD_OUT_SCENES = "held_out_scenes"


@dataclass(frozen=True, slots=True)
class Estimate:
    """One figure of one group.

    Attributes:
        figure: its name, as in ``auc_damaged``.
        value: mean over seeds; None where it cannot be given.
        low: lower end of the interval over scenes; None where there is none.
        high: upper end.
        seed_low: lowest value of a seed.
        seed_high: highest value of a seed.
        reason: why value or interval is None.
    """

    figure: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    seed_low: float | None = None
    seed_high: float | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class JudgedGroup:
    """Homes of one event, or of all, judged together.

    Attributes:
        kind: how they were kept from training, a word of ``SplitKind``.
        event_id: the event, or ``POOLED``.
        by_grade: homes of each true grade, none to destroyed.
        scenes: scenes after the event; intervals draw these.
        areas: spatial blocks.
        seeds: trainings that each home was judged by.
        figures: by name.
    """

    kind: str
    event_id: str
    by_grade: tuple[int, ...]
    scenes: int
    areas: int
    seeds: int
    figures: dict[str, Estimate]

    @property
    def homes(self) -> int:
        """Homes of all grades."""
        return sum(self.by_grade)

    @property
    def damaged(self) -> int:
        """Homes of grade minor or worse."""
        return sum(self.by_grade[DamageGrade.MINOR :])

    @property
    def severe(self) -> int:
        """Homes of grade major or worse."""
        return sum(self.by_grade[DamageGrade.MAJOR :])
