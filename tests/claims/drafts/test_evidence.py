"""A draft says what speaks against it."""

import json

import pandas as pd
import pytest

from claims.drafts.evidence import name_doubts
from claims.drafts.fnol import DraftOptions, make_drafts
from claims.drafts.saying import digest_saying
from core.events import Peril
from core.schemas.hazards import HAZARD_ROWS
from core.tables import check_table

OPTIONS = DraftOptions()
REACHED = {"hazard_reason": "surge", "leading_hazard": "surge", "wind_or_water": "water"}


def doubts(findings_of, **change):
    (row,) = findings_of(change).to_dict("records")
    return " ".join(name_doubts(row))


def test_a_sure_home_has_no_doubts(findings_of):
    assert doubts(findings_of, p_severe=1.0) == ""


def test_each_doubt_is_said(findings_of):
    said = doubts(
        findings_of,
        p_severe=0.85,
        prior_damage=0.2,
        match_method="nearest",
        match_distance_m=12.0,
        deductible_amount=None,
    )
    for words in ("15%", "20%", "12 m beside", "no deductible"):
        assert words in said


def test_wind_and_water_is_a_doubt(findings_of):
    assert "Wind and water both" in doubts(findings_of, p_severe=1.0, wind_or_water="both")


def rows_of(findings, **changes):
    """A surge that reached each home, by a product of the next morning."""
    keys = findings[["portfolio_number", "account_number", "policy_number", "location_number"]]
    rows = pd.DataFrame(keys).assign(
        **{
            "hazard": "surge", "value": 1.2801, "unit": "m", "threshold": 0.3, "is_reached": True,
            "product": "surge.tif", "issued_at_utc": pd.Timestamp("2018-10-11T06:00Z"),
            "how_sampled": "nearest cell", "distance_m": 0.0,
            "peak_at_utc": pd.Timestamp("2018-10-10T18:00:31Z"),
        }
        | changes
    )  # fmt: skip
    return check_table(rows, HAZARD_ROWS)


def draft_of(findings, contacts_of, event, rows=None):
    (draft,) = make_drafts(findings, contacts_of({}), event, OPTIONS, hazard_rows=rows)
    return draft


def test_the_weather_is_dated_and_sourced(findings_of, contacts_of, event):
    findings = findings_of(REACHED)
    draft = draft_of(findings, contacts_of, event, rows_of(findings))
    hazard = draft.payload["evidence"]["hazard"]
    assert hazard["reached"] == ["surge"]
    assert hazard["windOrWater"] == "water"
    assert hazard["hazards"] == [
        {
            "hazard": "surge", "value": 1.28, "unit": "m", "threshold": 0.3, "isReached": True,
            "inWords": "surge depth 4.2 ft (1.3 m) by surge.tif, strongest 2018-10-10 18:00Z, "
            "issued 2018-10-11 06:00Z",
            "product": "surge.tif", "issuedAt": "2018-10-11 06:00Z", "howSampled": "nearest cell",
            "distanceM": 0.0, "peakAt": "2018-10-10 18:00Z",
        }
    ]  # fmt: skip


def test_each_draft_has_the_weather_of_its_own_home(findings_of, contacts_of, event):
    findings = findings_of(REACHED, REACHED)
    rows = rows_of(findings).assign(value=[1.0, 2.0])
    drafts = make_drafts(findings, contacts_of({}, {}), event, OPTIONS, hazard_rows=rows)
    values = [d.payload["evidence"]["hazard"]["hazards"][0]["value"] for d in drafts]
    assert values == [1.0, 2.0]


@pytest.mark.parametrize(
    "change",
    [
        {"value": 1.6},
        {"product": "surge-advisory-12.tif"},
        {"peak_at_utc": pd.Timestamp("2018-10-10T20:00Z")},
    ],
)
def test_a_next_advisory_asks_nobody_to_read_the_draft_anew(
    findings_of, contacts_of, event, change
):
    findings = findings_of(REACHED)
    before = draft_of(findings, contacts_of, event, rows_of(findings))
    after = draft_of(findings, contacts_of, event, rows_of(findings, **change))
    assert before.document != after.document
    assert digest_saying(before.document) == digest_saying(after.document)


def test_water_beside_wind_is_something_else_said(findings_of, contacts_of, event):
    both = REACHED | {"hazard_reason": "wind;surge", "wind_or_water": "both"}
    sayings = {
        digest_saying(draft_of(findings_of(row), contacts_of, event).document)
        for row in (REACHED, both)
    }
    assert len(sayings) == 2


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({}, ("wind", Peril.TROPICAL_CYCLONE_WIND)),
        (REACHED, ("flood", Peril.STORM_SURGE)),
        (REACHED | {"hazard_reason": "wind;surge"}, ("wind", Peril.TROPICAL_CYCLONE_WIND)),
        ({"hazard_reason": "tornado", "leading_hazard": "tornado"}, ("wind", Peril.TORNADO)),
    ],
)
def test_the_cause_is_that_of_the_hazard_that_reached_the_home(
    findings_of, contacts_of, event, row, said
):
    cause, peril = said
    payload = draft_of(findings_of(row), contacts_of, event).payload
    assert payload["claim"]["data"]["attributes"]["lossCause"] == {"code": cause}
    assert payload["evidence"]["event"]["lossCausePeril"] == peril.value
    primary = payload["evidence"]["event"]["lossCauseBasis"].startswith("primary peril")
    assert primary == (peril is Peril.TROPICAL_CYCLONE_WIND)


def test_a_carrier_without_a_code_for_it_gets_that_of_the_event(findings_of, contacts_of, event):
    options = DraftOptions(loss_causes={Peril.TROPICAL_CYCLONE_WIND: "hurricane"})
    (draft,) = make_drafts(findings_of(REACHED), contacts_of({}), event, options)
    claim = draft.payload["claim"]["data"]["attributes"]
    assert claim["lossCause"] == {"code": "hurricane"}


def test_a_draft_cites_the_rules_that_spoke_and_a_new_version_is_no_new_saying(
    findings_of, contacts_of, event
):
    drafts = [
        draft_of(
            findings_of({"coverage_rules": cited, "coverage_ruleset": "2026.3"}),
            contacts_of,
            event,
        )
        for cited in ("in_force.pass@1;peril_covered.pass@1", "in_force.pass@2", None)
    ]
    screens = [json.loads(draft.document)["evidence"]["coverageScreen"] for draft in drafts]
    assert screens[0]["rules"] == {
        "ruleset": "2026.3",
        "spoke": [
            {"id": "in_force.pass", "version": 1},
            {"id": "peril_covered.pass", "version": 1},
        ],
    }
    assert "rules" not in screens[2]
    assert len({digest_saying(draft.document) for draft in drafts}) == 1


def test_a_draft_says_how_sure_the_match_is_and_what_else_stands_there(
    findings_of, contacts_of, event
):
    drafts = [
        draft_of(
            findings_of({"match_confidence": sure, "other_building_ids": others}),
            contacts_of,
            event,
        )
        for sure, others in ((0.98, "shed-1;shed-2"), (0.5, None))
    ]
    match = drafts[0].payload["evidence"]["match"]
    assert (match["confidence"], match["otherBuildingIds"]) == (0.98, ["shed-1", "shed-2"])
    assert len({digest_saying(draft.document) for draft in drafts}) == 1
