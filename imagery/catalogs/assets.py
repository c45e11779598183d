"""Which asset of an item is a picture: visible light, red, green and blue or panchromatic. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import pystac

from imagery.catalogs.web.links import DEFAULT_PORTS
from imagery.event_folder import VISUAL

NOT_VISIBLE = "not_visible"
"""Reason code of an item whose images are no pictures in visible light."""
_TIFF_TYPES = ("image/tiff", "image/vnd.stac.geotiff")
"""Media types of GeoTIFFs; NAIP's older items use the second."""
_PIXEL_ROLES = frozenset({"data", "visual"})
_NO_PICTURE_ROLES = frozenset({
    "data-mask", "thumbnail", "overview", "metadata", "mask", "cloud", "cloud-shadow", "snow-ice",
    "land-water", "water-mask", "saturation", "sun-azimuth", "sun-elevation", "azimuth",
    "incidence-angle", "noise-power", "amplitude", "magnitude", "sigma0", "beta0", "gamma0",
    "date-offset", "covmat", "prd", "temperature", "elevation", "dem",
})  # fmt: skip
"""Roles of the STAC best practices and of the radar and Landsat extensions that are no picture."""
_SCHEME_RANKS = {"https": 0, "http": 0, "": 0, "file": 0, "s3": 1}
"""Readable by anybody before what may need an account; other stores' schemes are not read."""
_COLOURS = frozenset({"red", "green", "blue"})
_PAN = re.compile(r"pan(chromatic)?", re.IGNORECASE)
_SAYS_NOTHING = re.compile(r"(b(and)?)?[_ -]?\d+|gr[ae]y|undefined|alpha|unknown", re.IGNORECASE)
"""Names that tools give to bands that they know nothing of."""
_BAND_LISTS = ("bands", "eo:bands", "raster:bands")
"""STAC 1.1, its eo extension before, and the raster extension, which may name bands too."""
_NO_PICTURE_WORD = re.compile(
    r"""(?:^|[^a-z0-9])(?:
        qa\w*|scl|fmask|mask|udm2?|aot|wvp|cld|snw|clouds?|angles?|vza|vaa|sza|saa|
        dem|dsm|dtm|elevation|coastal|nir\d*|red_?edge\d*|rededge\d*|swir\d*|lwir\d*|tir\d*|cirrus|
        thermal|ndvi|slope|aspect|vv|vh|hh|hv|sar|insar|b\d{1,2}a?|red|green|blue|yellow
    )(?:[^a-z0-9]|$)""",
    re.IGNORECASE | re.VERBOSE,
)
"""Words in the key of an asset that names no bands: one band of many, or no light at all."""
_PICTURE_WORD = re.compile(r"visual|rgb|true_?colou?r|tci|pan|ortho|image", re.IGNORECASE)

_RADAR_PREFIX = "sar:"
_OTHER_SENSES = {
    "/sar/": "radar", "sentinel-1": "radar", "/pointcloud/": "a point cloud",
    "/insar/": "radar",
}  # fmt: skip
"""Parts of a schema's address, by what its items show instead of light."""
_RADAR_PLATFORM = re.compile(
    r"sentinel-?1|radarsat|terrasar|tandem-?x|cosmo-?skymed|alos-?2|palsar|iceye|capella|umbra|"
    r"nisar|saocom|risat|novasar|\bsar\b|c-sar|[xlsp]-?band.?sar",
    re.IGNORECASE,
)


def tell_other_sense(item: pystac.Item) -> str | None:
    """What an item shows instead of visible light, by its extensions and properties, or None."""
    properties = item.properties
    if any(str(name).startswith(_RADAR_PREFIX) for name in properties):
        return "radar"
    for part, what in _OTHER_SENSES.items():
        if any(part in str(address) for address in item.stac_extensions or ()):
            return what
    instruments = properties.get("instruments")
    said = [properties.get(name) for name in ("platform", "constellation", "product_type")]
    said += instruments if isinstance(instruments, list) else [instruments]
    if any(_RADAR_PLATFORM.search(word) for word in said if isinstance(word, str)):
        return "radar"
    return None


