"""Truth: what GDAL's warp makes of the same picture, and pictures that are known everywhere."""

import numpy as np
import pytest
from affine import Affine
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.warp import reproject
from scipy import ndimage

from core.grid import GeoGrid
from imagery.pixels.resample import MAX_TURN, Lie, resample
from imagery.pixels.warp import choose_source

SIDE, GRID = 260, 180
UTM = "EPSG:32616"
PLACE = Affine(0.5, 0, 500_000, 0, -0.5, 3_000_000)
_WGS84 = CRS.from_epsg(4326)


def _town() -> NDArray[np.uint8]:
    """Roofs and noise, three bands, no finer than a sensor shows them."""
    rng = np.random.default_rng(7)
    coarse = np.kron(rng.uniform(40, 215, (3, 26, 26)), np.ones((10, 10)))
    noisy = coarse + rng.normal(0, 12, coarse.shape)
    blurred = ndimage.gaussian_filter(noisy, (0, 0.8, 0.8)).clip(0, 255)
    town: NDArray[np.uint8] = blurred.astype(np.uint8)
    return town


def _lie(turn: float, step: float) -> Lie:
    middle = Affine.translation(SIDE / 2 + 0.37, SIDE / 2 - 0.21)
    turned = Affine(step, -turn * step, 0, turn * step, step, 0)
    return Lie(middle @ turned @ Affine.translation(-GRID / 2, -GRID / 2), GRID, GRID)


@pytest.mark.parametrize("turn", [0.0, 0.0004, -0.003, 0.013, -0.026, MAX_TURN])
@pytest.mark.parametrize("step", [0.7, 1.0, 1.07])
def test_it_lays_as_gdal_does(turn: float, step: float) -> None:
    bands, lie = _town(), _lie(turn, step)
    theirs = np.zeros((3, GRID, GRID), np.uint8)
    reproject(
        bands, theirs, src_crs=UTM, dst_crs=UTM, src_transform=PLACE,
        dst_transform=PLACE @ lie.to_picture, resampling=Resampling.cubic, XSCALE=1, YSCALE=1,
    )  # fmt: skip
    apart = np.abs(resample(bands, lie).astype(int) - theirs)
    assert apart.mean() < 0.5
    assert apart.max() <= 12  # where a roof ends; 180 levels are between the brightest and darkest
    assert lie.is_nearly_straight


def test_a_grid_on_the_picture_itself_is_the_picture() -> None:
    bands = _town()
    lie = Lie(Affine.translation(20, 30), 100, 90)
    assert np.array_equal(resample(bands, lie), bands[:, 30:130, 20:110])
    assert np.array_equal(resample(bands[:1], lie), bands[:1, 30:130, 20:110])


def test_beyond_the_edge_nothing_is_reached_and_the_last_pixels_go_on() -> None:
    bands = np.full((3, 50, 40), 90, np.uint8)
    lie = Lie(Affine.translation(-6, -10.4), 80, 60)
    reached = lie.reach(50, 40)
    assert reached[10:60, 6:46].all()
    assert np.count_nonzero(reached) == 50 * 40
    assert (resample(bands, lie) == 90).all()
    beside = Lie(Affine.translation(60, 70), 80, 60)
    assert not beside.reach(50, 40).any()
    assert (resample(bands, beside) == 90).all()


def test_a_grid_turned_further_is_left_to_gdal() -> None:
    assert not _lie(MAX_TURN * 1.1, 1.0).is_nearly_straight
    assert not Lie(Affine(1, 0, 0, 0, -1, 200), 10, 10).is_nearly_straight


def test_a_tile_lies_straight_enough_on_degrees_and_a_country_does_not() -> None:
    degrees = Affine(4e-6, 0, -85.7, 0, -4e-6, 30.2)
    x, y = 628_000.0, 3_338_000.0
    tile = GeoGrid(UTM, Affine(0.5, 0, x, 0, -0.5, y), 1_100, 1_100)
    found = choose_source(_WGS84, degrees, (60_000, 60_000), tile)
    assert found is not None
    assert found.lie is not None
    country = GeoGrid(UTM, Affine(500, 0, 400_000, 0, -500, 3_500_000), 600, 600)
    far = choose_source(_WGS84, Affine(4e-3, 0, -89, 0, -4e-3, 33), (2_000, 2_000), country)
    assert far is not None
    assert far.lie is None
