"""Each building gets the scenes that show it best, or the reason why not."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.events import OccurrenceWindow
from core.scenes import SceneRole
from core.tables import PAIRS, check_table
from imagery.pairing import PairingOptions, choose_pairs, rank_post, role_of

START = datetime(2018, 10, 10, 12, tzinfo=UTC)
END = datetime(2018, 10, 11, tzinfo=UTC)
WINDOW = OccurrenceWindow(START, END)
OPTIONS = PairingOptions()
EAST, NORTH = -85.6, 30.2
METRE_DEG = 1 / 111_320
DAY = timedelta(days=1)


def _box(west_m, south_m, width_m, height_m):
    """A rectangle in metres from a corner in Florida, EPSG:4326."""
    squeeze = METRE_DEG / np.cos(np.radians(NORTH))
    return shapely.box(
        EAST + west_m * squeeze, NORTH + south_m * METRE_DEG,
        EAST + (west_m + width_m) * squeeze, NORTH + (south_m + height_m) * METRE_DEG,
    )  # fmt: skip


AREA = _box(0, 0, 500, 500)
HOME = _box(100, 100, 12, 10)


@pytest.fixture
def pair(scene_of, footprints_of):
    """Pair buildings with scenes given as name: (days after the losses' start, extent, change)."""

    def run(scenes, shapes=None, window=WINDOW, options=OPTIONS):
        made = tuple(
            scene_of(name, extent, captured_at_utc=START + days * DAY, **change)
            for name, (days, extent, change) in scenes.items()
        )
        shapes = {"home": HOME} if shapes is None else shapes
        return choose_pairs(footprints_of(shapes), made, window, options)

    return run


def _said(pairs):
    columns = ["pair_status", "pre_scene_id", "post_scene_id", "pair_reason"]
    return [tuple(None if pd.isna(x) else x for x in row) for row in pairs[columns].to_numpy()]


@pytest.mark.parametrize(
    ("instant", "role"),
    [
        (START - timedelta(seconds=1), SceneRole.PRE),
        (START, SceneRole.DURING),
        (END - timedelta(seconds=1), SceneRole.DURING),
        (END, SceneRole.POST),
    ],
)
def test_the_window_divides_scenes(scene_of, instant, role):
    assert role_of(scene_of("s", AREA, captured_at_utc=instant), WINDOW) is role


def test_the_newest_before_and_the_clearest_after_are_chosen(pair):
    pairs = pair({
        "old": (-300, AREA, {}), "new": (-20, AREA, {}), "older": (-700, AREA, {}),
        "cloudy": (2, AREA, {"cloud_frac": 0.6}), "clear": (9, AREA, {"cloud_frac": 0.1}),
        "cloudier": (3, AREA, {"cloud_frac": 0.9}),
    })  # fmt: skip
    assert _said(pairs) == [("paired", "new", "clear", "newest_before;clearest_after")]
    assert pairs["pre_captured_at_utc"][0] == START - 20 * DAY
    assert pairs["post_captured_at_utc"][0] == START + 9 * DAY


@pytest.mark.parametrize(
    ("one", "other", "better"),
    [
        ((2, {"cloud_frac": 0.2}), (11, {"cloud_frac": 0.2}), "one"),
        ((2, {"cloud_frac": 0.28}), (11, {"cloud_frac": 0.2}), "one"),
        ((2, {"cloud_frac": 0.4}), (11, {"cloud_frac": 0.2}), "other"),
        ((2, {"off_nadir_deg": 30.0}), (2, {"off_nadir_deg": 5.0}), "other"),
        ((2, {"off_nadir_deg": 30.0, "cloud_frac": 0.0}), (2, {"cloud_frac": 0.4}), "one"),
        ((2, {"cloud_frac": np.nan, "off_nadir_deg": np.nan}), (2, {"cloud_frac": 0.1}), "one"),
        ((2, {}), (2, {}), "one"),
    ],
)
def test_cloud_view_angle_and_delay_are_weighed(pair, scene_of, one, other, better):
    after = {"one": (one[0], AREA, one[1]), "other": (other[0], AREA, other[1])}
    for order in (after, dict(reversed(after.items()))):
        assert _said(pair({"pre": (-5, AREA, {})} | order))[0][2] == better


def test_a_cost_never_falls_with_cloud_angle_or_delay(scene_of):
    def cost(**change):
        return rank_post(scene_of("s", AREA, **change), WINDOW, OPTIONS)[0]

    for name, low, high in (
        ("cloud_frac", 0.1, 0.2), ("off_nadir_deg", 3.0, 4.0),
        ("captured_at_utc", END, END + DAY),
    ):  # fmt: skip
        assert cost(**{name: low}) < cost(**{name: high})


@pytest.mark.parametrize(
    ("scenes", "said"),
    [
        ({}, ("no_imagery", None, None, "no_scene_after;no_scene_before")),
        ({"pre": -5}, ("no_imagery", "pre", None, "no_scene_after")),
        ({"post": 5}, ("no_imagery", None, "post", "no_scene_before")),
        ({"pre": -5, "mid": 0.2}, ("stale_imagery", "pre", None, "captured_before_losses_ended")),
        (
            {"mid": 0.2},
            ("no_imagery", None, None, "captured_before_losses_ended;no_scene_before"),
        ),
        ({"old": -2000, "post": 5}, ("stale_imagery", "old", "post", "scene_before_too_old")),
        ({"old": -2000}, ("no_imagery", "old", None, "no_scene_after;scene_before_too_old")),
        (
            {"old": -2000, "mid": 0.2},
            ("stale_imagery", "old", None, "captured_before_losses_ended;scene_before_too_old"),
        ),
        ({"old": -1826, "post": 5}, ("paired", "old", "post", "newest_before;clearest_after")),
    ],
)
def test_what_is_missing_is_said(pair, scenes, said):
    pairs = pair({name: (days, AREA, {}) for name, days in scenes.items()})
    assert _said(pairs) == [said]


def test_scenes_beside_the_building_do_not_count(pair):
    beside = _box(113, 0, 300, 300)
    said = _said(pair({"pre": (-5, AREA, {}), "post": (5, beside, {})}))
    assert said == [("no_imagery", "pre", None, "no_scene_after")]


def test_a_scene_that_shows_the_building_whole_beats_a_clearer_one_that_cuts_it(pair):
    west, east = _box(0, 0, 106, 300), _box(96, 0, 300, 300)
    pairs = pair({
        "pre": (-5, AREA, {}),
        "west": (2, west, {"cloud_frac": 0.0}), "east": (9, east, {"cloud_frac": 0.5}),
    })  # fmt: skip
    assert _said(pairs)[0][2] == "east"


def test_a_scene_that_shows_the_surroundings_beats_a_clearer_one_that_does_not(pair):
    tight, wide = _box(95, 95, 300, 300), _box(85, 85, 300, 300)
    scenes = {
        "pre": (-5, AREA, {}),
        "tight": (2, tight, {}), "wide": (9, wide, {"cloud_frac": 0.5}),
    }  # fmt: skip
    assert _said(pair(scenes))[0][2] == "wide"
    assert _said(pair(scenes, options=PairingOptions(context_m=4.0)))[0][2] == "tight"


def test_of_scenes_that_cut_the_building_the_one_that_shows_most_is_taken(pair):
    shares = {"third": _box(0, 0, 104, 300), "most": _box(0, 0, 109, 300)}
    pairs = pair(
        {"pre": (-5, AREA, {})} | {name: (2, extent, {}) for name, extent in shares.items()}
    )
    assert _said(pairs)[0][2] == "most"


def test_an_outdated_scene_never_displaces_a_recent_one(pair):
    tight = _box(95, 95, 300, 300)
    pairs = pair({"old": (-2500, AREA, {}), "new": (-40, tight, {}), "post": (5, AREA, {})})
    assert _said(pairs) == [("paired", "new", "post", "newest_before;clearest_after")]


def test_no_buildings_make_no_pairs(pair):
    for scenes in ({}, {"pre": (-5, AREA, {}), "post": (5, AREA, {})}):
        pairs = pair(scenes, shapes={})
        assert list(pairs.columns) == list(PAIRS.columns)
        assert len(pairs) == 0


RECTANGLE = st.tuples(
    st.integers(0, 200), st.integers(0, 200), st.integers(1, 150), st.integers(1, 150)
)
HOMES = st.lists(
    st.tuples(st.integers(0, 300), st.integers(0, 300), st.integers(1, 40), st.integers(1, 40)),
    max_size=8,
)


@given(
    homes=HOMES,
    extents=st.lists(st.tuples(RECTANGLE, st.integers(-9, 9)), max_size=8),
)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_every_building_has_one_row_and_only_scenes_that_show_it(pair, homes, extents):
    scenes = {f"s{n}": (days, _box(*box), {}) for n, (box, days) in enumerate(extents)}
    shapes = {f"b{n}": _box(*home) for n, home in enumerate(homes)}
    pairs = pair(scenes, shapes)
    assert list(pairs["building_id"]) == list(shapes)
    check_table(pairs, PAIRS)
    for row in pairs.itertuples():
        home = shapes[row.building_id]
        shown_by = {name for name, (_, extent, _) in scenes.items() if extent.intersects(home)}
        before = {name for name in shown_by if scenes[name][0] < 0}
        after = {name for name in shown_by if scenes[name][0] > 0}
        assert pd.isna(row.pre_scene_id) == (not before)
        assert pd.isna(row.post_scene_id) == (not after)
        assert before >= {row.pre_scene_id} - {None, np.nan} or not before
        assert after >= {row.post_scene_id} - {None, np.nan} or not after
        assert (row.pair_status == "paired") == bool(before and after)
        whole = {name for name in after if scenes[name][1].contains(home)}
        assert not whole or row.post_scene_id in whole


@given(extents=st.permutations(range(6)))
@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_order_of_scenes_does_not_matter(pair, extents):
    scenes = {f"s{n}": (2 * n - 5, _box(10 * n, 5 * n, 130, 130), {}) for n in range(6)}
    shuffled = {f"s{n}": scenes[f"s{n}"] for n in extents}
    shapes = {"home": HOME, "far": _box(900, 900, 9, 9), "corner": _box(8, 3, 9, 9)}
    pd.testing.assert_frame_equal(pair(shuffled, shapes), pair(scenes, shapes))
