"""Numbers change between two days of a book; the homes do not, and get no second claim."""

from datetime import timedelta

import geopandas as gpd
import pandas as pd
import pytest

from claims.drafts.fnol import DraftOptions, make_drafts
from claims.incidents.key import IncidentKey
from claims.incidents.opening import open_incidents
from claims.incidents.states import IncidentState
from claims.ledger.entry import Entry, format_instant
from claims.ledger.kinds import EntryKind

S = IncidentState
FIRST = {"account_number": "A0001", "policy_number": "HO000001", "location_number": "000001"}


def home(**changes):
    return FIRST | {"building_id": "b-1"} | changes


@pytest.fixture
def run(ledger, event_id, as_of):
    """Opens the incidents of a day's findings; the day is counted from the first."""

    def open_day(findings, day=0):
        opened = open_incidents(findings, ledger, event_id, as_of + timedelta(days=day))
        return findings.drop(columns=["decision", "decision_reasons", "incident_id"]).merge(
            opened, validate="one_to_one"
        )

    return open_day


def moved(findings, metres):
    return findings.set_geometry(findings.translate(yoff=metres / 111_320))


@pytest.mark.parametrize(
    "numbers",
    [
        {"location_number": "1"},
        {"account_number": "A1", "policy_number": "HO1", "location_number": "1"},
        {"policy_number": "HO000001-01"},
        {"policy_number": "HO000001/2", "account_number": "A0001/2"},
        {"policy_number": "90001234", "account_number": "C77", "location_number": "1"},
        {"portfolio_number": "01"},
    ],
)
def test_a_home_under_new_numbers_goes_to_review_and_names_the_old(
    *, numbers, run, findings_of, ledger, event_id
):
    (old,) = run(findings_of(home()))["incident_id"]
    renumbered = findings_of(home(**numbers))
    for day in (1, 2):
        (row,) = run(renumbered, day).to_dict("records")
        assert (row["decision"], row["incident_id"]) == ("review", old)
        assert row["decision_reasons"] == (
            "known_under_other_number;known_as:HO000001/000001;severe_damage"
        )
    assert len(ledger.current(event_id)) == 1
    assert ledger.verify().rows == 3, "nothing was written"


def test_no_draft_is_made_of_it(run, findings_of, contacts_of, event):
    run(findings_of(home()))
    again = run(findings_of(home(location_number="1")), 1)
    again = gpd.GeoDataFrame(again, geometry="geometry", crs=4326)
    assert list(make_drafts(again, contacts_of(), event, DraftOptions())) == []


@pytest.mark.parametrize(("metres", "is_known"), [(0, True), (8, True), (15, False)])
def test_without_a_building_the_point_tells(metres, is_known, run, findings_of):
    unseen = {"building_id": None, "status": "no_building_match", "decision": "outreach"}
    (old,) = run(findings_of(home(**unseen)))["incident_id"]
    (row,) = run(moved(findings_of(home(location_number="1", **unseen)), metres), 1)[
        "incident_id"
    ].to_list()
    assert (row == old) == is_known


def test_a_neighbour_that_is_new_in_the_book_has_an_incident_of_its_own(run, findings_of):
    first = findings_of(home())
    run(first)
    neighbour = findings_of(home(account_number="A2", policy_number="HO2", building_id="b-2"))
    table = run(pd.concat([first, moved(neighbour, 30)], ignore_index=True), 1)
    assert table["decision"].tolist() == ["open_draft", "open_draft"]
    assert table["incident_id"].nunique() == 2


def test_the_next_term_of_a_policy_is_no_second_home_though_the_first_is_listed(run, findings_of):
    first = findings_of(home())
    (old,) = run(first)["incident_id"]
    renewed = findings_of(home(policy_number="HO000001-01"))
    table = run(pd.concat([first, renewed], ignore_index=True), 1)
    assert table["incident_id"].tolist() == [old, old]
    assert table["decision"].tolist() == ["open_draft", "review"]


def test_another_flat_of_the_house_has_an_incident_while_the_first_is_listed(run, findings_of):
    first = findings_of(home())
    run(first)
    flat = findings_of(home(account_number="B7", policy_number="HO777"))
    table = run(pd.concat([first, flat], ignore_index=True), 1)
    assert table["decision"].tolist() == ["open_draft", "open_draft"]
    assert table["incident_id"].nunique() == 2


def test_killed_after_the_first_of_two_a_run_ends_as_undisturbed(run, findings_of):
    first = findings_of(home())
    renewed = findings_of(home(policy_number="HO000001-01"))
    run(first)
    table = run(pd.concat([first, renewed], ignore_index=True))
    assert table["incident_id"].nunique() == 2


@pytest.mark.parametrize(("decision", "expected"), [("open_draft", "review"), ("none", "none")])
def test_what_a_person_closed_is_not_opened_under_another_number(
    *, decision, expected, run, findings_of, ledger, event_id, as_of
):
    run(findings_of(home()))
    (known,) = ledger.current(event_id)["incident_id"]
    named = IncidentKey(event_id, "1", *FIRST.values())
    note = ("staff-7", "{}", format_instant(as_of))
    withdrawn = Entry(
        known, named, 4, EntryKind.WITHDRAWN, S.CLAIM_DRAFT, S.WITHDRAWN_NO_DAMAGE, *note
    )
    ledger.append([withdrawn])
    (row,) = run(findings_of(home(location_number="1", decision=decision)), 1).to_dict("records")
    assert (row["decision"], row["incident_id"]) == (expected, known)
    assert len(ledger.current(event_id)) == 1


def test_twenty_four_homes_that_lost_their_zeros_get_no_second_draft(run, findings_of, ledger):
    rows = [
        {"account_number": f"A{n:06d}", "policy_number": f"HO{n:06d}", "building_id": f"b-{n}"}
        for n in range(24)
    ]
    first = run(findings_of(*(row | {"location_number": f"{n:06d}"} for n, row in enumerate(rows))))
    again = run(findings_of(*(row | {"location_number": str(n)} for n, row in enumerate(rows))), 1)
    assert (again["decision"] == "review").all()
    assert again["incident_id"].tolist() == first["incident_id"].tolist()
    assert ledger.verify().rows == 24 * 3


def test_of_several_homes_at_the_place_the_one_with_akin_numbers_is_meant(run, findings_of):
    run(findings_of(home()))
    again = home(location_number="1")
    other = home(account_number="B7", policy_number="HO777")
    table = run(findings_of(again, other), 1)
    assert table["decision"].tolist() == ["review", "open_draft"]


def test_a_home_that_needs_nothing_is_not_stirred_up_by_a_neighbour_who_left(run, findings_of):
    run(findings_of(home()))
    other = home(account_number="B7", policy_number="HO777", decision="none")
    assert run(findings_of(other), 1)["decision"].tolist() == ["none"]
