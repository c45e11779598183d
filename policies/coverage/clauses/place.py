"""Rules on the insured place: what it is used for, and whether anybody uses it."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.damage import CoverageResult
from policies.coverage.clauses.rule import rule
from policies.coverage.facts import Facts
from policies.reading.oed import UNKNOWN_OCCUPANCY

_HO3 = (
    "ISO HO-3 pattern: some losses are excluded of a dwelling vacant for more than 60 days; flag, "
    "never fail. propertyinsurancecoveragelaw.com, What constitutes a dwelling"
)
_CP = (
    "ISO commercial property pattern: a building is vacant under 31% of its floor area used, some "
    "causes are excluded and others cut by 15%; flag, never fail. safeguardme.com"
)

_REFER = CoverageResult.REFER


@rule("not_residential", _REFER, 1, "OED 4, OccupancyValues.csv", "not a home by its occupancy")
def is_no_home(facts: Facts) -> NDArray[np.bool_]:
    """The rules here are those of homeowners policies."""
    code, ruleset = facts.locations["occupancy_code"].to_numpy(), facts.ruleset
    is_home = (code >= ruleset.residential_from) & (code <= ruleset.residential_to)
    elsewhere: NDArray[np.bool_] = ~(is_home | (code == UNKNOWN_OCCUPANCY))
    return elsewhere


@rule("vacant_too_long", _REFER, 1, _HO3, "vacant for longer than coverage.vacant_days")
def is_vacant(facts: Facts) -> NDArray[np.bool_]:
    """Vacant since longer than the form allows, at the loss; silent where the book does not say."""
    if "vacant_since" not in facts.locations:
        return np.zeros(len(facts.locations), dtype=bool)
    since = facts.locations["vacant_since"]
    longest = pd.Timedelta(days=facts.ruleset.vacant_days)
    return (facts.loss.day - since > longest).to_numpy()


@rule("hardly_occupied", _REFER, 1, _CP, "less of it is used than coverage.occupied_frac")
def is_hardly_used(facts: Facts) -> NDArray[np.bool_]:
    """Vacant by the share of its floor in use; silent where the book does not say."""
    unused: NDArray[np.bool_] = facts.amounts("occupied_frac") < facts.ruleset.occupied_frac
    return unused


PLACE_RULES = (is_no_home, is_vacant, is_hardly_used)
