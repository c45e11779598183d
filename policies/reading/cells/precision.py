"""How exactly coordinates are written: a class that says "building" cannot hold at 100 m. Pure."""

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from policies.reading.rejects import ROUNDED, Fault

if TYPE_CHECKING:
    import pandas as pd

HUNDRED_METRES, KILOMETRE = 3, 2
"""Decimals of a degree: of latitude the third is 111 m, the second 1.1 km."""

_BY_CHANCE = 0.1
"""Of coordinates of one decimal more, a tenth of each axis ends in a zero and 1% of both do; ten
times as many are no chance: somebody rounded them."""

_FEW = 20
"""Fewer rounded places of a file say nothing of how it was exported."""

AROUND_A_DOZEN, POSTCODE = 5, 7
"""OED AddressMatch classes that mark their places as exactly: the middle of a dozen addresses, and
that of a postcode."""


def limit_by_decimals(
    geocode_class: NDArray[np.int64], latitude: "pd.Series[str]", longitude: "pd.Series[str]"
) -> tuple[NDArray[np.int64], Fault]:
    """The class that each place can have as it is written, ``(rows,)``, and the rows it costs one.

    A class above the limit stays: what is coarse for another reason is no finer for its digits.

    Args:
        geocode_class: OED AddressMatch, ``(rows,)``.
        latitude: as given.
        longitude: as given.
    """
    limited = geocode_class.copy()
    for decimals, limit in ((HUNDRED_METRES, AROUND_A_DOZEN), (KILOMETRE, POSTCODE)):
        is_rounded = _has_at_most(decimals, latitude, longitude)
        finer = _has_at_most(decimals + 1, latitude, longitude)
        if is_rounded.sum() >= max(_FEW, _BY_CHANCE * finer.sum()):
            is_finer_said = (limited > 0) & (limited < limit)
            limited = np.where(is_rounded & is_finer_said, limit, limited)
    given = (latitude.fillna("") + ", " + longitude.fillna("")).rename("Latitude;Longitude")
    return limited, Fault(ROUNDED, limited != geocode_class, given)


def _has_at_most(
    decimals: int, latitude: "pd.Series[str]", longitude: "pd.Series[str]"
) -> NDArray[np.bool_]:
    """Whether both are written with so few decimals, zeros at their end apart."""
    pattern = rf"^[+-]?\d+(\.\d{{0,{decimals}}}0*)?$"
    matched = [
        pc.fill_null(pc.match_substring_regex(pa.array(text, pa.string()), pattern), False)
        for text in (latitude, longitude)
    ]
    both: NDArray[np.bool_] = np.asarray(
        pc.and_(*matched).to_numpy(zero_copy_only=False), dtype=bool
    )
    return both
