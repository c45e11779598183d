"""Catastrophe events and the perils that insurance names.

Peril codes and groups are those of the Open Exposure Data standard (OED 4,
``PerilValues.csv`` and ``PerilsCovered.csv``, CC0).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from core.errors import EventError


class Peril(StrEnum):
    """An atomic insured cause of loss, by its OED code."""

    EARTHQUAKE = "QEQ"
    FIRE_FOLLOWING = "QFF"
    TSUNAMI = "QTS"
    SPRINKLER_LEAKAGE = "QSL"
    LANDSLIDE = "QLS"
    LIQUEFACTION = "QLF"
    TROPICAL_CYCLONE_WIND = "WTC"
    EXTRATROPICAL_WIND = "WEC"
    STORM_SURGE = "WSS"
    RIVER_FLOOD = "ORF"
    FLASH_FLOOD = "OSF"
    STRAIGHT_LINE_WIND = "XSL"
    TORNADO = "XTD"
    HAIL = "XHL"
    LIGHTNING = "XLT"
    CROP_HAIL = "XCH"
    SNOW = "ZSN"
    ICE = "ZIC"
    FREEZE = "ZFZ"
    WINTER_WIND = "ZST"
    NON_CAT = "BFR"
    WILDFIRE = "BBF"
    SMOKE = "BSK"
    NUCLEAR_TERRORISM = "MNT"
    CONVENTIONAL_TERRORISM = "MTR"
    SUBSIDENCE = "SSD"
    SEWAGE_BACKUP = "SBU"
    CYBER_BREACH = "CSB"
    CYBER_PROPERTY = "CPD"
    PANDEMIC_FLU = "PNF"
    VOLCANIC_ASH = "VVA"
    VOLCANIC_ERUPTION = "VVE"
    VOLCANIC_MUDSLIDE = "VVL"


def _perils(*codes: str) -> frozenset[Peril]:
    return frozenset(Peril(code) for code in codes)


PERIL_GROUPS: dict[str, frozenset[Peril]] = {
    "QQ1": _perils("QEQ", "QFF", "QTS", "QSL", "QLS", "QLF"),
    "WW1": _perils("WTC", "WEC", "WSS"),
    "WW2": _perils("WTC", "WEC"),
    "OO1": _perils("ORF", "OSF"),
    "XX1": _perils("XSL", "XTD", "XHL", "XLT"),
    "ZZ1": _perils("ZSN", "ZIC", "ZFZ", "ZST"),
    "XZ1": _perils("XSL", "XTD", "XHL", "XLT", "ZSN", "ZIC", "ZFZ", "ZST"),
    "BB1": _perils("BBF", "BSK"),
    "MM1": _perils("MNT", "MTR"),
    "GG1": _perils("XCH"),
    "CC1": _perils("CSB", "CPD"),
    "PP1": _perils("PNF"),
    "VV1": _perils("VVA", "VVE", "VVL"),
    "AA1": frozenset(Peril),
}

WATER_PERILS = _perils("WSS", "ORF", "OSF", "QTS", "SBU")
WIND_PERILS = _perils("WTC", "WEC", "XSL", "XTD", "ZST")


def expand_perils(codes: Iterable[str]) -> frozenset[Peril]:
    """Expand OED peril codes, atomic or group, to the set of atomic perils.

    Raises:
        ValueError: a code is neither an atomic peril nor a group; the message quotes it.
    """
    expanded: set[Peril] = set()
    for code in codes:
        if code in PERIL_GROUPS:
            expanded |= PERIL_GROUPS[code]
        elif code in Peril.__members__.values():
            expanded.add(Peril(code))
        else:
            raise ValueError(f"unknown OED peril code {code!r}")
    return frozenset(expanded)


@dataclass(frozen=True, slots=True)
class OccurrenceWindow:
    """When losses from the event occurred.

    Attributes:
        start_utc: first instant a loss can have occurred, timezone-aware UTC.
        end_utc: last such instant, timezone-aware UTC.
    """

    start_utc: datetime
    end_utc: datetime

    def __post_init__(self) -> None:
        for name in ("start_utc", "end_utc"):
            value = getattr(self, name)
            if value.tzinfo is None or value.utcoffset() != UTC.utcoffset(None):
                raise EventError(
                    "reading the occurrence window",
                    f"{name} is {value.isoformat()}, not UTC",
                    "Write it with a trailing Z",
                )
        if self.end_utc < self.start_utc:
            raise EventError(
                "reading the occurrence window",
                f"it ends at {self.end_utc.isoformat()}, before it starts at "
                f"{self.start_utc.isoformat()}",
                "Swap start_utc and end_utc",
            )


class StormClass(StrEnum):
    """What a weather service declared a tropical cyclone to be: deductibles go by it."""

    HURRICANE = "hurricane"
    NAMED_STORM = "named_storm"
    """With a name, though no hurricane where it struck."""


@dataclass(frozen=True, slots=True)
class CatEvent:
    """A catastrophe that can have damaged insured homes.

    Attributes:
        event_id: ours, at once; lower case, digits and hyphens (it names folders).
        name: what people call it.
        perils: atomic perils at work, the primary one first.
        window: when losses occurred.
        carrier_cat_code: the carrier's own catastrophe code, if declared.
        pcs_code: the industry's (Verisk PCS) number, filled in later.
        storm_class: what a tropical cyclone was declared to be, if stated.
    """

    event_id: str
    name: str
    perils: tuple[Peril, ...]
    window: OccurrenceWindow
    carrier_cat_code: str | None = None
    pcs_code: str | None = None
    storm_class: StormClass | None = None

    def __post_init__(self) -> None:
        allowed = set("abcdefghijklmnopqrstuvwxyz0123456789-")
        if not self.event_id or set(self.event_id) - allowed:
            raise EventError(
                "reading an event",
                f"event_id {self.event_id!r} has characters that cannot name a folder",
                "Use lower-case letters, digits and hyphens",
            )
        if not self.perils:
            raise EventError(
                f"reading event {self.event_id}",
                "it names no peril",
                "List at least one OED peril code, the primary one first, as in perils: [WTC]",
            )

    @property
    def primary_peril(self) -> Peril:
        """The peril whose hazard and image evidence the run weighs."""
        return self.perils[0]
