"""Real pairs with a known shift added: the shift comes back, and no clear home is set aside."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imagery.chips.cut import CutOptions, prepare_date
from imagery.pixels.read import Pixels
from imagery.registration.align import AlignOptions, register

DATA = Path(os.environ.get("FIRSTNOTICE_DATA", Path(__file__).parents[4] / "shared" / "data"))
SCENES = (
    "hurricane-michael_00000123", "hurricane-michael_00000447", "santa-rosa-wildfire_00000066",
)  # fmt: skip
PIXEL_M = 0.5
OPTIONS = CutOptions()

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(
        not (DATA / "xbd" / "images").is_dir(),
        reason=f"no xBD images at {DATA}; set FIRSTNOTICE_DATA",
    ),
]


def _read(scene, date):
    path = DATA / "xbd" / "images" / f"{scene}_{date}_disaster.jpg"
    with Image.open(path) as image:
        return image.convert("RGB")


def _moved(image, columns, rows):
    return image.transform(
        image.size, Image.Transform.AFFINE, (1, 0, -columns, 0, 1, -rows), Image.Resampling.BICUBIC
    )


def _prepare(image):
    bands = np.asarray(image).transpose(2, 0, 1)
    bands = np.ascontiguousarray(bands[:, 60:-60, 60:-60])  # what a shift brings in is not seen
    return prepare_date(Pixels(bands, np.ones(bands.shape[1:], bool)), PIXEL_M, PIXEL_M, OPTIONS)


@pytest.mark.parametrize("scene", SCENES)
def test_a_shift_added_to_a_real_pair_comes_back(scene):
    before, image = _prepare(_read(scene, "pre")), _read(scene, "post")
    grid = np.arange(80.0, 830.0, 90.0)
    homes = np.stack(np.meshgrid(grid, grid), -1).reshape(-1, 2)

    def find(columns, rows):
        after = _prepare(_moved(image, columns, rows))
        found = register(before.texture, after.texture, homes, PIXEL_M, AlignOptions())
        assert found.tile.quality > AlignOptions().min_quality
        assert (np.asarray(after.hidden) == 0).mean() > 0.95
        return found.columns_px + 1j * found.rows_px

    own = find(0, 0)
    for added in (1.3 - 0.6j, -5.7 + 5.6j, 14.5 + 11.2j):
        errors = np.abs(find(added.real, added.imag) - own - added)
        assert np.median(errors) < 0.5


def test_two_real_places_are_not_taken_for_one():
    before, after = _prepare(_read(SCENES[0], "pre")), _prepare(_read(SCENES[1], "post"))
    found = register(before.texture, after.texture, np.zeros((0, 2)), PIXEL_M, AlignOptions())
    assert found.is_unlike