def choose_asset(assets: Mapping[str, pystac.Asset]) -> pystac.Asset | None:
    """The asset that is a picture, or None.

    ``visual`` by name, else by role; else one that is data or a GeoTIFF and whose bands include
    red, green and blue, then one that says nothing of its bands, then a panchromatic one;
    cloud-optimised before plain, addresses that anybody reads before stores that need an account,
    then as listed.
    """
    ranked = [
        (_rank(key, asset), number, asset)
        for number, (key, asset) in enumerate(assets.items())
        if _is_image(key, asset) and _light_rank(key, asset) is not None
    ]
    return min(ranked, key=lambda entry: entry[:2])[2] if ranked else None


def describe_images(assets: Mapping[str, pystac.Asset]) -> str:
    """The images among assets with what their bands are, for a reason."""
    told = [
        f"{key} ({', '.join(dict.fromkeys(_band_words(asset)))})" if _band_words(asset) else key
        for key, asset in assets.items()
        if (asset.media_type or "").startswith(_TIFF_TYPES) or _is_image(key, asset)
    ]
    return ", ".join(told)


def _is_image(key: str, asset: pystac.Asset) -> bool:
    """Some providers, NOAA among them, give no roles: then the media type says what it is."""
    if key == VISUAL:
        return True
    roles = {str(role).casefold() for role in asset.roles or ()}
    if roles & _NO_PICTURE_ROLES or urlsplit(public_href(asset)).scheme not in _SCHEME_RANKS:
        return False
    if any(name.startswith((_RADAR_PREFIX, "classification:")) for name in asset.extra_fields):
        return False
    return bool(roles & _PIXEL_ROLES) or (asset.media_type or "").startswith(_TIFF_TYPES)


_COLOUR_RANK, _SILENT_RANK, _GREY_RANK = range(3)


def _light_rank(key: str, asset: pystac.Asset) -> int | None:
    """How good a picture the asset's bands make, best first; None = no visible picture."""
    words = _band_words(asset)
    if words:
        if set(words) >= _COLOURS:
            return _COLOUR_RANK
        return _GREY_RANK if len(words) == 1 and _PAN.fullmatch(words[0]) else None
    if key == VISUAL or VISUAL in (asset.roles or ()) or _PICTURE_WORD.search(key):
        return _SILENT_RANK
    return None if _NO_PICTURE_WORD.search(key) else _SILENT_RANK


def _band_words(asset: pystac.Asset) -> list[str]:
    """What each band is called, in lower case; empty where the asset does not say."""
    for field in _BAND_LISTS:
        words = list(_words_of(asset.extra_fields.get(field)))
        if words:
            return words
    return []  # nothing is said: the file itself decides


def _words_of(bands: Any) -> Iterator[str]:
    """The common name of each band, else its description or name where that is a known word."""
    for band in bands if isinstance(bands, list) else ():
        if not isinstance(band, dict):
            continue
        common = band.get("eo:common_name") or band.get("common_name")
        given = [common] if common else [band.get(name) for name in ("description", "name")]
        told = [word.strip().casefold() for word in given if isinstance(word, str)]
        known = [word for word in told if word in _COLOURS or _PAN.fullmatch(word)]
        told = [word for word in told if not _SAYS_NOTHING.fullmatch(word)]
        if known or told:
            yield (known or told)[0]


def _rank(key: str, asset: pystac.Asset) -> tuple[bool, bool, int, bool, int]:
    kind = (asset.media_type or "").replace("-", " ")
    is_plain = "cloud optimized" not in kind
    light = _light_rank(key, asset)
    return (
        key != VISUAL, VISUAL not in (asset.roles or ()), _GREY_RANK if light is None else light,
        is_plain, _SCHEME_RANKS.get(urlsplit(public_href(asset)).scheme, len(_SCHEME_RANKS)),
    )  # fmt: skip


def public_href(asset: pystac.Asset) -> str:
    """The asset's address as anybody can read it.

    That is its alternate (STAC alternate-assets extension) over HTTP where the address itself is
    in a store that may need an account.
    """
    href = str(asset.href)
    if urlsplit(href).scheme in ("", "file", *DEFAULT_PORTS):
        return href
    alternates = asset.extra_fields.get("alternate")
    for each in alternates.values() if isinstance(alternates, dict) else ():
        other = each.get("href") if isinstance(each, dict) else None
        if isinstance(other, str) and urlsplit(other).scheme in DEFAULT_PORTS:
            return other
    return href
