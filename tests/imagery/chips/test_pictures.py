"""A tinted picture shows the heat where it is and the roof under it."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from core.chips import ChipBatch
from imagery.chips.pictures import HEAT_STOPS, PICTURE_PX, draw_pictures, heat_colours

CHIP_PX = 160


@pytest.fixture
def chips():
    footprint = np.zeros((3, CHIP_PX, CHIP_PX), bool)
    footprint[:, 56:104, 56:104] = True
    return ChipBatch(
        ("a", "b", "c"), np.full((3, 2, 3, CHIP_PX, CHIP_PX), 120, np.uint8),
        np.ones((3, 2, CHIP_PX, CHIP_PX), bool), footprint, np.full(3, 0.4, np.float32),
    )  # fmt: skip


def pixels(jpeg):
    with Image.open(BytesIO(jpeg)) as picture:
        return np.asarray(picture.convert("RGB"), float)


def test_heat_is_yellow_where_it_is_and_grey_elsewhere(chips):
    heat = np.full((3, CHIP_PX, CHIP_PX), np.nan, np.float32)
    heat[1] = 0
    heat[1, :, :40] = 1
    table = draw_pictures(chips, heat)
    assert table["saliency_jpeg"].notna().tolist() == [False, True, False]
    picture = pixels(table["saliency_jpeg"][1])
    assert picture.shape == (PICTURE_PX, PICTURE_PX, 3)
    hot, cold = picture[8:120, 6:24].mean(axis=(0, 1)), picture[56:72, 56:72].mean(axis=(0, 1))
    assert hot[0] - hot[2] > 60
    assert np.ptp(cold) < 6
    assert cold == pytest.approx([120] * 3, abs=6)


def test_without_heat_there_is_no_tint(chips):
    assert draw_pictures(chips)["saliency_jpeg"].isna().all()
    assert len(draw_pictures(chips.select(np.zeros(3, bool)))) == 0


def test_the_scale_runs_from_dark_to_light():
    ends = heat_colours(np.float32([0, 1]))
    assert ends.round().tolist() == [
        list(bytes.fromhex(s[1:])) for s in (HEAT_STOPS[0], HEAT_STOPS[-1])
    ]
    light = heat_colours(np.linspace(0, 1, 50, dtype=np.float32)) @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(light) > 0).all()


def test_a_picture_is_the_middle_of_its_chip_as_it_was_graded(chips):
    chips.images[0, 1, :, 16:24, 16:24] = 250
    chips.images[0, 1, :, :8] = 0
    picture = pixels(draw_pictures(chips)["post_jpeg"][0])
    assert picture[:8, :8] == pytest.approx(np.full((8, 8, 3), 250), abs=8)
    assert picture[16:, 16:].mean() == pytest.approx(120, abs=8)


def test_small_chips_are_shown_whole(chips):
    small = ChipBatch(
        chips.building_ids, chips.images[..., :60, :50], chips.valid[..., :60, :50],
        chips.footprint[..., :60, :50], chips.pixel_m,
    )  # fmt: skip
    assert pixels(draw_pictures(small)["pre_jpeg"][0]).shape == (60, 50, 3)
