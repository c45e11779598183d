"""Pictures of an event as web map tiles, mosaicked from the scenes that a run looked at."""

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
import shapely
from affine import Affine
from morecantile import Tile
from rio_tiler.constants import WEB_MERCATOR_TMS
from rio_tiler.models import ImageData

from core.errors import SceneError
from core.grid import GeoGrid
from core.scenes import Scene
from imagery.chips.backdrop import WEB_MERCATOR
from imagery.chips.cut import ReadPixels

TILE_PX = 256
MAX_SCENES = 12
"""Most scenes read for a tile: where more overlap, the best of them fill it long before."""
QUALITY = 80


def draw_tile(
    scenes: Sequence[Scene], place: tuple[int, int, int], read: ReadPixels
) -> bytes | None:
    """A tile as WebP, see-through where nothing was seen; None where no scene reaches.

    Pixels are brought to 8 bits as for grading. A scene that cannot be read is left out.

    Args:
        scenes: the best first.
        place: zoom, column, row of web Mercator's usual tiles.
        read: reads a scene on a grid, as ``SceneReader.read``.

    Raises:
        TransientError: a server fails for now.
    """
    zoom, column, row = place
    tile = Tile(column, row, zoom)
    area = shapely.box(*WEB_MERCATOR_TMS.bounds(tile))
    west, _, east, north = WEB_MERCATOR_TMS.xy_bounds(tile)
    pixel = (east - west) / TILE_PX
    grid = GeoGrid(WEB_MERCATOR, Affine(pixel, 0, west, 0, -pixel, north), TILE_PX, TILE_PX)
    reaching = islice((scene for scene in scenes if scene.extent.intersects(area)), MAX_SCENES)
    bands = np.zeros((3, TILE_PX, TILE_PX), np.uint8)
    seen = np.zeros((TILE_PX, TILE_PX), bool)
    for new_bands, new_seen in _read_all(reaching, grid, read):
        is_new = new_seen & ~seen
        bands[:, is_new] = new_bands[:, is_new]
        seen |= new_seen
        if seen.all():
            break
    return encode(bands, seen) if seen.any() else None


def encode(bands: np.ndarray, seen: np.ndarray) -> bytes:
    """Bands ``(3, height, width)`` as WebP, see-through where not seen."""
    image = ImageData(np.ma.MaskedArray(bands, np.broadcast_to(~seen, bands.shape)))
    drawn: bytes = image.render(img_format="WEBP", add_mask=not seen.all(), quality=QUALITY)
    return drawn


def _read_all(
    scenes: Iterator[Scene], grid: GeoGrid, read: ReadPixels
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for scene in scenes:
        try:
            pixels = read(scene, grid)
        except SceneError:
            continue
        yield pixels.bands, pixels.valid
