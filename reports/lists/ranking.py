"""Which location comes first: the one order of the daily list, the map and its pictures."""

from types import MappingProxyType

import numpy as np
import pandas as pd

from core.damage import Decision
from core.expected_loss import compute_relative_loss
from core.schemas.book import LOCATION_KEY

DECISION_ORDER = MappingProxyType(
    {Decision.OPEN_DRAFT: 0, Decision.REVIEW: 1, Decision.OUTREACH: 2, Decision.NONE: 3}
)
"""The most urgent step first."""


def rank_findings(findings: pd.DataFrame) -> pd.DataFrame:
    """FINDINGS, worst first: by decision, then expected loss, then key; index 0 to n - 1."""
    decision = findings["decision"].map(DECISION_ORDER).to_numpy()
    loss = compute_relative_loss(findings).to_numpy()
    key = [findings[name].to_numpy(dtype=object) for name in reversed(LOCATION_KEY)]
    order = np.lexsort((*key, -loss, decision))
    return findings.iloc[order].reset_index(drop=True)
