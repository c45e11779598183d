"""What the policy's terms say on paper about a loss: pass, refer or fail, with reasons.

The screen sorts work for people. A ``fail`` is advice to look at the policy first; nothing here
turns anybody away or closes anything.
"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.damage import CoverageResult
from core.errors import InputError
from core.events import WATER_PERILS, WIND_PERILS, CatEvent
from core.schemas.book import COVERAGES, LOCATION_KEY
from core.tables import CODE_SEPARATOR, check_table, join_codes
from policies.coverage.local_time import find_time_zones
from policies.coverage.loss_times import LocalLoss, LossTimes, compute_local_loss
from policies.coverage.rules import UNKNOWN_STATUS, CoverageRules, ExpiryDay
from policies.matching.outlines import find_coordinates
from policies.reading.oed import UNKNOWN_OCCUPANCY

_PASS, _REFER, _FAIL = CoverageResult.PASS, CoverageResult.REFER, CoverageResult.FAIL


@dataclass(frozen=True, slots=True, eq=False)
class _Check:
    """One reason code: where it applies and the best result that it leaves."""

    reason: str
    applies: NDArray[np.bool_]
    result: CoverageResult


def screen_coverage(
    locations: gpd.GeoDataFrame, event: CatEvent, loss: LossTimes, ruleset: CoverageRules
) -> pd.DataFrame:
    """One COVERAGES row a location: what its policy's terms say of a loss.

    Results: ``fail`` if the policy had expired before the loss, in the location's own time zone, or
    does not cover the event's primary peril (where water came alone, nor water); ``refer`` where a
    person has to look; ``pass`` otherwise. Reasons keep one order; a missing deductible is only a
    note.

    Args:
        locations: a LOCATIONS table.
        event: its primary peril has to be covered.
        loss: when each loss can have happened, on the locations' index; missing reads as the whole
            window of the event, and is referred.
        ruleset: the rules.

    Raises:
        InputError: the instants are not on the locations' index.
    """
    screened = screen_terms(locations, event, loss, ruleset)
    coverages = locations[LOCATION_KEY].assign(**screened)
    checked: pd.DataFrame = check_table(pd.DataFrame(coverages), COVERAGES)
    return checked


def screen_terms(
    locations: gpd.GeoDataFrame, event: CatEvent, loss: LossTimes, ruleset: CoverageRules
) -> pd.DataFrame:
    """``screen_coverage`` without the key, for tables in which a home has several policies."""
    _check_index(locations, loss)
    is_timed = loss.first_utc.notna().to_numpy()
    zones = find_time_zones(*find_coordinates(locations.geometry.to_numpy()))
    window = event.window
    filled = loss.fill(pd.Timestamp(window.start_utc), pd.Timestamp(window.end_utc))
    local = compute_local_loss(filled, zones)
    checks = [
        *_check_period(locations, local, ruleset),
        *_check_status(locations, ruleset),
        *_check_perils(locations, event, loss),
        *_check_choice(locations),
        *_check_place(locations, ruleset),
        _Check("loss_time_unknown", ~is_timed, _REFER),
        _Check("time_zone_unknown", pd.isna(zones), _REFER),
        _Check("deductible_unknown", locations["deductible_amount"].isna().to_numpy(), _PASS),
    ]
    return pd.DataFrame(
        {
            "coverage_result": _choose_result(checks, len(locations)),
            "coverage_reasons": _join_reasons(checks, len(locations)),
            "loss_date": local.day,
            "loss_noon_utc": local.noon_utc,
        },
        index=locations.index,
    )


def _check_index(locations: gpd.GeoDataFrame, loss: LossTimes) -> None:
    if not loss.first_utc.index.equals(locations.index):
        raise InputError(
            "screening coverage",
            f"{len(loss.first_utc)} loss instants are not on the index of {len(locations)} "
            "locations",
            "Give one instant a location, in the same order and on the same index",
        )


def _check_period(
    locations: gpd.GeoDataFrame, loss: LocalLoss, ruleset: CoverageRules
) -> list[_Check]:
    """In force is inception <= loss < expiry; a missing date proves nothing.

    A policy that begins after the loss is referred, not failed: books keep the next term of a
    policy and drop the last one. So is one that begins or ends while the loss can have happened,
    and one that may or may not have lasted through its expiry day.
    """
    begin = locations["inception_date"] + ruleset.cover_begins_at
    end, last_end = (day + ruleset.cover_begins_at for day in find_ends(locations, ruleset))
    is_early = (loss.last < begin).to_numpy()
    is_late = (loss.first >= last_end).to_numpy()
    begins_within = ((loss.first < begin) & ~is_early).to_numpy()
    ends_within = ((loss.first < end) & (loss.last >= end)).to_numpy()
    is_last_day = ((loss.first >= end) & ~is_late).to_numpy()
    is_missing = (begin.isna() | end.isna()).to_numpy()
    return [
        _Check("not_yet_in_force", is_early, _REFER),
        _Check("policy_expired", is_late, _FAIL),
        _Check("inception_in_loss_window", begins_within, _REFER),
        _Check("expiry_in_loss_window", ends_within, _REFER),
        _Check("expiry_day_unclear", is_last_day, _REFER),
        _Check("dates_missing", is_missing & ~is_early & ~is_late, _REFER),
    ]


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


def _check_choice(locations: gpd.GeoDataFrame) -> list[_Check]:
    """Whether the loss falls under this policy, and from its first dollar on."""
    codes = CODE_SEPARATOR + locations["policy_choice"].fillna("") + CODE_SEPARATOR
    attachment = locations["layer_attachment_amount"].to_numpy(dtype=np.float64)

    def has(code: str) -> NDArray[np.bool_]:
        wanted = f"{CODE_SEPARATOR}{code}{CODE_SEPARATOR}"
        return codes.str.contains(wanted, regex=False).to_numpy(dtype=bool)

    return [
        _Check("several_policies", has("several_policies"), _REFER),
        _Check("policy_rows_refused", has("policy_rows_refused"), _REFER),
        _Check("excess_layer", attachment > 0, _REFER),
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


def _check_perils(locations: gpd.GeoDataFrame, event: CatEvent, loss: LossTimes) -> list[_Check]:
    """The primary peril decides; another peril of the event that is covered is noted.

    In a storm of wind and water, water decides where it came alone; a policy for wind alone is
    referred there, since the field of rain is a rough one. Where they come together, cover for
    water that only stands in a group code such as WW1 is referred: the group may have been chosen
    for its wind.
    """
    has_primary = _covers(locations, {event.primary_peril})
    has_other = _covers(locations, set(event.perils))
    water = WATER_PERILS & set(event.perils)
    mixes_water = event.primary_peril in WIND_PERILS and bool(water)
    is_by_water = np.zeros(len(locations), dtype=bool)
    if mixes_water and loss.is_by_water is not None:
        is_by_water = loss.is_by_water.to_numpy(dtype=bool)
    has_water = is_by_water & _covers(locations, set(water))
    is_grouped = locations["has_grouped_surge"].to_numpy() & mixes_water
    return [
        _Check("peril_not_covered", ~has_primary & ~has_water, _FAIL),
        _Check("water_not_covered", is_by_water & has_primary & ~has_water, _REFER),
        _Check("other_event_peril_covered", ~has_primary & has_other & ~has_water, _PASS),
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
