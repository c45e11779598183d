"""Reads xBD (Gupta et al. 2019, CC BY-NC-SA 4.0): image pairs placed by their labels.

A label file gives each building twice, in pixels (``xy``) and in degrees (``lng_lat``); the
affine between the two places the image. An image whose labels hold no building cannot be placed.
"""

import json
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from scipy import ndimage

from core.errors import InputError, SceneError
from core.grid import WGS84, choose_metric_crs
from core.scenes import SceneRole
from core.tables import FOOTPRINTS, check_table
from imagery.event_folder import SceneImage

LICENCE = "CC-BY-NC-SA-4.0"
PROVIDER = "Maxar (xBD)"
MIN_PLACING_VERTICES = 3
MAX_RESIDUAL_M = 1.0
"""Good fits leave millimetres; vertices farther off than this are dropped and the fit redone."""

METRES_PER_DEGREE = 111_320.0
BLACK_LEVEL = 4
"""Digital number up to which a JPEG's black border strays from 0."""

MIN_NODATA_PX = 500
"""Smaller black patches are shadows, not missing data."""

IMAGE_SUFFIXES = (".jpg", ".png", ".tif")
NAME = re.compile(r"^(?P<disaster>.+)_(?P<number>\d{8})_(?P<role>pre|post)_disaster$")


@dataclass(frozen=True, slots=True)
class Label:
    """One label file: a scene's buildings and its capture.

    Attributes:
        scene_id: the file's stem, as in ``hurricane-michael_00000019_post_disaster``.
        disaster: xBD's name of the event.
        place: the pair's name, common to the scene before and after.
        role: before or after.
        metadata: as given: capture_date, gsd, off_nadir_angle, sun_elevation and more.
        uids: building ids, ``(buildings,)``.
        subtypes: xBD damage words; empty text where none is given.
        pixels: outlines in pixels, ``(column, row)``.
        degrees: outlines in EPSG:4326.
        capture_began_at_utc: the first instant at which the image may have been taken, where its
            date is not known.
    """

    scene_id: str
    disaster: str
    place: str
    role: SceneRole
    metadata: dict[str, Any]
    uids: tuple[str, ...]
    subtypes: tuple[str, ...]
    pixels: tuple[shapely.Geometry, ...]
    degrees: tuple[shapely.Geometry, ...]
    capture_began_at_utc: datetime | None = None


def read_label(path: Path) -> Label:
    """Read one label file.

    Raises:
        InputError: the file's name or content is not xBD's.
    """
    named = NAME.match(path.stem)
    if named is None:
        raise InputError(
            f"reading {path}", "its name is not DISASTER_NUMBER_pre|post_disaster.json",
            "Give a folder in xBD's layout: images/ and labels/",
        )  # fmt: skip
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        by_uid = {f["properties"]["uid"]: f for f in content["features"]["xy"]}
        degrees = {f["properties"]["uid"]: f["wkt"] for f in content["features"]["lng_lat"]}
        uids = tuple(uid for uid in by_uid if uid in degrees)
        label = Label(
            scene_id=path.stem,
            disaster=named["disaster"],
            place=f"{named['disaster']}_{named['number']}",
            role=SceneRole(named["role"]),
            metadata=content["metadata"],
            uids=uids,
            subtypes=tuple(by_uid[uid]["properties"].get("subtype", "") for uid in uids),
            pixels=tuple(shapely.from_wkt(by_uid[uid]["wkt"]) for uid in uids),
            degrees=tuple(shapely.from_wkt(degrees[uid]) for uid in uids),
        )
        captured_at(label)
    except (ValueError, KeyError, TypeError, shapely.errors.ShapelyError) as error:
        raise InputError(
            f"reading {path}", f"not an xBD label file ({error!r})",
            "Fetch the file again, or remove the pair",
        ) from error  # fmt: skip
    return label


def read_labels(source: Path, disaster: str | None) -> list[Label]:
    """All labels of a folder (``SOURCE/labels``), of one disaster or of all, sorted by name.

    Raises:
        InputError: the folder is missing or holds no label of that disaster.
    """
    found = sorted((source / "labels").glob(f"{disaster or '*'}_*_disaster.json"))
    if not found:
        names = sorted({p.name.split("_")[0] for p in (source / "labels").glob("*.json")})
        raise InputError(
            f"looking for labels of {disaster or 'any disaster'} in {source / 'labels'}",
            "there are none",
            f"Disasters found there: {', '.join(names) or 'none'}",
        )
    return [read_label(path) for path in found]


def fit_transform(label: Label) -> Affine | None:
    """The affine from ``(column, row)`` to ``(longitude, latitude)`` that a label implies.

    Least squares over all vertices; vertices more than ``MAX_RESIDUAL_M`` off (a handful of
    mismatched outlines exist) are dropped and the fit redone. None if too few vertices remain.
    """
    pairs = [
        (shapely.get_coordinates(xy), shapely.get_coordinates(ll))
        for xy, ll in zip(label.pixels, label.degrees, strict=True)
    ]
    pairs = [(xy, ll) for xy, ll in pairs if len(xy) == len(ll)]
    if not pairs:
        return None
    xy = np.concatenate([pair[0] for pair in pairs])
    degrees = np.concatenate([pair[1] for pair in pairs])
    keep = np.ones(len(xy), dtype=bool)
    design = np.column_stack([xy, np.ones(len(xy))])
    for _ in range(3):
        if len(np.unique(xy[keep], axis=0)) < MIN_PLACING_VERTICES:
            return None
        solution, *_ = np.linalg.lstsq(design[keep], degrees[keep], rcond=None)
        residual_m = np.hypot(*(design @ solution - degrees).T) * METRES_PER_DEGREE
        keep = residual_m <= max(MAX_RESIDUAL_M, float(np.median(residual_m)))
    (a, d), (b, e), (c, f) = solution
    return Affine(a, b, c, d, e, f)


