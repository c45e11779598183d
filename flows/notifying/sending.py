"""Messages on their way, through apprise; one that fails is logged and costs nothing else."""

import json
import logging
from datetime import UTC, datetime
from pathlib import Path

from core.errors import SettingsError
from flows.notifying.messages import Message
from flows.wiring.sections.notify import NotifySettings
from flows.wiring.storage.folders import atomic_path

_LOG = logging.getLogger(__name__)
TRIES = 2


def send(message: Message, settings: NotifySettings) -> bool:
    """Tell all targets; gives whether every one took it. Nobody is told where none is named."""
    if message.occasion not in settings.occasions:
        return True
    try:
        targets = settings.read_targets()
    except SettingsError as error:
        _LOG.warning("%s", error)
        return False
    took = [_send_to(target, message) for target in targets]  # each is tried
    return all(took)


def send_once(message: Message, settings: NotifySettings, marker: Path, about: str) -> None:
    """Tell of something once: a marker says what was told last.

    A process killed between sending and marking tells again; one that failed to tell does too.
    """
    if not (settings.targets or settings.targets_file):
        return
    if _read_marker(marker) == about or not send(message, settings):
        return
    with atomic_path(marker) as partial:
        told = {"about": about, "told_at_utc": datetime.now(UTC).isoformat(timespec="seconds")}
        partial.write_text(json.dumps(told) + "\n", encoding="utf-8")


def _send_to(target: str, message: Message) -> bool:
    import apprise  # noqa: PLC0415  some hundred services; only where somebody is told

    room = apprise.Apprise()
    if not room.add(target):
        _LOG.warning("notify.targets holds an address that apprise does not know")
        return False
    for _ in range(TRIES):
        if room.notify(title=message.title, body=message.body):
            return True
    # the address may hold a password, so its kind alone is said
    kind = target.partition("://")[0]
    _LOG.warning("nobody could be told by %s: %s", kind, message.title)
    return False


def _read_marker(marker: Path) -> str | None:
    try:
        return str(json.loads(marker.read_text(encoding="utf-8"))["about"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
