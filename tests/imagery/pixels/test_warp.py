"""Pixels laid on a grid by the cheap ways are those of the dear one."""

import numpy as np
import pytest
from affine import Affine
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.warp import reproject
from scipy import ndimage

from core.grid import GeoGrid
from imagery.pixels.warp import PLAIN_STEP, Warp

DEGREES = CRS.from_epsg(4326)
SOURCE_M = 0.5
PLACE = Affine(SOURCE_M / 96_100, 0, -85.7, 0, -SOURCE_M / 110_850, 30.3)
SIDE = 300


@pytest.fixture(scope="module")
def picture():
    noise = np.random.default_rng(5).normal(0, 1, (3, SIDE, SIDE))
    smooth = ndimage.gaussian_filter(noise, (0, 1.0, 1.0))
    return (128 + 50 * smooth / smooth.std()).clip(0, 255).astype(np.uint8)


def _grid(pixel_m):
    """Reaches over the picture's edges."""
    return GeoGrid("EPSG:32616", Affine(pixel_m, 0, 625_000, 0, -pixel_m, 3_352_620), 240, 240)


def _with_alpha(bands, grid):
    """GDAL's own way: an alpha band, and a kernel as wide as it chooses."""
    alpha = np.full((1, *bands.shape[1:]), 255, np.uint8)
    laid = np.zeros((4, *grid.shape), np.uint8)
    reproject(
        np.concatenate([bands, alpha]), laid, src_crs=DEGREES, src_transform=PLACE,
        dst_crs=grid.crs, dst_transform=grid.transform, resampling=Resampling.cubic,
        src_alpha=4, dst_alpha=4,
    )  # fmt: skip
    return laid[:3].astype(int), laid[3] > 0


@pytest.mark.parametrize(("pixel_m", "mean", "most"), [(0.3, 0, 0), (0.5, 0, 0), (0.56, 1.5, 40)])
def test_pixels_all_seen_are_laid_as_with_an_alpha_band(picture, pixel_m, mean, most):
    grid = _grid(pixel_m)
    expected, seen = _with_alpha(picture, grid)
    warp = Warp(DEGREES, PLACE, grid, pixel_m / SOURCE_M)
    laid, valid = warp.lay(picture, np.ones(picture.shape[1:], bool))
    assert seen.any()
    assert not seen.all()
    assert np.array_equal(valid, seen)
    apart = np.abs(laid - expected)[:, seen]
    assert apart.mean() <= mean
    assert apart.max() <= most


def test_a_grid_much_coarser_than_its_pixels_is_averaged(picture):
    checkers = np.indices((SIDE, SIDE)).sum(axis=0) % 2 * 255
    bands = np.repeat(checkers[None], 3, axis=0).astype(np.uint8)
    warp = Warp(DEGREES, PLACE, _grid(0.9), 0.9 / SOURCE_M)
    laid, valid = warp.lay(bands, np.ones(bands.shape[1:], bool))
    inner = ndimage.binary_erosion(valid, iterations=4)
    assert PLAIN_STEP < 0.9 / SOURCE_M
    assert laid[:, inner].std() < 60  # picked pixels would have 127
