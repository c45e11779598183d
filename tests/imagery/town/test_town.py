from dataclasses import replace
from itertools import combinations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.features import geometry_mask

from core.damage import GRADED, XBD_SUBTYPES, DamageGrade, Status
from core.errors import SettingsError
from core.events import Peril
from core.grid import choose_metric_crs
from core.tables import FOOTPRINTS, check_table
from imagery.event_folder import SceneImage
from imagery.town.drawing.canvas import MARGIN_PX, Canvas, scatter_strips
from imagery.town.drawing.light import compute_light, compute_sun_on_canvas, photograph
from imagery.town.drawing.things import Boxes
from imagery.town.noise import draw_noise
from imagery.town.outline import compute_transform, outline_roofs
from imagery.town.plan import TownPlan, plan_town
from imagery.town.town import DamageMix, Town, TownOptions, draw_style, render_town

OPTIONS = TownOptions(seed=5, homes=100, tile_px=512, cloud_homes=12)
SMALL = TownOptions(seed=2, homes=12, tile_px=384, cloud_homes=0)
CALM = replace(
    SMALL,
    damage_mix=DamageMix(no_damage=1, minor=0, major=0, destroyed=0),
    post_shift_px=(0.0, 0.0),
)


@pytest.fixture(scope="module")
def town() -> Town:
    return render_town(OPTIONS)


@pytest.fixture(scope="module")
def plan() -> TownPlan:
    return plan_town(OPTIONS, draw_style(OPTIONS.seed))


@pytest.fixture(scope="module")
def burnt_town() -> Town:
    return render_town(replace(OPTIONS, seed=8, peril=Peril.WILDFIRE, rotation_deg=17.0))


def _scenes(town: Town, side: str) -> list[SceneImage]:
    return [scene for scene in town.scenes if f"-{side}-" in scene.scene_id]


def _outline(scene: SceneImage) -> shapely.Polygon:
    height, width = scene.valid.shape
    corners = [(0, 0), (width, 0), (width, height), (0, height)]
    return shapely.Polygon([scene.transform @ corner for corner in corners])


def _pairs(town: Town) -> list[tuple[SceneImage, SceneImage]]:
    after = {scene.scene_id.rsplit("-", 1)[1]: scene for scene in _scenes(town, "post")}
    before = {scene.scene_id.rsplit("-", 1)[1]: scene for scene in _scenes(town, "pre")}
    return [(before[tile], after[tile]) for tile in after]


def _measure_change(town: Town) -> dict[str, list[float]]:
    """Change of roof texture by grade: what remains after taking out each roof's mean change."""
    found: dict[str, list[float]] = {word: [] for word in XBD_SUBTYPES}
    rows = town.footprints.set_index("building_id")
    graded = town.expected_status[town.expected_status == Status.GRADED.value].index
    clear = [name for name in graded if town.cloud_frac[name] == 0]
    seen = set()
    for pre, post in _pairs(town):
        extent = _outline(pre)
        change = post.pixels.astype(float) - pre.pixels
        for name in clear:
            roof = rows.geometry[name]
            if name in seen or not extent.contains(roof):
                continue
            seen.add(name)
            inside = geometry_mask([roof], pre.valid.shape, pre.transform, invert=True)
            spread = change[:, inside] - change[:, inside].mean(axis=1, keepdims=True)
            found[town.grades[name]].append(float(np.abs(spread).mean()))
    return found


def test_same_options_give_same_bytes() -> None:
    first, second = render_town(SMALL), render_town(SMALL)
    for one, other in zip(first.scenes, second.scenes, strict=True):
        assert one.scene_id == other.scene_id
        assert one.pixels.tobytes() == other.pixels.tobytes()
        assert one.transform == other.transform
    assert first.footprints.equals(second.footprints)
    assert first.grades.equals(second.grades)
    assert first.expected_status.equals(second.expected_status)


def test_another_seed_gives_another_town() -> None:
    first, second = render_town(SMALL), render_town(replace(SMALL, seed=3))
    assert draw_style(2) != draw_style(3)
    difference = np.abs(first.scenes[0].pixels.astype(int) - second.scenes[0].pixels)
    assert difference.mean() > 10


