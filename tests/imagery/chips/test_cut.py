"""Chips show their building in the middle, before and after on the same ground."""

from io import BytesIO

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from PIL import Image
from pyproj import Transformer

from core.chips import POST, PRE, ChipBatch
from core.grid import WGS84
from core.tables import PICTURES
from imagery.catalogs.static import StaticStacCatalog
from imagery.chips.cut import DEFAULT_PIXEL_M, MIN_PIXEL_M, CutOptions, choose_pixel_m, cut_tile
from imagery.chips.pictures import draw_pictures
from imagery.chips.tiles import ChipOptions, Tile, plan_tiles
from imagery.event_folder import write_catalog
from imagery.registration.align import AlignOptions
from imagery.town.town import TownOptions, render_town

UTM = "EPSG:32616"
SIZE = 256
OPTIONS = CutOptions()
PLACE = (UTM, Affine(0.5, 0, 630_000, 0, -0.5, 3_342_000))


def _home(place, column, row, width_m, height_m):
    """A box in UTM whose middle lies at a scene's pixel."""
    to_utm = Transformer.from_crs(place[0], UTM, always_xy=True)
    x, y = to_utm.transform(*(place[1] @ (column, row)))
    return shapely.box(x - width_m / 2, y - height_m / 2, x + width_m / 2, y + height_m / 2)


def _cut(pre, post, homes, options=OPTIONS):
    buildings = gpd.GeoDataFrame(
        {"building_id": list(homes)}, geometry=gpd.GeoSeries(list(homes.values()), crs=UTM)
    )
    pairs = buildings[["building_id"]].assign(
        pair_status="paired", pre_scene_id=pre.scene_id, post_scene_id=post.scene_id
    )
    (tile,) = plan_tiles(buildings, pairs, options.chip)
    assert tile.building_ids == tuple(sorted(homes))
    return cut_tile(tile, pre, post, buildings, options)


def test_a_chips_middle_is_the_buildings_middle(write_scene, ramp, placement):
    pre = write_scene("pre", ramp(SIZE), placement)
    post = write_scene("post", ramp(SIZE), placement)
    spots = {"a": (90, 110), "b": (150, 100), "c": (128, 160)}
    homes = {name: _home(placement, *spot, 12, 8) for name, spot in spots.items()}
    cut = _cut(pre, post, homes)
    middle = OPTIONS.chip.chip_px // 2
    for k, name in enumerate(cut.chips.building_ids):
        for time in (PRE, POST):
            core_px = cut.chips.images[
                k, time, :2, middle - 1 : middle + 1, middle - 1 : middle + 1
            ]
            column, row = core_px.mean(axis=(1, 2)) + 0.5
            assert (column, row) == pytest.approx(spots[name], abs=1.0)
    assert cut.shift.length_px < 0.1
    assert cut.chips.pixel_m == pytest.approx(30 / OPTIONS.chip.chip_px)


def test_a_chip_lies_north_up(write_scene, ramp):
    scene = write_scene("s", ramp(SIZE), PLACE)
    cut = _cut(scene, scene, {"a": _home(PLACE, 128, 128, 16, 10)})
    columns, rows = cut.chips.images[0, PRE, 0], cut.chips.images[0, PRE, 1]
    side_px, middle = 40 / 0.5, OPTIONS.chip.chip_px // 2
    assert columns[middle, -1].astype(int) - columns[middle, 0] == pytest.approx(side_px, abs=2)
    assert rows[-1, middle].astype(int) - rows[0, middle] == pytest.approx(side_px, abs=2)


