"""What imagery says about itself."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import nan

from shapely.geometry.base import BaseGeometry


class SceneRole(StrEnum):
    """On which side of the event's occurrence a scene was captured."""

    PRE = "pre"
    DURING = "during"
    POST = "post"


@dataclass(frozen=True, slots=True)
class Scene:
    """One captured image, as its catalogue describes it.

    Attributes:
        scene_id: unique in the catalogue.
        href: absolute path or URL of the pixels (``stac_asset``).
        captured_at_utc: capture instant, timezone-aware UTC; the last one where only an interval is
            known, so that no scene is believed earlier than it may be.
        extent: outline of the pixels, EPSG:4326 (``scene_extent``).
        gsd_m: ground sample distance, metres; NaN if not stated and the file not yet looked at.
        off_nadir_deg: view angle from straight down, degrees; NaN if not stated.
        sun_elevation_deg: degrees above the horizon; NaN if not stated.
        cloud_frac: cloud cover of the scene, 0 to 1; NaN if not stated.
        provider: who captured it.
        licence: SPDX id or short name.
        sha256: digest of the pixels' file, if the catalogue states one.
        view_azimuth_deg: where the sensor stood as seen from the ground, degrees clockwise from
            north; NaN if not stated.
        sun_azimuth_deg: where the sun stood, likewise.
        capture_began_at_utc: the first instant that it may show, where only an interval is known.
        file_state: names the file's bytes as they were when a run looked: size and time of a local
            file, a server's ETag; empty where nobody looked.
    """

    scene_id: str
    href: str
    captured_at_utc: datetime
    extent: BaseGeometry
    gsd_m: float
    off_nadir_deg: float
    sun_elevation_deg: float
    cloud_frac: float
    provider: str
    licence: str
    sha256: str | None = None
    view_azimuth_deg: float = nan
    sun_azimuth_deg: float = nan
    capture_began_at_utc: datetime | None = None
    file_state: str = ""

    @property
    def began_at_utc(self) -> datetime:
        """The first instant that it may show."""
        return self.capture_began_at_utc or self.captured_at_utc


@dataclass(frozen=True, slots=True)
class ScenePair:
    """The scenes chosen for a building and why.

    Attributes:
        pre: newest acceptable scene before the event.
        post: clearest acceptable scene after it.
        reasons: reason codes of the choice, for the record.
    """

    pre: Scene
    post: Scene
    reasons: tuple[str, ...]