def test_grades_come_in_exactly_the_counts_asked_for(town: Town) -> None:
    asked = OPTIONS.damage_mix.compute_counts(OPTIONS.homes)
    words = {word: asked.get(grade, 0) for word, grade in XBD_SUBTYPES.items()}
    found = town.grades.value_counts()
    assert {word: int(found.get(word, 0)) for word in words} == words


@given(
    homes=st.integers(1, 4000),
    weights=st.lists(st.integers(0, 100), min_size=4, max_size=4).filter(any),
)
@settings(max_examples=60, deadline=None)
def test_counts_always_sum_to_the_homes(homes: int, weights: list[int]) -> None:
    shares = [weight / sum(weights) for weight in weights]
    mix = DamageMix(no_damage=shares[0], minor=shares[1], major=shares[2], destroyed=shares[3])
    counts = mix.compute_counts(homes)
    assert tuple(counts) == GRADED
    assert sum(counts.values()) == homes
    assert all(
        abs(count - share * homes) < 1 for count, share in zip(counts.values(), shares, strict=True)
    )


def test_footprints_are_a_valid_table_of_plausible_homes(town: Town) -> None:
    checked = check_table(town.footprints, FOOTPRINTS)
    assert len(checked) == OPTIONS.homes
    assert checked.crs == "EPSG:4326"
    assert checked.geometry.is_valid.all()
    assert checked["area_m2"].between(50, 400).all()
    assert list(town.grades.index) == list(checked["building_id"])
    assert list(town.expected_status.index) == list(checked["building_id"])


@pytest.mark.parametrize("name", ["town", "burnt_town"])
def test_every_home_is_whole_in_some_picture_before(
    name: str, request: pytest.FixtureRequest
) -> None:
    town: Town = request.getfixturevalue(name)
    extents = [_outline(scene) for scene in _scenes(town, "pre")]
    inside = [town.footprints.within(extent).to_numpy() for extent in extents]
    assert np.any(inside, axis=0).all()


@pytest.mark.parametrize("name", ["town", "burnt_town"])
def test_no_imagery_is_said_of_homes_wholly_where_the_scene_is_missing(
    name: str, request: pytest.FixtureRequest
) -> None:
    town: Town = request.getfixturevalue(name)
    assert len(_scenes(town, "post")) == len(_scenes(town, "pre")) - 1
    extents = [_outline(scene) for scene in _scenes(town, "post")]
    whole = np.any([town.footprints.within(extent).to_numpy() for extent in extents], axis=0)
    touched = np.any([town.footprints.intersects(one).to_numpy() for one in extents], axis=0)
    assert (whole == touched).all(), "a home is half seen"
    unseen = (town.expected_status == Status.NO_IMAGERY.value).to_numpy()
    assert (unseen == ~touched).all()
    assert 0 < unseen.sum() < len(unseen)


def test_obscured_homes_are_white_in_the_picture_after_and_graded_ones_are_not(town: Town) -> None:
    rows = town.footprints.set_index("building_id").geometry
    whiteness = {}
    for scene in _scenes(town, "post"):
        extent = _outline(scene)
        white = (scene.pixels.min(axis=0) > 190) & (np.ptp(scene.pixels, axis=0) < 30)
        for name, roof in rows[rows.within(extent)].items():
            inside = geometry_mask([roof], scene.valid.shape, scene.transform, invert=True)
            whiteness[name] = float(white[inside].mean())
    obscured = town.expected_status[town.expected_status == Status.OBSCURED.value].index
    assert 8 <= len(obscured) <= 20
    assert all(town.cloud_frac[name] >= 0.5 for name in obscured)
    whole = [name for name in obscured if town.cloud_frac[name] == 1]
    assert min(whiteness[name] for name in whole) > 0.9
    clear = [name for name in whiteness if town.cloud_frac[name] == 0]
    # white metal roofs are the only other white things
    assert np.mean([whiteness[name] > 0.5 for name in clear]) < 0.25


def test_few_homes_are_half_under_the_cloud(town: Town) -> None:
    assert town.cloud_frac.between(0.05, 0.95).sum() <= 0.06 * OPTIONS.homes


