"""Writes the pixels of an event: cloud-optimised GeoTIFFs and a static STAC catalogue."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from affine import Affine
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class SceneImage:
    """One scene's pixels and what is known of their capture.

    Attributes:
        scene_id: unique in the event; names the file.
        pixels: uint8 ``(bands, height, width)``, red, green, blue.
        valid: bool ``(height, width)``; True = a pixel was seen there.
        transform: affine from ``(column, row)`` to ``(longitude, latitude)``; may be rotated.
        captured_at_utc: capture instant, timezone-aware UTC.
        gsd_m: ground sample distance, metres.
        off_nadir_deg: view angle from straight down, degrees.
        sun_elevation_deg: degrees above the horizon.
        sun_azimuth_deg: degrees clockwise from north.
        provider: who captured it.
        licence: SPDX id or short name.
    """

    scene_id: str
    pixels: NDArray[np.uint8]
    valid: NDArray[np.bool_]
    transform: Affine
    captured_at_utc: datetime
    gsd_m: float
    off_nadir_deg: float
    sun_elevation_deg: float
    sun_azimuth_deg: float
    provider: str
    licence: str
