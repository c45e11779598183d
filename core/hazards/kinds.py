"""What strikes homes, and whether it is wind or water: insurance pays for them by other rules."""

from enum import StrEnum
from typing import TYPE_CHECKING

from core.events import WATER_PERILS, WIND_PERILS, Peril

if TYPE_CHECKING:
    import pandas as pd


class HazardKind(StrEnum):
    """A hazard in one word, as rows and lists name it."""

    WIND = "wind"
    RAIN = "rain"
    SURGE = "surge"
    RIVER_FLOOD = "river_flood"
    TORNADO = "tornado"
    HAIL = "hail"
    FIRE = "fire"
    QUAKE = "quake"


HAZARD_OF_PERIL = {
    Peril.TROPICAL_CYCLONE_WIND: HazardKind.WIND,
    Peril.EXTRATROPICAL_WIND: HazardKind.WIND,
    Peril.STRAIGHT_LINE_WIND: HazardKind.WIND,
    Peril.WINTER_WIND: HazardKind.WIND,
    Peril.STORM_SURGE: HazardKind.SURGE,
    Peril.TSUNAMI: HazardKind.SURGE,
    Peril.RIVER_FLOOD: HazardKind.RIVER_FLOOD,
    Peril.FLASH_FLOOD: HazardKind.RAIN,
    Peril.TORNADO: HazardKind.TORNADO,
    Peril.HAIL: HazardKind.HAIL,
    Peril.WILDFIRE: HazardKind.FIRE,
    Peril.FIRE_FOLLOWING: HazardKind.FIRE,
    Peril.EARTHQUAKE: HazardKind.QUAKE,
}
"""The hazard that brings a peril; perils that no hazard product shows are absent."""

PERIL_OF_HAZARD = {
    HazardKind.WIND: Peril.TROPICAL_CYCLONE_WIND,
    HazardKind.RAIN: Peril.FLASH_FLOOD,
    HazardKind.SURGE: Peril.STORM_SURGE,
    HazardKind.RIVER_FLOOD: Peril.RIVER_FLOOD,
    HazardKind.TORNADO: Peril.TORNADO,
    HazardKind.HAIL: Peril.HAIL,
    HazardKind.FIRE: Peril.WILDFIRE,
    HazardKind.QUAKE: Peril.EARTHQUAKE,
}
"""The peril that a hazard brings, where an event does not say another."""


class EventKind(StrEnum):
    """What did the damage of an event, as pictures of it tell: a model errs alike within a kind."""

    WIND = "wind"
    FIRE = "fire"
    WATER = "water"
    OTHER = "other"


_FIRE_PERILS = frozenset((Peril.WILDFIRE, Peril.FIRE_FOLLOWING))


def tell_event_kind(primary: Peril) -> EventKind:
    """The kind of an event by its primary peril; hail, quakes and eruptions are others."""
    if primary in WIND_PERILS:
        return EventKind.WIND
    if primary in WATER_PERILS:
        return EventKind.WATER
    return EventKind.FIRE if primary in _FIRE_PERILS else EventKind.OTHER


WIND_HAZARDS = frozenset((HazardKind.WIND, HazardKind.TORNADO))
WATER_HAZARDS = frozenset((HazardKind.RAIN, HazardKind.SURGE, HazardKind.RIVER_FLOOD))


class WindOrWater(StrEnum):
    """Which of the two passed its threshold at a home; cover often holds for one alone."""

    WIND = "wind"
    WATER = "water"
    BOTH = "both"


def tell_wind_from_water(reasons: "pd.Series[str]") -> "pd.Series[str]":
    """``WindOrWater`` by hazard words joined by ``;``; missing where neither is among them."""
    told = {cell: _tell_cell(cell) for cell in reasons.dropna().unique()}
    words: pd.Series[str] = reasons.map(told).astype("str")
    return words


def _tell_cell(cell: str) -> WindOrWater | None:
    words = set(cell.split(";"))
    if words & WIND_HAZARDS:
        return WindOrWater.BOTH if words & WATER_HAZARDS else WindOrWater.WIND
    return WindOrWater.WATER if words & WATER_HAZARDS else None
