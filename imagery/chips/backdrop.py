"""Small pictures of whole scenes, to lay under a map that has no web tiles."""

from io import BytesIO

from affine import Affine
from pyproj import Transformer

from core.grid import WGS84, Bounds, GeoGrid
from core.pictures.looks import BACKDROP_JPEG_QUALITY
from core.scenes import Scene
from imagery.chips.cut import ReadPixels
from imagery.pixels.read import read_on_grid

WEB_MERCATOR = "EPSG:3857"
LONGER_SIDE_PX = 448
"""About one metre a pixel for a half-kilometre scene: streets and roofs are told apart."""


def draw_backdrop(scene: Scene, read: ReadPixels = read_on_grid) -> tuple[bytes, Bounds]:
    """A scene as a small JPEG in web Mercator, and its bounds in EPSG:4326.

    Args:
        scene: what to draw.
        read: reads it; ``SceneReader.read`` where addresses are judged and signed.

    Raises:
        SceneError, TransientError: see ``read_on_grid``.
    """
    to_mercator = Transformer.from_crs(WGS84, WEB_MERCATOR, always_xy=True)
    west, south, east, north = to_mercator.transform_bounds(*scene.extent.bounds)
    pixel = max(east - west, north - south) / LONGER_SIDE_PX
    grid = GeoGrid(
        WEB_MERCATOR,
        Affine(pixel, 0, west, 0, -pixel, north),
        max(1, round((north - south) / pixel)),
        max(1, round((east - west) / pixel)),
    )
    pixels = read(scene, grid)
    stream = BytesIO()
    pixels.draw().save(stream, "JPEG", quality=BACKDROP_JPEG_QUALITY)
    return stream.getvalue(), Bounds(*scene.extent.bounds)
