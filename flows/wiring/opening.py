"""From an event file and settings to a run with a name of its own."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.errors import EventError
from core.provenance import content_key, sha256_of_file
from flows.wiring.adapters import check_licences, detector_key
from flows.wiring.books import describe_stored
from flows.wiring.context import RunContext
from flows.wiring.event_file import EventFile, read_event_file
from flows.wiring.feeds import version_chooser
from flows.wiring.scene_listing import describe_listings
from flows.wiring.settings import Settings
from flows.wiring.storage.folders import INSTANT_FORMAT, RunFolder, check_out, keep_private
from flows.wiring.storage.judged import describe_judged
from flows.wiring.storage.record import check_instant
from flows.wiring.wording.redaction import describe_settings
from imagery.catalogs.manifest import MANIFEST

RUN_KEY_LENGTH = 8

_NOT_DECIDING = ("delivery", "notify", "capacity", "outreach", "files", "map")
"""Sections of the settings that change no finding and no draft."""


def open_run(
    event_file: Path, out: Path, as_of_utc: datetime, settings_file: Path | None
) -> RunContext:
    """The context of a run; its id is the instant and a digest of inputs, settings and model.

    Raises:
        InputError, SettingsError: an input is wrong, the instant lies in the future, or a licence
            does not allow the purpose that the settings name.
    """
    as_of_utc = check_instant(as_of_utc, datetime.now(UTC))
    source = read_event_file(event_file)
    settings = Settings.read(settings_file)
    inputs = describe_inputs(event_file, source, as_of_utc)
    inputs |= describe_listings(source, settings.imagery, as_of_utc)
    inputs |= describe_stored(source.policies, settings, out)
    inputs |= describe_judged(out, source.event_id, as_of_utc)
    check_licences(source, settings, as_of_utc)
    keep_private()
    check_out(out)
    key = content_key(inputs, _describe_deciding(settings), detector_key(settings))
    run_id = f"{as_of_utc.strftime(INSTANT_FORMAT)}-{key[:RUN_KEY_LENGTH]}"
    folder = RunFolder(out.resolve(), source.event_id, run_id)
    found = tuple(sorted(inputs.items()))
    return RunContext(event_file.resolve(), settings_file, folder, as_of_utc, found)


def _describe_deciding(settings: Settings) -> dict[str, Any]:
    """The settings that a run's findings and drafts depend on: not what becomes of them then."""
    described = describe_settings(settings)
    return {name: each for name, each in described.items() if name not in _NOT_DECIDING}


def find_changed(run: RunContext) -> tuple[str, ...]:
    """Names of the input files that are no longer what they were when the run began.

    A run names its inputs as it found them, and says so where somebody replaced one meanwhile.
    """
    found = dict(run.inputs)
    paths = _name_inputs(run.event_file, run.source, run.as_of_utc)
    paths.pop("folder", None)  # named by what it lists
    return tuple(
        name for name, path in paths.items()
        if not path.is_file() or sha256_of_file(path) != found.get(name, sha256_of_file(path))
    )  # fmt: skip


def describe_inputs(event_file: Path, source: EventFile, as_of_utc: datetime) -> dict[str, str]:
    """Digest of each input file of an event as known at an instant, by what it is.

    What servers list and folders hold are no files: see ``describe_listings``.

    Raises:
        EventError: an input file is missing.
    """
    digests = {}
    for name, path in _name_inputs(event_file, source, as_of_utc).items():
        if not path.is_file():
            raise EventError(
                f"reading the event file {event_file}", f"{name}: there is no file {path}",
                "Correct the path; it is relative to event.yaml",
            )  # fmt: skip
        digests[name] = sha256_of_file(path)
    return digests


def _name_inputs(event_file: Path, source: EventFile, as_of_utc: datetime) -> dict[str, Path]:
    """The files that an event names, by what they are; of pulled ones the version of then."""
    version = version_chooser(event_file, as_of_utc)
    catalog, folder = source.imagery.catalog, source.imagery.folder
    named = {
        "event": event_file,
        "footprints": source.footprints,
        "location": source.policies.location,
        "account": source.policies.account,
        "contacts": source.policies.contacts,
        "catalog": catalog if isinstance(catalog, Path) else None,
        "folder": folder / MANIFEST if folder else None,
        "reviews": source.reviews,
        "claims": source.claims,
        "staff": source.staff,
    } | _name_hazards(source)
    return {name: version(path) for name, path in named.items() if path is not None}


def _name_hazards(source: EventFile) -> dict[str, Path | None]:
    """Files of the hazards: the first of a kind by its name alone, as in ``track``."""
    named: dict[str, Path | None] = {}
    for hazard in source.hazards:
        if hazard.file is not None:
            count = sum(name.split()[0] == hazard.source for name in named)
            named[f"{hazard.source} {count + 1}" if count else hazard.source] = hazard.file
    return named
