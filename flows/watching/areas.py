"""Alerts and fires, whose evidence is an area, as candidates."""

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from core.errors import WeatherError
from core.events import Peril
from core.provenance import sha256_of_bytes
from flows.watching.candidates import Candidate
from flows.wiring.sections.watch import WatchedAlerts, WatchedFires
from flows.wiring.sections.weather import WeatherSection, WfigsSection
from weather.feeds.evidence import Evidence, Outcome, find_freshness
from weather.feeds.nws_alerts import NwsAlertsFeed
from weather.feeds.wfigs import WfigsFeed
from weather.hazards.hazard import AreaHazard
from weather.sources.alerts.nws_alerts import read_nws_alerts
from weather.sources.alerts.updates import follow_updates
from weather.sources.alerts.zones import join_zones, read_zones
from weather.sources.areas import read_area

LOOKED_BACK = timedelta(days=2)
"""Alerts of so long ago are no news."""
DAY_BEGINS = timedelta(hours=12)
"""Storms of an afternoon and the night after are one event: days from 12Z to 12Z, as the Storm
Prediction Center counts them."""
PERIL_OF_ALERT = {
    "Tornado Warning": Peril.TORNADO,
    "Severe Thunderstorm Warning": Peril.STRAIGHT_LINE_WIND,
    "Flash Flood Warning": Peril.FLASH_FLOOD,
    "Flood Warning": Peril.RIVER_FLOOD,
    "Hurricane Warning": Peril.TROPICAL_CYCLONE_WIND,
    "Storm Surge Warning": Peril.STORM_SURGE,
    "High Wind Warning": Peril.EXTRATROPICAL_WIND,
    "Red Flag Warning": Peril.WILDFIRE,
}
"""What an alert warns of."""
_GONE = ("cancelled", "not_actual")


def find_alerts(
    evidence: Evidence, watched: WatchedAlerts, as_of_utc: datetime
) -> Iterator[Candidate | WeatherError]:
    """One candidate a kind of alert and day: all its outlines that were not cancelled."""
    messages, problems = _read_messages(evidence, as_of_utc)
    yield from problems
    if not len(messages):
        return
    try:
        placed = _place(messages, watched)
    except WeatherError as error:  # warnings with outlines of their own count all the same
        yield error
        placed = messages
    states = follow_updates(placed, as_of_utc)
    wanted = states[
        states["event"].isin(watched.kinds)
        & ~states["state"].isin(_GONE)
        & states.geometry.notna()
        & (states["sent_at_utc"] > as_of_utc - LOOKED_BACK)
    ]
    days = (wanted["sent_at_utc"] - DAY_BEGINS).dt.date
    for (kind, day), some in wanted.groupby([wanted["event"], days]):
        yield _of_alerts(str(kind), str(day), some)


def _place(messages: gpd.GeoDataFrame, watched: WatchedAlerts) -> gpd.GeoDataFrame:
    """Messages with the outlines of their zones, where these are at hand."""
    if not watched.zones:
        return messages
    zones = pd.concat([read_zones(path) for path in watched.zones])
    return join_zones(messages.drop_duplicates("alert_id"), zones)


def find_alert(alert_id: str, evidence: Evidence, as_of_utc: datetime) -> Candidate:
    """An alert by its id.

    Raises:
        WeatherError: it was not pulled of late, or has no outline.
    """
    messages, _ = _read_messages(evidence, as_of_utc)
    one = messages[messages["alert_id"] == alert_id] if len(messages) else messages
    if not len(one) or one.geometry.isna().all():
        raise WeatherError(
            f"looking for alert {alert_id}",
            "it has no outline" if len(one) else "no poll of the last two days brought it",
            "Run `firstnotice watch` while it is in force, or give --area",
        )  # fmt: skip
    row = one[one.geometry.notna()].iloc[-1:]
    return _of_alerts(str(row["event"].iloc[0]), str(row["sent_at_utc"].iloc[0].date()), row)