@pytest.mark.parametrize("name", ["town", "burnt_town"])
def test_damaged_roofs_change_far_more_than_undamaged_ones(
    name: str, request: pytest.FixtureRequest
) -> None:
    change = _measure_change(request.getfixturevalue(name))
    none, minor, major, destroyed = (np.array(change[word]) for word in list(XBD_SUBTYPES)[:4])
    assert len(none) >= 15
    assert len(minor) >= 4
    severe = np.concatenate([major, destroyed])
    assert np.median(minor) > 1.3 * np.median(none)
    assert np.median(severe) > 1.4 * np.median(none)
    assert np.median(destroyed) > 1.2 * np.median(none)
    # a severely damaged roof drawn at random changed more than an undamaged one
    assert (severe[:, None] > none).mean() > 0.85


def test_a_calm_town_still_changes() -> None:
    town = render_town(CALM)
    pre, post = _pairs(town)[0]
    assert set(town.grades) == {"no-damage"}
    change = np.abs(post.pixels.astype(int) - pre.pixels)
    assert change.mean() > 3
    assert (change.max(axis=0) > 40).mean() > 0.005, "cars, shadows and leaves move"


def test_scenes_say_how_they_were_taken(town: Town) -> None:
    style = draw_style(OPTIONS.seed)
    assert len({scene.scene_id for scene in town.scenes}) == len(town.scenes)
    for scene in town.scenes:
        side = "pre" if "-pre-" in scene.scene_id else "post"
        capture = getattr(style, side)
        assert scene.captured_at_utc == getattr(OPTIONS, f"{side}_captured_at_utc")
        assert scene.sun_azimuth_deg == capture.sun_azimuth_deg
        assert scene.pixels.shape == (3, 512, 512)
        assert scene.pixels.dtype == np.uint8
        assert scene.valid.shape == (512, 512)
        assert scene.valid.dtype == np.bool_
        assert scene.valid.all()


def test_overlapping_scenes_show_the_same_ground(town: Town) -> None:
    left, right = (
        next(scene for scene in town.scenes if scene.scene_id.endswith(f"-pre-{tile}"))
        for tile in ("r0c0", "r0c1")
    )
    stride = OPTIONS.tile_px - OPTIONS.overlap_px
    assert (left.pixels[:, :, stride:] == right.pixels[:, :, : OPTIONS.overlap_px]).all()
    assert left.transform @ (stride, 0) == pytest.approx(right.transform @ (0, 0), abs=1e-12)


@pytest.mark.parametrize("rotation_deg", [0.0, 17.0])
@pytest.mark.parametrize("latitude_deg", [30.25, -43.5])
def test_pixels_are_square_metres_on_the_ground(rotation_deg: float, latitude_deg: float) -> None:
    options = replace(OPTIONS, rotation_deg=rotation_deg, center_latitude_deg=latitude_deg)
    transform = compute_transform(options, (600, 800))
    corners = [(400, 300), (600, 300), (400, 500)]
    points = gpd.GeoSeries(
        [shapely.Point(transform @ corner) for corner in corners], crs="EPSG:4326"
    ).to_crs(choose_metric_crs(options.center_longitude_deg, latitude_deg))
    middle, right, down = shapely.get_coordinates(points.to_numpy())
    along, across = right - middle, down - middle
    assert np.hypot(*along) == pytest.approx(200 * options.gsd_m, rel=2e-3)
    assert np.hypot(*across) == pytest.approx(200 * options.gsd_m, rel=2e-3)
    assert along @ across == pytest.approx(0, abs=20)
    assert np.rad2deg(np.arctan2(-along[1], along[0])) == pytest.approx(rotation_deg, abs=1.5)
    assert transform @ (400, 300) == pytest.approx(
        (options.center_longitude_deg, options.center_latitude_deg)
    )