@pytest.mark.parametrize(
    "outline",
    [
        shapely.box(-8, -5, 8, 5),
        shapely.Polygon([(-9, -9), (9, -9), (9, 0), (0, 0), (0, 9), (-9, 9)]),
        shapely.box(-20, -20, 20, 20).difference(shapely.box(-8, -8, 8, 8)),
        shapely.affinity.rotate(shapely.box(-15, -6, 15, 6), 30),
    ],
    ids=["box", "ell", "court", "turned"],
)
def test_the_footprint_has_the_buildings_area_and_place(write_scene, ramp, outline):
    scene = write_scene("s", ramp(SIZE), PLACE)
    x, y = PLACE[1] @ (128, 128)
    cut = _cut(scene, scene, {"a": shapely.affinity.translate(outline, x, y)})
    drawn = cut.chips.footprint[0]
    pixel_m = float(cut.chips.pixel_m[0])
    rim_m2 = outline.length * pixel_m  # some of the pixels that the outline crosses are in
    assert outline.area <= drawn.sum() * pixel_m**2 + rim_m2 * 0.2
    assert drawn.sum() * pixel_m**2 == pytest.approx(outline.area + rim_m2 * 0.4, rel=0.05)
    rows, columns = np.nonzero(drawn)
    box = outline.bounds
    east = outline.centroid.x - (box[0] + box[2]) / 2
    north = outline.centroid.y - (box[1] + box[3]) / 2
    middle = (OPTIONS.chip.chip_px - 1) / 2
    assert (columns.mean() - middle) * pixel_m == pytest.approx(east, abs=2 * pixel_m)
    assert (middle - rows.mean()) * pixel_m == pytest.approx(north, abs=2 * pixel_m)


@pytest.mark.parametrize("turns", range(4))
def test_a_building_three_quarters_unseen_is_so_whichever_side_is_missing(
    write_scene, texture, turns
):
    pixels = texture(SIZE)
    valid = np.ones((SIZE, SIZE), bool)
    valid[:133] = False  # the home spans rows 118 to 138: three quarters of it are missing
    valid = np.rot90(valid, turns).copy()
    pre = write_scene("pre", pixels, PLACE)
    post = write_scene("post", pixels, PLACE, valid=valid)
    cut = _cut(pre, post, {"a": _home(PLACE, 128, 128, 10, 10)})
    assert cut.seen_frac == pytest.approx([0.25], abs=0.06)
    assert cut.usable_frac == pytest.approx(cut.seen_frac)
    swapped = _cut(post, pre, {"a": _home(PLACE, 128, 128, 10, 10)})
    assert swapped.seen_frac == pytest.approx([0.25], abs=0.06)
    missing = ~cut.chips.valid[0, POST]
    assert missing.any()
    assert not cut.chips.images[0, POST][:, missing].any()
    assert cut.chips.valid[0, PRE].all()


def test_what_lies_off_the_scene_is_not_seen(write_scene, texture):
    scene = write_scene("s", texture(SIZE), PLACE)
    homes = {
        "in": _home(PLACE, 60, 128, 10, 10),
        "half": _home(PLACE, 0, 128, 10, 10),
        "out": _home(PLACE, -60, 128, 10, 10),
    }
    cut = _cut(scene, scene, homes)
    seen = dict(zip(cut.chips.building_ids, cut.seen_frac, strict=True))
    assert seen["in"] == 1.0
    assert seen["half"] == pytest.approx(0.5, abs=0.06)
    assert seen["out"] == 0.0
    half = cut.chips.building_ids.index("half")
    west, east = np.split(cut.chips.valid[half, POST], 2, axis=1)
    assert not west[:, :-3].any()
    assert east[:, 3:].all()


def test_a_cloud_hides_what_is_under_it_and_nothing_else(write_scene, texture):
    pixels = texture(SIZE)
    clouded = pixels.copy()
    clouded[:, :, 110:] = 243
    pre, post = write_scene("pre", pixels, PLACE), write_scene("post", clouded, PLACE)
    homes = {"clear": _home(PLACE, 50, 128, 10, 10), "under": _home(PLACE, 190, 128, 10, 10)}
    cut = _cut(pre, post, homes)
    assert cut.chips.building_ids == ("clear", "under")
    assert cut.seen_frac == pytest.approx([1, 1])
    assert cut.usable_frac == pytest.approx([1, 0])
    assert cut.clear_frac == pytest.approx(np.array([[1, 1], [1, 0]]))
    assert cut.chips.valid.all()  # a cloud is a picture of a cloud: no chip has black holes


