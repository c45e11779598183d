"""How much of what lies under imagery was judged, by size of building and by insured value.

A share over all homes hides what is large: few buildings are, and much of the value is in them.
"""

from dataclasses import dataclass
from itertools import pairwise

import pandas as pd

from core.damage import Status

EDGES_M2 = (0.0, 100.0, 300.0, 1000.0, 2000.0, float("inf"))
"""Of the classes of ground area: sheds and cabins, houses, large houses and small blocks, blocks,
and what is over 2,000 m2, of which clouds and glare were once seen far too often."""


@dataclass(frozen=True, slots=True)
class SizeClass:
    """Insured locations under imagery from after the event, by their building's ground area.

    Attributes:
        over_m2: areas are larger than this.
        up_to_m2: and no larger than this; None = however large.
        imaged: locations of the class under imagery.
        judged: of these, graded.
        judged_frac: 0 to 1; None where there are none.
        insured_value: building value under imagery by currency.
        judged_value_frac: of it, graded, 0 to 1; None where there is none.
    """

    over_m2: float
    up_to_m2: float | None
    imaged: int
    judged: int
    judged_frac: float | None
    insured_value: dict[str, float]
    judged_value_frac: dict[str, float | None]

    @property
    def lowest_frac(self) -> float | None:
        """The lowest share judged, of homes or of a currency's value; None where there is none."""
        shares = [self.judged_frac, *self.judged_value_frac.values()]
        return min((share for share in shares if share is not None), default=None)


def count_judged(findings: pd.DataFrame, buildings: pd.DataFrame) -> tuple[SizeClass, ...]:
    """The share judged in each class, smallest buildings first; each class present.

    Args:
        findings: FINDINGS.
        buildings: FOOTPRINTS of the locations' buildings.
    """
    area = findings["building_id"].map(buildings.set_index("building_id")["area_m2"])
    imaged = findings[findings["post_captured_at_utc"].notna() & area.notna()]
    table = pd.DataFrame(
        {
            "area": area[imaged.index],
            "is_judged": imaged["status"] == Status.GRADED,
            "value": imaged["building_tiv"],
            "currency": imaged["currency"],
        }
    )
    return tuple(
        _count_class(table[(table["area"] > over) & (table["area"] <= up_to)], over, up_to)
        for over, up_to in pairwise(EDGES_M2)
    )


def _count_class(rows: pd.DataFrame, over_m2: float, up_to_m2: float) -> SizeClass:
    judged = int(rows["is_judged"].sum())
    values = rows.groupby("currency")["value"].sum()
    judged_values = rows[rows["is_judged"]].groupby("currency")["value"].sum()
    return SizeClass(
        over_m2,
        None if up_to_m2 == EDGES_M2[-1] else up_to_m2,
        len(rows),
        judged,
        _share(judged, len(rows)),
        {str(currency): round(float(value), 2) for currency, value in values.items()},
        {
            str(currency): _share(float(judged_values.get(currency, 0.0)), float(value))
            for currency, value in values.items()
        },
    )


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole else None