def test_outlines_lie_within_a_pixel_and_a_few_per_cent_of_their_roofs(
    town: Town, plan: TownPlan
) -> None:
    roofs = outline_roofs(plan.homes)
    inverse = ~compute_transform(OPTIONS, plan.town_px)
    drawn = shapely.transform(
        town.footprints.geometry.to_numpy(),
        lambda xy: np.column_stack(inverse @ tuple(xy.T)) * OPTIONS.gsd_m,
    )
    apart_m = shapely.distance(shapely.centroid(drawn), shapely.centroid(roofs))
    assert apart_m.max() <= 0.8 * OPTIONS.gsd_m + 1e-6
    assert apart_m.mean() > 0.1
    assert np.abs(shapely.area(drawn) / shapely.area(roofs) - 1).max() < 0.07


@pytest.mark.parametrize("seed", [1, 5, 9])
def test_no_home_touches_another_or_a_street(seed: int) -> None:
    options = replace(OPTIONS, seed=seed, homes=300)
    plan = plan_town(options, draw_style(seed))
    roofs = outline_roofs(plan.homes)
    tree = shapely.STRtree(roofs)
    first, second = tree.query(roofs, predicate="dwithin", distance=1.0)
    assert (first == second).all(), "two homes stand within a metre of each other"
    edges = shapely.get_coordinates(shapely.segmentize(roofs, 1.0))
    assert plan.measure_street_m(edges[:, 0], edges[:, 1]).min() > 1.5
    assert plan.measure_pond_m(edges[:, 0], edges[:, 1]).max() < 0
    assert plan.homes.compute_radius_m().max() < 14


def test_three_hundred_homes_fill_four_scenes_of_usual_size() -> None:
    options = TownOptions()
    for seed in range(6):
        plan = plan_town(replace(options, seed=seed), draw_style(seed))
        assert plan.tiles == (2, 2)
        assert len(plan.homes) == 300
        assert plan.missing_tile is not None


@given(x=st.floats(0, 2000), y=st.floats(0, 2000), seed=st.integers(0, 30))
@settings(max_examples=40, deadline=None)
def test_street_coordinates_lead_back_to_the_town(x: float, y: float, seed: int) -> None:
    warp = plan_town(replace(SMALL, seed=seed, homes=1), draw_style(seed)).warp
    back = warp.to_town(*warp.to_street(np.array([x]), np.array([y])))
    assert np.concatenate(back) == pytest.approx([x, y], abs=1e-6)


def test_one_home_on_one_tile_is_graded() -> None:
    town = render_town(replace(SMALL, homes=1, missing_tiles=1, cloud_homes=24))
    assert len(town.scenes) == 2
    assert list(town.expected_status) == [Status.GRADED.value]


def test_the_picture_after_is_shifted_as_asked() -> None:
    still, moved = render_town(CALM), render_town(replace(CALM, post_shift_px=(3.0, -2.0)))
    inner = (slice(None), slice(40, -40), slice(40, -40))
    original = still.scenes[-1].pixels.astype(float)
    shifted = np.roll(original, (-2, 3), axis=(1, 2))
    follows = np.abs(moved.scenes[-1].pixels - shifted)[inner].mean()
    stays = np.abs(moved.scenes[-1].pixels - original)[inner].mean()
    assert follows < 0.5 * stays


def test_a_fraction_of_a_pixel_shifts_a_ramp_by_just_that() -> None:
    capture = replace(draw_style(1).pre, blur_px=0.5, noise_dn=0.0)
    side = 60 + 2 * MARGIN_PX
    ramp = np.tile(np.arange(side, dtype=np.float32), (3, side, 1))
    ramp = ramp * 2
    rng = np.random.default_rng(0)
    still = photograph(ramp, rng, capture, (0.0, 0.0)).astype(float)
    moved = photograph(ramp, rng, capture, (1.5, 0.0)).astype(float)
    assert np.unique(still - moved) == pytest.approx([3.0])


def _post_in_a_field() -> Canvas:
    canvas = Canvas.blank(np.random.default_rng(0), (100, 100), 0.5)
    middle = MARGIN_PX + 50
    canvas.height_m[middle - 1 : middle + 2, middle - 1 : middle + 2] = 10
    return canvas


