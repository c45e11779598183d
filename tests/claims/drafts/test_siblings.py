"""The drafts of one policy's homes name each other, and each is its own."""

from claims.drafts.fnol import DraftOptions, make_drafts
from claims.drafts.saying import digest_saying

OPTIONS = DraftOptions()


def _drafts(findings, event, contacts):
    return {each.incident_id: each for each in make_drafts(findings, contacts, event, OPTIONS)}


def _homes(findings_of, *changes):
    policy = {"policy_number": "P7"}
    return findings_of(*(
        policy | {"location_number": str(n), "incident_id": f"inc-{n}"} | change
        for n, change in enumerate(changes, start=1)
    ))  # fmt: skip


def test_drafts_of_one_policy_name_each_other(findings_of, contacts_of, event):
    sound = {"tier": "T0", "decision": "none", "incident_id": None}
    drafts = _drafts(_homes(findings_of, {}, {}, sound), event, contacts_of({}))
    assert {name: each.payload["samePolicy"] for name, each in drafts.items()} == {
        "inc-1": [{"locationNumber": "2", "incidentId": "inc-2"}],
        "inc-2": [{"locationNumber": "1", "incidentId": "inc-1"}],
    }
    words = drafts["inc-1"].payload["claim"]["data"]["attributes"]["description"]
    assert "Other homes of the policy show signs of severe damage" in words
    assert words.endswith("location 2.")
    assert len({each.transaction_id for each in drafts.values()}) == 2


def test_a_home_alone_on_its_policy_says_nothing_of_others(findings_of, contacts_of, event):
    findings = findings_of({"incident_id": "inc-1"}, {"incident_id": "inc-2"})
    for draft in _drafts(findings, event, contacts_of({})).values():
        assert "samePolicy" not in draft.payload
        assert "Other homes" not in draft.document


def test_a_siblings_other_tier_revises_no_draft_and_a_new_sibling_does(
    findings_of, contacts_of, event
):
    told = [
        digest_saying(_drafts(homes, event, contacts_of({}))["inc-1"].document)
        for homes in (
            _homes(findings_of, {}, {}), _homes(findings_of, {}, {"tier": "T3"}),
            _homes(findings_of, {}, {}, {}),
        )
    ]  # fmt: skip
    assert told[0] == told[1]
    assert told[0] != told[2]
