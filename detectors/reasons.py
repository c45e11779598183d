"""One plain line a building: what the pictures show, and where they speak against the grade.

A line says what was measured and no more. It is not why the network decided; it is what a person
can check in the two pictures. What was measured speaks against the grade only where that was found
right often enough to be worth a person's look (docs/facts.md); such a line says so, and the same
homes carry ``core.damage.SeenCode.LOOKS_CHANGED``, so that triage and ranking count it. Facts
against a grave grade were right in so few of their cases that they are not raised at all: a grave
grade without a measured change says that the picture as a whole was graded, and nothing against it.
So does "undamaged" where a change is plain that does not count.
"""

import numpy as np
from numpy.typing import NDArray

from core.damage import DamageGrade, GradeProbabilities
from detectors.facts import Facts

CLEAR = {
    "likeness": 0.09, "roof_texture": 1.08, "ring_texture": 0.85, "roof_colour": 18.9,
    "standing_out": 0.32,
}  # fmt: skip
"""Where a change is plain: 1 in 20 undamaged homes of Hurricane Michael (xBD, areas that the model
was trained on) is past each. Likeness and standing out count below, the others above."""
SOME = {
    "likeness": 0.41, "roof_texture": 0.50, "ring_texture": 0.52, "roof_colour": 10.5,
    "standing_out": 0.69,
}  # fmt: skip
"""Where a change can be seen: 1 in 5 of the same homes. Said of homes that are graded damaged, or
whose measures together speak against "undamaged"."""
FALLING = ("likeness", "standing_out")
"""Facts that damage lowers."""
TARP_SEEN = 0.08
"""Share of the roof; a tarp of some 15 m2 on a common roof."""

CHANGE_WEIGHTS = {"likeness": -2.43, "roof_texture": 0.97, "roof_colour": 0.10}
CHANGE_BIAS = -0.12
"""Log odds of destroyed against undamaged, the two counted alike: fitted to Hurricane Michael's
homes in areas that the model was trained on. It tells them apart (AUC) there in 0.83, in Santa
Rosa's fire in 0.95 and in Joplin's tornado in 0.94, of which no home was fitted on."""
LOOKS_CHANGED_LOG_ODDS = 1.5
"""From here the pictures speak against "undamaged"; 1 undamaged home in 24 of Michael's, 1 in 109
of Santa Rosa's."""
LOOKS_CHANGED_DAMAGED_FRAC = 0.1
"""... where the image alone gives damage this chance: of homes below it, 4 of 38 of Michael's and
none of 20 of Santa Rosa's were damaged, too few for a look to pay. Limit and chance were chosen on
Michael's areas for training; docs/facts.md has what the others say."""

NOTHING_CHANGED = "no clear change seen"
AS_A_WHOLE = " from the picture as a whole"
NOT_MEASURED = "too little of the building seen to measure"
LOOK_TWICE = ": look twice"

_GRADE_WORDS = {
    DamageGrade.NO_DAMAGE: "undamaged",
    DamageGrade.MINOR: "minor",
    DamageGrade.MAJOR: "major",
    DamageGrade.DESTROYED: "destroyed",
}
_SIGNS = (
    ("likeness", "the roof cannot be recognised any more", "the roof is hard to recognise"),
    ("standing_out", "nothing stands out from the ground", "the roof stands out less"),
    ("roof_texture", "much rougher texture on the roof", "rougher texture on the roof"),
    ("roof_colour", "roof colour changed much", "roof colour changed"),
    ("ring_texture", "much rougher ground around it, like debris", "rougher ground around it"),
)
"""Each fact with its words where the change is plain, and where it can be seen."""
_TARP = "new blue cover on the roof, like a tarp"


def describe(facts: Facts, probabilities: GradeProbabilities) -> list[str]:
    """A line for each building, in the batch's order.

    Args:
        facts: as measured.
        probabilities: the image's, before the hazard is weighed in.

    Raises:
        ValueError: facts and probabilities are of different batches.
    """
    grades = probabilities.values.argmax(axis=1)
    looks_changed = find_changed(facts, probabilities)
    columns = {name: getattr(facts, name).tolist() for name, *_ in _SIGNS}
    tarps = (facts.tarp_frac >= TARP_SEEN).tolist()
    is_measured = facts.is_measured.tolist()
    return [
        _say(DamageGrade(grade), *_spell({k: v[i] for k, v in columns.items()}, tarps[i]), changed)
        if is_measured[i]
        else NOT_MEASURED
        for i, (grade, changed) in enumerate(
            zip(grades.tolist(), looks_changed.tolist(), strict=True)
        )
    ]


def find_changed(facts: Facts, probabilities: GradeProbabilities) -> NDArray[np.bool_]:
    """Homes that the image grades undamaged though what was measured says otherwise, ``(batch,)``.

    Args:
        facts: as measured.
        probabilities: the image's, before the hazard is weighed in.

    Raises:
        ValueError: facts and probabilities are of different batches.
    """
    if len(facts) != len(probabilities):
        raise ValueError(f"{len(facts)} facts for {len(probabilities)} probabilities")
    is_undamaged = probabilities.values.argmax(axis=1) == DamageGrade.NO_DAMAGE
    is_undamaged &= ~probabilities.is_damaged
    is_possible = probabilities.damaged >= LOOKS_CHANGED_DAMAGED_FRAC
    speaks: NDArray[np.bool_] = compute_change(facts) >= LOOKS_CHANGED_LOG_ODDS
    return is_undamaged & is_possible & speaks


def compute_change(facts: Facts) -> NDArray[np.float64]:
    """How much the measures together look like a destroyed home: log odds, ``(batch,)``."""
    weighed = [weight * getattr(facts, name) for name, weight in CHANGE_WEIGHTS.items()]
    total: NDArray[np.float64] = np.sum(weighed, axis=0) + CHANGE_BIAS
    return total


def _spell(
    values: dict[str, float],
    has_tarp: bool,  # noqa: FBT001  a fact
) -> tuple[list[str], list[str]]:
    """What is plain on one building, and what can be seen."""
    plain = [words for name, words, _ in _SIGNS if _is_past(name, values[name], CLEAR[name])]
    slight = [
        words
        for name, _, words in _SIGNS
        if _is_past(name, values[name], SOME[name])
        and not _is_past(name, values[name], CLEAR[name])
    ]
    return [_TARP] * has_tarp + plain, slight


def _is_past(name: str, value: float, limit: float) -> bool:
    return value <= limit if name in FALLING else value >= limit


def _say(
    grade: DamageGrade,
    plain: list[str],
    slight: list[str],
    looks_changed: bool,  # noqa: FBT001  a fact
) -> str:
    """The line of one building."""
    graded = f"graded {_GRADE_WORDS[grade]}"
    seen = "; ".join([*plain, *slight])
    if looks_changed:
        return f"{graded}, though {seen}{LOOK_TWICE}"
    if grade is DamageGrade.NO_DAMAGE:
        return f"{graded}{AS_A_WHOLE}" if plain else NOTHING_CHANGED
    return seen or f"{graded}{AS_A_WHOLE}"
