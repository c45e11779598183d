"""One building in one scene, large enough for a person to judge it."""

from io import BytesIO
from math import cos, radians

import shapely
from affine import Affine
from PIL import ImageDraw
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from core.grid import WGS84, GeoGrid
from core.scenes import Scene
from imagery.chips.backdrop import WEB_MERCATOR
from imagery.chips.cut import ReadPixels
from imagery.chips.pictures import OUTLINE_RGB

CROP_PX = 448
"""Side of a picture, pixels: two fit side by side on a laptop at 1280."""
MIN_SIDE_M = 60.0
"""Ground shown at least: a house, its yard and where its roof may lie now."""
AROUND = 2.5
"""Times the building's longer side that are shown."""
QUALITY = 88


def draw_crop(scene: Scene, outline: BaseGeometry, read: ReadPixels) -> bytes:
    """A building and what is around it as JPEG, north up, its outline drawn.

    The same ground at the same scale whichever scene, so that before and after lie on each other.

    Args:
        scene: what to draw.
        outline: the building, EPSG:4326.
        read: reads a scene on a grid, as ``SceneReader.read``.

    Raises:
        SceneError, TransientError: see ``SceneReader.read``.
    """
    to_mercator = Transformer.from_crs(WGS84, WEB_MERCATOR, always_xy=True).transform
    drawn = shapely.transform(outline, to_mercator, interleaved=False)
    west, south, east, north = drawn.bounds
    stretched = 1 / cos(radians(outline.centroid.y))  # web Mercator's metres to the ground's
    side = max(MIN_SIDE_M * stretched, AROUND * max(east - west, north - south))
    left, top = (west + east - side) / 2, (south + north + side) / 2
    pixel = side / CROP_PX
    grid = GeoGrid(WEB_MERCATOR, Affine(pixel, 0, left, 0, -pixel, top), CROP_PX, CROP_PX)
    image = read(scene, grid).draw()
    pen = ImageDraw.Draw(image)
    for part in shapely.get_parts(drawn):
        ring = shapely.get_coordinates(shapely.get_exterior_ring(part))
        pen.line([((x - left) / pixel, (top - y) / pixel) for x, y in ring], OUTLINE_RGB, 2)
    stream = BytesIO()
    image.save(stream, "JPEG", quality=QUALITY)
    return stream.getvalue()
