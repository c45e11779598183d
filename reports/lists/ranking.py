"""Which location comes first: the one order of the daily list, the map and its pictures."""

import numpy as np
import pandas as pd

from core.damage import Decision, Status
from core.expected_loss import compute_relative_loss, compute_relative_severe_loss
from core.schemas.book import LOCATION_KEY

RANK_COLUMNS = (
    *LOCATION_KEY, "decision", "p_damage", "p_severe", "building_tiv", "deductible_amount",
    "currency", "status_reason",
)  # fmt: skip
"""Columns of FINDINGS that the order needs, for who reads no others."""


def rank_findings(findings: pd.DataFrame) -> pd.DataFrame:
    """FINDINGS, those with a step first, then the most expected severe loss; index 0 to n - 1.

    Expected severe loss is ``p_severe x insured value above the deductible``: under a day's
    capacity it puts the hours where most is at stake. Homes of which it says nothing, as where the
    deductible is above the value, come in the order of all their expected loss, then of their key.
    """
    key = [findings[name].to_numpy(dtype=object) for name in reversed(LOCATION_KEY)]
    losses = compute_relative_loss(findings), compute_relative_severe_loss(findings)
    is_idle = (findings["decision"] == Decision.NONE).to_numpy()
    order = np.lexsort((*key, *(-loss.to_numpy() for loss in losses), is_idle))
    return findings.iloc[order].reset_index(drop=True)


def rank_by_severity(ranked: pd.DataFrame) -> "pd.Series[int]":
    """The place of each home by its chance of severe damage alone, whatever it is worth, from 1.

    Args:
        ranked: FINDINGS in the order of the list, which homes of the same chances keep.
    """
    return _place(ranked, ["p_severe", "p_damage"])


def rank_unseen(ranked: pd.DataFrame) -> "pd.Series[int]":
    """The place of each home that no picture was graded of, by hazard alone, from 1.

    Args:
        ranked: FINDINGS in the order of the list, which homes of the same hazard keep.

    Returns:
        On the index of the homes that are not graded.
    """
    return _place(ranked[ranked["status"] != Status.GRADED], ["prior_damage"])


def _place(ranked: pd.DataFrame, highest_first: list[str]) -> "pd.Series[int]":
    keys = [-ranked[name].to_numpy(dtype=float) for name in reversed(highest_first)]
    places = np.empty(len(ranked), dtype=np.int64)
    places[np.lexsort(keys)] = np.arange(1, len(ranked) + 1)
    return pd.Series(places, index=ranked.index)
