"""A home is graded where it can be seen, however much its ground looks like a sky."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from scipy import ndimage

from core.chips import POST, PRE
from core.grid import GeoGrid
from imagery.chips.cut import CutOptions, prepare_date, register_dates
from imagery.chips.places import place_chips
from imagery.pixels.read import Pixels

OPTIONS = CutOptions()
PIXEL_M = 0.5
SIZE = 500
MIDDLE = SIZE // 2
GRID = GeoGrid("EPSG:32616", Affine(PIXEL_M, 0, 630_000, 0, -PIXEL_M, 3_342_000), SIZE, SIZE)
CLOUD, SMOKE = (236, 238, 240), (150, 147, 142)


def _place(width_px, height_px):
    """The chip of a building of so many pixels in the scene's middle."""
    x, y = GRID.transform @ (MIDDLE, MIDDLE)
    width_m, height_m = width_px * PIXEL_M, height_px * PIXEL_M
    outline = shapely.box(x - width_m / 2, y - height_m / 2, x + width_m / 2, y + height_m / 2)
    homes = gpd.GeoDataFrame({"building_id": ["home"]}, geometry=[outline], crs=GRID.crs)
    return place_chips(homes, GRID, OPTIONS.chip)


def _clear(width_px, height_px, before, after, *, moved_px=(0, 0)):
    """Share of the building that is seen at each date."""
    valid = np.ones((SIZE, SIZE), bool)
    dates = [
        prepare_date(Pixels(_grainy(pixels, seed), valid), PIXEL_M, PIXEL_M, OPTIONS)
        for seed, pixels in enumerate((before, after))
    ]
    cut = register_dates(_place(width_px, height_px), *dates, OPTIONS).cut()
    return cut.clear_frac[0]


def _grainy(pixels, seed):
    noise = np.random.default_rng(seed).normal(0, 1.5, pixels.shape)
    return (pixels + noise).clip(0, 255).astype(np.uint8)


def _box(pixels, width_px, height_px, colour):
    """A box of one colour in the middle, with the soft rim that a sensor gives it."""
    mask = np.zeros((SIZE, SIZE))
    rows, columns = (
        slice(MIDDLE - side // 2, MIDDLE + side // 2) for side in (height_px, width_px)
    )
    mask[rows, columns] = 1
    soft = ndimage.gaussian_filter(mask, 0.7)
    return pixels * (1 - soft) + np.array(colour, float)[:, None, None] * soft


def _veil(pixels, colour, opacity):
    """A sky over the middle, 200 m wide, thinning out over its last 20."""
    rows, columns = np.mgrid[:SIZE, :SIZE] - MIDDLE
    cover = opacity / (1 + np.exp((np.hypot(rows, columns) - 200) / 8))
    return pixels * (1 - cover) + np.array(colour, float)[:, None, None] * cover


@pytest.fixture
def ground(texture):
    return texture(SIZE).astype(float)


@pytest.mark.parametrize(
    ("before", "after"),
    [((238, 238, 236), (231, 232, 230)), ((150, 150, 148), (170, 170, 166))],
    ids=["white", "grey"],
)
def test_a_large_smooth_roof_is_no_cloud(ground, before, after):
    dates = [_box(ground, 180, 140, colour) for colour in (before, after)]
    assert _clear(180, 140, *dates) == pytest.approx([1, 1])


def test_a_large_white_roof_that_is_gone_later_was_seen(ground, texture):
    rubble = ground.copy()
    rubble[:, 180:320, 160:340] = texture(SIZE)[:, 20:160, 20:200]
    assert _clear(180, 140, _box(ground, 180, 140, (238, 238, 236)), rubble) == pytest.approx(
        [1, 1]
    )


@pytest.mark.parametrize("colour", [(238, 238, 236), (158, 158, 154)], ids=["sand", "asphalt"])
def test_a_house_amid_pale_smooth_ground_is_seen(ground, colour):
    beach = _box(ground, 300, 300, colour)
    home = _box(beach, 24, 18, (120, 92, 80))
    assert _clear(24, 18, home, home) == pytest.approx([1, 1])


def test_a_boathouse_on_dark_water_is_seen(ground):
    before = _box(_box(ground, 400, 400, (40, 66, 48)), 12, 16, (120, 118, 112))
    after = _box(_box(ground, 400, 400, (22, 27, 26)), 12, 16, (105, 104, 100))
    assert _clear(12, 16, before, after) == pytest.approx([1, 1])


def test_a_white_tank_that_blinds_the_sensor_is_seen(ground):
    white = _box(ground, 80, 80, (255, 255, 255))
    white[:, white.min(axis=0) > 254] = 300
    assert _clear(80, 80, white, _box(ground, 80, 80, (215, 214, 210))) == pytest.approx([1, 1])


@pytest.mark.parametrize("size", [(24, 18), (120, 90)], ids=["house", "hall"])
@pytest.mark.parametrize("colour", [CLOUD, SMOKE, (10, 12, 13)], ids=["cloud", "smoke", "shadow"])
@pytest.mark.parametrize("hidden", [(PRE,), (POST,), (PRE, POST)])
def test_a_home_under_a_thick_sky_is_hidden_at_that_date(ground, size, colour, hidden):
    seen = _box(ground, *size, (170, 160, 150))
    dates = [_veil(seen, colour, 0.92) if time in hidden else seen for time in (PRE, POST)]
    clear = _clear(*size, *dates)
    assert all(clear[time] < 0.2 for time in hidden)
    assert all(clear[time] == 1 for time in {PRE, POST} - set(hidden))


@pytest.mark.parametrize("colour", [(205, 205, 200), (60, 58, 55)], ids=["pale", "dark"])
def test_a_large_roof_under_a_cloud_is_hidden_all_the_same(ground, colour):
    roof = _box(ground, 160, 120, colour)
    assert _clear(160, 120, roof, _veil(roof, CLOUD, 0.95))[POST] < 0.2


@pytest.mark.parametrize("light", [0.5, 0.6, 0.8])
def test_a_home_in_thin_shadow_is_graded(ground, light):
    seen = _box(ground, 24, 18, (150, 140, 130))
    assert _clear(24, 18, seen, _veil(seen, (0, 0, 0), 1 - light)) == pytest.approx([1, 1])


@pytest.mark.parametrize("opacity", [0.2, 0.4])
def test_a_home_under_haze_is_graded(ground, opacity):
    seen = _box(ground, 24, 18, (150, 140, 130))
    assert _clear(24, 18, seen, _veil(seen, CLOUD, opacity)) == pytest.approx([1, 1])
