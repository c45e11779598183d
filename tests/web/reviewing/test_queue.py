"""The queue: who sees what next, who has to look again, and what stands in the end."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.damage import DamageGrade
from core.errors import InputError
from web.reviewing.judgement import (
    Judgement,
    by_building,
    count_wanted,
    find_agreement,
    is_settled,
    keep_standing,
    settle,
)
from web.reviewing.options import ReviewOptions
from web.reviewing.queue import Lane, build_deck, choose_next, count_sample

OPTIONS = ReviewOptions()


def say(number, building, reviewer, tier, *, model="T2", lane="worst", undoes=None):
    at = f"2018-10-12T12:00:{number:02d}.000000Z"
    return Judgement(
        number, at, building, reviewer, "reviewer", tier, 3.0, lane, "run", model, undoes
    )


def deck_of(count):
    table = pd.DataFrame({
        "building_id": [f"b{k:03d}" for k in range(count)], "pre_scene_id": "s",
        "post_scene_id": "t",
    })  # fmt: skip
    return build_deck("event", table)


def test_homes_without_a_pair_are_not_in_the_deck_and_a_shared_building_is_there_once():
    table = pd.DataFrame({
        "building_id": ["b", "b", "c", None], "pre_scene_id": ["s", "s", None, "s"],
        "post_scene_id": ["t", "t", "t", "t"],
    })  # fmt: skip
    assert build_deck("event", table).worst == ("b",)


@pytest.mark.parametrize(
    ("tiers", "model", "wanted"),
    [
        ((), "T2", 1),
        (("T2",), "T2", 1),
        (("T1",), "T2", 1),  # one of xBD's grades
        (("T4",), "T4", 2),
        (("T0",), "T2", 2),  # on the other side of damaged than the model
        (("T3",), "T2", 2),  # on the other side of severe
        (("T2",), "U", 1),  # the model said nothing
        (("U",), "T4", 1),
        (("T4", "T4"), "T4", 2),
        (("T4", "T2"), "T4", 3),
        (("T4", "T3"), "T4", 2),  # both severe
        (("T0", "T2", "T2"), "T2", 3),
    ],
)
def test_how_many_have_to_look(tiers, model, wanted):
    answers = [say(k, "b", f"r{k}", tier, model=model) for k, tier in enumerate(tiers, 1)]
    assert count_wanted(answers, second_reader=True) == wanted
    assert count_wanted(answers, second_reader=False) == 1


@pytest.mark.parametrize(
    ("tiers", "grade"),
    [
        (("T4", "T4"), DamageGrade.DESTROYED),
        (("T4", "T2", "T2"), DamageGrade.MINOR),
        (("T4", "T3", "T0"), DamageGrade.NO_DAMAGE),  # all differ: the newest
        (("U", "T3"), DamageGrade.MAJOR),
        (("U",), DamageGrade.UNCLASSIFIED),
    ],
)
def test_what_several_say_together(tiers, grade):
    assert settle([say(k, "b", f"r{k}", tier) for k, tier in enumerate(tiers, 1)]) == grade


def test_what_was_taken_back_or_said_anew_does_not_stand():
    lines = [
        say(1, "b", "r1", "T4"), say(2, "b", "r1", "T4", undoes=1), say(3, "b", "r1", "T0"),
        say(4, "c", "r1", "T2"), say(5, "c", "r1", "T3"),
    ]  # fmt: skip
    assert [(each.building_id, each.tier) for each in keep_standing(lines)] == [
        ("b", "T0"), ("c", "T3"),
    ]  # fmt: skip


def test_a_second_reader_comes_first_and_never_reads_their_own():
    answers = by_building([say(1, "b002", "r1", "T4")])
    assert choose_next(deck_of(9), answers, "r2", OPTIONS) == ("b002", Lane.SECOND)
    assert choose_next(deck_of(9), answers, "r1", OPTIONS) == ("b000", Lane.WORST)
    assert choose_next(deck_of(9), answers, "r2", OPTIONS, {"b002"}) == ("b000", Lane.WORST)


@pytest.mark.parametrize("random_frac", [0.0, 0.2, 0.5, 1.0])
def test_the_lot_has_its_share(random_frac):
    deck, options = deck_of(200), ReviewOptions(random_frac=random_frac)
    lines, lanes = [], []
    for number in range(1, 101):
        name, lane = choose_next(deck, by_building(lines), "r1", options)
        lanes.append(lane)
        lines.append(say(number % 60, name, "r1", "T2", lane=str(lane)))
    assert lanes.count(Lane.RANDOM) == round(100 * random_frac)


def test_the_sample_counts_whatever_lane_brought_a_home():
    deck = deck_of(20)
    answers = by_building([say(1, deck.drawn[0], "r1", "T0", lane="worst"),
                           say(2, deck.drawn[1], "r1", "T0", lane="random"),
                           say(3, deck.drawn[3], "r1", "T0", lane="worst")])  # fmt: skip
    assert count_sample(deck, answers) == 2
    everybody = by_building([say(1, name, "r", "T0") for name in deck.drawn])
    assert count_sample(deck, everybody) == 20


def test_nobody_is_left_without_an_end():
    everybody = by_building([say(1, f"b{k:03d}", "r1", "T2") for k in range(3)])
    assert choose_next(deck_of(3), everybody, "r1", OPTIONS) is None


def test_agreement_is_of_the_first_two_on_damaged_and_severe():
    lines = [say(1, "b", "r1", "T4"), say(2, "b", "r2", "T3"), say(3, "c", "r1", "T0"),
             say(4, "c", "r2", "T2"), say(5, "d", "r1", "T2")]  # fmt: skip
    assert find_agreement(lines) == (2, 1)


@given(st.lists(st.sampled_from(["T0", "T1", "T2", "T3", "T4", "U"]), max_size=5))
def test_no_home_is_asked_about_for_ever(tiers):
    answers = [say(k, "b", f"r{k}", tier) for k, tier in enumerate(tiers, 1)]
    assert is_settled(answers, second_reader=True) or len(answers) < 3


@pytest.mark.parametrize("wrong", [{"random_frac": 1.2}, {"undo_s": -1}])
def test_impossible_options_are_refused(wrong):
    with pytest.raises(InputError):
        ReviewOptions(**wrong)
