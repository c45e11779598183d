"""How figures hold when the pictures are worse than those a detector was measured on.

Each stress is a seeded, pure change of chips. Three of them also change what is true: where the
picture after is the picture before, and where the dates are mirrored, no home may look damaged;
where only the neighbourhood is destroyed, a home that stands still stands.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from io import BytesIO

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from sklearn.metrics import average_precision_score, roc_auc_score

from core.chips import POST, PRE, ChipBatch
from core.damage import DamageGrade, GradeProbabilities
from detectors.measuring.evaluate import compute_calibration_error
from detectors.training.dataset import LabelledChips

SOURCE_PIXEL_M = 0.5
"""Pixel of the imagery that shifts are given in (xBD: 0.3 to 0.8 m)."""
SHIFTS_PX = (2, 4, 8, 12)
BLUR_M = 1.0
"""Sigma of the blur: an image sharpened for nobody, or taken through thin smoke."""
JPEG_QUALITY = 30
HAZE_FRAC = 0.4
"""Share of light that the haze adds instead of the ground's."""
HAZE_LEVEL = 215.0
"""Brightness of the haze itself, of 255."""
COARSE_M = 1.0
SEASON_GAIN = np.array([1.25, 0.88, 0.8], np.float32)
"""Red, green, blue of grass and leaves in the dry season over the wet one."""
RUBBLE_M = 0.8
"""Size of a piece of rubble."""
RUBBLE_LEVELS = (70.0, 215.0)
KEPT_PX = 2
"""Pixels around the footprint that rubble leaves alone: eaves and registration."""

Change = Callable[[ChipBatch, np.random.Generator], ChipBatch]
Grade = Callable[[ChipBatch], GradeProbabilities]


@dataclass(frozen=True, slots=True)
class Stress:
    """One way in which pictures get worse.

    Attributes:
        name: short, for tables.
        meaning: what it stands for, in words.
        change: the perturbation; draws only from the generator it is given.
        has_truth: False where no home is damaged any more, so that only the mean P(damaged) means
            something.
    """

    name: str
    meaning: str
    change: Change
    has_truth: bool = True


def shift_post(chips: ChipBatch, generator: np.random.Generator, by_m: float) -> ChipBatch:
    """The picture after moved ``by_m`` metres, each chip its own way; what enters is not seen."""
    angle = generator.uniform(0, 2 * np.pi, len(chips))
    length_px = by_m / chips.pixel_m
    down, right = (np.rint(length_px * part(angle)).astype(int) for part in (np.sin, np.cos))
    height, width = chips.images.shape[-2:]
    rows, columns = np.arange(height) - down[:, None], np.arange(width) - right[:, None]
    is_inside = ((rows >= 0) & (rows < height))[:, :, None]
    is_inside = is_inside & ((columns >= 0) & (columns < width))[:, None, :]
    place = (
        np.arange(len(chips))[:, None, None],
        rows.clip(0, height - 1)[:, :, None],
        columns.clip(0, width - 1)[:, None, :],
    )
    images, valid = chips.images.copy(), chips.valid.copy()
    moved = chips.images[:, POST].transpose(0, 2, 3, 1)[place] * is_inside[..., None]
    images[:, POST] = moved.transpose(0, 3, 1, 2)
    valid[:, POST] = chips.valid[:, POST][place] & is_inside
    return replace(chips, images=images, valid=valid)


def blur_post(chips: ChipBatch, _generator: np.random.Generator) -> ChipBatch:
    """The picture after out of focus."""
    sigmas = (BLUR_M / chips.pixel_m).tolist()
    return _with_post(
        chips,
        [
            ndimage.gaussian_filter(image.astype(np.float32), (0, sigma, sigma))
            for image, sigma in zip(chips.images[:, POST], sigmas, strict=True)
        ],
    )


def compress_post(chips: ChipBatch, _generator: np.random.Generator) -> ChipBatch:
    """The picture after as a poor JPEG."""
    return _with_post(chips, [_through_jpeg(image) for image in chips.images[:, POST]])


