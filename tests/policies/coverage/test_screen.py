from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from timezonefinder import TimezoneFinder

from core.errors import InputError
from core.events import CatEvent, OccurrenceWindow, Peril
from core.schemas.book import COVERAGES
from core.tables import check_table
from policies.coverage.local_time import CELL_DEG, compute_local_times, find_time_zones
from policies.coverage.loss_times import LossTimes
from policies.coverage.rules import CoverageRules, ExpiryDay
from policies.coverage.screen import screen_coverage

PANAMA_CITY = (-85.66, 30.16)  # Central
MEXICO_BEACH = (-85.417, 29.948)  # Central, just west of the line
PORT_ST_JOE = (-85.303, 29.812)  # Eastern, just east of it
LONDON = (-0.12, 51.5)
RULES = CoverageRules()


@pytest.fixture
def screen(locations_at, hurricane):
    """Screen one location, by default a good one with a loss in the middle of its policy year."""

    def run(place=PANAMA_CITY, at="2018-10-10T17:30Z", event=hurricane, rules=RULES, **columns):
        locations = locations_at(place, **columns)
        losses = pd.Series([pd.Timestamp(at)])
        row = screen_coverage(locations, event, LossTimes.of_instants(losses), rules).iloc[0]
        return row["coverage_result"], row["coverage_reasons"]

    return run


def day(text):
    return np.datetime64(text, "us")


@pytest.mark.parametrize("place", [PANAMA_CITY, MEXICO_BEACH, PORT_ST_JOE])
def test_a_policy_in_force_that_covers_wind_passes(screen, place):
    assert screen(place) == ("pass", "in_force;peril_covered")


@pytest.mark.parametrize(
    ("place", "at", "result"),
    [
        # daylight saving holds in October: standard midnight is 06:00 UTC in Central time
        (MEXICO_BEACH, "2018-10-10T06:00:59Z", "refer"),
        (MEXICO_BEACH, "2018-10-10T06:01:00Z", "pass"),
        (PORT_ST_JOE, "2018-10-10T05:00:59Z", "refer"),
        (PORT_ST_JOE, "2018-10-10T05:01:00Z", "pass"),
        (PANAMA_CITY, "2018-10-10T05:30:00Z", "refer"),
        (LONDON, "2018-10-10T00:01:00Z", "pass"),
        (LONDON, "2018-10-10T00:00:00Z", "refer"),
    ],
)
def test_cover_begins_at_1201_standard_time_where_the_home_is(screen, place, at, result):
    said, reasons = screen(place, at, inception_date=day("2018-10-10"))
    assert said == result
    assert ("not_yet_in_force" in reasons) == (result == "refer")


@pytest.mark.parametrize(
    ("at", "result"), [("2018-10-10T06:00:59Z", "pass"), ("2018-10-10T06:01:00Z", "fail")]
)
def test_cover_ends_at_1201_on_the_day_of_expiry(screen, at, result):
    said, reasons = screen(MEXICO_BEACH, at, expiry_date=day("2018-10-10"))
    assert said == result
    assert ("policy_expired" in reasons) == (result == "fail")


@pytest.mark.parametrize(
    ("inception", "expiry", "rule", "expected"),
    [
        ("2017-10-11", "2018-10-10", "by_period", ("refer", "expiry_day_unclear")),
        ("2017-10-11", "2018-10-10", "ends_with_it", ("pass", "in_force;peril_covered")),
        ("2017-10-11", "2018-10-10", "ends_at_its_start", ("fail", "policy_expired")),
        ("2017-10-10", "2018-10-10", "by_period", ("fail", "policy_expired")),
        ("2018-08-01", "2018-10-31", "by_period", ("pass", "in_force;peril_covered")),
        ("2018-07-11", "2018-10-10", "by_period", ("refer", "expiry_day_unclear")),
    ],
)
def test_the_expiry_day_is_a_setting_and_the_doubtful_day_refers(
    screen, inception, expiry, rule, expected
):
    rules = CoverageRules(expiry_day=ExpiryDay(rule))
    assert screen(inception_date=day(inception), expiry_date=day(expiry), rules=rules) == expected


@pytest.mark.parametrize("rule", list(ExpiryDay))
def test_the_day_after_the_expiry_day_is_never_covered(screen, rule):
    period = {"inception_date": day("2017-10-10"), "expiry_date": day("2018-10-09")}
    said, reasons = screen(rules=CoverageRules(expiry_day=rule), **period)
    assert (said, reasons) == ("fail", "policy_expired")