@pytest.mark.parametrize(
    ("azimuth_deg", "rotation_deg", "away"),
    [(180.0, 0.0, (-1, 0)), (90.0, 0.0, (0, -1)), (180.0, 90.0, (0, -1)), (135.0, 0.0, (-1, -1))],
)
def test_shadows_fall_away_from_the_sun(
    azimuth_deg: float, rotation_deg: float, away: tuple[int, int]
) -> None:
    canvas = _post_in_a_field()
    capture = replace(draw_style(1).pre, sun_azimuth_deg=azimuth_deg, sun_elevation_deg=45.0)
    sun = compute_sun_on_canvas(capture, rotation_deg)
    assert np.hypot(np.hypot(sun[0], sun[1]), sun[2]) == pytest.approx(1)
    light = compute_light(canvas, sun)
    dark = np.argwhere(light < 0.5) - (MARGIN_PX + 50)
    farthest = dark[np.argmax(np.hypot(*dark.T))]
    assert tuple(np.sign(np.where(np.abs(farthest) > 3, farthest, 0))) == away
    # 10 m at 45 degrees is 10 m, 20 px; a doubling rounds each of its few steps
    assert np.hypot(*farthest) == pytest.approx(20, abs=3)
    assert light[MARGIN_PX + 10, MARGIN_PX + 10] == pytest.approx(1)


def test_debris_beyond_the_canvas_is_left_out() -> None:
    canvas = Canvas.blank(np.random.default_rng(0), (40, 40), 0.5)
    strips = Boxes(
        np.array([[-500.0, 3.0], [10.0, 10.0]]),
        np.zeros(2),
        np.array([[1.0, 0.3], [1.0, 0.3]]),
        np.array([[1.0, 2, 3], [200.0, 100, 50]]),
        0.5,
    )
    scatter_strips(canvas, strips)
    painted = canvas.albedo[0] > 0
    assert set(np.unique(canvas.albedo[0])) == {0.0, 200.0}
    assert 4 <= painted.sum() <= 15
    assert (canvas.height_m[painted] == 0.5).all()


@pytest.mark.parametrize("shape", [(3, 5), (64, 64), (65, 31)])
def test_noise_is_standard_and_seeded(shape: tuple[int, int]) -> None:
    first, second = (draw_noise(np.random.default_rng(4), shape, 16, 2) for _ in range(2))
    assert first.shape == shape
    assert first.dtype == np.float32
    assert (first == second).all()
    assert float(first.mean()) == pytest.approx(0, abs=1e-4)
    assert float(first.std()) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"town_id": "../town"}, "it names files"),
        ({"homes": 0}, "homes is 0"),
        ({"homes": 5000}, "several towns"),
        ({"gsd_m": 0.1}, "gsd_m is 0.1"),
        ({"tile_px": 100}, "tile_px is 100"),
        ({"overlap_px": 40}, "under 28 m"),
        ({"post_shift_px": (20.0, 0.0)}, "within 8.0 px"),
        ({"peril": Peril.EARTHQUAKE}, "peril is QEQ"),
        ({"missing_tiles": 2}, "missing_tiles is 2"),
        ({"pre_captured_at_utc": OPTIONS.post_captured_at_utc}, "not before the post"),
    ],
)
def test_impossible_towns_are_refused_with_a_remedy(change: dict[str, object], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        replace(OPTIONS, **change)


def test_shares_that_do_not_sum_are_refused() -> None:
    with pytest.raises(SettingsError, match="do not sum to 1"):
        DamageMix(no_damage=0.9, minor=0.3, major=0.0, destroyed=0.0)


def test_styles_of_seeds_differ_in_look() -> None:
    lawns = np.array([draw_style(seed).grass for seed in range(20)])
    assert lawns.std(axis=0).min() > 3
    for one, other in combinations(range(5), 2):
        assert draw_style(one).roof_weights != draw_style(other).roof_weights


def test_transforms_are_affine_and_grades_words(town: Town) -> None:
    assert all(isinstance(scene.transform, Affine) for scene in town.scenes)
    assert set(town.grades) <= set(XBD_SUBTYPES)
    assert DamageGrade.UNCLASSIFIED not in {XBD_SUBTYPES[word] for word in town.grades}
