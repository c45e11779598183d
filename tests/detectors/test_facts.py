"""Facts say what was done to a picture; a line never claims more than was measured."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from core.chips import ChipBatch
from core.damage import GradeProbabilities
from detectors.colour import to_lab
from detectors.facts import FACTS, Facts, measure_facts
from detectors.reasons import LOOK_TWICE, NOT_MEASURED, NOTHING_CHANGED, describe, find_changed

PX = 96
HOUSE = (slice(30, 66), slice(30, 66))


def house(count=1, seed=0):
    """A grey roof with a ridge on textured grass, twice the same but for the sensor's noise."""
    rng = np.random.default_rng(seed)
    ground = ndimage.gaussian_filter(rng.normal(0, 60, (PX, PX)), 2) + 90
    scene = np.stack([ground * 0.9, ground * 1.1, ground * 0.7])
    scene[:, *HOUSE] = 165
    scene[:, 30:48, 30:66] = 140
    noise = rng.normal(0, 3, (count, 2, 3, PX, PX))
    images = (scene + noise).clip(0, 255).astype(np.uint8)
    footprint = np.zeros((count, PX, PX), bool)
    footprint[:, *HOUSE] = True
    ids = tuple(f"b{n}" for n in range(count))
    valid = np.ones((count, 2, PX, PX), bool)
    return ChipBatch(ids, images, valid, footprint, np.full(count, 0.4, np.float32))


def with_post(chips, change):
    images = chips.images.copy()
    images[:, 1] = np.clip(change(images[:, 1].astype(float)), 0, 255).astype(np.uint8)
    return dataclasses.replace(chips, images=images)


