"""NOAA Emergency Response Imagery: aerial tiles in an open bucket, known by their names alone.

NOAA's National Geodetic Survey flies over the struck coast in the days after a storm and puts the
tiles into a bucket of the NOAA Open Data Dissemination programme (registry.opendata.aws/noaa-eri).
There is no index; a key says the event, the day, the flight and the tile's north-west corner.
"""

import logging
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from shapely.geometry.base import BaseGeometry

from core.errors import SceneError
from core.events import OccurrenceWindow
from core.scenes import Scene
from imagery.catalogs.assets import NOT_VISIBLE
from imagery.catalogs.catalog import RejectedScene, SceneSearch, find_scenes
from imagery.catalogs.eri_keys import UnreadableKeyError, parse_key, tell_no_picture
from imagery.catalogs.web.http import CatalogHttp, HttpOptions
from imagery.catalogs.web.links import LinkRule

_log = logging.getLogger(__name__)
BUCKET = "noaa-eri-pds"
REGION = "us-east-1"
PROVIDER = "NOAA National Geodetic Survey"
LICENCE = "public-domain"
"""Works of the US government, as the programme's page says."""
UNCERTAIN_DAY = "uncertain_day"
"""Reason code of a tile flown on a day of which a part lies in the loss window: it may show the
place before the loss or after it."""

MAX_PAGES = 500
"""Half a million keys at the 1,000 that a page holds; the largest event has some tens of
thousands."""
_PIXEL_SUFFIXES = (".tif", ".tiff")
_BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


_Stored = tuple[str, datetime | None]
"""A key, and when its object was stored."""


@dataclass(frozen=True, slots=True)
class NoaaEriCatalog:
    """The tiles of one event.

    Attributes:
        event: the folder in the bucket, as in ``2018_Michael``.
        bucket: the bucket.
        endpoint: another S3 server, asked as ``endpoint/bucket``; None asks Amazon's.
        region: the bucket's region at Amazon.
        losses: when losses occurred: tiles of a day that overlaps it are rejected.
        rule: what may be opened.
        http: patience with the server.
        max_pages: most pages of the listing.
    """

    event: str
    bucket: str = BUCKET
    endpoint: str | None = None
    region: str = REGION
    losses: OccurrenceWindow | None = None
    rule: LinkRule = field(default_factory=LinkRule)
    http: HttpOptions = field(default_factory=HttpOptions)
    max_pages: int = MAX_PAGES

    @property
    def address(self) -> str:
        """The bucket over HTTP."""
        if self.endpoint is not None:
            return f"{self.endpoint.rstrip('/')}/{self.bucket}"
        return f"https://{self.bucket}.s3.{self.region}.amazonaws.com"

    def search(self, area: BaseGeometry, until_utc: datetime) -> SceneSearch:
        """See SceneCatalog; a key whose name cannot be read is rejected alone.

        Raises:
            SceneError: there is no such bucket or event, or the listing cannot be read.
            TransientError: the server fails, after several tries.
        """
        self._check_name()
        with CatalogHttp(self.rule, self.http) as http:
            keys = [
                (key, stored_at_utc)
                for key, stored_at_utc in self._keys(http)
                if key.casefold().endswith(_PIXEL_SUFFIXES)
            ]
        if not keys:
            raise SceneError(
                f"listing event {self.event} in bucket {self.bucket}", "there is no tile",
                "Write imagery.noaa_eri.event as the bucket does, like 2018_Michael",
            )  # fmt: skip
        return find_scenes(
            ((key, self._tile(key, stored_at_utc)) for key, stored_at_utc in keys),
            area, until_utc, self.rule,
        )  # fmt: skip

    def _check_name(self) -> None:
        if not _BUCKET_NAME.fullmatch(self.bucket) or not self.event.strip("/"):
            raise SceneError(
                f"listing event {self.event!r} in bucket {self.bucket!r}",
                "these are no names of an event and a bucket", "Correct imagery.noaa_eri",
            )  # fmt: skip

    def _tile(self, key: str, stored_at_utc: datetime | None) -> Scene | RejectedScene:
        tile = read_key(key, f"{self.address}/{key}", stored_at_utc)
        if isinstance(tile, Scene) and self.losses is not None:
            starts = tile.began_at_utc
            if starts < self.losses.end_utc and tile.captured_at_utc > self.losses.start_utc:
                return RejectedScene(
                    tile.scene_id,
                    f"{UNCERTAIN_DAY}: flown between {starts:%Y-%m-%d %H:%M}Z and "
                    f"{tile.captured_at_utc:%Y-%m-%d %H:%M}Z, losses occurred in between",
                )
        return tile

    def _keys(self, http: CatalogHttp) -> Iterator[_Stored]:
        token: str | None = None
        seen: set[str] = set()
        for _ in range(self.max_pages):
            page = self._read_page(http, token)
            yield from (stored for stored in page.keys if stored[0])
            token = page.next_token
            if token is None:
                return
            if token in seen:
                raise self._unreadable("a page leads back to itself")
            seen.add(token)
        raise self._unreadable(f"it has more than {self.max_pages} pages")

    def _read_page(self, http: CatalogHttp, token: str | None) -> "_Page":
        asked = {"list-type": "2", "prefix": f"{self.event.strip('/')}/"}
        if token is not None:
            asked["continuation-token"] = token
        content = http.fetch(f"{self.address}/", params=asked).content
        try:
            root = fromstring(content)
        except (ParseError, DefusedXmlException, ValueError) as error:
            raise self._unreadable(f"no XML ({error})") from error
        if not root.tag.endswith("ListBucketResult"):
            raise self._unreadable(f"the answer is a {root.tag}")
        return _Page.of(root)

    def _unreadable(self, problem: str) -> SceneError:
        return SceneError(
            f"listing event {self.event} in bucket {self.bucket}",
            f"the listing cannot be read ({problem})",
            "Check imagery.noaa_eri.endpoint: it must speak S3's ListObjectsV2",
        )


