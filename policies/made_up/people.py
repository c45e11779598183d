"""Made-up people, houses and policy terms for books that stand in for a carrier's own.

Nobody here exists: e-mail addresses lie in example.com (RFC 2606), telephone numbers in 555-0100
to 555-0199, which the North American plan keeps for fiction.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.events import PERIL_GROUPS, CatEvent, Peril, expand_perils
from core.tables import join_codes
from policies.reading.contacts import CHANNELS
from policies.reading.oed import DED_TYPE_AMOUNT, DED_TYPE_FRACTION_OF_TIV

_GIVEN_NAMES = np.array(
    [
        "Ada",
        "Bruno",
        "Chloé",
        "Dmitri",
        "Elena",
        "Femi",
        "Grace",
        "Hiro",
        "Inés",
        "José",
        "Kavya",
        "Liam",
        "Mei",
        "Noor",
        "Omar",
        "Priya",
        "Quinn",
        "Rosa",
        "Søren",
        "Tomás",
        "Uma",
        "Victor",
        "Wanda",
        "Yusuf",
    ]
)
_FAMILY_NAMES = np.array(
    [
        "Abbott",
        "Baptiste",
        "Castañeda",
        "Delgado",
        "Eriksen",
        "Fontaine",
        "Garcia",
        "Hughes",
        "Ibáñez",
        "Jensen",
        "Kowalski",
        "Larsen",
        "Müller",
        "Nguyen",
        "Okafor",
        "Peña",
        "Quintero",
        "Rossi",
        "Silva",
        "Tanaka",
        "Urban",
        "Varga",
        "Whitfield",
        "Zhang",
    ]
)
_STREETS = np.array(
    ["Alder Way", "Birch Street", "Cedar Lane", "Dune Road", "Elm Court", "Fern Avenue"]
)
_CITY = "Springvale"
_LANGUAGES, _LANGUAGE_SHARES = np.array(["en", "es"]), (0.85, 0.15)
_CONSENT_SHARE = 0.85
_FICTION_LINES = 100

HOMEOWNERS_PERILS = ("WW2", "XX1", "BB1")
"""Wind, convective storm and fire, but neither surge nor flood, as in US homeowners policies."""

_UNRELATED_PERILS = ("QQ1", "OO1", "BB1", "XX1")
_BROAD_GROUPS = frozenset({"WW1", "XZ1", "AA1"})
"""Groups that would cover water or everything along with the peril meant."""

COST_USD_PER_M2 = 1600.0
"""Middle of the made-up rebuilding costs; a working value for single-family homes."""
_COST_SPREAD = 0.25
_MIN_TIV = 50_000.0
_TIV_STEP = 1000.0
_CONTENTS_SHARE = 0.5
"""Coverage C is commonly half of coverage A."""

_TIV_DEDUCTIBLE, _FLAT_DEDUCTIBLE = "0.02", "1000"
_OCCUPANCIES, _OCCUPANCY_SHARES = np.array(["1050", "1051"]), (0.3, 0.7)
_CONSTRUCTIONS, _CONSTRUCTION_SHARES = np.array(["5050", "5100"]), (0.7, 0.3)
"""OED 5050 wood, 5100 masonry."""
_STOREY_SHARES = (0.7, 0.3)
_BUILT_YEARS = (1950, 1985, 2018)
"""Earliest, most common and latest year of construction."""

_POLICY_DAYS = 365
_DAYS_IN_FORCE = (10, 300)
_DAYS_LAPSED = (30, 300)


@dataclass(frozen=True, slots=True, eq=False)
class Period:
    """First and last civil day of each policy, datetime64[D], ``(policies,)`` each."""

    inception: NDArray[np.datetime64]
    expiry: NDArray[np.datetime64]


def choose_perils(event: CatEvent) -> str:
    """OED codes of a policy that covers the event's primary peril, without water by the way."""
    primary = event.primary_peril
    if primary in expand_perils(HOMEOWNERS_PERILS):
        return join_codes(HOMEOWNERS_PERILS)
    groups = [
        code
        for code, perils in PERIL_GROUPS.items()
        if primary in perils and code not in _BROAD_GROUPS
    ]
    own = min(groups, key=lambda code: len(PERIL_GROUPS[code]), default=primary.value)
    return join_codes([*HOMEOWNERS_PERILS, own])


