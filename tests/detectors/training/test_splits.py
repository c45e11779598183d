"""No home has two roles, no area or scene is torn, and every home has one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InputError
from core.estimates import SplitKind
from detectors.training.dataset import CALIBRATION_FOLD, FOLDS, TEST_FOLD, fold_of_area
from detectors.training.splits import Places, Split, plan_splits

RENDERED = "rendered"


def places_of(areas: list[int], scenes: list[int], rendered: int) -> Places:
    """Chips of three events; area n belongs to event n % 3, a scene to one area."""
    events = np.array([f"event-{area % 3}" for area in areas] + [RENDERED] * rendered)
    names = np.array([f"event-{area % 3}:{area}" for area in areas] + ["town"] * rendered)
    seen = np.array(
        [f"{area}-{scene}" for area, scene in zip(areas, scenes, strict=True)] + ["t"] * rendered
    )
    folds = np.array([fold_of_area(name) for name in names], np.int64)
    return Places(events, names, seen, np.where(events == RENDERED, -1, folds))


worlds = st.integers(0, 9_999).map(
    lambda seed: places_of(
        np.random.default_rng(seed).integers(0, 40, 120).tolist(),
        np.random.default_rng(seed + 1).integers(0, 3, 120).tolist(),
        seed % 20,
    )
)


@given(worlds)
@settings(max_examples=40, deadline=None)
def test_roles_do_not_overlap_cover_all_and_tear_nothing(places):
    folds = sorted(set(places.folds.tolist()) - {-1})
    events = [f"event-{n}" for n in range(3)]
    splits = plan_splits(places, folds, events)
    assert len({split.name for split in splits}) == len(splits) == len(folds) + 3
    for split in splits:
        roles = np.stack([split.reporting, split.choosing, split.training])
        assert (roles.sum(axis=0) == 1).all()
        role = roles.argmax(axis=0)
        for names in (places.areas, places.scenes):
            for name in np.unique(names):
                assert len(set(role[names == name])) == 1, (split.name, name)
        assert split.training[places.events == RENDERED].all()
        if split.kind is SplitKind.LEAVE_EVENT_OUT:
            assert len(set(places.events[split.reporting])) == 1
            assert not np.isin(places.events[split.reporting][0], places.events[~split.reporting])
    by_fold = [split.reporting for split in splits if split.kind is SplitKind.AREA_FOLD]
    assert (sum(mask.astype(int) for mask in by_fold) == (places.events != RENDERED)).all()


def test_the_fold_of_the_shipped_figures_is_split_as_training_splits_it():
    areas = [n for n in range(200) if n % 3 == 0]
    places = places_of(areas, [0] * len(areas), 3)
    assert set(places.folds) == {-1, *range(FOLDS)}
    (split,) = plan_splits(places, [TEST_FOLD], [])
    assert (split.reporting == (places.folds == TEST_FOLD)).all()
    assert (split.choosing == (places.folds == CALIBRATION_FOLD)).all()


def test_an_empty_fold_to_choose_on_gives_way_to_the_next():
    areas = [n for n in range(300) if fold_of_area(f"event-{n % 3}:{n}") not in (3, 4)]
    places = places_of(areas, [0] * len(areas), 0)
    (split,) = plan_splits(places, [TEST_FOLD], [])
    assert set(places.folds[split.choosing]) == {5}


@pytest.mark.parametrize(
    ("folds", "events", "words"),
    [
        ([], ["atlantis"], "split without-atlantis: no chips are left to report on"),
        ([], [RENDERED], "split without-rendered: no chips are left to report on"),
        ([FOLDS], [], "split fold-8: no chips are left to report on"),
    ],
)
def test_who_is_not_there_cannot_report(folds, events, words):
    with pytest.raises(InputError, match=words) as error:
        plan_splits(places_of(list(range(60)), [0] * 60, 5), folds, events)
    assert "event-0, event-1, event-2, rendered" in str(error.value)
    assert "Name folds and events that have chips" in str(error.value)


def test_rendered_chips_alone_cannot_be_chosen_on():
    with pytest.raises(InputError, match="no chips are left to choose on"):
        plan_splits(places_of([0] * 9, [0] * 9, 9), [], ["event-0"])


def test_two_areas_leave_nothing_to_train_on():
    mine = fold_of_area("event-0:0")
    one, other = 0, next(n for n in range(99) if fold_of_area(f"event-{n % 3}:{n}") != mine)
    places = places_of([one] * 4 + [other] * 4, [0] * 8, 0)
    with pytest.raises(InputError, match="no chips are left to train on"):
        plan_splits(places, [fold_of_area("event-0:0")], [])


def test_a_torn_scene_or_area_is_refused():
    names = np.array(["a", "a", "b"])
    with pytest.raises(InputError, match="scene storm/s lies in two areas"):
        Places(np.array(["storm"] * 3), names, np.array(["s", "t", "s"]), np.array([1, 1, 2]))
    with pytest.raises(InputError, match="area a lies in two folds"):
        Places(np.array(["storm"] * 3), names, np.array(["s", "t", "u"]), np.array([1, 2, 2]))
    Places(np.array(["one", "two"]), np.array(["a", "b"]), np.array(["s", "s"]), np.array([1, 2]))


def test_a_split_checks_itself():
    a, b, c = np.eye(3, dtype=bool)
    Split("x", SplitKind.AREA_FOLD, a, b, c)
    with pytest.raises(ValueError, match="split x: 1 chips have two roles"):
        Split("x", SplitKind.AREA_FOLD, a, b, a | c)
    with pytest.raises(ValueError, match="no chip is choosing"):
        Split("x", SplitKind.AREA_FOLD, a, a & b, c)
    with pytest.raises(ValueError, match=r"training is int64 \(3,\), not bool"):
        Split("x", SplitKind.AREA_FOLD, a, b, c.astype(int))
