"""Who was written to, as entries of the ledger: ids and ways, no names and no addresses. Pure."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from claims.incidents.moving import Decider, plan_note
from claims.ledger.entry import Entry
from claims.ledger.kinds import EntryKind


def plan_contacts(
    histories: Mapping[str, Sequence[Entry]],
    channels: Mapping[str, str],
    export_id: str,
    decider: Decider,
    at_utc: datetime,
) -> tuple[Entry, ...]:
    """The entries by which incidents are noted as handed to the messenger; states stay.

    Args:
        histories: all entries of each incident.
        channels: by incident, also of those that another's message says too.
        export_id: of the file that is handed on.
        decider: who takes it out, and what for.
        at_utc: when.

    Raises:
        RoleError: not in that role.
    """
    return tuple(
        plan_note(
            histories[incident][-1], EntryKind.CONTACT_EXPORTED, decider, at_utc,
            notes={"channel": channel, "export_id": export_id},
        )
        for incident, channel in sorted(channels.items())
    )  # fmt: skip


def read_contacted(entries: Iterable[Entry], export_id: str | None = None) -> set[str]:
    """Incidents that were handed to the messenger; of one export alone if given."""
    return {
        entry.incident_id
        for entry in entries
        if entry.entry_kind is EntryKind.CONTACT_EXPORTED
        and export_id in (None, json.loads(entry.payload).get("export_id"))
    }
