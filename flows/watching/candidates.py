"""What services show that may become an event: storms, alerts, fires."""

from dataclasses import dataclass
from datetime import datetime

from shapely.geometry.base import BaseGeometry

from core.events import Peril
from flows.watching.exposure import FindInPath
from flows.wiring.sections.hazard import HazardSection
from flows.wiring.sections.weather import WeatherSection


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A hazard as a service shows it now.

    Attributes:
        event_id: of the event that it is or becomes; the same for as long as the hazard lives.
        name: what people call it.
        perils: the primary one first.
        start_utc: first instant at which losses can have occurred.
        end_utc: last such instant that is known.
        hazard: section of the event file, where it is more than an area.
        area: what it reaches, EPSG:4326; what of it is drawn may end around the book.
        weather: services that the event's own runs ask.
        files: what the event file names, by path in the event's folder.
        find_in_path: which homes it reaches.
        basis: what it is taken from, in words: product and time.
        evidence: digest of that, so that the same is no news.
    """

    event_id: str
    name: str
    perils: tuple[Peril, ...]
    start_utc: datetime
    end_utc: datetime
    hazard: HazardSection | None
    area: BaseGeometry
    weather: WeatherSection | None
    files: dict[str, bytes]
    find_in_path: FindInPath
    basis: str
    evidence: str
