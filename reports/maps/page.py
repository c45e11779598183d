"""The event as one HTML file that opens offline, without a request to anywhere."""

import base64
import hashlib
import logging
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

import geopandas as gpd
import jinja2
import pandas as pd
from markupsafe import Markup

from core.errors import InputError
from core.grid import Bounds
from reports.context import ReportContext
from reports.lists.ranking import rank_findings
from reports.maps.base_map import BaseMap
from reports.maps.data import (
    build_headline,
    build_legend,
    build_rows,
    build_scenes,
    embed_json,
)
from reports.maps.hazards import build_hazards
from reports.maps.outlines import build_outlines, shift_outlines
from reports.maps.pictures import choose_pictures, encode_jpeg, encode_pictures
from reports.summary.numbers import Summary

_logger = logging.getLogger(__name__)

_MIB = 1024 * 1024
_SCRIPTS = ("map-data.js", "map-layers.js", "map-panel.js", "map-list.js", "map-save.js", "map.js")
"""Ours, in the order they run."""


@dataclass(frozen=True, slots=True)
class Backdrop:
    """A small picture of the ground under the findings.

    Attributes:
        jpeg: its bytes, north up; best in web Mercator, since rows are taken as evenly spaced
            there (over a few kilometres latitude and longitude do as well).
        bounds: its outer edge, EPSG:4326.
        label: what it is, as in ``after, 2018-10-11``.
    """

    jpeg: bytes
    bounds: Bounds
    label: str


@dataclass(frozen=True, slots=True)
class MapContent:
    """Everything the map shows. No names: no table here has any.

    Attributes:
        context: which event, when, by which run.
        findings: FINDINGS.
        footprints: FOOTPRINTS; those of drawn findings are outlined.
        hazard_areas: HAZARD_AREAS.
        scenes: SCENES, for outlines, capture dates and credits.
        pictures: PICTURES.
        summary: for the figures at the top.
        backdrops: pictures of the ground, the last one on top.
        base_map: an online map beneath them; none unless an installation wants one.
    """

    context: ReportContext
    findings: gpd.GeoDataFrame
    footprints: gpd.GeoDataFrame
    hazard_areas: gpd.GeoDataFrame
    scenes: gpd.GeoDataFrame
    pictures: pd.DataFrame
    summary: Summary
    backdrops: tuple[Backdrop, ...] = ()
    base_map: BaseMap = field(default_factory=BaseMap)


@dataclass(frozen=True, slots=True)
class MapOptions:
    """How large the map's file may become."""

    image_budget_bytes: int = 40 * _MIB
    """Text bytes that pictures and backdrops may take: the file stays under 60 MiB, which a
    laptop's browser opens in about a second and most mail gateways still refuse (on purpose:
    the file is for a share, not for mail)."""
    max_locations: int = 20_000
    """Locations drawn, worst first; a browser redraws so many circles without a pause. The page
    says how many it leaves to ``event.gpkg``."""

    def __post_init__(self) -> None:
        if self.image_budget_bytes < 0 or self.max_locations < 1:
            raise InputError(
                "planning the map",
                f"image_budget_bytes is {self.image_budget_bytes} and max_locations "
                f"{self.max_locations}",
                "Choose at least 0 and 1",
            )


def write_map(path: Path, content: MapContent, options: MapOptions | None = None) -> None:
    """Write the map.

    The page carries a content security policy that forbids every request, but to the base map's
    server where there is one, and every script but its own, and sets text from outside only as
    text.

    Raises:
        InputError: a backdrop is no JPEG.
    """
    options = options or MapOptions()
    ranked = rank_findings(content.findings)
    drawn = ranked.head(options.max_locations)
    backdrops = [_backdrop(backdrop) for backdrop in content.backdrops]
    spent = sum(len(str(backdrop["jpeg"])) for backdrop in backdrops)
    chosen = choose_pictures(drawn, content.pictures, options.image_budget_bytes - spent)
    _logger.info("map of %d locations with %d pictures", len(drawn), len(chosen.pairs))
    is_drawn = content.footprints["building_id"].isin(drawn["building_id"].dropna())
    outlined = content.footprints[is_drawn].reset_index(drop=True)
    data = {
        "rows": build_rows(drawn, outlined, chosen),
        "outlines": build_outlines(shift_outlines(outlined, drawn)),
        "baseMap": content.base_map.describe(),
        "hazards": build_hazards(content.hazard_areas, content.context.event),
        "scenes": build_scenes(content.scenes),
        "legend": build_legend(),
        "undrawn": len(ranked) - len(drawn),
    }
    scripts = [_read_asset("leaflet/leaflet.js"), "\n".join(map(_read_asset, _SCRIPTS))]
    page = _template().stream(
        context=content.context,
        headline=build_headline(content.summary),
        licences=_credits(content.scenes),
        styles=[Markup(_read_asset(name)) for name in ("leaflet/leaflet.css", "map.css")],  # noqa: S704  ours
        scripts=[Markup(script) for script in scripts],  # noqa: S704  ours
        policy=_security_policy(scripts, content.base_map),
        base_credit=content.base_map.base_attribution,
        data=Markup(embed_json(data)),  # noqa: S704  embed_json escapes
        backdrops=Markup(embed_json(backdrops)),  # noqa: S704  embed_json escapes
        pictures=(Markup(text) for text in encode_pictures(chosen.pairs)),  # noqa: S704  base64
    )
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.writelines(page)


def _backdrop(backdrop: Backdrop) -> dict[str, object]:
    if not backdrop.jpeg.startswith(b"\xff\xd8\xff"):
        raise InputError(
            f"putting the backdrop {backdrop.label!r} under the map",
            f"it starts with {backdrop.jpeg[:4]!r}, so it is no JPEG",
            "Give the bytes of a JPEG file",
        )
    west, south, east, north = backdrop.bounds.as_tuple()
    corners = [[south, west], [north, east]]
    return {"jpeg": encode_jpeg(backdrop.jpeg), "corners": corners, "label": backdrop.label}


def _credits(scenes: gpd.GeoDataFrame) -> list[str]:
    """Who captured the scenes and under which licence, each pair once."""
    pairs = scenes[["provider", "licence"]].drop_duplicates().sort_values(["provider", "licence"])
    return [f"{row.provider}, {row.licence}" for row in pairs.itertuples()]


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_read_asset),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("map.html.j2")


def _read_asset(name: str) -> str:
    """The text of a file shipped in ``reports/maps/assets``, without its source map's address."""
    lines = (files("reports.maps") / "assets" / name).read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.startswith("//# sourceMappingURL="))


def _security_policy(scripts: list[str], base_map: BaseMap) -> str:
    """A policy under which the page can load nothing but a base map and run only ``scripts``."""
    pictures = " ".join(filter(None, ("data:", base_map.origin)))
    digests = " ".join(f"'sha256-{_digest(script)}'" for script in scripts)
    return (
        f"default-src 'none'; img-src {pictures}; style-src 'unsafe-inline'; script-src {digests}; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
