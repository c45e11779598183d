"""One plain line a building: what the pictures show, and where the grade does not agree with it.

A line says what was measured and no more. It is not why the network decided; it is what a person
can check in the two pictures.
"""

import numpy as np
from numpy.typing import NDArray

from core.damage import DamageGrade, GradeProbabilities
from detectors.facts import Facts

ROOF_ROUGHER = 1.0
"""log2: twice the texture. All limits of this module were set on rendered towns (hurricane and
wildfire, 300 homes each), where under 1 in 50 undamaged homes pass any one of them, and moved up
until about 1 in 20 undamaged homes of Hurricane Michael and Santa Rosa (xBD, 700 labelled homes
each) passed any one. They were not checked on other chips than those."""
RING_ROUGHER = 0.9
"""log2, around the building."""
COLOUR_CHANGED = 20.0
"""CIE 1976 difference; 2.3 is just noticeable, a new light on old shingles gives 10."""
OUTLINE_GONE = 0.45
"""Contrast of the outline, after over before."""
OUTLINE_STANDS = 0.75
"""From here the outline counts as still there: 9 in 10 undamaged rendered homes pass."""
TARP_SEEN = 0.08
"""Share of the roof; a tarp of some 15 m2 on a common roof."""

NOTHING_CHANGED = "no clear change seen"
NOT_MEASURED = "too little of the building seen to measure"
LOOK_TWICE = ": look twice"

_GRADE_WORDS = {
    DamageGrade.NO_DAMAGE: "undamaged",
    DamageGrade.MINOR: "minor",
    DamageGrade.MAJOR: "major",
    DamageGrade.DESTROYED: "destroyed",
}


def describe(facts: Facts, probabilities: GradeProbabilities) -> list[str]:
    """A line for each building, in the batch's order.

    A line whose facts speak against the grade says so and, if the grade is severe or the facts
    are, ends with "look twice". Minor damage is often too fine to measure.

    Args:
        facts: as measured.
        probabilities: the image's, before the hazard is weighed in.

    Raises:
        ValueError: facts and probabilities are of different batches.
    """
    if len(facts) != len(probabilities):
        raise ValueError(f"{len(facts)} facts for {len(probabilities)} probabilities")
    grades = probabilities.values.argmax(axis=1)
    signs = _find_signs(facts)
    stands = (facts.outline >= OUTLINE_STANDS) & ~signs["roof"] & ~signs["colour"]
    columns = zip(grades.tolist(), stands.tolist(), facts.is_measured.tolist(), strict=True)
    return [
        _say(DamageGrade(grade), is_standing, _spell({k: bool(v[i]) for k, v in signs.items()}))
        if is_measured
        else NOT_MEASURED
        for i, (grade, is_standing, is_measured) in enumerate(columns)
    ]


def _find_signs(facts: Facts) -> dict[str, NDArray[np.bool_]]:
    """Which facts are past their limit; NaN never is."""
    return {
        "outline": facts.outline <= OUTLINE_GONE,
        "roof": facts.roof_texture >= ROOF_ROUGHER,
        "ring": facts.ring_texture >= RING_ROUGHER,
        "colour": facts.roof_colour >= COLOUR_CHANGED,
        "tarp": facts.tarp_frac >= TARP_SEEN,
    }


def _spell(signs: dict[str, bool]) -> str:
    """The signs of one building in words; empty where there are none."""
    words = []
    if signs["outline"]:
        words.append("roof outline hardly visible any more")
    rough = {
        (True, True): "much rougher texture on and around the footprint",
        (True, False): "much rougher texture on the roof",
        (False, True): "much rougher texture around the building",
        (False, False): "",
    }[signs["roof"], signs["ring"]]
    words.append(rough)
    if signs["tarp"]:
        words.append("new blue cover on the roof, like a tarp")
    elif signs["colour"]:
        words.append("roof colour changed" + ("" if signs["outline"] else ", outline still there"))
    return "; ".join(filter(None, words))


def _say(grade: DamageGrade, is_standing: bool, signs: str) -> str:  # noqa: FBT001  a fact, not a switch
    """The line of one building."""
    graded = f"graded {_GRADE_WORDS[grade]}"
    if grade is DamageGrade.NO_DAMAGE:
        return f"{graded}, though {signs}{LOOK_TWICE}" if signs else NOTHING_CHANGED
    if grade is DamageGrade.DESTROYED and is_standing:
        return f"{graded}, though the outline still stands{LOOK_TWICE}"
    if not signs:
        alarm = "" if grade is DamageGrade.MINOR else LOOK_TWICE
        return f"{graded}, though no clear change was measured{alarm}"
    return signs