FIRE = ("2017-10-09T04:43Z", "2017-10-31T07:00Z")
SANTA_ROSA = (-122.73, 38.47)


@pytest.mark.parametrize(
    ("inception", "expiry", "expected"),
    [
        ("2017-01-01", "2018-01-01", ("pass", "in_force;peril_covered")),
        ("2016-10-20", "2017-10-20", ("refer", "expiry_in_loss_window")),
        ("2017-10-10", "2018-10-10", ("refer", "inception_in_loss_window")),
        ("2016-10-08", "2017-10-08", ("fail", "policy_expired")),
        ("2017-11-01", "2018-11-01", ("refer", "not_yet_in_force")),
        ("2017-10-10", "2017-10-20", ("refer", "inception_in_loss_window;expiry_in_loss_window")),
    ],
)
def test_a_loss_of_unknown_instant_is_held_against_the_whole_window(
    locations_at, inception, expiry, expected
):
    window = OccurrenceWindow(*(datetime.fromisoformat(at).astimezone(UTC) for at in FIRE))
    fire = CatEvent("tubbs", "Tubbs", (Peril.WILDFIRE,), window)
    perils = dict.fromkeys(("location_perils", "policy_perils"), "BBF;BSK")
    period = {"inception_date": day(inception), "expiry_date": day(expiry)}
    loss = LossTimes(*(pd.Series([pd.Timestamp(at)]) for at in FIRE))
    row = screen_coverage(locations_at(SANTA_ROSA, **perils, **period), fire, loss, RULES).iloc[0]
    assert (row["coverage_result"], row["coverage_reasons"]) == expected
    # the fire broke out at 21:43; most of its first day is the day after
    assert row["loss_date"] == pd.Timestamp("2017-10-09")


def test_noon_of_the_loss_date_is_noon_there(locations_at, hurricane):
    places = [(174.8, -41.3), (-85.66, 30.16), (-171.75, -13.8), LONDON]  # Wellington, Apia
    losses = pd.Series([pd.Timestamp("2018-10-10T20:00Z")] * 4)
    loss = LossTimes.of_instants(losses)
    coverages = screen_coverage(locations_at(*places), hurricane, loss, RULES)
    days = coverages["loss_date"].dt.strftime("%d").tolist()
    noons = coverages["loss_noon_utc"].dt.strftime("%dT%H").tolist()
    assert days == ["11", "10", "11", "10"]
    assert noons == ["10T23", "10T17", "10T22", "10T11"]


def test_a_loss_cannot_end_before_it_begins():
    first, last = (pd.Series([pd.Timestamp(at)]) for at in reversed(FIRE))
    with pytest.raises(InputError, match="ends before it begins"):
        LossTimes(first, last)


def test_in_winter_standard_time_is_clock_time(screen):
    before = screen(PORT_ST_JOE, "2018-12-01T05:00:59Z", inception_date=day("2018-12-01"))
    after = screen(PORT_ST_JOE, "2018-12-01T05:01:00Z", inception_date=day("2018-12-01"))
    assert (before[0], after[0]) == ("refer", "pass")


