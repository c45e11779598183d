import json
import re
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.drafts.evidence import USE_LIMIT
from claims.drafts.fnol import DraftOptions, compute_transaction_id, make_draft, make_drafts
from claims.drafts.plain import plain_value
from claims.incidents.key import IncidentKey
from core.damage import Tier
from core.errors import InputError, SettingsError
from core.events import Peril
from core.schemas.book import LOCATION_KEY

OPTIONS = DraftOptions()
TEXTS = st.text(max_size=10)


def _one(findings, event, contact=None, options=OPTIONS):
    return make_draft(findings.to_dict("records")[0], contact, event, options)


def test_the_claim_has_the_published_shape(findings_of, contacts_of, event):
    contact = contacts_of({}).to_dict("records")[0]
    payload = _one(findings_of({"incident_id": "inc-1"}), event, contact).payload
    claim = payload["claim"]["data"]["attributes"]
    assert claim["policyNumber"] == "P0000"
    assert claim["lossDate"] == "2018-10-10T12:00:00.000Z"
    assert claim["lossCause"] == {"code": "wind"}
    assert claim["howReported"] == {"code": "insurer_detected"}
    assert claim["catastrophe"] == {"code": "CAT7"}
    assert claim["mainContact"]["displayName"] == "Ada Example"
    place = payload["fixedPropertyIncident"]["data"]["attributes"]
    assert place["severity"] == {"code": "severe"}
    assert place["location"]["addressLine1"] == "1 Sample St"
    assert (place["location"]["latitude"], place["location"]["longitude"]) == (29.9, -85.4)
    assert payload["incidentId"] == "inc-1"


def test_the_evidence_says_what_stands_behind_it(findings_of, event):
    evidence = _one(findings_of({}), event).payload["evidence"]
    assert evidence["useLimit"] == USE_LIMIT
    assert "never the sole basis" in USE_LIMIT
    assert [image["role"] for image in evidence["images"]] == ["pre", "post"]
    assert evidence["images"][1]["capturedAtUtc"] == "2018-10-11T16:30:00.000000Z"
    assert evidence["imageProbabilities"]["destroyed"] == 0.8
    assert evidence["modelSha256"] == "ab" * 32
    assert evidence["hazard"] == {"basis": "track", "sustainedWindMps": 55.0, "gustMps": 70.0}
    assert evidence["coverageScreen"] == {
        "result": "pass",
        "reasons": ["in_force", "peril_covered"],
    }
    assert evidence["lossDate"] == "2018-10-10"
    assert evidence["tier"] == {"code": "T4", "label": "destroyed"}


def test_the_words_promise_nothing(findings_of, event):
    claim = _one(findings_of({}), event).payload["claim"]["data"]["attributes"]
    words = claim["description"]
    assert "images of 2018-10-11 show signs of damage" in words
    assert "nobody has confirmed it" in words
    assert not re.search(r"\b(covered|will pay|approved|entitled|denied|\$)", words)


def test_names_are_nowhere_but_in_the_document(findings_of, contacts_of, event):
    contact = contacts_of({}).to_dict("records")[0]
    draft = _one(findings_of({}), event, contact)
    assert "Ada Example" in draft.document
    assert "Ada" not in repr(draft)
    assert "Ada" not in json.dumps(draft.payload["evidence"])


def test_what_is_not_known_is_left_out(findings_of, contacts_of, not_seen, event):
    contact = contacts_of({"phone": None, "insured_name": None}).to_dict("records")[0]
    payload = _one(findings_of(not_seen), replace(event, carrier_cat_code=None), contact).payload
    claim = payload["claim"]["data"]["attributes"]
    assert "phone" not in claim["mainContact"]
    assert "catastrophe" not in claim
    assert "No usable image" in claim["description"]
    assert [image["role"] for image in payload["evidence"]["images"]] == ["pre"]
    assert "modelSha256" not in payload["evidence"]
    assert "mainContact" not in _one(findings_of({}), event).payload["claim"]["data"]["attributes"]


def test_the_same_finding_gives_the_same_bytes(findings_of, event):
    assert _one(findings_of({}), event) == _one(findings_of({}), event)


def test_only_open_drafts_are_drafted_each_with_its_own_contact(findings_of, contacts_of, event):
    findings = findings_of({}, {"decision": "review"}, {}, {"decision": "none"}, {})
    contacts = contacts_of({"insured_name": "Ada"}, {}, {"insured_name": "Bo"})
    drafts = list(make_drafts(findings.iloc[::-1], contacts.iloc[::-1], event, OPTIONS))
    claims = [draft.payload["claim"]["data"]["attributes"] for draft in drafts]
    assert [claim["policyNumber"] for claim in claims] == ["P0000", "P0002", "P0004"]
    assert [claim.get("mainContact", {}).get("displayName") for claim in claims] == [
        "Ada",
        "Bo",
        None,
    ]


def test_nothing_to_draft_is_no_draft(findings_of, contacts_of, event):
    assert list(make_drafts(findings_of(), contacts_of(), event, OPTIONS)) == []


