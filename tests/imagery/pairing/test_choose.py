"""Each building gets the scenes that show it best, or the reason why not."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.events import OccurrenceWindow
from core.scenes import SceneRole
from core.tables import PAIRS, check_table
from imagery.pairing.choose import PairingOptions, choose_pairs, role_of
from imagery.pairing.price import (
    PriceOptions,
    compute_pair_prices,
    compute_post_prices,
    compute_pre_prices,
)

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
        ((2, {"off_nadir_deg": 30.0, "cloud_frac": 0.0}), (2, {"cloud_frac": 0.5}), "one"),
        ((2, {"cloud_frac": np.nan, "off_nadir_deg": np.nan}), (2, {"cloud_frac": 0.1}), "one"),
        ((2, {}), (2, {}), "one"),
    ],
)
def test_cloud_view_angle_and_delay_are_weighed(pair, scene_of, one, other, better):
    after = {"one": (one[0], AREA, one[1]), "other": (other[0], AREA, other[1])}
    for order in (after, dict(reversed(after.items()))):
        assert _said(pair({"pre": (-5, AREA, {})} | order))[0][2] == better


PRICES = PriceOptions()
WORSE = {
    "cloud_frac": (0.1, 0.2),
    "off_nadir_deg": (3.0, 4.0),
    "gsd_m": (0.6, 0.7),
    "sun_elevation_deg": (25.0, 20.0),
}


@pytest.mark.parametrize("name", WORSE)
def test_a_price_rises_with_each_shortcoming(scene_of, name):
    better, worse = (scene_of("s", AREA, **{name: value}) for value in WORSE[name])
    for compute, day in ((compute_pre_prices, START - DAY), (compute_post_prices, END + DAY)):
        sides = [replace(scene, captured_at_utc=day) for scene in (better, worse)]
        low, high = compute(sides, WINDOW, PRICES)
        assert low < high


def test_age_before_and_delay_after_cost(scene_of):
    instants = [START - 9 * DAY, START - DAY, END + DAY, END + 9 * DAY]
    old, new, soon, late = (scene_of("s", AREA, captured_at_utc=each) for each in instants)
    assert np.diff(compute_pre_prices([new, old], WINDOW, PRICES)) > 0
    assert np.diff(compute_post_prices([soon, late], WINDOW, PRICES)) > 0


def test_what_is_not_stated_and_what_is_finer_than_needed_costs_nothing(scene_of):
    silent = scene_of(
        "s", AREA, captured_at_utc=END, cloud_frac=np.nan, off_nadir_deg=np.nan, gsd_m=np.nan,
        sun_elevation_deg=np.nan,
    )  # fmt: skip
    fine = replace(silent, gsd_m=0.3)
    assert compute_post_prices([silent, fine], WINDOW, PRICES).tolist() == [0, 0]
    assert compute_pair_prices([silent], [silent, fine], PRICES).tolist() == [[0, 0]]
    assert compute_pair_prices([], [silent], PRICES).shape == (0, 1)


def test_views_from_two_sides_are_farther_apart_than_their_tilts_say(scene_of):
    def view(off_nadir_deg, azimuth_deg):
        return scene_of(
            "s", AREA, off_nadir_deg=off_nadir_deg, view_azimuth_deg=azimuth_deg,
            sun_elevation_deg=np.nan,
        )  # fmt: skip

    before = [view(20.0, 90.0)]
    same, opposite, unsaid, steep = (
        view(20.0, 90.0),
        view(20.0, 270.0),
        view(20.0, np.nan),
        view(0.0, 0.0),
    )
    prices = compute_pair_prices(before, [same, opposite, unsaid, steep], PRICES)[0]
    assert prices == pytest.approx(np.array([0, 40, 0, 20]) * PRICES.view_per_deg, abs=1e-6)


def test_both_dates_are_chosen_together_for_their_views(pair):
    scenes = {
        "straight": (-20, AREA, {"off_nadir_deg": 0.0}),
        "leaning": (-30, AREA, {"off_nadir_deg": 5.0, "view_azimuth_deg": 80.0}),
        "post": (2, AREA, {"off_nadir_deg": 28.0, "view_azimuth_deg": 80.0}),
    }
    strict = PairingOptions(price=PriceOptions(view_per_deg=0.05))
    assert _said(pair(scenes))[0][1] == "straight"
    assert _said(pair(scenes, options=strict)) == [
        ("paired", "leaning", "post", "better_before;clearest_after;views_agree")
    ]


def test_an_older_baseline_is_taken_where_the_newest_is_worse(pair):
    scenes = {
        "new": (-20, AREA, {"cloud_frac": 0.5}), "old": (-200, AREA, {}),
        "hazy": (1, AREA, {"cloud_frac": 0.1, "gsd_m": 0.4}),
        "coarse": (1, AREA, {"gsd_m": 1.2, "cloud_frac": 0.0}),
    }  # fmt: skip
    assert _said(pair(scenes)) == [("paired", "old", "hazy", "better_before;better_after")]


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


SHORTCOMINGS = st.fixed_dictionaries({
    "cloud_frac": st.sampled_from([0.0, 0.1, 0.5, np.nan]),
    "off_nadir_deg": st.sampled_from([0.0, 12.0, 30.0, np.nan]),
    "view_azimuth_deg": st.sampled_from([10.0, 190.0, np.nan]),
    "gsd_m": st.sampled_from([0.3, 0.5, 1.0]),
    "sun_elevation_deg": st.sampled_from([15.0, 40.0, 70.0]),
})  # fmt: skip
ALBUM = st.lists(st.tuples(st.sampled_from([-900, -90, -9, 2, 5, 30]), SHORTCOMINGS), max_size=7)
LOOSE = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def _album(album):
    return {f"s{n}": (days, AREA, change) for n, (days, change) in enumerate(album)}


@given(album=ALBUM, data=st.data())
@LOOSE
def test_a_worse_scene_never_changes_the_choice(pair, album, data):
    scenes = _album(album)
    chosen = _said(pair(scenes))
    named = [name for name in chosen[0][1:3] if name is not None]
    if not named:
        return
    days, extent, change = scenes[data.draw(st.sampled_from(named))]
    later = days + (3 if days > 0 else -3)
    worse = change | {
        "gsd_m": change["gsd_m"] + 0.1, "cloud_frac": np.nan_to_num(change["cloud_frac"]) + 0.1
    }  # fmt: skip
    more = scenes | {"a-worse": (later, extent, worse)}
    assert [row[:3] for row in _said(pair(more))] == [row[:3] for row in chosen]


@given(album=ALBUM)
@LOOSE
def test_no_other_pair_is_cheaper(pair, scene_of, album):
    scenes = _album(album)
    made = {
        name: scene_of(name, extent, captured_at_utc=START + days * DAY, **change)
        for name, (days, extent, change) in scenes.items()
    }
    pre, post = ([made[n] for n, (days, _, _) in scenes.items() if (days < 0) == is_pre]
                 for is_pre in (True, False))  # fmt: skip
    ((status, before, after, _),) = _said(pair(scenes))
    assert (status == "paired") == bool(pre and post)
    if status == "paired":
        total = compute_pre_prices(pre, WINDOW, PRICES)[:, None]
        total = total + compute_post_prices(post, WINDOW, PRICES)
        total += compute_pair_prices(pre, post, PRICES)
        taken = total[pre.index(made[before]), post.index(made[after])]
        assert taken == pytest.approx(total.min(), abs=1e-8)


def test_many_buildings_and_scenes_are_paired_in_seconds(scene_of, footprints_of):
    """A grid of 8,000 homes under 200 overlapping scenes: a county in a moment."""
    rng = np.random.default_rng(5)
    corners = rng.uniform(0, 20_000, (8_000, 2))
    squeeze = METRE_DEG / np.cos(np.radians(NORTH))
    west, south = EAST + corners[:, 0] * squeeze, NORTH + corners[:, 1] * METRE_DEG
    homes = gpd.GeoDataFrame(
        {"building_id": [f"b{n}" for n in range(len(corners))]},
        geometry=shapely.box(west, south, west + 12 * squeeze, south + 10 * METRE_DEG), crs=4326,
    )  # fmt: skip
    scenes = tuple(
        scene_of(
            f"s{n}", _box(*rng.uniform(-2000, 15_000, 2), 8_000, 8_000),
            captured_at_utc=START + float(rng.choice([-300, -20, 3, 9])) * DAY,
            cloud_frac=float(rng.random()), off_nadir_deg=float(rng.uniform(0, 30)),
        )
        for n in range(200)
    )  # fmt: skip
    start = time.process_time()
    pairs = choose_pairs(homes, scenes, WINDOW, OPTIONS)
    assert time.process_time() - start < 20
    assert (pairs["pair_status"] == "paired").mean() > 0.9


@pytest.mark.parametrize("gsd_m", [3.7, 10.0])
@pytest.mark.parametrize("side", ["before", "after"])
def test_what_only_coarse_scenes_show_is_not_graded(pair, side, gsd_m):
    fine = {"before": (-30, AREA, {}), "after": (3, AREA, {})}
    days, extent, _ = fine[side]
    row = pair(fine | {side: (days, extent, {"gsd_m": gsd_m})}).iloc[0]
    assert (row["pair_status"], row["pair_reason"]) == ("no_imagery", "too_coarse")
    assert pd.isna(row[f"{'pre' if side == 'before' else 'post'}_scene_id"])
    both = fine | {side: (days, extent, {"gsd_m": gsd_m}), "fine": (days - 1, extent, {})}
    assert pair(both).iloc[0]["pair_status"] == "paired"


def test_two_coarse_dates_are_one_reason_and_a_missing_one_is_another(pair):
    coarse = {"before": (-30, AREA, {"gsd_m": 10.0}), "after": (3, AREA, {"gsd_m": 10.0})}
    assert pair(coarse).iloc[0]["pair_reason"] == "too_coarse"
    del coarse["before"]
    assert pair(coarse).iloc[0]["pair_reason"] == "too_coarse;no_scene_before"


def test_a_pixel_size_that_nobody_knows_is_no_reason_and_the_limit_is_an_option(pair):
    scenes = {"before": (-30, AREA, {}), "after": (3, AREA, {"gsd_m": float("nan")})}
    assert pair(scenes).iloc[0]["pair_status"] == "paired"
    scenes["after"] = (3, AREA, {"gsd_m": 3.7})
    options = PairingOptions(max_gsd_m=4.0)
    assert pair(scenes, options=options).iloc[0]["pair_status"] == "paired"
