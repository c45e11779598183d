"""How many homes to expect, and how far the truth may stray from it. Pure.

Chances of one event share a storm, scenes and the model's errors, so an event's true count strays
from the sum of its chances by more than chance would have it. By how much was seen on events whose
truth is known (docs/evaluation.md). True over expected damaged homes was 0.95 (Michael), 0.90
(Santa Rosa) and 1.20 (Joplin), where wind and fire lead; where water does it was 1.45 (Midwest),
1.7 (Palu) and 2.5 (Harvey; 0.26 by earlier weights).
"""

from dataclasses import dataclass
from math import exp, log10
from types import MappingProxyType

import numpy as np
import pandas as pd

from core.damage import Status
from core.hazards.kinds import WATER_HAZARDS

_SEEN, _UNSEEN, _WATER = "seen", "hazard alone", "water"
EVENT_SPREAD = MappingProxyType({_SEEN: 0.2, _UNSEEN: 0.5, _WATER: 1.0})
"""Standard deviation of the log of true over expected, by what the chances rest on: pictures of
wind and fire; a wind's hazard alone, which no event tells much of; anything where water leads."""
KNOWN_DIGITS = 2
"""Digits of an expected count that mean anything."""
_WIDEST = 50.0
"""Half width, in logs, beyond which an interval is the whole line: ``exp`` ends at 709."""
_ROUND_FROM = 20
"""Counts below this are told to the home."""


@dataclass(frozen=True, slots=True)
class ExpectedCount:
    """How many homes to expect, with an interval.

    The count of independent homes with chances ``p`` is Poisson-binomial: mean ``sum p``, variance
    ``sum p (1 - p)``. To this comes ``EVENT_SPREAD``, shared by all homes of a kind; the interval
    is log-normal, since events stray by a factor, and cut to what is possible.
    """

    expected: float
    low: float
    high: float
    locations: int


def tell_kinds(findings: pd.DataFrame) -> "pd.Series[str]":
    """What each home's chances rest on, a key of ``EVENT_SPREAD``.

    Args:
        findings: FINDINGS.
    """
    is_seen = findings["status"] == Status.GRADED
    kinds = pd.Series(np.where(is_seen, _SEEN, _UNSEEN), index=findings.index)
    return kinds.mask(led_by_water(findings), _WATER)


def led_by_water(findings: pd.DataFrame) -> "pd.Series[bool]":
    """Homes of FINDINGS where rain, surge or a river leads."""
    if "leading_hazard" not in findings:
        return pd.Series(data=False, index=findings.index)
    return findings["leading_hazard"].isin(WATER_HAZARDS)


def compute_expected_count(
    chances: "pd.Series[float]", kinds: "pd.Series[str]", sigmas: float
) -> ExpectedCount:
    """Sum of chances with its interval; see ``ExpectedCount``.

    Args:
        chances: calibrated, 0 to 1, none missing.
        kinds: see ``tell_kinds``.
        sigmas: half width of the interval in standard deviations.
    """
    mean = float(chances.sum())
    if mean <= 0:
        return ExpectedCount(0.0, 0.0, 0.0, len(chances))
    by_kind = chances.groupby(kinds).sum()
    shared = (by_kind * by_kind.index.map(EVENT_SPREAD).to_numpy(float)).pow(2).sum()
    alone = (chances * (1 - chances)).sum()
    factor = exp(min(sigmas * float(alone + shared) ** 0.5 / mean, _WIDEST))
    low, high = mean / factor, min(float(len(chances)), mean * factor)
    return ExpectedCount(round(mean, 1), round(low, 1), round(max(high, mean), 1), len(chances))


def round_to_known(count: float) -> int:
    """A count as it is told to people: to the home where there are few, else to two digits."""
    if count < _ROUND_FROM:
        return round(count)
    step = 10 ** max(0, int(log10(count)) + 1 - KNOWN_DIGITS)
    return int(round(count / step) * step)