def test_the_loss_date_is_the_day_on_the_clock_there(locations_at, hurricane):
    locations = locations_at(MEXICO_BEACH, PORT_ST_JOE, MEXICO_BEACH)
    losses = pd.to_datetime(
        pd.Series(["2018-10-10T04:30Z", "2018-10-10T04:30Z", "2018-10-10T05:00Z"])
    )
    coverages = screen_coverage(locations, hurricane, LossTimes.of_instants(losses), RULES)
    days = coverages["loss_date"].dt.strftime("%m-%d").tolist()
    assert days == ["10-09", "10-10", "10-10"]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"inception_date": None}, ("refer", "dates_missing")),
        ({"expiry_date": None}, ("refer", "dates_missing")),
        ({"inception_date": None, "expiry_date": day("2018-05-01")}, ("fail", "policy_expired")),
        ({"policy_status": "B"}, ("pass", "in_force;peril_covered")),
        ({"policy_status": " bound "}, ("pass", "in_force;peril_covered")),
        ({"policy_status": "C"}, ("fail", "policy_cancelled")),
        ({"policy_status": "Lapsed"}, ("fail", "policy_lapsed")),
        ({"policy_status": "R"}, ("fail", "policy_not_bound")),
        ({"policy_status": "Q"}, ("refer", "policy_not_bound")),
        ({"policy_status": "Reinstated"}, ("refer", "policy_reinstated")),
        ({"policy_status": "GRACE"}, ("refer", "policy_in_grace")),
        ({"policy_status": "X"}, ("refer", "policy_status_unknown")),
        ({"location_perils": "QEQ"}, ("fail", "peril_not_covered")),
        ({"policy_perils": "BBF;BSK"}, ("fail", "peril_not_covered")),
        (
            {"location_perils": "WSS", "policy_perils": "WSS;WTC"},
            ("fail", "peril_not_covered;other_event_peril_covered"),
        ),
        ({"has_grouped_surge": True}, ("refer", "grouped_surge")),
        ({"policy_choice": "several_policies"}, ("refer", "several_policies")),
        ({"policy_choice": "policy_rows_refused"}, ("refer", "policy_rows_refused")),
        ({"layer_attachment_amount": 5e6}, ("refer", "excess_layer")),
        ({"occupancy_code": 1079}, ("pass", "in_force;peril_covered")),
        ({"occupancy_code": 1000}, ("pass", "in_force;peril_covered")),
        ({"occupancy_code": 1100}, ("refer", "not_residential")),
        ({"deductible_amount": None}, ("pass", "in_force;peril_covered;deductible_unknown")),
        (
            {
                "expiry_date": day("2018-05-01"),
                "policy_status": "C",
                "policy_perils": "QEQ",
                "occupancy_code": 1100,
                "deductible_amount": None,
            },
            (
                "fail",
                (
                    "policy_expired;policy_cancelled;peril_not_covered;not_residential;"
                    "deductible_unknown"
                ),
            ),
        ),
    ],
)
def test_each_rule_has_its_result_and_reason(screen, columns, expected):
    assert screen(**columns) == expected


def test_grouped_surge_matters_only_where_wind_and_water_meet(screen, hurricane):
    wind = CatEvent("w", "W", (Peril.TROPICAL_CYCLONE_WIND,), hurricane.window)
    assert screen(event=wind, has_grouped_surge=True)[0] == "pass"


def test_nothing_is_ever_turned_away(locations_at, hurricane):
    locations = locations_at(PANAMA_CITY, policy_status="C", policy_perils="QEQ")
    loss = LossTimes.of_instants(pd.Series([pd.Timestamp("2018-10-10T17:30Z")]))
    coverages = screen_coverage(locations, hurricane, loss, RULES)
    assert "den" not in coverages.to_csv()


def test_a_missing_instant_is_referred_on_the_first_day_of_the_event(locations_at, hurricane):
    losses = pd.Series([pd.NaT], dtype="datetime64[us, UTC]")
    row = screen_coverage(
        locations_at(PANAMA_CITY), hurricane, LossTimes.of_instants(losses), RULES
    ).iloc[0]
    assert (row["coverage_result"], row["coverage_reasons"]) == ("refer", "loss_time_unknown")
    assert row["loss_date"] == pd.Timestamp("2018-10-10")


def test_a_place_of_no_zone_is_referred(locations_at, hurricane):
    locations = locations_at(PANAMA_CITY, PANAMA_CITY)
    locations.loc[1, "geometry"] = shapely.Point()
    losses = pd.Series([pd.Timestamp("2018-10-10T17:30Z")] * 2)
    coverages = screen_coverage(locations, hurricane, LossTimes.of_instants(losses), RULES)
    assert coverages["coverage_reasons"].tolist() == ["in_force;peril_covered", "time_zone_unknown"]


def test_no_locations(locations_at, hurricane):
    losses = pd.Series([], dtype="datetime64[us, UTC]")
    assert (
        len(screen_coverage(locations_at(), hurricane, LossTimes.of_instants(losses), RULES)) == 0
    )


@pytest.mark.parametrize(
    ("losses", "problem"),
    [
        (
            pd.Series([pd.Timestamp("2018-10-10T17:30Z")] * 2),
            "2 loss instants are not",
        ),
        (pd.Series([pd.Timestamp("2018-10-10T17:30Z")], index=[7]), "not on the index"),
        (pd.Series([pd.Timestamp("2018-10-10T17:30")]), "not UTC"),
        (pd.Series([pd.Timestamp("2018-10-10T17:30-05:00")]), "not UTC"),
    ],
)
def test_instants_that_do_not_fit_are_refused(locations_at, hurricane, losses, problem):
    with pytest.raises(InputError, match=problem):
        screen_coverage(locations_at(PANAMA_CITY), hurricane, LossTimes.of_instants(losses), RULES)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.floats(-86, -85), st.floats(29.6, 31)), min_size=1, max_size=20))
