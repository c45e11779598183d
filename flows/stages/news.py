"""Whether anything of an event is new since its newest run: pictures, weather, reviews, book."""

import json
from datetime import UTC, datetime
from pathlib import Path

from core.errors import FirstNoticeError
from flows.stages.pull_weather import pull_weather
from flows.wiring.books import describe_stored
from flows.wiring.event_file import read_event_file
from flows.wiring.opening import describe_inputs
from flows.wiring.scene_listing import describe_listings
from flows.wiring.settings import Settings
from flows.wiring.storage.folders import LATEST, RUN_FILE
from flows.wiring.turns import is_running

NO_RUN = "no run yet"


def find_news(event_file: Path, out: Path, settings_file: Path | None) -> tuple[str, ...]:
    """Names of the inputs that are not what the event's newest run found, as in ``catalog``.

    None while a run of the event goes on: what comes meanwhile is found the next time. A run that
    failed left no record, so it is news until one ends well.

    Args:
        event_file: the event's ``event.yaml``.
        out: folder of all runs.
        settings_file: settings; defaults and environment, if not given.

    Raises:
        InputError, SettingsError, TransientError: an input cannot be looked at.
    """
    source, settings = read_event_file(event_file), Settings.read(settings_file)
    if is_running(source.event_id, out, settings):
        return ()
    pull_weather(event_file, settings_file)
    before = _read_inputs(out / source.event_id / LATEST / RUN_FILE)
    if before is None:
        return (NO_RUN,)
    now = datetime.now(UTC)
    inputs = describe_inputs(event_file, source, now)
    inputs |= describe_listings(source, settings.imagery, now)
    inputs |= describe_stored(source.policies, settings, out)
    names = sorted(inputs.keys() | before.keys())
    return tuple(name for name in names if inputs.get(name) != before.get(name))


def _read_inputs(path: Path) -> dict[str, str] | None:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8"))["inputs_sha256"])
    except (OSError, ValueError, KeyError, TypeError, FirstNoticeError):
        return None
