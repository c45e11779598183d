"""Which location comes first: the one order of the daily list, the map and its pictures."""

from types import MappingProxyType

import numpy as np
import pandas as pd

from core.damage import TIER_DAMAGE_RATIO, Decision, Tier
from core.tables_of_book import LOCATION_KEY

DECISION_ORDER = MappingProxyType(
    {Decision.OPEN_DRAFT: 0, Decision.REVIEW: 1, Decision.OUTREACH: 2, Decision.NONE: 3}
)
"""The most urgent step first."""

MINOR_LOSS_RATIO = TIER_DAMAGE_RATIO[Tier.T2]
"""Loss over value of a home that is damaged but not severely."""
SEVERE_LOSS_RATIO = (TIER_DAMAGE_RATIO[Tier.T3] + TIER_DAMAGE_RATIO[Tier.T4]) / 2
"""Loss over value of a severely damaged home: halfway between major and destroyed."""


def compute_expected_loss(table: pd.DataFrame) -> "pd.Series[float]":
    """The expected ground-up loss of each location, in median homes of its currency.

    ``value x ((p_damage - p_severe) x minor ratio + p_severe x severe ratio)``, where value is
    ``building_tiv`` over the median known value in the same ``currency``. The division lets
    currencies share one list without an exchange rate and leaves the order inside a currency
    as that of the loss in money. An unknown value (0) counts as one median home, so that a gap
    in the book never sinks a home to the bottom.

    Args:
        table: with ``building_tiv, currency, p_damage, p_severe`` of FINDINGS.
    """
    known = table["building_tiv"].where(table["building_tiv"] > 0)
    medians = known.groupby(table["currency"].to_numpy()).transform("median")
    value = (known / medians).fillna(1.0)
    minor = (table["p_damage"] - table["p_severe"]).clip(lower=0)
    return value * (minor * MINOR_LOSS_RATIO + table["p_severe"] * SEVERE_LOSS_RATIO)


def rank_findings(findings: pd.DataFrame) -> pd.DataFrame:
    """FINDINGS, worst first: by decision, then expected loss, then key; index 0 to n - 1."""
    decision = findings["decision"].map(DECISION_ORDER).to_numpy()
    loss = compute_expected_loss(findings).to_numpy()
    key = [findings[name].to_numpy(dtype=object) for name in reversed(LOCATION_KEY)]
    order = np.lexsort((*key, -loss, decision))
    return findings.iloc[order].reset_index(drop=True)