def rubble(post, place):
    rng = np.random.default_rng(5)
    blocks = rng.uniform(40, 230, (PX // 2, PX // 2)).repeat(2, 0).repeat(2, 1)
    post[..., *place] = blocks[place]
    return post


def paint(post, colour):
    post[..., *HOUSE] = np.array(colour, float)[:, None, None] + (post[..., *HOUSE] - 152) / 4
    return post


def sure(grade, count=1):
    values = np.full((count, 4), 0.01, np.float32)
    values[:, grade] = 0.97
    return GradeProbabilities(values)


def line(chips, grade):
    return describe(measure_facts(chips), sure(grade, len(chips)))[0]


def test_nothing_done_is_nothing_seen():
    facts = measure_facts(house(3))
    assert np.abs(facts.roof_texture).max() < 0.3
    assert np.abs(facts.ring_texture).max() < 0.3
    assert facts.roof_colour.max() < 2
    assert facts.likeness.min() > 0.95
    assert np.abs(facts.standing_out - 1).max() < 0.1
    assert facts.tarp_frac.max() == 0
    assert line(house(), 0) == NOTHING_CHANGED


def test_a_house_turned_to_the_ground_it_stands_on_is_recognised_no_more():
    rng = np.random.default_rng(3)
    ground = ndimage.gaussian_filter(rng.normal(0, 60, (PX, PX)), 2) + 90
    cleared = with_post(
        house(), lambda post: np.stack([[ground * 0.9, ground * 1.1, ground * 0.7]])
    )
    facts = measure_facts(cleared)
    assert facts.likeness[0] < 0.45
    assert facts.standing_out[0] < 0.3
    assert line(cleared, 3).startswith("nothing stands out from the ground")
    assert "the roof is hard to recognise" in line(cleared, 3)


def test_a_roof_that_leans_by_two_pixels_is_the_same_roof():
    leaned = with_post(house(), lambda post: np.roll(post, (3, -4), axis=(-2, -1)))
    assert measure_facts(leaned).likeness[0] > 0.8


def test_rubble_on_the_roof_and_around_it_is_told_apart():
    on_roof = with_post(house(), lambda post: rubble(post, HOUSE))
    facts = measure_facts(on_roof)
    assert facts.roof_texture[0] > 1 > facts.ring_texture[0]
    assert "much rougher texture on the roof" in line(on_roof, 2)
    around = (slice(14, 82), slice(14, 82))
    everywhere = with_post(house(), lambda post: rubble(post, around))
    assert "much rougher ground around it, like debris" in line(everywhere, 3)


def test_new_paint_is_a_colour_and_new_light_is_not():
    painted = with_post(house(), lambda post: paint(post, (200, 60, 50)))
    assert "roof colour changed much" in line(painted, 1)
    assert "recognise" not in line(painted, 1)
    light = with_post(house(), lambda post: post * np.array([1.1, 0.95, 0.8])[:, None, None])
    assert measure_facts(light).roof_colour[0] < 12
    assert line(light, 0) == NOTHING_CHANGED


def test_a_tarp_is_blue_new_and_on_the_roof():
    tarp = with_post(house(), lambda post: paint(post, (40, 95, 190)))
    assert measure_facts(tarp).tarp_frac[0] > 0.5
    assert "like a tarp" in line(tarp, 1)
    both = dataclasses.replace(tarp, images=tarp.images[:, [1, 1]])
    assert measure_facts(both).tarp_frac[0] == 0


def undamaged(p_damaged, count=1):
    values = np.array([[1 - p_damaged, p_damaged, 0, 0]] * count, np.float32)
    return GradeProbabilities(values)


def test_a_home_graded_undamaged_that_measures_as_changed_says_so_and_is_found():
    on_roof = with_post(house(), lambda post: rubble(post, HOUSE))
    facts = measure_facts(on_roof)
    for p_damaged, speaks in ((0.05, False), (0.1, True), (0.4, True), (0.6, False)):
        (said,) = describe(facts, undamaged(p_damaged))
        assert find_changed(facts, undamaged(p_damaged)).tolist() == [speaks]
        assert (LOOK_TWICE in said) == speaks
    assert describe(facts, undamaged(0.4))[0].startswith("graded undamaged, though ")
    same = measure_facts(house())
    assert not find_changed(same, undamaged(0.4)).any()


@pytest.mark.parametrize("grade", [1, 2, 3])
def test_no_line_raises_doubts_about_damage_that_measures_found_wrong(grade):
    said = line(house(), grade)
    assert LOOK_TWICE not in said
    word = ("minor", "major", "destroyed")[grade - 1]
    assert said == f"graded {word} from the picture as a whole"


def test_no_line_says_that_nothing_changed_where_a_change_is_plain():
    on_roof = with_post(house(), lambda post: rubble(post, HOUSE))
    facts = measure_facts(on_roof)
    assert describe(facts, undamaged(0.01)) == ["graded undamaged from the picture as a whole"]


def test_what_was_not_seen_is_not_measured():
    chips = house(2)
    chips.valid[0, 1] = False
    facts = measure_facts(chips)
    assert facts.is_measured.tolist() == [False, True]
    assert describe(facts, sure(3, 2))[0] == NOT_MEASURED


def test_a_black_hole_beside_the_house_is_no_debris():
    chips = house()
    chips.valid[0, :, :, :20] = False
    chips.images[0, :, :, :, :20] = 0
    assert line(chips, 0) == NOTHING_CHANGED


def test_the_batch_a_chip_is_in_does_not_matter():
    chips = with_post(house(70), lambda post: rubble(post, HOUSE))
    whole, alone = measure_facts(chips), measure_facts(chips.select(np.array([67])))
    for name in FACTS:
        assert getattr(whole, name)[67] == pytest.approx(
            getattr(alone, name)[0], rel=1e-4, abs=1e-4
        )


def test_no_chip_gives_no_fact_and_no_line():
    facts = measure_facts(house(0))
    assert len(facts) == 0
    assert describe(facts, GradeProbabilities(np.empty((0, 4), np.float32))) == []


def test_facts_of_another_batch_are_refused():
    with pytest.raises(ValueError, match="1 facts for 2 probabilities"):
        describe(measure_facts(house()), sure(0, 2))


@settings(max_examples=60, deadline=None)
@given(
    values=st.tuples(st.floats(-1, 1) | st.just(float("nan")), st.floats(-3, 3), st.floats(-3, 3),
                     st.floats(0, 60), st.floats(0, 3), st.floats(0, 1)),
    grade=st.integers(0, 3),
)  # fmt: skip
def test_no_line_names_what_was_not_measured(values, grade):
    facts = Facts(*(np.array([value]) for value in values))
    (said,) = describe(facts, sure(grade))
    assert said
    assert "\n" not in said
    likeness, roof, ring, colour, standing_out, tarp = values
    if not facts.is_measured[0]:
        assert said == NOT_MEASURED
        return
    assert likeness <= 0.41 or "recognise" not in said
    assert standing_out <= 0.69 or "from the ground" not in said
    assert max(roof, ring) >= 0.5 or "rougher" not in said
    assert tarp >= 0.08 or "tarp" not in said
    assert colour >= 10.5 or "colour" not in said


def test_lab_of_known_colours():
    # white, black, and sRGB red, as CIE tables have them
    assert to_lab(np.array([1.0, 1, 1])) == pytest.approx([100, 0, 0], abs=0.01)
    assert to_lab(np.array([0.0, 0, 0])) == pytest.approx([0, 0, 0], abs=0.01)
    assert to_lab(np.array([1.0, 0, 0])) == pytest.approx([53.24, 80.09, 67.20], abs=0.1)
