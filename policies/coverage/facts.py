"""What the rules of the coverage screen ask about: one array a fact, in the locations' order."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.events import WATER_PERILS, WIND_PERILS, CatEvent, Peril
from core.hazards.kinds import WindOrWater
from core.tables import CODE_SEPARATOR, has_code
from policies.coverage.deductibles import Deductibles, resolve_deductibles
from policies.coverage.local_time import find_time_zones
from policies.coverage.loss_times import LocalLoss, LossTimes, compute_local_loss
from policies.coverage.rules import CoverageRules, ExpiryDay
from policies.matching.outlines import find_coordinates

Mask = NDArray[np.bool_]

FIRE_PERILS = frozenset((Peril.WILDFIRE, Peril.NON_CAT))
"""A policy for one of these insures fire: OED has no other code for a fire of one house."""


@dataclass(frozen=True, slots=True, eq=False)
class Period:
    """Instants in standard time at the place, datetime64[us] without zone; missing = not stated.

    Attributes:
        begin: when cover begins.
        end: when it may end at the earliest.
        last_end: when it ends at the latest; the same wherever the expiry day is clear.
    """

    begin: "pd.Series[pd.Timestamp]"
    end: "pd.Series[pd.Timestamp]"
    last_end: "pd.Series[pd.Timestamp]"


@dataclass(frozen=True, slots=True, eq=False)
class Cover:
    """Which perils both location and policy cover, bool ``(locations,)`` each.

    Attributes:
        primary: the event's primary peril.
        other: any peril of the event.
        wind: a wind peril of the event; where it has none, any.
        water: a water peril of the event; where it has none, any.
        fire: fire, by wildfire or without a catastrophe.
        fire_following: fire that follows an earthquake.
        is_grouped_surge: surge is covered only because a group code contains it.
    """

    primary: Mask
    other: Mask
    wind: Mask
    water: Mask
    fire: Mask
    fire_following: Mask
    is_grouped_surge: Mask


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What reached each home by its hazards, bool ``(locations,)`` each; all false = not known.

    Attributes:
        wind_alone: wind passed its threshold, water did not.
        water_alone: water did, wind did not.
        both: both did.
    """

    wind_alone: Mask
    water_alone: Mask
    both: Mask


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """All that rules may ask.

    Attributes:
        locations: a table under the names of LOCATIONS.
        event: its perils have to be covered.
        ruleset: settings of the rules.
        loss: when, in standard time at the place.
        is_timed: the time of the loss is known, ``(locations,)``.
        has_zone: the time zone of the place is known, ``(locations,)``.
        period: of the policy.
        cover: by peril.
        evidence: of wind and water.
        status: of the policy, stripped and in lower case; missing = none is stated.
        expected_loss: money, ``(locations,)``; NaN = not known.
        deductibles: of that loss.
    """

    locations: gpd.GeoDataFrame
    event: CatEvent
    ruleset: CoverageRules
    loss: LocalLoss
    is_timed: Mask
    has_zone: Mask
    period: Period
    cover: Cover
    evidence: Evidence
    status: "pd.Series[str]"
    expected_loss: NDArray[np.float64]
    deductibles: Deductibles

    def all_homes(self) -> Mask:
        """True for every home."""
        return np.ones(len(self.locations), dtype=bool)

    def has_choice(self, code: str) -> Mask:
        """Where the choice of the policy is marked with a code."""
        return has_code(self.locations["policy_choice"].fillna(""), code).to_numpy(dtype=bool)

    def amounts(self, name: str) -> NDArray[np.float64]:
        """A column of numbers, ``(locations,)``; NaN where missing or the table has no such."""
        if name not in self.locations.columns:
            return np.full(len(self.locations), np.nan)
        return self.locations[name].to_numpy(dtype=np.float64, na_value=np.nan)


def gather_facts(
    locations: gpd.GeoDataFrame,
    event: CatEvent,
    loss: LossTimes,
    ruleset: CoverageRules,
    expected_loss: NDArray[np.float64] | None = None,
) -> Facts:
    """The facts of losses at insured locations; see ``policies.coverage.screen``."""
    zones = find_time_zones(*find_coordinates(locations.geometry.to_numpy()))
    window = event.window
    filled = loss.fill(pd.Timestamp(window.start_utc), pd.Timestamp(window.end_utc))
    local = compute_local_loss(filled, zones)
    unknown = np.full(len(locations), np.nan)
    return Facts(
        locations,
        event,
        ruleset,
        local,
        loss.first_utc.notna().to_numpy(),
        ~pd.isna(zones),
        _find_period(locations, ruleset),
        _find_cover(locations, event),
        _weigh_evidence(loss),
        locations["policy_status"].str.strip().str.lower(),
        unknown if expected_loss is None else expected_loss,
        resolve_deductibles(locations, event, local.day, expected_loss),
    )


def _find_period(locations: gpd.GeoDataFrame, ruleset: CoverageRules) -> Period:
    end, last_end = find_ends(locations, ruleset)
    at = ruleset.cover_begins_at
    return Period(locations["inception_date"] + at, end + at, last_end + at)


def find_ends(
    locations: gpd.GeoDataFrame, ruleset: CoverageRules
) -> tuple["pd.Series[pd.Timestamp]", "pd.Series[pd.Timestamp]"]:
    """First and last day at whose start cover can have ended, by ``ruleset.expiry_day``."""
    expiry = locations["expiry_date"]
    next_day = expiry + pd.Timedelta(days=1)
    if ruleset.expiry_day is ExpiryDay.ENDS_AT_ITS_START:
        return expiry, expiry
    if ruleset.expiry_day is ExpiryDay.ENDS_WITH_IT:
        return next_day, next_day
    # a period of whole months or years by its next day counts its last day in, or forgot to
    is_day_before = (next_day.dt.day == locations["inception_date"].dt.day).fillna(value=False)
    return expiry, expiry.mask(is_day_before, next_day)


def _find_cover(locations: gpd.GeoDataFrame, event: CatEvent) -> Cover:
    """Covered perils; each distinct pair of cells is looked at once."""
    pairs = locations["location_perils"].str.cat(locations["policy_perils"], sep="|")
    places, distinct = pd.factorize(pairs)
    covered = [frozenset.intersection(*map(_split, pair.split("|"))) for pair in distinct]
    perils = frozenset(event.perils)

    def covers(wanted: frozenset[Peril]) -> Mask:
        return np.array([bool(each & wanted) for each in covered], dtype=bool)[places]

    return Cover(
        primary=covers(frozenset({event.primary_peril})),
        other=covers(perils),
        wind=covers(WIND_PERILS & perils or WIND_PERILS),
        water=covers(WATER_PERILS & perils or WATER_PERILS),
        fire=covers(FIRE_PERILS),
        fire_following=covers(frozenset({Peril.FIRE_FOLLOWING})),
        is_grouped_surge=locations["has_grouped_surge"].to_numpy(dtype=bool),
    )


def _split(cell: str) -> frozenset[str]:
    return frozenset(cell.split(CODE_SEPARATOR))


def _weigh_evidence(loss: LossTimes) -> Evidence:
    if loss.wind_or_water is None:
        nothing = np.zeros(len(loss.first_utc), dtype=bool)
        return Evidence(nothing, nothing, nothing)
    said = loss.wind_or_water

    def is_said(word: WindOrWater) -> Mask:
        return (said == word.value).fillna(value=False).to_numpy(dtype=bool)

    return Evidence(*map(is_said, (WindOrWater.WIND, WindOrWater.WATER, WindOrWater.BOTH)))
