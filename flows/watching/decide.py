"""When a hazard is an event, and when an event has a new version. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from flows.watching.candidates import Candidate
from flows.watching.exposure import Exposure
from flows.wiring.sections.watch import ThresholdSection

MACHINE = "watch"
"""Who declares what no person did."""


class News(StrEnum):
    """What became of an event."""

    DECLARED = "declared"
    CHANGED = "changed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Version:
    """An event as it was declared or changed.

    Attributes:
        version: 1 for the declaration.
        news: what it was.
        noted_at_utc: when.
        by: who: the watch, or a person.
        basis: what it rests on: product and time.
        evidence: digest of that.
        locations: homes of the book inside then; None = not counted.
        insured_value: of their buildings; None = not counted.
    """

    version: int
    news: News
    noted_at_utc: datetime
    by: str
    basis: str
    evidence: str
    locations: int | None
    insured_value: float | None


def decide(
    candidate: Candidate, versions: Sequence[Version], exposure: Exposure,
    limits: ThresholdSection, now_utc: datetime,
) -> Version | None:  # fmt: skip
    """The version that a hazard gives rise to; None where there is no news.

    A hazard is declared once it reaches every threshold. From then on each new evidence is a
    version, whatever the thresholds say: an event that shrank is one still. One that a person
    closed stays closed.

    Args:
        candidate: the hazard now.
        versions: how the event came about; none = it is not declared.
        exposure: what of the book it reaches.
        limits: from when on it is an event.
        now_utc: the instant.
    """
    is_large = (
        exposure.locations >= limits.locations and exposure.insured_value >= limits.insured_value
    )
    last = versions[-1] if versions else None
    if last is None and not is_large:
        return None
    if last is not None and (last.news is News.CLOSED or last.evidence == candidate.evidence):
        return None
    return Version(
        1 if last is None else last.version + 1,
        News.DECLARED if last is None else News.CHANGED,
        now_utc, MACHINE, candidate.basis, candidate.evidence, exposure.locations,
        exposure.insured_value,
    )  # fmt: skip
