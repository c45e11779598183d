"""An event's sources of imagery, opened; those on servers are asked once a run."""

import json
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import pyarrow.parquet as pq
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError
from shapely.geometry.base import BaseGeometry

from core.errors import EventError
from core.events import OccurrenceWindow
from core.grid import WGS84
from core.provenance import content_key, digest_of_rows, sha256_of_file
from core.scenes import Scene
from flows.wiring.event_file import (
    EventFile,
    ImagerySection,
    NoaaEriSection,
    Signing,
    StacApiSection,
)
from flows.wiring.sections.hazard import HazardSection
from flows.wiring.settings import ImagerySettings
from imagery.catalogs.catalog import RejectedScene, SceneCatalog, SceneSearch, why_not
from imagery.catalogs.folder import FolderCatalog
from imagery.catalogs.noaa_eri import NoaaEriCatalog
from imagery.catalogs.stac_api import StacApiCatalog
from imagery.catalogs.static import StaticStacCatalog
from imagery.catalogs.union import NamedCatalog, UnionCatalog
from imagery.catalogs.web.links import LinkRule
from imagery.catalogs.web.pixel_links import PixelLinks
from imagery.catalogs.web.signing import NoSigner, TokenSigner
from policies.footprints.read import read_footprints
from weather.sources.areas import read_area

LISTINGS_KEPT = 16
"""Runs of several events may share a process."""
_ONE_AT_A_TIME = Lock()
WORLD = shapely.box(-180, -90, 180, 90)


@dataclass(frozen=True, slots=True)
class ListedCatalog:
    """What a source on a server gave, searched again without asking it.

    Attributes:
        listing: all that it gave.
        listed_at_utc: when.
    """

    listing: SceneSearch
    listed_at_utc: datetime

    def search(self, area: BaseGeometry, until_utc: datetime) -> SceneSearch:
        """See SceneCatalog."""
        judged = [(scene, why_not(scene, area, until_utc)) for scene in self.listing.scenes]
        elsewhere = [RejectedScene(scene.scene_id, why) for scene, why in judged if why]
        found = tuple(scene for scene, why in judged if why is None)
        return SceneSearch(found, (*self.listing.rejected, *elsewhere))


def open_sources(source: EventFile, settings: ImagerySettings, as_of_utc: datetime) -> UnionCatalog:
    """All the event's sources as one catalogue.

    Raises:
        EventError: what bounds the search cannot be read.
        SceneError, TransientError: a server's listing cannot be had.
    """
    return UnionCatalog(tuple(_open_each(source, settings, as_of_utc)))


def _open_each(
    source: EventFile, settings: ImagerySettings, as_of_utc: datetime
) -> Iterator[NamedCatalog]:
    imagery, rule = source.imagery, choose_rule(settings)
    if isinstance(imagery.catalog, Path):
        yield NamedCatalog("catalog", StaticStacCatalog(imagery.catalog, rule))
    for name, where in _servers(imagery).items():
        bounds = _bounds_asked(source)
        with _ONE_AT_A_TIME:
            listed = _list_server(where, settings, bounds, source.event.window, as_of_utc)
        yield NamedCatalog(name, listed)
    if imagery.folder is not None:
        yield NamedCatalog("folder", FolderCatalog(imagery.folder))


def _servers(imagery: ImagerySection) -> dict[str, str | StacApiSection | NoaaEriSection]:
    """The sources that lie on servers, by name."""
    address = imagery.catalog if isinstance(imagery.catalog, str) else None
    named = {"catalog": address, "stac_api": imagery.stac_api, "noaa_eri": imagery.noaa_eri}
    return {name: where for name, where in named.items() if where is not None}


@lru_cache(LISTINGS_KEPT)
def _list_server(
    where: str | StacApiSection | NoaaEriSection,
    settings: ImagerySettings,
    bounds: tuple[float, float, float, float],
    losses: OccurrenceWindow,
    as_of_utc: datetime,
) -> ListedCatalog:
    """What a server lists; remembered, since hazard, licence gate, plan and record all ask."""
    catalog = _open_server(where, choose_rule(settings), losses)
    found = catalog.search(shapely.box(*bounds), as_of_utc)
    return ListedCatalog(found, datetime.now(UTC))


def _open_server(
    where: str | StacApiSection | NoaaEriSection, rule: LinkRule, losses: OccurrenceWindow
) -> SceneCatalog:
    if isinstance(where, str):
        return StaticStacCatalog(where, rule)
    if isinstance(where, StacApiSection):
        return StacApiCatalog(where.url, where.collections, rule)
    return NoaaEriCatalog(where.event, where.bucket, where.endpoint, where.region, losses, rule)


def choose_rule(settings: ImagerySettings) -> LinkRule:
    """What catalogues may lead to."""
    return LinkRule(frozenset(settings.allowed_private_hosts))


def open_pixel_links(source: EventFile, settings: ImagerySettings) -> PixelLinks:
    """Gives the addresses that pixels are read from; kept for the process, as its tokens are."""
    api = source.imagery.stac_api
    return _open_pixel_links(Signing.NONE if api is None else api.sign, settings)


