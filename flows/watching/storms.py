"""Tropical cyclones that are alive, as candidates."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from core.errors import WeatherError
from core.events import Peril
from core.grid import Bounds
from core.units import KNOT_MPS
from flows.watching.candidates import Candidate
from flows.wiring.sections.hazard import HazardSection, TrackSection
from flows.wiring.sections.watch import WatchedStorms, WatchFile
from flows.wiring.sections.weather import NhcSection, WeatherSection
from weather.feeds.evidence import FRESH, Evidence, find_freshness
from weather.feeds.nhc import NhcFeed, NhcStormsFeed
from weather.hazards.hurricane import HurricaneHazard
from weather.sources.storms.atcf import read_atcf

PERILS = (Peril.TROPICAL_CYCLONE_WIND, Peril.STORM_SURGE, Peril.FLASH_FLOOD)
"""Of a tropical cyclone; its track means wind and rain."""
_WORDS = {"HU": "Hurricane", "TS": "Tropical Storm", "TD": "Tropical Depression"}
_TRACK = ".dat"


def find_storms(
    evidence: Evidence, watched: WatchFile, near: Bounds, as_of_utc: datetime
) -> Iterator[Candidate | WeatherError]:
    """Each storm whose track was pulled; what is wrong with a track that cannot be read.

    Args:
        evidence: what was pulled.
        watched: where from, and the wind that counts as inside.
        near: EPSG:4326 bounds of the book.
        as_of_utc: the instant.
    """
    feed = NhcStormsFeed().name
    for each in find_freshness(evidence.read_pulls(as_of_utc)):
        pull = each.pull
        path = evidence.path(feed, pull.name)
        is_track = pull.feed == feed and pull.name.endswith(_TRACK) and path.exists()
        if not is_track or not pull.sha256 or pull.outcome not in FRESH:
            continue
        try:
            yield make_candidate(path, pull.sha256, watched, near)
        except WeatherError as error:
            yield error


def make_candidate(file: Path, sha256: str, watched: WatchFile, near: Bounds) -> Candidate:
    """A storm by its track so far.

    Raises:
        WeatherError: the track cannot be read.
    """
    track, limits = read_atcf(file), watched.thresholds
    services = watched.services.storms or WatchedStorms.model_validate({})
    name = f"b{track.storm_id.lower()}{_TRACK}"
    path = f"weather/{NhcFeed('').name}/{name}"
    last = track.points[-1]
    strongest = max(track.points, key=lambda point: point.max_wind_mps or 0.0)
    word = _WORDS.get(strongest.status, "Storm")
    hazard = HurricaneHazard(track, limits.wind_kt * KNOT_MPS)
    return Candidate(
        event_id=track.storm_id.lower(),
        name=f"{word} {track.name.title()} {last.at_utc.year}",
        perils=PERILS,
        start_utc=track.points[0].at_utc,
        end_utc=last.at_utc,
        hazard=HazardSection.model_validate(
            {"track": TrackSection.model_validate(
                {"file": path, "storm_id": track.storm_id, "threshold_kt": limits.wind_kt})}
        ),
        area=hazard.footprint(near).area,
        weather=WeatherSection(
            nhc=NhcSection(storm_id=track.storm_id, site=services.site, atcf=services.atcf)
        ),
        files={path: file.read_bytes()},
        find_in_path=hazard.find_in_path,
        basis=f"track of {track.storm_id} to {last.at_utc:%Y-%m-%dT%H:%MZ}",
        evidence=sha256,
    )  # fmt: skip
