"""What the policy's terms say on paper about a loss: pass, refer or fail, with reasons.

The screen sorts work for people. A ``fail`` is advice to look at the policy first; nothing here
turns anybody away or closes anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.damage import CoverageResult
from core.errors import InputError
from core.events import WATER_PERILS, WIND_PERILS, CatEvent
from core.tables import CODE_SEPARATOR, check_table, join_codes
from core.tables_of_book import COVERAGES, LOCATION_KEY
from policies.coverage.local_time import compute_local_times, find_time_zones
from policies.matching.outlines import find_coordinates
from policies.reading.oed import UNKNOWN_OCCUPANCY

_PASS, _REFER, _FAIL = CoverageResult.PASS, CoverageResult.REFER, CoverageResult.FAIL


@dataclass(frozen=True, slots=True)
class StatusRule:
    """What a policy status means for the screen.

    Attributes:
        result: the best result that the status leaves.
        reason: reason code; empty for a policy in force.
    """

    result: CoverageResult
    reason: str = ""


POLICY_STATUSES: Mapping[str, StatusRule] = MappingProxyType(
    {
        "b": StatusRule(_PASS),
        "bound": StatusRule(_PASS),
        "active": StatusRule(_PASS),
        "in force": StatusRule(_PASS),
        "c": StatusRule(_FAIL, "policy_cancelled"),
        "cancelled": StatusRule(_FAIL, "policy_cancelled"),
        "canceled": StatusRule(_FAIL, "policy_cancelled"),
        "l": StatusRule(_FAIL, "policy_lapsed"),
        "lapsed": StatusRule(_FAIL, "policy_lapsed"),
        "expired": StatusRule(_FAIL, "policy_lapsed"),
        "r": StatusRule(_FAIL, "policy_not_bound"),
        "rejected": StatusRule(_FAIL, "policy_not_bound"),
        "q": StatusRule(_REFER, "policy_not_bound"),
        "quoted": StatusRule(_REFER, "policy_not_bound"),
        "s": StatusRule(_REFER, "policy_not_bound"),
        "submitted": StatusRule(_REFER, "policy_not_bound"),
        "reinstated": StatusRule(_REFER, "policy_reinstated"),
        "grace": StatusRule(_REFER, "policy_in_grace"),
        "grace period": StatusRule(_REFER, "policy_in_grace"),
    }
)
"""PolStatus in lower case -> what it means: the OED letters (B, C, Q, R, S of ``OtherValues.csv``;
R is rejected, not reinstated) and the words that carriers write in their place."""

UNKNOWN_STATUS = StatusRule(_REFER, "policy_status_unknown")


@dataclass(frozen=True, slots=True)
class CoverageRules:
    """The rules of the screen."""

    version: str = "2026.1"
    """Names these rules in the evidence of a claim; change it with any rule."""

    cover_begins_at: timedelta = timedelta(minutes=1)
    """Time of day, standard time at the location, at which cover begins and ends: 12:01 a.m. in
    the declarations of US homeowners policies."""

    residential_from: int = 1050
    """First OED OccupancyCode of homes (``OccupancyValues.csv``)."""

    residential_to: int = 1079
    """Last OED OccupancyCode of homes."""

    statuses: Mapping[str, StatusRule] = field(default_factory=lambda: dict(POLICY_STATUSES))
    """Meaning of PolStatus, by lower-case text; a blank one says nothing against the policy."""


@dataclass(frozen=True, slots=True, eq=False)
class _Check:
    """One reason code: where it applies and the best result that it leaves."""

    reason: str
    applies: NDArray[np.bool_]
    result: CoverageResult


def screen_coverage(
    locations: gpd.GeoDataFrame,
    event: CatEvent,
    loss_at_utc: "pd.Series[pd.Timestamp]",
    ruleset: CoverageRules,
) -> pd.DataFrame:
    """One COVERAGES row a location: what its policy's terms say of a loss at an instant.

    Results: ``fail`` if the policy was not in force at the loss instant, in the location's own
    time zone, or does not cover the event's primary peril; ``refer`` where a person has to look;
    ``pass`` otherwise. Reasons keep one order; a missing deductible is only a note.

    Args:
        locations: a LOCATIONS table.
        event: its primary peril has to be covered.
        loss_at_utc: instant of the loss at each location, timezone-aware UTC, on the locations'
            index; missing reads as the start of the event, and is referred.
        ruleset: the rules.

    Raises:
        InputError: the instants are not on the locations' index, or not UTC.
    """
    _check_instants(locations, loss_at_utc)
    is_timed = loss_at_utc.notna().to_numpy()
    zones = find_time_zones(*find_coordinates(locations.geometry.to_numpy()))
    instants = loss_at_utc.fillna(pd.Timestamp(event.window.start_utc))
    times = compute_local_times(instants, zones)
    checks = [
        *_check_period(locations, times["standard"], ruleset),
        *_check_status(locations, ruleset),
        *_check_perils(locations, event),
        *_check_place(locations, ruleset),
        _Check("loss_time_unknown", ~is_timed, _REFER),
        _Check("time_zone_unknown", pd.isna(zones), _REFER),
        _Check("deductible_unknown", locations["deductible_amount"].isna().to_numpy(), _PASS),
    ]
    coverages = locations[LOCATION_KEY].assign(
        coverage_result=_choose_result(checks, len(locations)),
        coverage_reasons=_join_reasons(checks, len(locations)),
        loss_date=times["clock"].dt.normalize(),
    )
    checked: pd.DataFrame = check_table(pd.DataFrame(coverages), COVERAGES)
    return checked


def _check_instants(locations: gpd.GeoDataFrame, loss_at_utc: "pd.Series[pd.Timestamp]") -> None:
    work = "screening coverage"
    if not loss_at_utc.index.equals(locations.index):
        raise InputError(
            work,
            f"{len(loss_at_utc)} loss instants are not on the index of {len(locations)} locations",
            "Give one instant a location, in the same order and on the same index",
        )
    if str(getattr(loss_at_utc.dtype, "tz", None)) != "UTC":
        raise InputError(
            work, f"loss instants are {loss_at_utc.dtype}, not UTC", "Give timezone-aware UTC"
        )


def _check_period(
    locations: gpd.GeoDataFrame, standard: "pd.Series[pd.Timestamp]", ruleset: CoverageRules
) -> list[_Check]:
    """In force is inception <= instant < expiry; a missing date proves nothing."""
    inception, expiry = locations["inception_date"], locations["expiry_date"]
    is_early = (standard < inception + ruleset.cover_begins_at).to_numpy()
    is_late = (standard >= expiry + ruleset.cover_begins_at).to_numpy()
    is_open = (inception.isna() | expiry.isna()).to_numpy() & ~is_early & ~is_late
    return [
        _Check("not_yet_in_force", is_early, _FAIL),
        _Check("policy_expired", is_late, _FAIL),
        _Check("dates_missing", is_open, _REFER),
    ]


def _check_status(locations: gpd.GeoDataFrame, ruleset: CoverageRules) -> list[_Check]:
    status = locations["policy_status"].str.strip().str.lower()
    checks = []
    for rule in dict.fromkeys([*ruleset.statuses.values()]):
        words = [word for word, meaning in ruleset.statuses.items() if meaning == rule]
        if rule.reason:
            checks.append(_Check(rule.reason, status.isin(words).to_numpy(), rule.result))
    is_unknown = (status.notna() & ~status.isin(list(ruleset.statuses))).to_numpy()
    return [*checks, _Check(UNKNOWN_STATUS.reason, is_unknown, UNKNOWN_STATUS.result)]


def _check_perils(locations: gpd.GeoDataFrame, event: CatEvent) -> list[_Check]:
    """The primary peril decides; another peril of the event that is covered is noted.

    Where wind and water come together, cover for water that only stands in a group code such as
    WW1 is referred: the group may have been chosen for its wind.
    """
    has_primary = _covers(locations, {event.primary_peril})
    has_other = _covers(locations, set(event.perils))
    mixes_water = event.primary_peril in WIND_PERILS and not WATER_PERILS.isdisjoint(event.perils)
    is_grouped = locations["has_grouped_surge"].to_numpy() & mixes_water
    return [
        _Check("peril_not_covered", ~has_primary, _FAIL),
        _Check("other_event_peril_covered", ~has_primary & has_other, _PASS),
        _Check("grouped_surge", is_grouped, _REFER),
    ]


def _covers(locations: gpd.GeoDataFrame, perils: set[str]) -> NDArray[np.bool_]:
    """Whether both location and policy cover one same peril of these, ``(locations,)``."""
    cells = locations["location_perils"] + "|" + locations["policy_perils"]
    places, distinct = pd.factorize(cells)
    covers = np.zeros(len(distinct), dtype=bool)
    for place, cell in enumerate(distinct):
        location, policy = (set(side.split(CODE_SEPARATOR)) for side in cell.split("|"))
        covers[place] = bool(location & policy & perils)
    found: NDArray[np.bool_] = covers[places]
    return found


def _check_place(locations: gpd.GeoDataFrame, ruleset: CoverageRules) -> list[_Check]:
    code = locations["occupancy_code"].to_numpy()
    is_home = (code >= ruleset.residential_from) & (code <= ruleset.residential_to)
    is_home |= code == UNKNOWN_OCCUPANCY
    return [_Check("not_residential", ~is_home, _REFER)]


def _choose_result(checks: list[_Check], count: int) -> NDArray[np.object_]:
    """The worst result of the checks that apply, ``(count,)``."""
    result = np.full(count, str(_PASS), dtype=object)
    for worse in (_REFER, _FAIL):
        for check in checks:
            if check.result == worse:
                result[check.applies] = str(worse)
    return result


def _join_reasons(checks: list[_Check], count: int) -> NDArray[np.object_]:
    """The reasons of the checks that apply, in the checks' order, ``(count,)``.

    Locations with nothing but notes begin with ``in_force;peril_covered``.
    """
    bits = np.zeros(count, dtype=np.int64)
    for place, check in enumerate(checks):
        bits |= check.applies.astype(np.int64) << place
    distinct, rows = np.unique(bits, return_inverse=True)
    cells = np.empty(len(distinct), dtype=object)
    for place, value in enumerate(distinct):
        applying = [check for bit, check in enumerate(checks) if value >> bit & 1]
        is_clear = all(check.result == _PASS for check in applying)
        clear = ["in_force", "peril_covered"] if is_clear else []
        cells[place] = join_codes([*clear, *(check.reason for check in applying)])
    return cells[rows]