def test_zones_by_cell_are_zones_by_place(places):
    longitude, latitude = np.array(places).T
    finder = TimezoneFinder()
    expected = [finder.timezone_at(lng=x, lat=y) for x, y in places]
    assert find_time_zones(longitude, latitude).tolist() == expected


def test_both_sides_of_the_line_within_one_cell():
    """Cells that the Central-Eastern line crosses are looked up place by place."""
    latitude = np.full(400, 29.9)
    longitude = np.linspace(-85.5, -85.1, 400)
    zones = find_time_zones(longitude, latitude)
    turn = np.flatnonzero(zones[1:] != zones[:-1])
    assert len(turn) >= 1
    step_deg = longitude[1] - longitude[0]
    assert step_deg < CELL_DEG / 10
    finder = TimezoneFinder()
    for place in turn:
        assert finder.timezone_at(lng=longitude[place], lat=29.9) == zones[place]
        assert finder.timezone_at(lng=longitude[place + 1], lat=29.9) == zones[place + 1]


def test_the_hour_that_the_clock_repeats():
    instants = pd.to_datetime(
        pd.Series(["2018-11-04T05:30Z", "2018-11-04T06:30Z", "2018-11-04T07:30Z"])
    )
    times = compute_local_times(instants, np.array(["America/Chicago"] * 3, dtype=object))
    assert times["clock"].dt.strftime("%H:%M").tolist() == ["00:30", "01:30", "01:30"]
    assert times["standard"].dt.strftime("%H:%M").tolist() == ["23:30", "00:30", "01:30"]


def test_the_event_need_not_be_of_today(locations_at):
    window = OccurrenceWindow(datetime(1992, 8, 24, tzinfo=UTC), datetime(1992, 8, 25, tzinfo=UTC))
    andrew = CatEvent("andrew-1992", "Andrew", (Peril.TROPICAL_CYCLONE_WIND,), window)
    losses = pd.Series([pd.Timestamp("1992-08-24T09:05Z")])
    locations = locations_at(
        (-80.4, 25.5), inception_date=day("1992-01-01"), expiry_date=day("1993-01-01")
    )
    coverages = screen_coverage(locations, andrew, LossTimes.of_instants(losses), RULES)
    assert coverages["coverage_result"].tolist() == ["pass"]
    check_table(coverages, COVERAGES)


@pytest.mark.parametrize(
    ("cover", "by_water", "result", "reason"),
    [
        ("WTC", False, "pass", "peril_covered"),
        ("WTC", True, "refer", "water_not_covered"),
        ("OSF", True, "pass", "peril_covered"),
        ("OSF", False, "fail", "peril_not_covered"),
        ("WTC;OSF", True, "pass", "peril_covered"),
        ("BBF", True, "fail", "peril_not_covered"),
    ],
)
def test_where_water_came_alone_its_cover_decides(locations_at, cover, by_water, result, reason):
    window = OccurrenceWindow(
        datetime(2018, 10, 10, tzinfo=UTC), datetime(2018, 10, 12, tzinfo=UTC)
    )
    storm = CatEvent("storm", "Storm", (Peril.TROPICAL_CYCLONE_WIND, Peril.FLASH_FLOOD), window)
    instants = pd.Series([pd.Timestamp("2018-10-10T17:30Z")])
    loss = LossTimes(instants, instants, pd.Series(["water" if by_water else "wind"]))
    locations = locations_at(PANAMA_CITY, location_perils=cover, policy_perils=cover)
    row = screen_coverage(locations, storm, loss, RULES).iloc[0]
    assert row["coverage_result"] == result
    assert reason in row["coverage_reasons"].split(";")


def test_of_hazards_water_came_alone_where_no_wind_did():
    at = pd.to_datetime(pd.Series(["2018-10-10T17:30Z"] * 4))
    hazards = pd.DataFrame(
        {
            "loss_at_utc": at,
            "loss_until_utc": pd.Series(pd.NaT, index=at.index, dtype=at.dtype),
            "hazard_reason": pd.Series(["wind", "rain", "wind;rain", None], dtype="str"),
        }
    )
    loss = LossTimes.of_hazards(hazards)
    assert loss.wind_or_water.fillna("").tolist() == ["wind", "water", "both", ""]
    assert loss.take(np.array([1, 0])).wind_or_water.tolist() == ["water", "wind"]
