"""What a catalogue says of a scene, held against the scene's file. Pure."""

import math
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from shapely.geometry.base import BaseGeometry

from core.errors import SceneError
from core.scenes import Scene
from imagery.pixels.access import Header
from imagery.pixels.bands import is_one_of_many
from imagery.pixels.place import Ground, PixelPlace, locate_pixels

GSD_OFF = 2.0
"""A stated ground sample distance and the file's pixel may differ by this factor: by view angle,
by resampling to a round number. More is another number: xBD and Maxar state that of the
multispectral bands, four times the pixel of what was sharpened with the panchromatic band."""
SLACK_DEG = 1e-6
"""A stated outline may pass the pixels' by so much, a decimetre: it was rounded."""
MIN_SHARED_FRAC = 0.5
"""Where less of a stated outline than this is covered by pixels, that is noted."""


@dataclass(frozen=True, slots=True)
class JudgedScene:
    """A scene as its file shows it.

    Attributes:
        scene: with the extent that has pixels, and their size.
        notes: where the catalogue says something else, in words.
    """

    scene: Scene
    notes: tuple[str, ...] = ()


def hold_against_file(scene: Scene, header: Header, work: str) -> JudgedScene:
    """A scene with its pixel size and extent as the file has them.

    A stated ground sample distance stays where it is within a factor of ``GSD_OFF`` of the pixel;
    else the file wins. The extent is what of the stated one has pixels.

    Raises:
        SceneError: the file's CRS leads nowhere, or by its name its one band is one colour of
            several, radar, terrain or quality.
    """
    stem = PurePosixPath(urlsplit(scene.href).path).stem
    if len(set(header.bands.rgb)) == 1 and is_one_of_many(stem):
        raise SceneError(
            work, f"by its name {stem!r} its one band is no picture in visible light",
            "Give a picture of red, green and blue, or a panchromatic one",
        )  # fmt: skip
    place = PixelPlace(header.crs.to_wkt(), header.transform, header.height, header.width)
    ground = locate_pixels(place, work)
    extent, moved = _trim(scene.extent, ground)
    gsd_m, differs = _choose_gsd(scene.gsd_m, ground.pixel_m)
    notes = tuple(note for note in (moved, differs) if note)
    return JudgedScene(replace(scene, extent=extent, gsd_m=gsd_m), notes)


def _choose_gsd(stated_m: float, pixel_m: float) -> tuple[float, str]:
    if math.isnan(stated_m):
        return pixel_m, ""
    if stated_m > 0 and 1 / GSD_OFF <= stated_m / pixel_m <= GSD_OFF:
        return stated_m, ""
    note = f"its catalogue states a gsd of {stated_m:g} m, its pixels have {pixel_m:.2g} m"
    return pixel_m, note


def _trim(stated: BaseGeometry, ground: Ground) -> tuple[BaseGeometry, str]:
    """The part of a stated outline that has pixels; the file's own where the two lie apart."""
    if ground.outline.buffer(SLACK_DEG).covers(stated):
        return stated, ""
    shared = stated.intersection(ground.outline)
    if shared.area == 0:
        return ground.outline, "its pixels lie elsewhere than its catalogue says"
    if shared.area < MIN_SHARED_FRAC * stated.area:
        return shared, f"only {shared.area / stated.area:.0%} of the ground it claims has pixels"
    return shared, ""
