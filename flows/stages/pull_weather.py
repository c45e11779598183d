"""What services say of an event, pulled before a run looks, and how old it is then."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flows.wiring.context import RunContext
from flows.wiring.event_file import read_event_file
from flows.wiring.feeds import choose_patience, open_evidence, open_feeds
from flows.wiring.settings import Settings
from reports.summary.gates import Gap, find_old_weather
from weather.feeds.evidence import Freshness, Pull, find_freshness
from weather.feeds.http import FeedHttp
from weather.feeds.pull import Puller

SECONDS_PER_HOUR = 3600.0


def _now() -> datetime:
    return datetime.now(UTC)


def pull_weather(
    event_file: Path, settings_file: Path | None, now: Callable[[], datetime] = _now
) -> tuple[Pull, ...]:
    """Ask the services that an event names, and keep what they say in its weather folder.

    A service that fails costs freshness alone; nothing is asked where the event names none.

    Args:
        event_file: the event's ``event.yaml``.
        settings_file: settings; defaults and environment, if not given.
        now: the clock, UTC.

    Raises:
        EventError, SettingsError: the event file or the settings are wrong.
    """
    settings = Settings.read(settings_file)
    feeds = open_feeds(read_event_file(event_file), settings, now())
    if not feeds:
        return ()
    with FeedHttp(choose_patience(settings)) as door:
        return Puller(door, open_evidence(event_file), now).pull(feeds)


def read_freshness(run: RunContext) -> tuple[Freshness, ...]:
    """How old each pulled product is at the run's instant; none where nothing is pulled."""
    if run.source.weather is None:
        return ()
    return find_freshness(open_evidence(run.event_file).read_pulls(run.as_of_utc))


def find_weather_gaps(run: RunContext) -> tuple[Gap, ...]:
    """The gate on the age of the weather, if it is not passed."""
    ages_h = {
        f"{each.pull.feed}/{each.pull.name}": _age_h(each, run.as_of_utc)
        for each in read_freshness(run)
    }
    is_live = run.source.weather is not None
    return find_old_weather(ages_h, run.settings.weather.max_age_h) if is_live else ()


def say_freshness(run: RunContext) -> tuple[str, ...]:
    """A sentence on what failed to come, for people; none where all is new."""
    failed = [each for each in read_freshness(run) if each.pull.problem]
    if not failed:
        return ()
    said = ", ".join(_tell(each, run.as_of_utc) for each in failed)
    return (f"weather could not be renewed: {said}",)


def describe_weather(run: RunContext) -> list[dict[str, Any]]:
    """What was pulled and how old it is, for the run's record."""
    return [
        {
            "feed": each.pull.feed, "product": each.pull.name, "url": each.pull.url,
            "asked_at_utc": each.pull.asked_at_utc.isoformat(),
            "outcome": str(each.pull.outcome), "sha256": each.pull.sha256 or None,
            "known_at_utc": each.known_at_utc.isoformat() if each.known_at_utc else None,
            "age_h": _age_h(each, run.as_of_utc), "problem": each.pull.problem or None,
        }
        for each in read_freshness(run)
    ]  # fmt: skip


def _age_h(fresh: Freshness, at_utc: datetime) -> float | None:
    age = fresh.age(at_utc)
    return None if age is None else round(age.total_seconds() / SECONDS_PER_HOUR, 2)


def _tell(fresh: Freshness, at_utc: datetime) -> str:
    age_h = _age_h(fresh, at_utc)
    age = "never had" if age_h is None else f"{age_h:.1f} h old"
    return f"{fresh.pull.feed}/{fresh.pull.name} ({age}; {fresh.pull.problem})"


def describe_pulls(pulls: Sequence[Pull]) -> list[str]:
    """A line a product, for a terminal."""
    return [
        f"{pull.feed}/{pull.name}: {pull.outcome}{f', {pull.problem}' if pull.problem else ''}"
        for pull in pulls
    ]