def find_fires(
    evidence: Evidence, watched: WatchedFires, as_of_utc: datetime
) -> Iterator[Candidate | WeatherError]:
    """One candidate a fire that has a perimeter."""
    pulled = {each.pull.feed: each for each in find_freshness(evidence.read_pulls(as_of_utc))}
    for incident in watched.incidents:
        feed = open_fire(incident, watched.service)
        fresh = pulled.get(feed.name)
        path = evidence.path(feed.name, feed.first()[0].name)
        if fresh is None or not path.exists():
            continue
        try:
            area = read_area(path).geometry
        except WeatherError as error:
            yield error
            continue
        began = fresh.known_at_utc or as_of_utc
        section = WeatherSection(wfigs=WfigsSection(incident=incident, service=watched.service))
        struck = Struck(
            Peril.WILDFIRE, area, began, None, f"perimeter of {incident}, {began:%Y-%m-%dT%H:%MZ}"
        )
        yield draw_candidate(f"fire-{_slug(incident)}", f"Fire {incident}", struck, section)


def open_fire(incident: str, service: str) -> WfigsFeed:
    """The feed of a fire, with a folder of its own among the evidence."""
    return WfigsFeed(incident, service, f"wfigs-{_slug(incident)}")


def _read_messages(
    evidence: Evidence, as_of_utc: datetime
) -> tuple[gpd.GeoDataFrame, list[WeatherError]]:
    """All messages of the last polls: each version of a list holds what was in force then."""
    tables, problems = [], []
    for pull in evidence.read_pulls(as_of_utc):
        is_late = pull.asked_at_utc > as_of_utc - LOOKED_BACK
        if pull.feed != NwsAlertsFeed(()).name or pull.outcome is not Outcome.NEW or not is_late:
            continue
        with tempfile.TemporaryDirectory(prefix="firstnotice-alerts-") as folder:
            path = Path(folder) / pull.name
            path.write_bytes(evidence.read_kept(pull.sha256))
            try:
                tables.append(read_nws_alerts(path).table)
            except WeatherError as error:
                problems.append(error)
    return pd.concat(tables) if tables else gpd.GeoDataFrame(), problems


def _of_alerts(kind: str, day: str, some: gpd.GeoDataFrame) -> Candidate:
    ends = some["ends_at_utc"].fillna(some["expires_at_utc"]).max()
    starts = some["onset_at_utc"].fillna(some["sent_at_utc"]).min()
    last = some["sent_at_utc"].max()
    struck = Struck(
        PERIL_OF_ALERT.get(kind, Peril.STRAIGHT_LINE_WIND),
        some.geometry.union_all(),
        starts.to_pydatetime(),
        ends.to_pydatetime() if pd.notna(ends) else None,
        f"{len(some)} alerts, the last of {last:%Y-%m-%dT%H:%MZ}",
    )
    return draw_candidate(f"{_slug(kind)}-{day}", f"{kind} {day}", struck)


@dataclass(frozen=True, slots=True, eq=False)
class Struck:
    """An area of which no more is known than what struck it, and when.

    Attributes:
        peril: what struck.
        area: where, EPSG:4326.
        start_utc: losses began.
        end_utc: losses ended; None = at once.
        basis: what it is taken from, in words.
    """

    peril: Peril
    area: BaseGeometry
    start_utc: datetime
    end_utc: datetime | None
    basis: str


def draw_candidate(
    event_id: str, name: str, struck: Struck, section: WeatherSection | None = None
) -> Candidate:
    """A candidate of an area.

    Args:
        event_id: of the event.
        name: what people call it.
        struck: the area.
        section: services that the event's own runs ask.
    """
    area, start_utc = struck.area, struck.start_utc
    ends = max(start_utc, struck.end_utc or start_utc)
    return Candidate(
        event_id, name, (struck.peril,), start_utc, ends, None, area, section, {},
        AreaHazard(area, struck.peril, start_utc, ends).find_in_path, struck.basis,
        sha256_of_bytes(shapely.to_wkb(area)),
    )  # fmt: skip


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
