"""Perils against the published OED table, and events that cannot be made wrong."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import EventError
from core.events import (
    PERIL_GROUPS,
    WATER_PERILS,
    WIND_PERILS,
    CatEvent,
    OccurrenceWindow,
    Peril,
    expand_perils,
)

START = datetime(2018, 10, 10, 12, tzinfo=UTC)
WINDOW = OccurrenceWindow(START, START + timedelta(hours=12))

OED_GROUPS = """
QQ1 QEQ QFF QTS QSL QLS QLF
WW1 WTC WEC WSS
WW2 WTC WEC
OO1 ORF OSF
XX1 XSL XTD XHL XLT
ZZ1 ZSN ZIC ZFZ ZST
XZ1 XSL XTD XHL XLT ZSN ZIC ZFZ ZST
BB1 BBF BSK
MM1 MNT MTR
"""
"""Groups by their members, from OED's PerilsCovered.csv (CC0)."""


@pytest.mark.parametrize("line", OED_GROUPS.split("\n")[1:-1])
def test_groups_hold_what_oed_says(line):
    group, *members = line.split()
    assert expand_perils([group]) == {Peril(code) for code in members}
    assert PERIL_GROUPS[group] == expand_perils(members)


def test_the_groups_of_wind_and_flood_differ_by_surge():
    assert expand_perils(["WW1"]) - expand_perils(["WW2"]) == {Peril.STORM_SURGE}
    assert Peril.STORM_SURGE not in expand_perils(["OO1"])


def test_all_perils_is_every_peril_and_holds_every_group():
    assert expand_perils(["AA1"]) == set(Peril)
    assert all(members <= PERIL_GROUPS["AA1"] for members in PERIL_GROUPS.values())


def test_no_code_is_both_a_peril_and_a_group():
    assert not set(PERIL_GROUPS) & {str(peril) for peril in Peril}


def test_no_peril_is_both_wind_and_water():
    assert not WATER_PERILS & WIND_PERILS


@given(st.lists(st.sampled_from([*PERIL_GROUPS, *map(str, Peril)])))
def test_expanding_twice_changes_nothing_and_order_does_not_matter(codes):
    once = expand_perils(codes)
    assert expand_perils(once) == once == expand_perils(reversed(codes))
    assert all(Peril(code) in once for code in codes if code not in PERIL_GROUPS)


@pytest.mark.parametrize("code", ["", "wtc", "WW9", "WTC;WEC", "WTC "])
def test_an_unknown_code_is_quoted(code):
    with pytest.raises(ValueError, match="unknown OED peril code") as caught:
        expand_perils(["WTC", code])
    assert repr(code) in str(caught.value)


@pytest.mark.parametrize("zone", [None, timezone(timedelta(hours=-5))])
@pytest.mark.parametrize("name", ["start_utc", "end_utc"])
def test_a_window_is_utc_or_refused(zone, name):
    instants = {"start_utc": START, "end_utc": START + timedelta(days=1)}
    instants[name] = instants[name].replace(tzinfo=zone)
    with pytest.raises(EventError, match=rf"{name} is 2018-10-1\dT12:00:00.*, not UTC") as caught:
        OccurrenceWindow(**instants)
    assert "trailing Z" in caught.value.remedy


def test_a_window_that_ends_before_it_starts_is_refused():
    with pytest.raises(EventError, match="ends at 2018-10-10T11:59:59") as caught:
        OccurrenceWindow(START, START - timedelta(seconds=1))
    assert "Swap" in caught.value.remedy


def test_a_window_may_be_one_instant():
    assert OccurrenceWindow(START, START).start_utc == START


def test_the_primary_peril_is_the_first():
    event = CatEvent("michael-2018", "Michael", (Peril("WSS"), Peril("WTC")), WINDOW)
    assert event.primary_peril is Peril.STORM_SURGE


@pytest.mark.parametrize("name", ["", "Michael", "../up", "a b", "a_b", "harvey/2017", "über"])
def test_an_event_id_names_a_folder_or_is_refused(name):
    with pytest.raises(EventError, match="cannot name a folder") as caught:
        CatEvent(name, "Michael", (Peril.TORNADO,), WINDOW)
    assert repr(name) in caught.value.problem


def test_an_event_without_perils_is_refused():
    with pytest.raises(EventError, match="event michael: it names no peril"):
        CatEvent("michael", "Michael", (), WINDOW)
