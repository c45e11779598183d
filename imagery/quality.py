"""How much of a building was really seen, from the pixels alone: what hides it, and how much."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage


class Cause(IntEnum):
    """What hides a pixel, ordered by how surely it does."""

    NONE = 0
    CLOUD = 1
    NO_DATA = 5


@dataclass(frozen=True, slots=True)
class QualityOptions:
    """What looks like a cloud from above.

    Thick cloud is bright, grey and smooth over more ground than a roof covers. White roofs are
    bright and grey too, so size decides.
    """

    min_brightness: float = 185.0
    """Mean of red, green and blue, 0 to 255."""
    max_saturation: float = 0.16
    """(max - min) / max of red, green and blue."""
    max_texture: float = 22.0
    """Local standard deviation of brightness over ``texture_m``."""
    texture_m: float = 4.0
    """Side of the square that texture is taken over, metres."""
    min_area_m2: float = 4_000.0
    """Smaller bright smooth patches are roofs and car parks."""
    grow_m: float = 6.0
    """Thin edges of a cloud hide too."""
    min_usable_frac: float = 0.5
    """Below this a building is obscured."""


def find_cloud(
    pixels: NDArray[np.uint8], valid: NDArray[np.bool_], pixel_m: float, options: QualityOptions
) -> NDArray[np.bool_]:
    """Where thick cloud or smoke hides the ground; True = hidden."""
    bands = pixels.astype(np.float32)
    brightness = bands.mean(axis=0)
    highest = bands.max(axis=0)
    saturation = (highest - bands.min(axis=0)) / np.maximum(highest, 1.0)
    size = max(3, round(options.texture_m / pixel_m))
    mean = ndimage.uniform_filter(brightness, size)
    variance = ndimage.uniform_filter(brightness**2, size) - mean**2
    bright = ndimage.uniform_filter(brightness, size) >= options.min_brightness
    smooth = variance <= options.max_texture**2
    candidate = bright & smooth & (saturation <= options.max_saturation) & valid
    patches, count = ndimage.label(ndimage.binary_opening(candidate, iterations=2))
    if not count:
        return np.zeros_like(valid)
    is_large = np.bincount(patches.ravel()) * pixel_m**2 >= options.min_area_m2
    is_large[0] = False
    grow_px = max(1, round(options.grow_m / pixel_m))
    grown: NDArray[np.bool_] = ndimage.binary_dilation(is_large[patches], iterations=grow_px)
    return grown & valid


def find_hidden(
    picture: Image.Image, valid: NDArray[np.bool_], pixel_m: float, options: QualityOptions
) -> NDArray[np.uint8]:
    """Why each pixel is hidden, ``(height, width)`` of ``Cause``."""
    bands = np.asarray(picture).transpose(2, 0, 1)
    hidden = find_cloud(bands, valid, pixel_m, options)
    return np.where(valid, hidden * np.uint8(Cause.CLOUD), np.uint8(Cause.NO_DATA))


def compute_usable_frac(
    footprint: NDArray[np.bool_], usable_pre: NDArray[np.bool_], usable_post: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Share of each footprint seen clearly in both images.

    Args:
        footprint: ``(batch, height, width)``; True = inside the building.
        usable_pre: same shape; True = seen and not hidden, before.
        usable_post: the same, after.

    Returns:
        ``(batch,)``, 0 to 1; 0 for a footprint without a pixel.
    """
    inside = footprint.sum(axis=(1, 2))
    clear = (footprint & usable_pre & usable_post).sum(axis=(1, 2))
    return clear / np.maximum(inside, 1)
