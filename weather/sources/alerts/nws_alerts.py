"""Reads alerts of the National Weather Service as its API gives them: a GeoJSON collection.

A warning has a polygon; a watch, and whatever else goes by counties or forecast zones, has none but
names them (UGC): see ``weather.sources.alerts.zones``. Gusts and hail are text. ``expires`` is when
the message must be renewed, ``ends`` when the weather is to end; of updates and cancellations see
``weather.sources.alerts.updates``.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from shapely.geometry.base import BaseGeometry

from core.errors import WeatherError
from core.schemas.evidence.alerts import NWS_ALERTS
from core.tables import join_codes
from weather.sources.alerts.threats import read_gust_mps, read_hail_mm
from weather.sources.json_text import clean, member, parse_instant, parse_json, parse_shape
from weather.sources.records import Kind, Records, Reject, read_bytes, tabulate

_WHAT = "GeoJSON of alerts, as api.weather.gov/alerts gives it"
_TEXTS = {
    "severity": "severity", "certainty": "certainty", "urgency": "urgency",
    "sender": "senderName", "area": "areaDesc", "headline": "headline",
    "description": "description",
}  # fmt: skip
_NEEDED = {"event": "event", "message_type": "messageType", "status": "status"}
_INSTANTS = {
    "sent_at_utc": "sent", "effective_at_utc": "effective", "onset_at_utc": "onset",
    "expires_at_utc": "expires", "ends_at_utc": "ends",
}  # fmt: skip
_THREATS = {
    "max_gust_text": ("maxWindGust",), "max_hail_text": ("maxHailSize",),
    "wind_threat": ("windThreat",), "hail_threat": ("hailThreat",),
    "tornado_detection": ("tornadoDetection",),
    "damage_threat": ("tornadoDamageThreat", "thunderstormDamageThreat", "flashFloodDamageThreat"),
    "vtec": ("VTEC",),
}  # fmt: skip
Row = dict[str, Any]


def read_nws_alerts(path: Path) -> Records:
    """The alerts of a file; those without an id, a time or an event are rejected.

    An alert whose polygon is unusable is kept, to be placed by its zones, and the polygon
    rejected.

    Raises:
        WeatherError: the file is no GeoJSON of alerts.
    """
    content = parse_json(read_bytes(path, _WHAT), path.name, _WHAT)
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list):
        raise WeatherError(f"reading {path.name}", "it has no features", f"Give {_WHAT}")
    rows: dict[str, Row] = {}
    rejects: list[Reject] = []
    for number, feature in enumerate(features, start=1):
        place = f"feature {number}"
        try:
            row = _read_alert(feature)
            row["geometry"], problem = _read_outline(feature)
        except ValueError as error:
            rejects.append(Reject(place, str(error)))
            continue
        if problem is not None:
            rejects.append(Reject(place, f"{problem}; it is placed by its zones"))
        if row["alert_id"] in rows:
            rejects.append(Reject(place, f"alert {row['alert_id']} came before"))
        else:
            if row["geometry"] is None:
                row["unplaced_zones"] = row["zone_codes"]
            rows[row["alert_id"]] = row
    table = pd.DataFrame(list(rows.values()), columns=list(NWS_ALERTS.columns))
    return Records(tabulate(table, NWS_ALERTS), tuple(rejects))


def _read_alert(feature: Any) -> Row:
    said = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(said, dict):
        raise ValueError("it is no alert: it has no properties")  # noqa: TRY004  a reject's reason
    row: Row = {"alert_id": member(said, "id") or member(said, "@id")}
    row |= {ours: member(said, theirs) for ours, theirs in (_NEEDED | _TEXTS).items()}
    row |= {ours: parse_instant(member(said, name), name) for ours, name in _INSTANTS.items()}
    for needed, name in (_NEEDED | {"alert_id": "id", "sent_at_utc": "sent"}).items():
        if row[needed] is None:
            raise ValueError(f"{name} is missing and needed")
    parameters = _mapping(said, "parameters")
    row |= {ours: _first_list(parameters, names) for ours, names in _THREATS.items()}
    zones = _texts(said.get("affectedZones"), "affectedZones")
    codes = _texts(_mapping(said, "geocode").get("UGC"), "UGC")
    return row | {
        "zone_codes": _join(codes or [address.rpartition("/")[2] for address in zones]),
        "affected_zones": _join(zones),
        "refers_to": _join(_read_references(said.get("references"))),
        "max_gust_mps": read_gust_mps(row["max_gust_text"]),
        "max_hail_mm": read_hail_mm(row["max_hail_text"]),
        "unplaced_zones": None,
    }


def _read_outline(feature: Mapping[str, Any]) -> tuple[BaseGeometry | None, str | None]:
    try:
        return parse_shape(feature.get("geometry")), None
    except ValueError as error:
        return None, str(error)


def _read_references(value: Any) -> list[str]:
    """Urns, given as objects by the API and as text elsewhere; of an address its last part."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValueError("references is no list")  # noqa: TRY004  a reject's reason
    found: list[str] = []
    for each in value:
        holder = each if isinstance(each, dict) else {"identifier": each}
        urn = member(holder, "identifier") or member(holder, "@id")
        if urn is not None:
            found.append(urn.rpartition("/")[2])
    return list(dict.fromkeys(found))


def _first_list(parameters: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    """The values of the first of some parameters that has any."""
    for name in names:
        if values := _texts(parameters.get(name), name):
            return _join(values)
    return None


def _texts(value: Any, name: str) -> list[str]:
    if value is None:
        return []
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(each, str) for each in values):
        raise ValueError(f"{name} is no list of texts")
    return list(dict.fromkeys(text for each in values if (text := clean(each, name))))


def _mapping(said: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = said.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError(f"{name} is no object")  # noqa: TRY004  a reject's reason
    return value


def _join(texts: list[str]) -> str | None:
    return join_codes(texts) or None


KIND = Kind(
    "nws_alerts", "Watches, warnings and advisories (NWS API, GeoJSON)", NWS_ALERTS, read_nws_alerts
)
