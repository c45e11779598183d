"""An event file's live services, opened; and what is there of their products at an instant."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from core.errors import SettingsError
from core.grid import Bounds
from flows.wiring.event_file import EventFile
from flows.wiring.sections.weather import WeatherSection
from flows.wiring.settings import Settings
from weather.feeds.evidence import FOLDER, KEPT, Evidence, Outcome
from weather.feeds.feed import Feed
from weather.feeds.firms import FirmsFeed
from weather.feeds.http import FeedOptions
from weather.feeds.mrms import MrmsFeed
from weather.feeds.nhc import NhcFeed
from weather.feeds.nws_alerts import NwsAlertsFeed
from weather.feeds.shakemap import ShakeMapFeed
from weather.feeds.spc import SpcFeed
from weather.feeds.wfigs import WfigsFeed

MOST_DAYS = 31
"""Of products that come by the day: an event of months is asked about its last month."""


def open_evidence(event_file: Path) -> Evidence:
    """The weather folder beside an event file."""
    return Evidence(event_file.resolve().parent / FOLDER)


def choose_patience(settings: Settings) -> FeedOptions:
    """How services are asked."""
    contact = settings.weather.contact
    return FeedOptions(agent=f"firstnotice ({contact})") if contact else FeedOptions()


def open_feeds(source: EventFile, settings: Settings, now_utc: datetime) -> tuple[Feed, ...]:
    """The services that an event names.

    Raises:
        SettingsError: one needs a key that is not set.
    """
    live = source.weather
    if live is None:
        return ()
    days = _days(source, now_utc)
    return (*_open_storm_feeds(live, days), *_open_other_feeds(live, settings, days))


def _open_storm_feeds(live: WeatherSection, days: tuple[date, ...]) -> Iterator[Feed]:
    if live.nhc is not None:
        yield NhcFeed(live.nhc.storm_id, live.nhc.site, live.nhc.atcf)
    if live.nws_alerts is not None:
        yield NwsAlertsFeed(live.nws_alerts.areas, live.nws_alerts.api)
    if live.spc is not None:
        yield SpcFeed(days, live.spc.site)
    if live.mrms is not None:
        yield MrmsFeed(days, live.mrms.products, live.mrms.bucket)


def _open_other_feeds(
    live: WeatherSection, settings: Settings, days: tuple[date, ...]
) -> Iterator[Feed]:
    if live.wfigs is not None:
        yield WfigsFeed(live.wfigs.incident, live.wfigs.service)
    if live.firms is not None:
        key = settings.weather.firms_key
        if key is None:
            raise SettingsError(
                "asking FIRMS for fires", "there is no key",
                "Set FIRSTNOTICE_WEATHER__FIRMS_KEY; NASA gives keys for free",
            )  # fmt: skip
        if days:
            yield FirmsFeed(
                key.get_secret_value(), Bounds(*live.firms.box), days[0], days[-1],
                live.firms.sensors, live.firms.api,
            )  # fmt: skip
    if live.shakemap is not None:
        yield ShakeMapFeed(live.shakemap.quake_id, live.shakemap.api)


def _days(source: EventFile, now_utc: datetime) -> tuple[date, ...]:
    """UTC days of the occurrence window that have begun, and the one after for late products."""
    window = source.event.window
    last = min(window.end_utc + timedelta(days=1), now_utc.astimezone(UTC)).date()
    first = max(window.start_utc.date(), last - timedelta(days=MOST_DAYS - 1))
    return tuple(first + timedelta(days=n) for n in range((last - first).days + 1))


def version_chooser(event_file: Path, as_of_utc: datetime) -> Callable[[Path], Path]:
    """Gives the version of a pulled product that was in use at an instant; other files as is.

    So a replay reads the weather that was known then. What was pulled only later is not there.
    """
    evidence = open_evidence(event_file)
    pulls = [p for p in evidence.read_pulls(as_of_utc) if p.outcome is Outcome.NEW]
    versions = {evidence.path(p.feed, p.name): evidence.folder / KEPT / p.sha256 for p in pulls}
    ever = {evidence.path(p.feed, p.name) for p in evidence.read_pulls()}

    def choose(path: Path) -> Path:
        if path in versions or path not in ever:
            return versions.get(path, path)
        return path.with_name(f"{path.name} (not pulled before {as_of_utc.isoformat()})")

    return choose
