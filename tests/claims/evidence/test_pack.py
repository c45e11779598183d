"""Packs have their published shape, and the insured's version leaves out what is not theirs."""

import dataclasses
import json
from importlib.resources import files

import pytest
from jsonschema import Draft202012Validator

from claims.evidence.insured import share_with_insured
from claims.evidence.pack import build_pack, write_pack_text
from claims.evidence.sources import RuleWords
from claims.incidents.states import IncidentState as S
from claims.ledger.kinds import EntryKind

SCHEMA = json.loads((files("claims.evidence") / "pack.schema.json").read_text(encoding="utf-8"))
HIDDEN = {
    "status": "obscured",
    "status_reason": "cloud_on_building:post-1",
    "tier": "U",
    "decision": "review",
    "p_no_damage": None,
    "p_minor": None,
    "p_major": None,
    "p_destroyed": None,
    "usable_frac": 0.1,
    "model_sha256": None,
    "novelty_frac": None,
}
UNMATCHED = HIDDEN | {
    "status": "no_building_match", "status_reason": "nothing_in_radius", "building_id": None,
    "pre_scene_id": None, "post_scene_id": None, "pre_captured_at_utc": None,
    "post_captured_at_utc": None, "match_method": None, "match_distance_m": None,
    "registration_shift_m": None, "deductible_amount": None,
}  # fmt: skip
BARE = {
    "contact": {}, "building": {}, "pictures": {}, "card": {}, "hazard_rows": [], "scenes": {},
}  # fmt: skip


def _complaints(pack):
    part = {"$ref": f"#/$defs/{pack['audience']}", "$defs": SCHEMA["$defs"]}
    return [f"{list(e.path)}: {e.message}" for e in Draft202012Validator(part).iter_errors(pack)]


def test_the_schema_is_one():
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("changes", [{}, HIDDEN, UNMATCHED], ids=["seen", "hidden", "unmatched"])
@pytest.mark.parametrize("other", [{}, BARE], ids=["whole", "bare"])
def test_packs_of_either_version_have_the_published_shape(sources_of, changes, other):
    pack = build_pack(sources_of(changes, **other))
    assert _complaints(pack) == []
    assert _complaints(share_with_insured(pack)) == []
    Draft202012Validator(SCHEMA).validate(json.loads(write_pack_text(pack)))


def test_a_pack_says_what_stands_behind_it(sources_of):
    pack = build_pack(sources_of())
    assert pack["images"][0]["licence"] == "CC0-1.0"
    assert pack["images"][1]["registration_shift_px"] == pytest.approx(0.4 / 0.3, abs=0.01)
    assert pack["policy"]["in_force"] is True
    assert pack["score"]["class_probs"]["destroyed"] == 0.8
    assert pack["hazard"][0]["in_words"].startswith("wind 148 mph sustained")
    assert [rule["in_words"] for rule in pack["coverage"]["rules"]] == ["in force", "peril covered"]
    assert pack["review"]["reviewer_id"] == "adj-7"
    assert pack["clock"]["deadlines"][0]["due_on"] == "2026-10-19"
    assert pack["run"]["input_manifest"]["track"] == "3" * 64
    assert len(pack["policy"]["snapshot_hash"]) == 64


def test_rules_that_spoke_are_told_by_id_with_words_and_source(sources_of):
    told = {"coverage_rules": "policy_expired.fail@1;gone.refer@7", "coverage_ruleset": "2026.3"}
    rules = {"policy_expired.fail@1": RuleWords("the period had ended", "ISO HO-3")}
    cover = build_pack(sources_of(told, rules=rules))["coverage"]
    assert cover["ruleset_version"] == "2026.3"
    assert cover["rules"] == [
        {"id": "policy_expired.fail", "version": 1, "in_words": "the period had ended",
         "source": "ISO HO-3"},
        {"id": "gone.refer", "version": 7, "in_words": "gone", "source": None},
    ]  # fmt: skip
    assert _complaints(build_pack(sources_of(told, rules=rules))) == []


def test_what_was_not_seen_is_not_said_to_be_undamaged(sources_of):
    pack = build_pack(sources_of(HIDDEN))
    assert pack["score"]["class_probs"] is None
    assert pack["score"]["abstain_reason"] == "cloud_on_building:post-1"
    assert pack["explanation"]["sentence"].endswith("Not seen is not undamaged.")
    assert "cloud on building" in pack["explanation"]["sentence"]
    assert pack["score"]["meaning"][0].startswith("By hazard and the homes around, unseen")


@pytest.mark.parametrize(
    ("codes", "in_force"),
    [("in_force;peril_covered", True), ("policy_expired", False), ("dates_missing", None)],
)
def test_in_force_is_known_or_a_persons_question(sources_of, codes, in_force):
    pack = build_pack(sources_of({"coverage_reasons": codes, "coverage_result": "refer"}))
    assert pack["policy"]["in_force"] is in_force


def test_the_insured_sees_nothing_of_others_of_cover_or_of_people(sources_of):
    secret = {
        "coverage_reasons": "SECRET-cover", "decision_reasons": "SECRET-reason",
        "p_damage": 0.1234, "p_severe": 0.0567, "prior_damage": 0.4321, "novelty_frac": 0.7654,
        "reviewed_grade": "destroyed", "reviewer": "SECRET-reviewer",
    }  # fmt: skip
    pack = build_pack(sources_of(secret))
    whole = write_pack_text(pack)
    for word in ("SECRET-cover", "SECRET-reason", "SECRET-reviewer", "0.1234", "0.4321", "adj-7"):
        assert word in whole
    shared = write_pack_text(share_with_insured(pack))
    hidden = ("SECRET", "0.1234", "0.0567", "0.4321", "0.7654", "adj-7", "looked at the roof",
              "deductible", "fusion", "coverage", "homes around", "due_on", "A1")  # fmt: skip
    for word in hidden:
        assert word not in shared, word
    assert '"destroyed": 0.8' in shared
    assert "no promise of cover" in shared
    assert "say so and none is opened" in shared


def test_that_somebody_noted_a_call_is_no_review(sources_of):
    last = sources_of().history[2]
    called = dataclasses.replace(
        last, step=4, entry_kind=EntryKind.MILESTONE, from_state=S.CLAIM_DRAFT, actor="adj-7"
    )
    closed = dataclasses.replace(
        called, step=5, entry_kind=EntryKind.MERGED, to_state=S.MERGED, actor="claims_system"
    )
    pack = build_pack(sources_of(history=(*sources_of().history[:3], called, closed)))
    assert pack["review"]["reviewer_id"] is None
    assert share_with_insured(pack)["review"] == {"looked_at_by_a_person": False}
    assert [each["kind"] for each in pack["history"]][-2:] == ["milestone", "merged"]


def test_the_same_sources_give_the_same_text(sources_of):
    assert write_pack_text(build_pack(sources_of())) == write_pack_text(build_pack(sources_of()))
