"""Boxes in pairs of pictures become chips as runs cut them; a wrong row is named."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from core.errors import SettingsError
from flows.training.boxes import chips_of_boxes
from flows.training.config import BoxesConfig
from imagery.chips.tiles import ChipOptions

OPTIONS = ChipOptions()
RED, GREEN = (220, 20, 20), (20, 220, 20)


@pytest.fixture
def folder(tmp_path):
    """Two scenes of 200 px: red before, green after, a white house of 40 x 20 px in both."""
    for scene in ("s1", "s2"):
        for date, colour in (("pre", RED), ("post", GREEN)):
            picture = Image.new("RGB", (200, 200), colour)
            picture.paste((255, 255, 255), (80, 90, 120, 110))
            picture.save(tmp_path / f"{scene}_{date}_disaster.png")
    return tmp_path


@pytest.fixture
def boxes(folder):
    """Chips of rows of a CSV."""

    def read(*rows, **config):
        columns = ["scene", "label", "xmin", "ymin", "xmax", "ymax"]
        pd.DataFrame(rows, columns=columns).to_csv(folder / "boxes.csv", index=False)
        settings = {"event": "flood", "file": folder / "boxes.csv", "images": folder}
        return chips_of_boxes(BoxesConfig.model_validate(settings | config))

    return read


HOUSE = ("s1", "major-damage", 80, 90, 120, 110)


def test_a_chip_shows_its_box_as_runs_show_footprints(boxes):
    labelled = boxes(HOUSE)
    image, px = labelled.chips.images[0], OPTIONS.chip_px
    assert labelled.chips.valid.all()
    side = px / OPTIONS.scale
    footprint = labelled.chips.footprint[0]
    assert footprint.sum() == pytest.approx(side * side / 2, rel=0.05)
    assert image[:, :, footprint].mean() > 240
    np.testing.assert_allclose(image[0, :, 0, 0], RED, atol=2)
    np.testing.assert_allclose(image[1, :, 0, 0], GREEN, atol=2)
    assert labelled.grades.tolist() == [2]
    assert np.isnan(labelled.chips.pixel_m).all()


def test_beyond_the_picture_nothing_is_seen(boxes):
    labelled = boxes(("s1", "destroyed", 0, 0, 40, 40))
    valid, px = labelled.chips.valid[0], OPTIONS.chip_px
    outside = round((OPTIONS.scale - 1) / 2 / OPTIONS.scale * px)
    assert not valid[:, :outside].any()
    assert valid[:, outside:, outside:].all()


def test_a_scene_is_an_area_and_rows_without_a_grade_are_left_out(boxes):
    labelled = boxes(
        ("s2", "no-damage", 10, 10, 30, 30), HOUSE, ("s1", "un-classified", 1, 1, 9, 9)
    )
    assert labelled.scene_ids.tolist() == ["s1", "s2"]
    assert labelled.areas.tolist() == ["flood:s1", "flood:s2"]
    assert set(labelled.events) == {"flood"}
    assert len(set(labelled.chips.building_ids)) == 2


def test_columns_have_the_names_that_are_given(folder):
    table = pd.DataFrame(
        {"img": ["s1"], "d": ["no-damage"], "a": [80], "b": [90], "c": [120], "e": [110]}
    )
    table.to_csv(folder / "own.csv", index=False)
    config = BoxesConfig(
        event="flood", file=folder / "own.csv", images=folder, scene="img", grade="d",
        box=("a", "b", "c", "e"),
    )  # fmt: skip
    assert len(chips_of_boxes(config)) == 1


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([HOUSE, ("s1", "gone", 1, 1, 9, 9)], "row 3: .*'gone'"),
        ([("s1", "no-damage", 9, 1, 9, 9)], "row 2: .*'right': 9"),
        ([("s9", "no-damage", 1, 1, 9, 9)], "scene s9: there is no s9_pre_disaster.jpg"),
        ([("s1", "un-classified", 1, 1, 9, 9)], "no row has a grade"),
    ],
)
def test_what_is_wrong_is_named(boxes, rows, said):
    with pytest.raises(SettingsError, match=said):
        boxes(*rows)


def test_a_missing_column_is_named(boxes):
    with pytest.raises(SettingsError, match="xmin512"):
        boxes(HOUSE, box=("xmin512", "ymin", "xmax", "ymax"))
