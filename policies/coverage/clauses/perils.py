"""Rules on what struck: perils by atomic OED code, and who pays where wind and water meet.

The primary peril of the event decides, unless the hazards at the home say that only the other of
wind and water came, or both did.
"""

import numpy as np
from numpy.typing import NDArray

from core.damage import CoverageResult
from core.events import WATER_PERILS, WIND_PERILS, Peril
from policies.coverage.clauses.rule import rule
from policies.coverage.facts import Facts

OED = "OED 4, PerilValues.csv and PerilsCovered.csv (Oasis LMF, CC0)"
FLOOD_EXCLUSION = (
    "homeowners forms exclude flood and surge: ABA, When Wind and Flood Unite (Hurricane Katrina)"
)
ANTI_CONCURRENT = (
    "anti-concurrent causation clauses, on which the courts of the states differ: ABA, When Wind "
    "and Flood Unite; Leonard v. Nationwide (5th Cir. 2007)"
)
_EARTH = "homeowners forms exclude earth movement but by endorsement; from memory, needs counsel"
_FIRE = "fire after an earthquake is usually covered as fire; from memory, needs counsel"
_SURGE = "OED 4, PerilsCovered.csv: WW1 is wind and surge, WW2 wind alone"
_WATER_ALONE = "ours: a wind claim is never opened on evidence of water alone; " + FLOOD_EXCLUSION

EARTH_PERILS = frozenset(
    (Peril.EARTHQUAKE, Peril.LANDSLIDE, Peril.LIQUEFACTION, Peril.SUBSIDENCE, Peril.TSUNAMI)
)

_PASS, _REFER, _FAIL = CoverageResult.PASS, CoverageResult.REFER, CoverageResult.FAIL


def _is_covered(facts: Facts) -> NDArray[np.bool_]:
    """Whether anything that can have struck the home is covered."""
    cover, came = facts.cover, facts.evidence
    is_covered: NDArray[np.bool_] = (
        cover.primary
        | (came.wind_alone & cover.wind)
        | (came.water_alone & cover.water)
        | (came.both & (cover.wind | cover.water))
    )
    return is_covered


def _may_be_fire(facts: Facts) -> NDArray[np.bool_]:
    """Fire can have followed a quake, and fire is covered though not by that code."""
    if Peril.FIRE_FOLLOWING not in facts.event.perils:
        return np.zeros(len(facts.cover.fire), dtype=bool)
    return facts.cover.fire & ~facts.cover.fire_following & ~_is_covered(facts)


@rule("peril_not_covered", _FAIL, 2, OED, "location or policy covers nothing that struck")
def covers_nothing(facts: Facts) -> NDArray[np.bool_]:
    """Neither the primary peril nor what the hazards say came is covered by both."""
    return ~_is_covered(facts) & ~_may_be_fire(facts)


@rule("flood_excluded", _FAIL, 1, FLOOD_EXCLUSION, "only water struck, and no water is covered")
def excludes_flood(facts: Facts) -> NDArray[np.bool_]:
    """Says why nothing is covered: flood needs a policy of its own."""
    came = facts.evidence
    is_flood = facts.event.primary_peril in WATER_PERILS
    is_water = came.water_alone | (is_flood & ~(came.both | came.wind_alone))
    return covers_nothing.speaks(facts) & is_water


@rule("earth_movement_excluded", _FAIL, 1, _EARTH, "the earth moved, and no endorsement covers it")
def excludes_earth(facts: Facts) -> NDArray[np.bool_]:
    """Says why nothing is covered: earth movement needs an endorsement."""
    is_earth = facts.event.primary_peril in EARTH_PERILS
    return covers_nothing.speaks(facts) & is_earth


@rule(
    "fire_following_quake", _REFER, 1, _FIRE,
    "fire can have followed the earthquake, and the policy covers fire",
)  # fmt: skip
def may_be_fire(facts: Facts) -> NDArray[np.bool_]:
    """A person says whether it burned."""
    return _may_be_fire(facts)


@rule(
    "water_not_covered", _REFER, 2, _WATER_ALONE,
    "water alone was strong enough here, and the policy covers wind alone",
)  # fmt: skip
def lacks_water(facts: Facts) -> NDArray[np.bool_]:
    """Referred rather than failed: fields of rain and surge are rough."""
    return facts.evidence.water_alone & _is_covered(facts) & ~facts.cover.water


@rule(
    "wind_not_covered", _REFER, 1, "ours: as water_not_covered, the other way round",
    "wind alone was strong enough here, and the policy covers water alone",
)  # fmt: skip
def lacks_wind(facts: Facts) -> NDArray[np.bool_]:
    """Referred rather than failed, likewise."""
    return facts.evidence.wind_alone & _is_covered(facts) & ~facts.cover.wind


@rule(
    "anti_concurrent_causation", _REFER, 1, ANTI_CONCURRENT,
    "wind and water were both strong enough here, and the policy does not cover both by name",
)  # fmt: skip
def has_concurrent_causes(facts: Facts) -> NDArray[np.bool_]:
    """An excluded cause can have joined a covered one, in any order."""
    cover = facts.cover
    covers_both = cover.wind & cover.water & ~cover.is_grouped_surge
    return facts.evidence.both & _is_covered(facts) & ~covers_both


@rule(
    "other_event_peril_covered", _PASS, 2, OED,
    "note: another of the event's perils is covered, but nothing says that it came here",
)  # fmt: skip
def covers_other(facts: Facts) -> NDArray[np.bool_]:
    """For the person who looks at a home without cover."""
    return covers_nothing.speaks(facts) & facts.cover.other


@rule(
    "grouped_surge", _REFER, 2, _SURGE,
    "surge is covered only because a group code such as WW1 contains it, and water can have come",
)  # fmt: skip
def groups_surge(facts: Facts) -> NDArray[np.bool_]:
    """The group may have been chosen for its wind."""
    event, came = facts.event, facts.evidence
    is_mixed = event.primary_peril in WIND_PERILS and bool(WATER_PERILS & set(event.perils))
    is_surge = event.primary_peril == Peril.STORM_SURGE
    can_come = came.water_alone | came.both | is_mixed | is_surge
    return facts.cover.is_grouped_surge & can_come


PERIL_RULES = (
    covers_nothing, excludes_flood, excludes_earth, may_be_fire, lacks_water, lacks_wind,
    has_concurrent_causes, covers_other, groups_surge,
)  # fmt: skip