def read_scene(source: Path, label: Label, transform: Affine) -> SceneImage:
    """Read the image of a label.

    Raises:
        SceneError: the image is missing or cannot be decoded.
    """
    candidates = [source / "images" / f"{label.scene_id}{end}" for end in IMAGE_SUFFIXES]
    path = next((path for path in candidates if path.exists()), None)
    if path is None:
        raise SceneError(
            f"reading the image of {label.scene_id}", f"no file {candidates[0].name} or .png",
            f"Put it into {source / 'images'}, or remove the label",
        )  # fmt: skip
    pixels = _read_pixels(path)
    metadata = label.metadata
    return SceneImage(
        scene_id=label.scene_id,
        pixels=pixels,
        valid=find_valid(pixels),
        transform=transform,
        captured_at_utc=captured_at(label),
        gsd_m=_pixel_m(transform),
        off_nadir_deg=_angle_deg(label, "off_nadir_angle"),
        sun_elevation_deg=_angle_deg(label, "sun_elevation"),
        sun_azimuth_deg=_angle_deg(label, "sun_azimuth"),
        provider=f"{PROVIDER} {metadata.get('sensor', '')}".strip(),
        licence=LICENCE,
        capture_began_at_utc=label.capture_began_at_utc,
    )


def captured_at(label: Label) -> datetime:
    """Capture instant of a label's scene, UTC; an instant without a zone is UTC."""
    captured = datetime.fromisoformat(label.metadata["capture_date"])
    return captured.replace(tzinfo=captured.tzinfo or UTC).astimezone(UTC)


def find_valid(pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where an image was seen: True except for large black patches.

    Args:
        pixels: ``(bands, height, width)``.
    """
    black = (pixels <= BLACK_LEVEL).all(axis=0)
    patches, _ = ndimage.label(black)
    sizes = np.bincount(patches.ravel())
    is_nodata = sizes >= MIN_NODATA_PX
    is_nodata[0] = False
    return ~is_nodata[patches]


def collect_footprints(labels: list[Label]) -> gpd.GeoDataFrame:
    """Buildings of a disaster, FOOTPRINTS: the label before the event, else the one after.

    A building that several scenes label is kept once, from the first scene in name order. Its
    outline was drawn on that scene; where the label before is missing, on the image before, as xBD
    draws all outlines.
    """
    undated = {each.place: captured_at(each) for each in labels if each.capture_began_at_utc}
    ordered = sorted(labels, key=lambda label: (label.role is not SceneRole.PRE, label.scene_id))
    rows = {
        uid: (outline, f"xBD {label.role} label", undated.get(label.place) or captured_at(label))
        for label in reversed(ordered)
        for uid, outline in zip(label.uids, label.degrees, strict=True)
    }
    table = gpd.GeoDataFrame(
        {
            "building_id": list(rows),
            "source": [row[1] for row in rows.values()],
            "outlined_at_utc": pd.to_datetime([row[2] for row in rows.values()], utc=True),
        },
        geometry=gpd.GeoSeries(shapely.make_valid([row[0] for row in rows.values()]), crs=WGS84),
        index=range(len(rows)),
    ).sort_values("building_id")
    table["area_m2"] = 0.0
    if len(table):
        centre = table.geometry.iloc[0].centroid
        table["area_m2"] = table.to_crs(choose_metric_crs(centre.x, centre.y)).area
    checked: gpd.GeoDataFrame = check_table(table, FOOTPRINTS)
    return checked


def collect_grades(labels: list[Label]) -> pd.Series:
    """XBD damage word by building id, from the labels after the event."""
    grades = {
        uid: subtype or "un-classified"
        for label in labels
        if label.role is SceneRole.POST
        for uid, subtype in zip(label.uids, label.subtypes, strict=True)
    }
    return pd.Series(grades, name="grade", dtype=str).sort_index()


def read_scenes(
    source: Path, labels: list[Label], problems: list[SceneError]
) -> Iterator[SceneImage]:
    """The scenes of labels, one at a time; those that cannot be placed or read go to problems."""
    transforms = {label.scene_id: fit_transform(label) for label in labels}
    by_place = {
        label.place: transforms[label.scene_id]
        for label in labels
        if transforms[label.scene_id] is not None
    }
    for label in labels:
        transform = transforms[label.scene_id] or by_place.get(label.place)
        try:
            if transform is None:
                raise SceneError(  # noqa: TRY301  one list for both kinds of loss
                    f"placing scene {label.scene_id}", "its labels hold no building",
                    "With no building there is nothing to grade in it",
                )  # fmt: skip
            yield read_scene(source, label, transform)
        except SceneError as error:
            problems.append(error)


def _read_pixels(path: Path) -> NDArray[np.uint8]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(path) as image:
                pixels: NDArray[np.uint8] = image.read([1, 2, 3])
    except RasterioError as error:
        raise SceneError(
            f"decoding {path}", f"the image is damaged ({error})", "Fetch the file again"
        ) from error
    return pixels


def _angle_deg(label: Label, name: str) -> float:
    value = label.metadata.get(name)
    try:
        return np.nan if value is None else float(value)
    except (TypeError, ValueError) as error:
        raise SceneError(
            f"reading the label of {label.scene_id}", f"{name} is {value!r}, not degrees",
            "Correct the label file, or remove the pair",
        ) from error  # fmt: skip


def _pixel_m(transform: Affine) -> float:
    latitude = np.radians(transform.f)
    east = np.hypot(transform.a * np.cos(latitude), transform.d)
    north = np.hypot(transform.b * np.cos(latitude), transform.e)
    return float(np.sqrt(east * north) * METRES_PER_DEGREE)
