import pytest

from claims.evidence.words import TIER_WORDS, say_seen, say_share, say_why
from core.damage import Status, Tier


@pytest.mark.parametrize(
    ("chance", "words"),
    [
        (0.0, "fewer than one is"),
        (0.004, "fewer than one is"),
        (0.01, "about 1 is"),
        (0.184, "about 18 are"),
        (0.976, "about 98 are"),
        (0.997, "nearly all are"),
        (1.0, "nearly all are"),
    ],
)
def test_chances_are_told_in_homes(chance, words):
    assert say_share(chance) == words


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.GRADED])
def test_every_way_of_not_being_seen_has_words(status):
    said = say_seen(status, Tier.U, ["shadow_on_building:scene-1"])
    assert "could not be assessed: " in said
    assert "(shadow on building)" in said
    assert "scene-1" not in said


@pytest.mark.parametrize("tier", Tier)
def test_every_tier_has_words(tier):
    assert TIER_WORDS[tier]


def test_no_damage_seen_is_not_said_to_be_none():
    assert "does not mean" in say_seen(Status.GRADED, Tier.T0)


def test_why_leaves_scenes_out():
    assert say_why(["cloud_on_building:a", "glare_on_building"]) == (
        "cloud on building, glare on building"
    )