def choose_unrelated_perils(event: CatEvent) -> str:
    """An OED group with none of the event's perils."""
    event_perils: frozenset[Peril] = frozenset(event.perils)
    for code in _UNRELATED_PERILS:
        if event_perils.isdisjoint(PERIL_GROUPS[code]):
            return code
    return Peril.NON_CAT.value


def make_period(event: CatEvent, has_lapsed: NDArray[np.bool_], rng: np.random.Generator) -> Period:
    """Policy years around the first day of the event, or ended weeks before it."""
    day = np.datetime64(event.window.start_utc.date(), "D")
    count = len(has_lapsed)
    begun = day - rng.integers(*_DAYS_IN_FORCE, count).astype("timedelta64[D]")
    ended = day - rng.integers(*_DAYS_LAPSED, count).astype("timedelta64[D]")
    inception = begun.copy()
    inception[has_lapsed] = ended[has_lapsed] - np.timedelta64(_POLICY_DAYS, "D")
    return Period(inception, inception + np.timedelta64(_POLICY_DAYS, "D"))


def make_houses(area_m2: NDArray[np.float64], rng: np.random.Generator) -> pd.DataFrame:
    """OED building fields as text, one row a building.

    Args:
        area_m2: ground area, ``(buildings,)``.
        rng: draws the rest.
    """
    count = len(area_m2)
    storeys = rng.choice([1, 2], count, p=_STOREY_SHARES)
    cost = COST_USD_PER_M2 * rng.lognormal(0.0, _COST_SPREAD, count)
    tiv = np.maximum(np.round(area_m2 * storeys * cost / _TIV_STEP) * _TIV_STEP, _MIN_TIV)
    is_of_tiv = rng.random(count) < 0.5  # noqa: PLR2004  one half
    return pd.DataFrame(
        {
            "OccupancyCode": rng.choice(_OCCUPANCIES, count, p=_OCCUPANCY_SHARES),
            "ConstructionCode": rng.choice(_CONSTRUCTIONS, count, p=_CONSTRUCTION_SHARES),
            "YearBuilt": rng.triangular(*_BUILT_YEARS, count).astype(np.int64).astype(str),
            "NumberOfStoreys": storeys.astype(str),
            "BuildingTIV": tiv.astype(np.int64).astype(str),
            "ContentsTIV": (tiv * _CONTENTS_SHARE).astype(np.int64).astype(str),
            "LocDedType1Building": np.where(
                is_of_tiv, str(DED_TYPE_FRACTION_OF_TIV), str(DED_TYPE_AMOUNT)
            ),
            "LocDed1Building": np.where(is_of_tiv, _TIV_DEDUCTIBLE, _FLAT_DEDUCTIBLE),
        }
    ).astype("str")


def make_people(location_number: "pd.Series[str]", rng: np.random.Generator) -> pd.DataFrame:
    """Contact fields as text, one row a location."""
    count = len(location_number)
    given = rng.choice(_GIVEN_NAMES, count).astype(object)
    family = rng.choice(_FAMILY_NAMES, count).astype(object)
    house = rng.integers(1, 1000, count).astype(str).astype(object)
    line = pd.Series(rng.integers(0, _FICTION_LINES, count)).astype("str").str.zfill(2)
    return pd.DataFrame(
        {
            "InsuredName": given + " " + family,
            "StreetAddress": house + " " + rng.choice(_STREETS, count).astype(object),
            "City": _CITY,
            "Phone": "555-01" + line,
            "Email": "insured." + location_number.reset_index(drop=True) + "@example.com",
            "PreferredChannel": rng.choice(np.array(CHANNELS), count),
            "Language": rng.choice(_LANGUAGES, count, p=_LANGUAGE_SHARES),
            "ContactConsent": np.where(rng.random(count) < _CONSENT_SHARE, "Y", "N"),
        }
    ).astype("str")
