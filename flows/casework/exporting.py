"""Lists taken out for a role, and names that are no longer needed."""

import getpass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd

from claims.incidents.moving import Decider
from claims.incidents.roles import Role
from claims.ledger.log_anchors import LogAnchors
from core.errors import InputError, SettingsError
from flows.stages.publish import LIST_FILE
from flows.wiring.adapters import find_ledger
from flows.wiring.settings import Settings
from flows.wiring.storage.exports import Export, log_exports, name_file
from flows.wiring.storage.folders import INSTANT_FORMAT, LATEST, atomic_path, keep_private

LISTS = (LIST_FILE, "daily_list.xlsx")
NAMED_FILES = (*LISTS, "work/contacts.parquet")
"""Files of a run's folder that hold names and contacts."""


def name_user() -> str:
    """The system's user that runs this process."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def find_anchors(settings: Settings, out: Path) -> LogAnchors | None:
    """Where the ledger keeps how far logs have come; None where there is no ledger yet."""
    ledger = find_ledger(settings, out)
    return None if ledger is None else ledger.log_anchors


def export_list(out: Path, event_id: str, to: Path, who: Decider, settings: Settings) -> int:
    """Write the newest list of an event as a role may see it, and log that.

    Args:
        out: folder of all runs.
        event_id: the event.
        to: CSV file to write.
        who: who takes it; the reason is the purpose.
        settings: name roles and what each may not see.

    Returns:
        Rows written.

    Raises:
        RoleError: the settings do not give this person this role.
        InputError: there is no such list.
    """
    role = Role(who.role)
    settings.users.check(who.by, role)
    path = out / event_id / LATEST / LIST_FILE
    if not path.is_file():
        raise InputError(
            f"exporting the list of event {event_id}", f"there is no {path}",
            "Run the event first, or name its output folder",
        )  # fmt: skip
    keep_private()
    table = pd.read_csv(path, dtype="str", keep_default_na=False)
    masked = settings.access.find_masked(role)
    table[masked] = ""
    with atomic_path(to) as partial:
        table.to_csv(partial, index=False)
    file, sha256 = name_file(to, out)
    log_exports(
        out,
        [Export(who.by, role, who.reason, "daily list", file, len(table), sha256, tuple(masked))],
        find_anchors(settings, out),
    )
    return len(table)


def expire(out: Path, who: Decider, settings: Settings) -> list[str]:
    """Remove names and contacts from folders of runs past their retention, and log that.

    The newest run of each event keeps them, whatever its age; ledgers and drafts are kept.

    Returns:
        The files removed, from ``out``.

    Raises:
        RoleError: the settings do not give this person this role.
        SettingsError: the settings name no retention.
    """
    settings.users.check(who.by, Role(who.role))
    days = settings.access.retention_days
    if days is None:
        raise SettingsError(
            "removing names past their retention", "access.retention_days is not set",
            "Set it to what the carrier's claim-file rules say",
        )  # fmt: skip
    before = (datetime.now(UTC) - timedelta(days=days)).strftime(INSTANT_FORMAT)
    removed = []
    for run in sorted(out.glob("*/*/run.json")):
        folder = run.parent
        is_newest = (folder.parent / LATEST).resolve() == folder.resolve()
        if folder.is_symlink() or is_newest or folder.name.split("-")[0] >= before:
            continue
        for path in (folder / name for name in NAMED_FILES):
            if path.exists():
                path.unlink()
                removed.append(str(path.relative_to(out)))
    log_exports(out, [
        Export(who.by, who.role, who.reason, "removed past its retention", file, 0)
        for file in removed
    ], find_anchors(settings, out))  # fmt: skip
    return removed