def test_a_pale_smooth_ground_that_lies_there_at_both_dates_is_no_cloud(write_scene, texture):
    pixels = texture(SIZE)
    pixels[:, 60:200, 60:200] = 243  # a car park of 70 m
    later = (pixels * 0.97).astype(np.uint8)
    homes = {"hall": _home(PLACE, 130, 130, 100, 100)}
    pre, post = write_scene("pre", pixels, PLACE), write_scene("post", later, PLACE)
    assert _cut(pre, post, homes).usable_frac == pytest.approx([1])
    clouded = np.flip(texture(SIZE), 2).copy()
    clouded[:, :, 20:] = 243
    post = write_scene("cloud", clouded, PLACE)
    assert _cut(pre, post, homes).usable_frac[0] < 0.1


@pytest.mark.parametrize("moved", [(0.0, 0.0), (3.0, -2.0), (-1.5, 0.75)])
def test_a_shift_is_taken_out(write_scene, texture, moved):
    """The second scene lies elsewhere by a part of a pixel: exact, without resampling."""
    pixels = texture(440)
    columns, rows = moved
    pre = write_scene("pre", pixels, PLACE)
    post = write_scene("post", pixels, (UTM, PLACE[1] @ Affine.translation(columns, rows)))
    homes = {f"h{k}": _home(PLACE, 150 + 60 * k, 210, 14, 9) for k in range(3)}
    cut = _cut(pre, post, homes)
    assert (cut.shift.columns_px, cut.shift.rows_px) == pytest.approx(moved, abs=0.3)
    assert cut.shift_m == pytest.approx([np.hypot(*moved) * 0.5] * 3, abs=0.2)
    assert _apart(cut.chips) < 4


def _apart(chips: ChipBatch) -> float:
    before, after = chips.images[:, PRE].astype(float), chips.images[:, POST].astype(float)
    return float(np.abs(before - after)[:, :, 8:-8, 8:-8].mean())


def test_on_flat_ground_no_shift_is_believed(write_scene):
    flat = np.full((3, SIZE, SIZE), 120, np.uint8)
    other = np.full((3, SIZE, SIZE), 90, np.uint8)
    pre, post = write_scene("pre", flat, PLACE), write_scene("post", other, PLACE)
    cut = _cut(pre, post, {"a": _home(PLACE, 128, 128, 10, 10)})
    assert cut.shift_m == pytest.approx([0])
    assert not cut.registration.is_unlike


def test_a_rendered_town_is_registered_and_its_chips_fit(tmp_path):
    options = TownOptions(
        seed=4, homes=12, tile_px=384, cloud_homes=0, missing_tiles=0, post_shift_px=(3.4, -2.2)
    )
    town = render_town(options)
    write_catalog(tmp_path, "town", "A rendered town", town.scenes)
    area = shapely.box(*town.footprints.total_bounds)
    latest = options.post_captured_at_utc
    found = StaticStacCatalog(tmp_path / "catalog.json").search(area, latest)
    scenes = {scene.scene_id: scene for scene in found.scenes}
    pre, post = (scenes[f"{options.town_id}-{side}-r0c0"] for side in ("pre", "post"))
    metric = town.footprints.to_crs(UTM)
    whole = town.footprints.within(pre.extent.buffer(-2e-4)).to_numpy()
    calm = (town.grades == "no-damage").to_numpy()
    homes = metric[whole & calm].set_index("building_id").geometry.to_dict()
    assert homes
    cut = _cut(pre, post, homes)
    # the sun moved between the dates, and shadows with it: some of that is taken for a shift
    assert cut.shift.columns_px == pytest.approx(3.4, abs=0.7)
    assert cut.shift.rows_px == pytest.approx(-2.2, abs=0.3)
    blind = CutOptions(align=AlignOptions(min_quality=np.inf, min_strength=np.inf))
    assert _apart(cut.chips) < 0.8 * _apart(_cut(pre, post, homes, blind).chips)


def test_chips_do_not_depend_on_who_else_is_in_the_tile(write_scene, texture):
    scene = write_scene("s", texture(SIZE), PLACE)
    homes = {"a": _home(PLACE, 100, 100, 12, 9), "b": _home(PLACE, 160, 150, 9, 12)}
    together = _cut(scene, scene, homes)
    alone = _cut(scene, scene, {"b": homes["b"]})
    change = together.chips.images[1].astype(int) - alone.chips.images[0]
    assert np.abs(change).mean() < 1
    assert np.array_equal(together.chips.footprint[1], alone.chips.footprint[0])


