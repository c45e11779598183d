"""The homes with a step as KML, for phones in the field; ids only, no names."""

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import pandas as pd

from core.damage import TIER_LABELS, Decision
from reports.context import ReportContext
from reports.palette import TIER_SWATCHES
from reports.words import DECISION_LABELS, INDICATIVE_NOTE

NAMESPACE = "http://www.opengis.net/kml/2.2"
_SHOWN = {
    "rank": "#", "tier": "Tier", "p_severe": "Chance severe", "next_action": "Next step",
    "policy_number": "Policy", "location_number": "Location", "incident_id": "Incident",
    "status": "Status", "hazards_in_words": "Hazard",
}  # fmt: skip
_ICON = "http://maps.google.com/mapfiles/kml/shapes/placemark_circle.png"


def write_kml(
    path: Path, marked: gpd.GeoDataFrame, context: ReportContext, most_homes: int
) -> None:
    """Write the homes with a step, the first of the list, a folder a decision.

    Args:
        path: where to write.
        marked: FINDINGS as ``mark_findings`` gives them.
        context: which event, when, by which run.
        most_homes: homes written; the document says how many it leaves out.
    """
    ET.register_namespace("", NAMESPACE)
    root = ET.Element(f"{{{NAMESPACE}}}kml")
    document = _add(root, "Document")
    acts = marked[marked["decision"] != Decision.NONE].sort_values("rank")
    shown = acts.head(most_homes)
    left = len(acts) - len(shown)
    rest = f" {left:,} more homes with a step are in daily_list.xlsx." if left else ""
    _add(document, "name", f"{context.event.name}, list {context.list_version}")
    _add(
        document, "description",
        f"Run {context.run_id}, as of {context.as_of_utc:%Y-%m-%d %H:%M}Z.{rest} {INDICATIVE_NOTE}",
    )  # fmt: skip
    for tier, swatch in TIER_SWATCHES.items():
        _add_style(document, f"tier-{tier}", swatch.fill)
    for decision, homes in shown.groupby("decision", sort=False):
        folder = _add(document, "Folder")
        _add(folder, "name", f"{DECISION_LABELS[Decision(str(decision))]} ({len(homes):,})")
        for row in _rows(homes):
            _add_home(folder, row)
    ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def _rows(homes: gpd.GeoDataFrame) -> Iterator[dict[str, object]]:
    points = homes.geometry
    for row, lon, lat in zip(homes.to_dict("records"), points.x, points.y, strict=True):
        yield {str(name): value for name, value in row.items()} | {"lon": lon, "lat": lat}


def _add_home(folder: ET.Element, row: dict[str, object]) -> None:
    home = _add(folder, "Placemark")
    _add(home, "name", f"{row['rank']}. {row['tier']}: {row['policy_number']}")
    _add(home, "styleUrl", f"#tier-{row['tier']}")
    data = _add(home, "ExtendedData")
    for name, title in _SHOWN.items():
        value = row.get(name)
        if value is None or pd.isna(value):
            continue
        field = _add(data, "Data")
        field.set("name", name)
        _add(field, "displayName", title)
        _add(field, "value", _say(name, value))
    _add(_add(home, "Point"), "coordinates", f"{row['lon']:.6f},{row['lat']:.6f}")


def _say(name: str, value: object) -> str:
    if name == "tier":
        return f"{value}: {TIER_LABELS[value]}"  # type: ignore[index]  # tiers are StrEnum
    return f"{value:.0%}" if name == "p_severe" else str(value)


def _add_style(document: ET.Element, name: str, fill: str) -> None:
    style = _add(document, "Style")
    style.set("id", name)
    icon = _add(style, "IconStyle")
    red, green, blue = fill[1:3], fill[3:5], fill[5:7]
    _add(icon, "color", f"ff{blue}{green}{red}")
    _add(icon, "scale", "0.9")
    _add(_add(icon, "Icon"), "href", _ICON)


def _add(parent: ET.Element, name: str, text: str | None = None) -> ET.Element:
    child = ET.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    if text is not None:
        child.text = "".join(sign for sign in text if sign.isprintable())
    return child
