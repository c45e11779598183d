"""Fire perimeters of the National Interagency Fire Center (WFIGS), by the incident's name or id."""

from dataclasses import dataclass
from urllib.parse import urlencode

from weather.feeds.feed import Wanted

SERVICE = (
    "https://services3.arcgis.com/T4QMspbfLg3qTGWY/arcgis/rest/services/"
    "WFIGS_Interagency_Perimeters/FeatureServer/0"
)


@dataclass(frozen=True, slots=True)
class WfigsFeed:
    """One fire.

    Attributes:
        incident: its name as the agencies write it, or its unique fire identifier, as in
            ``2018-CABTU-016737``.
        service: layer of perimeters.
    """

    incident: str
    service: str = SERVICE
    name: str = "wfigs"

    def first(self) -> tuple[Wanted, ...]:
        """The perimeter as it is drawn now, GeoJSON in EPSG:4326; see ``Feed``."""
        quoted = self.incident.replace("'", "''")
        asked = {
            "where": f"attr_UniqueFireIdentifier='{quoted}' OR poly_IncidentName='{quoted}'",
            "outFields": "*", "outSR": "4326", "f": "geojson",
        }  # fmt: skip
        url = f"{self.service}/query?{urlencode(asked)}"
        return (Wanted("perimeter.geojson", url, "fire_perimeters"),)

    def follow(self, _wanted: Wanted, _content: bytes) -> tuple[Wanted, ...]:
        """Nothing; see ``Feed``."""
        return ()
