"""Which buildings the images of an event really show; truth by construction for imports."""

from datetime import datetime

import geopandas as gpd
import numpy as np
import shapely
from rasterio.features import rasterize
from shapely.geometry.base import BaseGeometry

from imagery.event_folder import SceneImage

MIN_SEEN_FRAC = 0.5
"""A building with pixels on less than this of it is not shown; as in grading."""


class SeenShares:
    """Collects, scene by scene, how much of each building has pixels before and after."""

    def __init__(self, footprints: gpd.GeoDataFrame) -> None:
        self._ids = footprints["building_id"].to_numpy()
        self._outlines = footprints.geometry.to_numpy()
        self._tree = shapely.STRtree(self._outlines)
        self._best = np.zeros((2, len(footprints)))
        self._extents: list[BaseGeometry] = []

    @property
    def extent(self) -> BaseGeometry:
        """Ground that all scenes so far show, EPSG:4326."""
        return shapely.union_all(self._extents)

    def add(self, image: SceneImage, event_start_utc: datetime) -> None:
        """Take note of a scene."""
        self._extents.append(image.outline)
        side = int(image.captured_at_utc >= event_start_utc)
        touched = self._tree.query(image.outline, predicate="intersects")
        if not len(touched):
            return
        to_pixels = ~image.transform
        matrix = [
            to_pixels.a, to_pixels.b, to_pixels.d, to_pixels.e, to_pixels.c, to_pixels.f,
        ]  # fmt: skip
        a, b, d, e, c, f = matrix
        drawn = shapely.transform(
            self._outlines[touched],
            lambda xy: np.column_stack(
                [a * xy[:, 0] + b * xy[:, 1] + c, d * xy[:, 0] + e * xy[:, 1] + f]
            ),
        )
        labels = rasterize(
            [(outline, k + 1) for k, outline in enumerate(drawn)], image.valid.shape, dtype="int32"
        )
        valid = np.bincount(labels[image.valid], minlength=len(touched) + 1)[1:]
        share = valid / np.maximum(shapely.area(drawn), 1.0)
        self._best[side, touched] = np.maximum(self._best[side, touched], share)

    def visible(self) -> set[str]:
        """Buildings shown before and after."""
        return set(self._ids[(self._best >= MIN_SEEN_FRAC).all(axis=0)])
