import pandas as pd

from core.events import WATER_PERILS, WIND_PERILS
from core.hazards.kinds import (
    HAZARD_OF_PERIL,
    WATER_HAZARDS,
    WIND_HAZARDS,
    HazardKind,
    tell_wind_from_water,
)


def test_wind_is_told_from_water():
    reasons = pd.Series(
        ["wind", "rain", "wind;rain", "surge;rain", "tornado;hail", "fire", None], dtype="str"
    )
    told = tell_wind_from_water(reasons)
    assert told.fillna("").tolist() == ["wind", "water", "both", "water", "wind", "", ""]
    assert str(told.dtype) == "str"
    assert len(tell_wind_from_water(reasons.iloc[:0])) == 0


def test_perils_and_hazards_agree_on_wind_and_water():
    for peril, kind in HAZARD_OF_PERIL.items():
        assert (kind in WIND_HAZARDS) == (peril in WIND_PERILS)
        assert (kind in WATER_HAZARDS) == (peril in WATER_PERILS)
    assert set(HAZARD_OF_PERIL.values()) == set(HazardKind)