def test_chips_have_the_size_asked_for(write_scene, texture):
    scene = write_scene("s", texture(SIZE), PLACE)
    options = CutOptions(chip=ChipOptions(chip_px=48, scale=2.0))
    cut = _cut(scene, scene, {"a": _home(PLACE, 128, 128, 15, 10)}, options)
    assert cut.chips.images.shape == (1, 2, 3, 48, 48)
    assert cut.chips.pixel_m == pytest.approx([30 / 48])


@pytest.mark.parametrize(
    ("pre", "post", "pixel_m"),
    [
        (0.5, 0.6, 0.5), (0.15, 0.5, MIN_PIXEL_M), (np.nan, 0.6, 0.6),
        (np.nan, np.nan, DEFAULT_PIXEL_M), (10.0, 10.0, 10.0),
    ],
)  # fmt: skip
def test_a_tile_is_read_as_fine_as_its_finer_scene(scene_of, pre, post, pixel_m):
    extent = shapely.box(0, 0, 1, 1)
    pair = [scene_of("s", extent, gsd_m=gsd_m) for gsd_m in (pre, post)]
    assert choose_pixel_m(*pair) == pixel_m


def test_a_building_that_has_no_footprint_is_told(write_scene, ramp):
    scene = write_scene("s", ramp(SIZE), PLACE)
    buildings = gpd.GeoDataFrame(
        {"building_id": ["a"]}, geometry=gpd.GeoSeries([_home(PLACE, 9, 9, 9, 9)], crs=UTM)
    )
    tile = Tile("pre", "post", (0, 0), None, ("a", "lost"))
    with pytest.raises(KeyError, match="lost"):
        cut_tile(tile, scene, scene, buildings, OPTIONS)


def test_pictures_show_both_dates_with_the_building_outlined(write_scene, texture):
    levels = {"pre": np.array([26, 40, 20]), "post": np.array([80, 110, 70])}
    pre, post = (
        write_scene(name, np.tile(level[:, None, None], (1, SIZE, SIZE)).astype(np.uint8), PLACE)
        for name, level in levels.items()
    )
    cut = _cut(pre, post, {"a": _home(PLACE, 128, 128, 16, 16)})
    table = draw_pictures(cut.chips)
    assert list(table.columns) == list(PICTURES.columns)
    for name, level in levels.items():
        picture = np.asarray(Image.open(BytesIO(table.loc[0, f"{name}_jpeg"]))).astype(int)
        assert picture.shape == (128, 128, 3)
        assert np.abs(picture[4, 4] - level).max() < 8
        assert np.abs(picture[64, 64] - level).max() < 12
        yellow = picture[..., 0] - picture[..., 2] > 70
        assert 100 < yellow.sum() < 600
        assert not yellow[:28].any()


def test_no_chips_make_no_pictures():
    empty = np.empty((0, 2, 3, 8, 8), np.uint8)
    chips = ChipBatch(
        (), empty, np.empty((0, 2, 8, 8), bool), np.empty((0, 8, 8), bool),
        np.empty(0, np.float32),
    )  # fmt: skip
    assert len(draw_pictures(chips)) == 0


def test_scenes_in_degrees_and_metres_give_the_same_chip(write_scene, ramp):
    to_degrees = Transformer.from_crs(UTM, WGS84, always_xy=True)
    corners = [to_degrees.transform(*(PLACE[1] @ xy)) for xy in ((0, 0), (SIZE, 0), (0, SIZE))]
    (x0, y0), (x1, y1), (x2, y2) = corners
    affine = Affine((x1 - x0) / SIZE, (x2 - x0) / SIZE, x0, (y1 - y0) / SIZE, (y2 - y0) / SIZE, y0)
    metres = write_scene("metres", ramp(SIZE), PLACE)
    degrees = write_scene("degrees", ramp(SIZE), (WGS84, affine))
    cut = _cut(metres, degrees, {"a": _home(PLACE, 128, 128, 12, 12)})
    assert _apart(cut.chips) < 1
