"""A rough loss for each location: enough to say on which side of the deductible it falls."""

from enum import StrEnum

import numpy as np
import pandas as pd

from core.damage import TIER_DAMAGE_RATIO
from core.tables_of_book import LOCATION_KEY


class OverDeductible(StrEnum):
    """Whether the expected loss is above the deductible."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


def compute_expected_loss(assessed: pd.DataFrame) -> pd.DataFrame:
    """Tier ratio times insured value, beside the deductible. Indicative, never a reserve.

    Args:
        assessed: columns ``policy_number``, ``location_number``, ``tier``, ``building_tiv`` (its
            currency, 0 = unknown) and ``deductible_amount`` (the same currency, missing = not
            stated), as in FINDINGS.

    Returns:
        The input's rows and index: the location key, ``damage_ratio_frac`` (middle of the CAL
        FIRE DINS band of the tier, see ``core.damage.TIER_DAMAGE_RATIO``; missing for tier U),
        ``expected_loss_amount`` (the input's currency; missing where tier or value is unknown)
        and ``over_deductible`` (yes, no or unknown).
    """
    ratio = assessed["tier"].map(dict(TIER_DAMAGE_RATIO)).astype(float)
    value = assessed["building_tiv"].astype(float)
    loss = ratio * value.where(value > 0)
    deductible = assessed["deductible_amount"].astype(float)
    # a home without damage has no loss, whatever it is worth
    loss = loss.mask(ratio == 0, 0.0)
    known = loss.notna() & deductible.notna()
    over = np.select(
        [~known & (loss != 0), loss > deductible],
        [OverDeductible.UNKNOWN.value, OverDeductible.YES.value],
        OverDeductible.NO.value,
    )
    return assessed[LOCATION_KEY].assign(
        damage_ratio_frac=ratio,
        expected_loss_amount=loss,
        over_deductible=pd.Series(over, index=assessed.index, dtype=str),
    )