@lru_cache(LISTINGS_KEPT)
def _open_pixel_links(sign: Signing, settings: ImagerySettings) -> PixelLinks:
    rule = choose_rule(settings)
    if sign is Signing.NONE:
        return PixelLinks(rule, NoSigner())
    return PixelLinks(rule, TokenSigner(settings.token_url, rule))


def _bounds_asked(source: EventFile) -> tuple[float, float, float, float]:
    """What a server is asked for, degrees: the box around the hazards' areas if all are given.

    Else the box around the footprints, since only their homes are graded.
    """
    drawn = [_draw(hazard) for hazard in source.hazards]
    known = [each for each in drawn if each is not None]
    ground = (
        shapely.union_all(known) if len(known) == len(drawn) else read_ground(source.footprints)
    )
    west, south, east, north = ground.bounds
    return (west, south, east, north)


def _draw(hazard: HazardSection) -> BaseGeometry | None:
    """The ground of a hazard that is given as such."""
    if hazard.box is not None:
        return shapely.box(*hazard.box)
    return None if hazard.area is None else read_area(hazard.area).geometry


def read_ground(path: Path) -> BaseGeometry:
    """The box around all footprints of a file, EPSG:4326: from its header where that has it.

    Raises:
        EventError: it holds no footprint that can be used.
    """
    box = _box_in_header(path)
    if box is None:
        table = read_footprints([path]).table
        box = tuple(table.total_bounds)
    if not all(math.isfinite(value) for value in box):
        raise EventError(
            f"reading the bounds of the footprints {path}", "it holds no footprint",
            "Write them with geopandas' to_parquet, as docs/event-file.md says",
        )  # fmt: skip
    return shapely.box(*box)


def _box_in_header(path: Path) -> tuple[float, ...] | None:
    """The box that GeoParquet's header states, in degrees; None where it states none."""
    try:
        header = json.loads((pq.read_schema(path).metadata or {})[b"geo"])
        column = header["columns"][header["primary_column"]]
        bounds, crs = column["bbox"], column.get("crs", WGS84)
        half = len(bounds) // 2
        to_degrees = Transformer.from_crs(CRS.from_user_input(crs), WGS84, always_xy=True)
        box = to_degrees.transform_bounds(*bounds[:2], *bounds[half : half + 2])
    except (OSError, ValueError, KeyError, TypeError, ProjError):
        return None
    return box if all(math.isfinite(value) for value in box) else None


def describe_listings(
    source: EventFile, settings: ImagerySettings, as_of_utc: datetime
) -> dict[str, str]:
    """Digest of what each source gave that is no file: for the run's inputs.

    The same scenes, described the same, give the same digest, in whatever order and at whatever
    time a server lists them.
    """
    digests = {
        each.name: digest_of_scenes(each.catalog.listing.scenes)
        for each in _open_each(source, settings, as_of_utc)
        if isinstance(each.catalog, ListedCatalog)
    }
    if source.imagery.folder is not None:
        digests["folder"] = FolderCatalog(source.imagery.folder).digest()
    return digests


def digest_of_scenes(scenes: tuple[Scene, ...]) -> str:
    """Hex SHA-256 of scenes' descriptions, in order of their ids and addresses."""
    rows = (
        (
            scene.scene_id, scene.href, scene.captured_at_utc.isoformat(),
            scene.began_at_utc.isoformat(), scene.extent.wkb_hex,
            *(str(value) for value in (
                scene.gsd_m, scene.off_nadir_deg, scene.view_azimuth_deg,
                scene.sun_elevation_deg, scene.sun_azimuth_deg, scene.cloud_frac,
            )),
            scene.provider, scene.licence, scene.sha256,
        )
        for scene in sorted(scenes, key=lambda scene: (scene.scene_id, scene.href))
    )  # fmt: skip
    return digest_of_rows(rows)


def digest_imagery(source: EventFile, settings: ImagerySettings, as_of_utc: datetime) -> str:
    """One digest of all of an event's sources."""
    listings = describe_listings(source, settings, as_of_utc)
    catalog = source.imagery.catalog
    if not isinstance(catalog, Path):
        return content_key(listings)
    return content_key(sha256_of_file(catalog), listings) if listings else sha256_of_file(catalog)


def describe_sources(
    source: EventFile, settings: ImagerySettings, as_of_utc: datetime
) -> list[dict[str, Any]]:
    """What ``run.json`` says of each source: where, by what parameters, when, what it gave.

    Addresses stand as event.yaml has them, never signed.
    """
    given = source.imagery.model_dump(mode="json", exclude_none=True)
    told = []
    for each in _open_each(source, settings, as_of_utc):
        found = each.catalog.search(WORLD, as_of_utc)
        entry = {"source": each.name, "parameters": given[each.name], "scenes": len(found.scenes)}
        if isinstance(each.catalog, ListedCatalog):
            entry["listed_at_utc"] = each.catalog.listed_at_utc.isoformat(timespec="seconds")
            entry["asked_for_box"] = list(_bounds_asked(source))
        codes = Counter(rejected.reason.partition(":")[0] for rejected in found.rejected)
        told.append(entry | {"rejected": dict(sorted(codes.items()))})
    return told
