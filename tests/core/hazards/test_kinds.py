import pandas as pd

from core.events import WATER_PERILS, WIND_PERILS, Peril
from core.hazards.kinds import (
    HAZARD_OF_PERIL,
    WATER_HAZARDS,
    WIND_HAZARDS,
    EventKind,
    HazardKind,
    tell_event_kind,
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


def test_an_event_is_of_its_primary_perils_kind():
    kinds = {peril: tell_event_kind(peril) for peril in Peril}
    assert {peril for peril, kind in kinds.items() if kind is EventKind.WIND} == WIND_PERILS
    wet = {peril for peril, kind in kinds.items() if kind is EventKind.WATER}
    assert wet == WATER_PERILS | {Peril.FLASH_FLOOD}
    assert kinds[Peril.WILDFIRE] is kinds[Peril.FIRE_FOLLOWING] is EventKind.FIRE
    for peril in (Peril.EARTHQUAKE, Peril.VOLCANIC_ERUPTION, Peril.HAIL, Peril.LANDSLIDE):
        assert kinds[peril] is EventKind.OTHER