def haze_post(chips: ChipBatch, _generator: np.random.Generator) -> ChipBatch:
    """The picture after through even haze."""
    clear = chips.images[:, POST].astype(np.float32)
    return _with_post(chips, clear * (1 - HAZE_FRAC) + HAZE_LEVEL * HAZE_FRAC)


def coarsen(chips: ChipBatch, _generator: np.random.Generator) -> ChipBatch:
    """Both pictures as a sensor of ``COARSE_M`` a pixel gives them."""
    side = chips.images.shape[-1]
    sizes = np.clip(np.rint(side * chips.pixel_m / COARSE_M), 2, side).astype(int).tolist()
    images = np.empty_like(chips.images)
    for index, size in enumerate(sizes):
        for date in (PRE, POST):
            picture = Image.fromarray(chips.images[index, date].transpose(1, 2, 0).copy())
            small = picture.resize((size, size), Image.Resampling.BOX)
            again = small.resize((side, side), Image.Resampling.BILINEAR)
            images[index, date] = np.asarray(again).transpose(2, 0, 1)
    return replace(chips, images=images)


def change_season(chips: ChipBatch, _generator: np.random.Generator) -> ChipBatch:
    """Whatever is green in the picture after goes brown."""
    post = chips.images[:, POST].astype(np.float32)
    red, green, blue = (post[:, band] for band in range(3))
    is_green = (green > red) & (green >= blue)
    brown = post * SEASON_GAIN[:, None, None]
    return _with_post(chips, np.where(is_green[:, None], brown, post))


def mirror_dates(chips: ChipBatch, _generator: np.random.Generator) -> ChipBatch:
    """Before and after exchanged: damaged homes are repaired, none is damaged."""
    return replace(chips, images=chips.images[:, ::-1].copy(), valid=chips.valid[:, ::-1].copy())


def repeat_before(chips: ChipBatch, _generator: np.random.Generator) -> ChipBatch:
    """The picture before, twice: nothing changed at all."""
    images, valid = chips.images.copy(), chips.valid.copy()
    images[:, POST], valid[:, POST] = images[:, PRE], valid[:, PRE]
    return replace(chips, images=images, valid=valid)


