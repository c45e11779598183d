"""Labelled chips of boxes that people drew in pairs of pictures without coordinates."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from core.chips import BANDS, POST, PRE, ChipBatch
from core.damage import XBD_SUBTYPES, DamageGrade
from core.errors import SettingsError
from detectors.training.dataset import LabelledChips
from flows.progress import progress
from flows.training.config import BoxesConfig
from flows.wiring.adapters import choose_cut

DATES = ("pre", "post")
SUFFIXES = (".jpg", ".png", ".tif")
_REMEDY = (
    "A CSV with a row a building: scene, grade in xBD's words, box in pixels; pictures named "
    "<scene>_pre_disaster.jpg and <scene>_post_disaster.jpg"
)


@dataclass(frozen=True, slots=True)
class _Pair:
    """One scene's pictures, before and after."""

    pictures: tuple[Image.Image, Image.Image]

    def cut(self, box: NDArray[np.float64]) -> tuple[NDArray[np.uint8], ...]:
        """Chip of a box ``left, top, right, bottom``: images, what was seen, footprint."""
        options = choose_cut().chip
        px = options.chip_px
        side = (box[2:] - box[:2]).max() * options.scale
        corner = (box[:2] + box[2:] - side) / 2
        images = np.zeros((len(DATES), BANDS, px, px), np.uint8)
        valid = np.zeros((len(DATES), px, px), bool)
        for date, picture in zip((PRE, POST), self.pictures, strict=True):
            inside = np.clip([corner, corner + side], 0, picture.size)
            first, last = np.rint((inside - corner) * px / side).astype(int)
            if (last <= first).any():
                continue
            chip = picture.resize(
                tuple(last - first), Image.Resampling.BILINEAR, box=tuple(inside.ravel())
            )
            window = (slice(first[1], last[1]), slice(first[0], last[0]))
            images[date, :, *window] = np.asarray(chip).transpose(2, 0, 1)
            valid[date, *window] = True
        low, high = np.rint((box.reshape(2, 2) - corner) * px / side).astype(int)
        footprint = np.zeros((px, px), bool)
        footprint[low[1] : max(high[1], low[1] + 1), low[0] : max(high[0], low[0] + 1)] = True
        return images, valid, footprint


def chips_of_boxes(config: BoxesConfig) -> LabelledChips:
    """Chips of the boxes of a CSV file, in the order of its scenes.

    The ground size of a pixel is not known and given as NaN. A scene is an area: it is trained on
    whole or not at all. Rows of a grade that is none (``un-classified``) are left out.

    Raises:
        SettingsError: a column, a picture, a grade or a box is wrong; the message names the row.
    """
    work = f"reading boxes to learn from, {config.file}"
    table = _read_table(config, work)
    progress().begin(f"cut chips of {config.event}", len(table))
    parts = list(_cut_scenes(table, config, work))
    if not parts:
        raise SettingsError(work, "no row has a grade", _REMEDY)
    images, valid, footprints = (np.stack(each) for each in zip(*parts, strict=True))
    names = [f"{config.event}:{row.scene}:{row.Index}" for row in table.itertuples()]
    chips = ChipBatch(
        tuple(names), images, valid, footprints, np.full(len(names), np.nan, np.float32)
    )
    scenes = table["scene"].to_numpy(str)
    areas = np.array([f"{config.event}:{scene}" for scene in scenes])
    events = np.repeat(config.event, len(names))
    return LabelledChips(chips, table["grade"].to_numpy(np.int64), events, areas, scenes)


def _read_table(config: BoxesConfig, work: str) -> pd.DataFrame:
    """``scene, grade, left, top, right, bottom``, sorted by scene; the index is the file's row."""
    try:
        read = pd.read_csv(config.file, dtype={config.scene: str, config.grade: str})
        table = read[[config.scene, config.grade, *config.box]].set_axis(
            ["scene", "grade", "left", "top", "right", "bottom"], axis=1
        )
    except (OSError, ValueError, KeyError) as error:
        raise SettingsError(work, f"it cannot be read ({error})", _REMEDY) from error
    table.index = table.index + 2  # the header is row 1
    grades = table["grade"].map(XBD_SUBTYPES)
    sides = table[["right", "bottom"]].to_numpy() - table[["left", "top"]].to_numpy()
    is_wrong = grades.isna() | ~(np.asarray(sides, float) > 0).all(axis=1)
    if is_wrong.any():
        row = table[is_wrong].iloc[0]
        raise SettingsError(work, f"row {row.name}: {row.to_dict()}", _REMEDY)
    table = table.assign(grade=grades.astype(np.int64))
    return table[table["grade"] != DamageGrade.UNCLASSIFIED].sort_values("scene", kind="stable")


def _cut_scenes(
    table: pd.DataFrame, config: BoxesConfig, work: str
) -> Iterator[tuple[NDArray[np.uint8], ...]]:
    for scene, rows in table.groupby("scene"):
        try:
            pair = _read_pair(config.images, str(scene))
        except (OSError, UnidentifiedImageError) as error:
            raise SettingsError(work, f"scene {scene}: {error}", _REMEDY) from error
        for box in rows[["left", "top", "right", "bottom"]].to_numpy(np.float64):
            progress().advance(1)
            yield pair.cut(box)


def _read_pair(folder: Path, scene: str) -> _Pair:
    before, after = (_read_picture(folder, f"{scene}_{date}_disaster") for date in DATES)
    return _Pair((before, after))


def _read_picture(folder: Path, stem: str) -> Image.Image:
    for suffix in SUFFIXES:
        path = folder / f"{stem}{suffix}"
        if path.exists():
            with Image.open(path) as picture:
                return picture.convert("RGB")
    raise FileNotFoundError(f"there is no {stem}{SUFFIXES[0]} in {folder}")
