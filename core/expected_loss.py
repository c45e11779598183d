"""A rough loss for each location, the same wherever one is named. Indicative, never a reserve."""

from enum import StrEnum

import numpy as np
import pandas as pd

from core.damage import TIER_DAMAGE_RATIO, SeenCode, Tier
from core.tables import has_code

MINOR_LOSS_RATIO = TIER_DAMAGE_RATIO[Tier.T2]
"""Loss over value of a home that is damaged but not severely."""
SEVERE_LOSS_RATIO = (TIER_DAMAGE_RATIO[Tier.T3] + TIER_DAMAGE_RATIO[Tier.T4]) / 2
"""Loss over value of a severely damaged home: halfway between major and destroyed."""
LOOKS_CHANGED_DAMAGED, LOOKS_CHANGED_SEVERE = 0.35, 0.12
"""Chances at least of a home graded undamaged that looks changed, as measured: docs/facts.md."""


class OverDeductible(StrEnum):
    """Whether the expected loss is above the deductible."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


def compute_expected_loss(findings: pd.DataFrame) -> "pd.Series[float]":
    """Tier ratio times insured value; missing where either is unknown.

    A home without damage has no loss, whatever it is worth.

    Args:
        findings: columns ``tier`` and ``building_tiv`` (its currency, 0 = unknown) of FINDINGS.

    Returns:
        In the row's currency, on the table's index. The ratio is the middle of the CAL FIRE DINS
        band of the tier, see ``core.damage.TIER_DAMAGE_RATIO``; tier U has none.
    """
    ratio = findings["tier"].map({str(tier): frac for tier, frac in TIER_DAMAGE_RATIO.items()})
    ratio = ratio.astype(float)
    value = findings["building_tiv"].astype(float)
    loss: pd.Series[float] = (ratio * value.where(value > 0)).mask(ratio == 0, 0.0)
    return loss


def compare_deductible(
    loss: "pd.Series[float]", deductible: "pd.Series[float]"
) -> "pd.Series[str]":
    """The side of the deductible on which each loss falls; no loss is never above.

    Args:
        loss: ``compute_expected_loss``.
        deductible: in the same currency, missing = not stated.

    Returns:
        ``OverDeductible`` words on the index of ``loss``.
    """
    amount = deductible.astype(float)
    is_unknown = (loss.isna() | amount.isna()) & (loss != 0)
    words = np.select(
        [is_unknown, loss > amount],
        [OverDeductible.UNKNOWN.value, OverDeductible.YES.value],
        OverDeductible.NO.value,
    )
    return pd.Series(words, index=loss.index, dtype=str)


def compute_relative_loss(findings: pd.DataFrame) -> "pd.Series[float]":
    """The loss to expect of each location by its chances, in median homes of its currency.

    ``value x ((p_damage - p_severe) x minor ratio + p_severe x severe ratio)``, where value is
    ``building_tiv`` over the median known value in the same ``currency``. The division lets
    currencies share one list without an exchange rate and leaves the order inside a currency
    as that of the loss in money. An unknown value (0) counts as one median home, so that a gap
    in the book never sinks a home to the bottom. A home that looks changed, as measured, though
    it was graded undamaged has at least the chances of its like.

    Args:
        findings: columns ``building_tiv, currency, p_damage, p_severe, status_reason`` of FINDINGS.
    """
    known = findings["building_tiv"].where(findings["building_tiv"] > 0)
    value = (known / _find_medians(findings)).fillna(1.0)
    damage, severe = _raise_changed(findings)
    minor = (damage - severe).clip(lower=0)
    loss: pd.Series[float] = value * (minor * MINOR_LOSS_RATIO + severe * SEVERE_LOSS_RATIO)
    return loss


def compute_severe_loss(findings: pd.DataFrame) -> "pd.Series[float]":
    """Chance of severe damage times the insured value above the deductible, in the row's currency.

    What a day's work is ranked by. Missing where the value is unknown (0); a deductible that is
    not stated counts as none.

    Args:
        findings: columns ``building_tiv, deductible_amount, p_severe`` of FINDINGS.
    """
    loss: pd.Series[float] = findings["p_severe"] * _value_above(findings)
    return loss


def compute_relative_severe_loss(findings: pd.DataFrame) -> "pd.Series[float]":
    """``compute_severe_loss`` in median homes of the row's currency, as ``compute_relative_loss``.

    An unknown value counts as one median home, its deductible as none.

    Args:
        findings: columns ``building_tiv, deductible_amount, currency, p_severe, p_damage,
            status_reason`` of FINDINGS.
    """
    above = (_value_above(findings) / _find_medians(findings)).fillna(1.0)
    loss: pd.Series[float] = _raise_changed(findings)[1] * above
    return loss


def _value_above(findings: pd.DataFrame) -> "pd.Series[float]":
    value = findings["building_tiv"].where(findings["building_tiv"] > 0).astype(float)
    above: pd.Series[float] = value - findings["deductible_amount"].astype(float).fillna(0.0)
    return above.clip(lower=0.0)


def _find_medians(findings: pd.DataFrame) -> "pd.Series[float]":
    """The median known value of each row's currency."""
    known = findings["building_tiv"].where(findings["building_tiv"] > 0)
    medians: pd.Series[float] = known.groupby(findings["currency"].to_numpy()).transform("median")
    return medians


def _raise_changed(findings: pd.DataFrame) -> "tuple[pd.Series[float], pd.Series[float]]":
    """``p_damage`` and ``p_severe``, of homes that look changed at least those of their like."""
    is_changed = has_code(findings["status_reason"], SeenCode.LOOKS_CHANGED)
    return (
        findings["p_damage"].clip(is_changed * LOOKS_CHANGED_DAMAGED),
        findings["p_severe"].clip(is_changed * LOOKS_CHANGED_SEVERE),
    )
