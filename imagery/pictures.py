"""Before and after pictures for people: chips as JPEG with the building outlined."""

from io import BytesIO

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from core.chips import POST, PRE, ChipBatch
from core.tables import PICTURES, check_table

JPEG_QUALITY = 82
OUTLINE_RGB = (255, 214, 10)
"""Yellow: on roofs, ash, water and tarps alike."""


def draw_pictures(chips: ChipBatch) -> pd.DataFrame:
    """PICTURES of a batch."""
    table = pd.DataFrame(
        {
            "building_id": list(chips.building_ids),
            "pre_jpeg": [
                _jpeg(i, m) for i, m in zip(chips.images[:, PRE], chips.footprint, strict=True)
            ],
            "post_jpeg": [
                _jpeg(i, m) for i, m in zip(chips.images[:, POST], chips.footprint, strict=True)
            ],
        }
    )
    checked: pd.DataFrame = check_table(table, PICTURES)
    return checked


def _jpeg(image: NDArray[np.uint8], footprint: NDArray[np.bool_]) -> bytes:
    picture = image.transpose(1, 2, 0).copy()
    picture[ndimage.binary_dilation(footprint) & ~footprint] = OUTLINE_RGB
    stream = BytesIO()
    Image.fromarray(picture).save(stream, "JPEG", quality=JPEG_QUALITY)
    return stream.getvalue()