def _instant(text: str | None) -> datetime | None:
    """An instant in UTC; None where the server gives none that can be read."""
    try:
        return datetime.fromisoformat(text or "").astimezone(UTC)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class _Page:
    keys: tuple[_Stored, ...]
    next_token: str | None

    @classmethod
    def of(cls, root: Element) -> "_Page":
        """From a parsed ListObjectsV2 answer."""
        space = root.tag.removesuffix("ListBucketResult")
        keys = tuple(
            (entry.findtext(f"{space}Key", ""), _instant(entry.findtext(f"{space}LastModified")))
            for entry in root.iter(f"{space}Contents")
        )
        is_cut = root.findtext(f"{space}IsTruncated", "").strip() == "true"
        token = root.findtext(f"{space}NextContinuationToken", "").strip()
        return cls(keys, token if is_cut and token else None)


def read_key(key: str, href: str, stored_at_utc: datetime | None = None) -> Scene | RejectedScene:
    """The scene of a tile by its key, or why there is none. Pure.

    The capture time is the end of the local day: a key tells the day alone, and a tile must never
    be believed earlier than it is; its start is kept beside it. GSD and view are not told.
    """
    name = key.rpartition("/")[2].rpartition(".")[0]
    no_picture = tell_no_picture(key)
    if no_picture is not None:
        return RejectedScene(name, f"{NOT_VISIBLE}: {key!r}: {no_picture}")
    try:
        tile = parse_key(key, stored_at_utc)
    except UnreadableKeyError as error:
        return RejectedScene(name, f"unreadable_key: {key!r}: {error}")
    return Scene(
        scene_id=name,
        href=href,
        captured_at_utc=tile.ended_at_utc,
        extent=tile.extent,
        gsd_m=math.nan,
        off_nadir_deg=math.nan,
        sun_elevation_deg=math.nan,
        cloud_frac=math.nan,
        provider=PROVIDER,
        licence=LICENCE,
        capture_began_at_utc=tile.began_at_utc,
    )