def destroy_neighbours(chips: ChipBatch, generator: np.random.Generator) -> ChipBatch:
    """Rubble all around in the picture after; the building itself is left as it is."""
    count, height, width = chips.footprint.shape
    grains = generator.uniform(*RUBBLE_LEVELS, (count, 1, height, width)).astype(np.float32)
    tint = generator.uniform(0.85, 1.1, (count, 3, 1, 1)).astype(np.float32)
    size = max(1, round(float(RUBBLE_M / np.median(chips.pixel_m)))) if count else 1
    coarse = grains[:, :, : -(-height // size), : -(-width // size)]
    coarse = coarse.repeat(size, axis=2).repeat(size, axis=3)[:, :, :height, :width]
    kept = ndimage.maximum_filter(
        chips.footprint.view(np.uint8), size=(1, 2 * KEPT_PX + 1, 2 * KEPT_PX + 1)
    ).astype(bool)
    post = chips.images[:, POST].astype(np.float32)
    return _with_post(chips, np.where(kept[:, None], post, coarse * tint))


def _shift_by(pixels: int) -> Stress:
    by_m = pixels * SOURCE_PIXEL_M

    def change(chips: ChipBatch, generator: np.random.Generator) -> ChipBatch:
        return shift_post(chips, generator, by_m)

    return Stress(f"shift_{pixels}px", f"picture after {by_m:g} m off", change)


STRESSES = (
    *(_shift_by(pixels) for pixels in SHIFTS_PX),
    Stress("blur", f"picture after blurred by {BLUR_M:g} m", blur_post),
    Stress("jpeg", f"picture after as JPEG of quality {JPEG_QUALITY}", compress_post),
    Stress("haze", f"picture after with {HAZE_FRAC:.0%} haze", haze_post),
    Stress("coarse", f"both pictures at {COARSE_M:g} m a pixel", coarsen),
    Stress("season", "leaves and grass gone brown", change_season),
    Stress("neighbours", "rubble around the building, itself as it was", destroy_neighbours),
    Stress("mirrored", "before and after exchanged: none is damaged", mirror_dates, False),
    Stress("unchanged", "picture after is the one before: none is damaged", repeat_before, False),
)
"""In the order of the report."""

FIGURES = (
    "auc_damaged", "average_precision_severe", "calibration_error_damaged", "mean_p_damaged",
    "mean_p_damaged_of_undamaged",
)  # fmt: skip


def measure_stress(
    grade: Grade, labelled: LabelledChips, stresses: Sequence[Stress], seed: int
) -> pd.DataFrame:
    """Figures under each stress, with the unstressed figure beside each.

    Args:
        grade: gives calibrated probabilities of chips.
        labelled: chips with their truth, at least one, not trained on.
        stresses: what to try.
        seed: of the stresses' draws; each has its own stream, whatever the others are.

    Returns:
        A row a stress: ``stress, meaning, buildings, base_rate``, the share of ``answers_changed``,
        and each of ``FIGURES`` with ``<figure>_unstressed``. NaN where a figure has no meaning:
        one class only, or a stress after which none is damaged.

    Raises:
        ValueError: there is no chip.
    """
    if not len(labelled):
        raise ValueError("stress needs at least one labelled chip, got none")
    plain = grade(labelled.chips)
    unstressed = {f"{n}_unstressed": v for n, v in _figures(plain, labelled.grades).items()}
    rows = []
    for stress in stresses:
        generator = np.random.default_rng([seed, *stress.name.encode()])
        graded = grade(stress.change(labelled.chips, generator))
        figures = _figures(graded, labelled.grades)
        if not stress.has_truth:
            figures |= dict.fromkeys(FIGURES[:3], np.nan)
        changed = _answers(graded) != _answers(plain)
        rows.append(
            {
                "stress": stress.name,
                "meaning": stress.meaning,
                "buildings": len(labelled),
                "base_rate": float((labelled.grades >= DamageGrade.MINOR).mean()),
                "answers_changed": float(changed.mean()),
            }
            | figures
            | unstressed
        )
    return pd.DataFrame(rows)


def _answers(graded: GradeProbabilities) -> NDArray[np.intp]:
    return np.asarray(graded.values).argmax(axis=1)


def _figures(graded: GradeProbabilities, grades: NDArray[np.int64]) -> dict[str, float]:
    damaged, severe = grades >= DamageGrade.MINOR, grades >= DamageGrade.MAJOR
    chance = graded.damaged.astype(np.float64)
    has_both = 0 < damaged.sum() < len(damaged)
    values = (
        roc_auc_score(damaged, chance) if has_both else np.nan,
        average_precision_score(severe, graded.severe) if severe.any() else np.nan,
        compute_calibration_error(chance, damaged),
        chance.mean(),
        chance[~damaged].mean() if not damaged.all() else np.nan,
    )
    return {name: float(value) for name, value in zip(FIGURES, values, strict=True)}


def _with_post(
    chips: ChipBatch, post: "NDArray[np.floating] | list[NDArray[np.floating]]"
) -> ChipBatch:
    """The chips with another picture after; what was not seen stays black."""
    images = chips.images.copy()
    if len(chips):
        seen = chips.valid[:, POST][:, None]
        images[:, POST] = np.clip(np.rint(np.asarray(post)), 0, 255).astype(np.uint8) * seen
    return replace(chips, images=images)


def _through_jpeg(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    stream = BytesIO()
    Image.fromarray(image.transpose(1, 2, 0).copy()).save(stream, "JPEG", quality=JPEG_QUALITY)
    with Image.open(stream) as picture:
        return np.asarray(picture, np.float32).transpose(2, 0, 1)
