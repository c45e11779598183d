"""Notes on the deductible: which kind holds, and whether the loss is likely to pass it.

None of them changes the result. A loss below the deductible is asked about, not claimed: a claim
that pays nothing costs the insured price or cover for years.
"""

import numpy as np
from numpy.typing import NDArray

from core.damage import CoverageResult
from policies.coverage.clauses.rule import rule
from policies.coverage.facts import Facts

HURRICANE = (
    "Florida: once a calendar year, for a hurricane declared by the National Hurricane Center; "
    "then the remainder or the all-other-perils deductible, whichever is greater. thig.com, The "
    "calendar year hurricane deductible explained"
)
LOSS_HISTORY = (
    "ours, to spare the loss history: a claim, even one that pays nothing, is kept by CLUE for "
    "seven years; Colorado 10-4-110.8"
)
_OED = "OED 4, FinancialCodeValues.csv: DedType 0 amount, 1 share of loss, 2 share of TIV"

_PASS = CoverageResult.PASS


@rule("deductible_unknown", _PASS, 2, _OED, "note: the deductible is not stated, or not known")
def lacks_deductible(facts: Facts) -> NDArray[np.bool_]:
    """No amount, and no share of the loss either."""
    deductible = facts.deductibles
    known = deductible.is_of_loss | deductible.is_unclear | ~np.isnan(deductible.amount)
    unknown: NDArray[np.bool_] = ~known
    return unknown


@rule(
    "deductible_of_loss", _PASS, 1, _OED,
    "note: the deductible is a share of the loss, here of the expected one",
)  # fmt: skip
def takes_share(facts: Facts) -> NDArray[np.bool_]:
    """What it comes to moves with the loss."""
    return facts.deductibles.is_of_loss & ~facts.deductibles.is_hurricane


@rule("hurricane_deductible", _PASS, 1, HURRICANE, "note: the hurricane deductible holds")
def takes_hurricane(facts: Facts) -> NDArray[np.bool_]:
    """The storm brings it in, and nothing of it was borne this year."""
    return facts.deductibles.is_hurricane & ~facts.deductibles.is_met


@rule(
    "hurricane_deductible_met", _PASS, 1, HURRICANE,
    "note: an earlier storm of the calendar year counts towards the hurricane deductible",
)  # fmt: skip
def has_met_hurricane(facts: Facts) -> NDArray[np.bool_]:
    """The remainder or the other perils' deductible holds, whichever is greater."""
    return facts.deductibles.is_met


@rule(
    "hurricane_deductible_unclear", _PASS, 1, HURRICANE,
    "note: whether the hurricane deductible holds is not known; the event file's storm_class or "
    "the year in which it was used is missing",
)  # fmt: skip
def may_take_hurricane(facts: Facts) -> NDArray[np.bool_]:
    """The deductible counts as not known."""
    return facts.deductibles.is_unclear


@rule(
    "below_deductible", _PASS, 1, LOSS_HISTORY,
    "note: the expected loss is within the deductible: ask the insured, open no claim",
)  # fmt: skip
def is_below(facts: Facts) -> NDArray[np.bool_]:
    """Some loss is expected, and it does not pass the deductible; triage says what follows."""
    loss = facts.expected_loss
    below: NDArray[np.bool_] = (loss > 0) & (loss <= facts.deductibles.amount)
    return below


DEDUCTIBLE_RULES = (
    lacks_deductible, takes_share, takes_hurricane, has_met_hurricane, may_take_hurricane, is_below,
)  # fmt: skip