def test_a_table_that_is_not_findings_is_refused(findings_of, contacts_of, event):
    with pytest.raises(InputError, match="tier"):
        list(make_drafts(findings_of({}).drop(columns="tier"), contacts_of(), event, OPTIONS))


def test_codes_are_the_carriers(findings_of, event):
    options = DraftOptions(
        loss_causes={Peril.TROPICAL_CYCLONE_WIND: "hurricane"}, severities={Tier.T4: "total"}
    )
    payload = _one(findings_of({}), event, options=options).payload
    assert payload["claim"]["data"]["attributes"]["lossCause"] == {"code": "hurricane"}
    with pytest.raises(SettingsError, match=r"policy P0000: no severity is given for tier T3"):
        _one(findings_of({"tier": "T3"}), event, options=options)
    with pytest.raises(SettingsError, match=r"no loss cause is given for peril MNT"):
        _one(findings_of({}), replace(event, perils=(Peril.NUCLEAR_TERRORISM,)))


def test_the_transaction_id_fits_and_does_not_depend_on_content(findings_of, event):
    first, second = (_one(findings_of({"tier": tier}), event) for tier in ("T3", "T4"))
    assert first.transaction_id == second.transaction_id
    assert re.fullmatch(r"[0-9a-f]{64}", first.transaction_id)
    assert first.document != second.document


@given(st.tuples(*[TEXTS] * 5), st.tuples(*[TEXTS] * 5))
def test_transaction_ids_do_not_run_together(one, other):
    names = [compute_transaction_id(IncidentKey(*numbers), None) for numbers in (one, other)]
    assert (names[0] == names[1]) == (one == other)


def test_a_draft_that_went_out_under_policy_and_location_keeps_its_transaction_id():
    whole = IncidentKey("storm-2018", "1", "A1", "HO1", "17")
    part = IncidentKey("storm-2018", None, None, "HO1", "17")
    known = compute_transaction_id(whole, part.incident_id)
    # computed by the version that knew these two numbers alone
    assert known == "a8eedce528a761df7316d945bf56b3d2ddbce5be05d5c2ef657d2fb90c80cfc0"
    assert compute_transaction_id(whole, whole.incident_id) != known


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (pd.NaT, None),
        (float("nan"), None),
        (None, None),
        (pd.NA, None),
        (pd.Timestamp("2018-10-11T12:30:00-05:00"), "2018-10-11T17:30:00.000000Z"),
        (pd.Timestamp("2018-10-11"), "2018-10-11"),
        (pd.Series([3])[0], 3),
        ("x", "x"),
    ],
)
def test_values_become_plain_json(value, plain):
    assert plain_value(value) == plain


def test_a_draft_has_state_and_postal_code_and_what_the_pictures_show(
    findings_of, contacts_of, event
):
    findings = findings_of({"evidence": "the roof is hard to recognise"})
    locations = findings[LOCATION_KEY].assign(
        country_code="US", area_code="FL", postal_code="32456"
    )
    (draft,) = make_drafts(findings, contacts_of({}), event, DraftOptions(), locations)
    incident = draft.payload["fixedPropertyIncident"]["data"]["attributes"]
    assert incident["location"]["state"] == "FL"
    assert incident["location"]["postalCode"] == "32456"
    clocks = draft.payload["deadlines"]["clocks"]
    assert clocks[0] | {"source": ""} == {
        "name": "acknowledge", "days": 7, "dayUnit": "calendar",
        "from": "from notice of the claim", "source": "",
    }  # fmt: skip
    assert draft.payload["evidence"]["whatThePicturesShow"] == "the roof is hard to recognise"
    assert "review" not in draft.payload["evidence"]


def test_a_draft_says_who_graded_the_home_by_eye(findings_of, contacts_of, event):
    said = {
        "reviewed_grade": "destroyed",
        "reviewer": "r7",
        "reviewed_at_utc": pd.Timestamp("2018-10-12T05:00Z"),
    }
    (draft,) = make_drafts(findings_of(said), contacts_of({}), event, DraftOptions())
    assert draft.payload["evidence"]["review"]["grade"] == "destroyed"
    assert draft.payload["evidence"]["review"]["reviewer"] == "r7"


def test_a_draft_names_its_pictures_by_incident_and_digest(findings_of, contacts_of, event):
    findings = findings_of({"incident_id": "inc-1"}, {"incident_id": "inc-2", "building_id": None})
    row = {"building_id": "b-1", "pre_jpeg": b"1", "post_jpeg": b"2", "saliency_jpeg": None}
    drawn = pd.DataFrame([row, row | {"building_id": "b-9"}])
    first, second = make_drafts(findings, contacts_of({}), event, DraftOptions(), pictures=drawn)
    assert [each.jpeg for each in first.pictures] == [b"1", b"2"]
    assert first.payload["pictures"] == [
        {"role": each.role, "file": f"pictures/inc-1-{each.role}.jpg", "sha256": each.sha256}
        for each in first.pictures
    ]
    assert [each.role for each in first.pictures] == ["before", "after"]
    assert second.pictures == ()
    assert "pictures" not in second.payload
