"""A second picture of the same ruin says nothing new, so it revises no draft."""

import pandas as pd
import pytest

from claims.drafts.fnol import DraftOptions, make_drafts
from claims.drafts.saying import digest_saying

NEXT_SCENE = {
    "post_scene_id": "post-2",
    "post_captured_at_utc": pd.Timestamp("2018-10-13T16:30:00Z"),
    "p_major": 0.2,
    "p_destroyed": 0.7,
    "p_no_damage": 0.05,
    "p_minor": 0.05,
    "p_damage": 0.95,
    "p_severe": 0.89,
    "evidence": "roof colour changed much",
    "status_reason": "late_post:post-2",
    "registration_shift_m": 0.9,
    "usable_frac": 0.91,
}


@pytest.fixture
def say(findings_of, contacts_of, event):
    def digest(change):
        base = {"incident_id": "inc-1", "status_reason": "late_post:post-1"}
        (draft,) = make_drafts(
            findings_of({**base, **change}), contacts_of(), event, DraftOptions()
        )
        return digest_saying(draft.document)

    return digest


def test_a_new_scene_of_the_same_ruin_says_the_same(say):
    assert say({}) == say(NEXT_SCENE)


@pytest.mark.parametrize(
    "change",
    [{"tier": "T3"}, {"coverage_result": "refer"}, {"deductible_amount": None},
     {"prior_damage": 0.2}, {"status_reason": "looks_changed"}],
)  # fmt: skip
def test_what_a_person_would_read_otherwise_is_said_anew(say, change):
    assert say({}) != say({**NEXT_SCENE, **change})
