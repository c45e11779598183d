"""Hail and rain seen by radar: MRMS grids, as NOAA keeps them in its open bucket.

A folder a product and day is listed (S3's XML), and the newest grid of each day is taken: the
products that cover a day or more hold all that the earlier ones of the day hold.
"""

from dataclasses import dataclass
from datetime import date
from itertools import product
from urllib.parse import quote

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from core.errors import WeatherError
from weather.feeds.feed import Wanted

BUCKET = "https://noaa-mrms-pds.s3.amazonaws.com"
PRODUCTS = ("MESH_Max_1440min_00.50", "MultiSensor_QPE_72H_Pass2_00.00")
"""Largest hail of 24 hours, and the rain of 72 hours with gauges, both mm."""
_LISTING = ".xml"
_KEY = "{http://s3.amazonaws.com/doc/2006-03-01/}Key"


@dataclass(frozen=True, slots=True)
class MrmsFeed:
    """Grids of some days.

    Attributes:
        days: UTC days.
        products: folders of the bucket below ``CONUS/``.
        bucket: address of the bucket.
    """

    days: tuple[date, ...]
    products: tuple[str, ...] = PRODUCTS
    bucket: str = BUCKET
    name: str = "mrms"

    def first(self) -> tuple[Wanted, ...]:
        """The list of each product's grids of each day; see ``Feed``."""
        return tuple(
            Wanted(f"{name}_{day:%Y%m%d}{_LISTING}", self._listing(f"CONUS/{name}/{day:%Y%m%d}/"))
            for name, day in product(self.products, self.days)
        )

    def follow(self, wanted: Wanted, content: bytes) -> tuple[Wanted, ...]:
        """The newest grid of a list; see ``Feed``."""
        if not wanted.name.endswith(_LISTING):
            return ()
        try:
            keys = [each.text or "" for each in ElementTree.fromstring(content).iter(_KEY)]
        except (ElementTree.ParseError, DefusedXmlException, ValueError) as error:
            raise WeatherError(
                f"reading {wanted.name}", f"it is no list of a bucket ({error})",
                "Look at what the service answers",
            ) from error  # fmt: skip
        grids = sorted(key for key in keys if key.endswith((".grib2.gz", ".grib2")))
        return tuple(
            Wanted(key.rpartition("/")[2], f"{self.bucket}/{quote(key)}", "mrms")
            for key in grids[-1:]
        )

    def _listing(self, prefix: str) -> str:
        return f"{self.bucket}/?list-type=2&prefix={quote(prefix)}"
