"""What one person says of one home, and what several say together. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from core.damage import DamageGrade, Tier

GRADE_OF_TIER: Mapping[str, DamageGrade] = MappingProxyType(
    {
        Tier.T0: DamageGrade.NO_DAMAGE,
        Tier.T1: DamageGrade.MINOR,
        Tier.T2: DamageGrade.MINOR,
        Tier.T3: DamageGrade.MAJOR,
        Tier.T4: DamageGrade.DESTROYED,
        Tier.U: DamageGrade.UNCLASSIFIED,
    }
)
"""xBD's grade of each answer; affected is xBD's minor, which begins at missing roof elements."""
MOST_READERS = 3
"""Where two disagree a third decides; where all three differ, the newest counts."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """One answer, or the taking back of one.

    Attributes:
        number: its place in the journal, from 1.
        at_utc: ISO 8601 with Z.
        building_id: the building.
        reviewer: staff id.
        role: in which role.
        tier: T0 to T4, or U where one cannot tell.
        seconds: from seeing the pair to the answer.
        lane: why it was in the queue: worst, random or second.
        run_id: the run whose pictures were seen.
        model_tier: what the model said, hidden until the answer.
        undoes: number of the answer that this takes back; None of an answer.
    """

    number: int
    at_utc: str
    building_id: str
    reviewer: str
    role: str
    tier: str
    seconds: float
    lane: str
    run_id: str
    model_tier: str
    undoes: int | None = None


def keep_standing(judgements: Iterable[Judgement]) -> tuple[Judgement, ...]:
    """Answers that nobody took back, the newest of each reviewer and building."""
    given = list(judgements)
    undone = {each.undoes for each in given if each.undoes is not None}
    newest: dict[tuple[str, str], Judgement] = {}
    for each in given:
        if each.undoes is None and each.number not in undone:
            newest[each.building_id, each.reviewer] = each
    return tuple(sorted(newest.values(), key=lambda each: each.number))


def by_building(standing: Iterable[Judgement]) -> dict[str, list[Judgement]]:
    """Standing answers of each building, in the order in which they were given."""
    found: dict[str, list[Judgement]] = {}
    for each in standing:
        found.setdefault(each.building_id, []).append(each)
    return found


def count_wanted(answers: Sequence[Judgement], *, second_reader: bool) -> int:
    """How many people should look at a home, given what was answered so far.

    Two where the first says destroyed, or is on the other side of damaged or severe than the
    model; three where two disagree.
    """
    if not second_reader or not answers:
        return 1
    first = answers[0]
    if len(answers) > 1 and _differ(answers[0].tier, answers[1].tier):
        return MOST_READERS
    is_dire = any(each.tier == Tier.T4 for each in answers)
    return 2 if is_dire or _differ(first.tier, first.model_tier) else 1


def is_settled(answers: Sequence[Judgement], *, second_reader: bool) -> bool:
    """Whether enough people looked."""
    return len(answers) >= count_wanted(answers, second_reader=second_reader)


def settle(answers: Sequence[Judgement]) -> DamageGrade:
    """The grade of a home: what most say, of ties the newest; as runs resolve reviews."""
    grades = [GRADE_OF_TIER[each.tier] for each in answers]
    told = [grade for grade in grades if grade is not DamageGrade.UNCLASSIFIED]
    if not told:
        return DamageGrade.UNCLASSIFIED
    votes = Counter(told)
    most = max(votes.values())
    return next(grade for grade in reversed(told) if votes[grade] == most)


def find_agreement(standing: Iterable[Judgement]) -> tuple[int, int]:
    """Homes that two read, and those of them on which the first two agree."""
    pairs = [answers[:2] for answers in by_building(standing).values() if len(answers) > 1]
    agreed = sum(not _differ(one.tier, other.tier) for one, other in pairs)
    return len(pairs), agreed


def _differ(one: str, other: str) -> bool:
    """Whether two answers lie on two sides of damaged, or of severe; unknown differs from none."""
    grades = [GRADE_OF_TIER[each] for each in (one, other)]
    if DamageGrade.UNCLASSIFIED in grades:
        return False
    return any(
        (grades[0] >= bound) != (grades[1] >= bound)
        for bound in (DamageGrade.MINOR, DamageGrade.MAJOR)
    )
