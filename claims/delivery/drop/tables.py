"""Tables of what each delivery put into a drop, to load in bulk: CSV without names."""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from claims.delivery.drop.placing import put
from core.provenance import sha256_of_bytes, sha256_of_file

TABLES_FOLDER = "tables"
_NAME_LENGTH = 16
COLUMNS = (
    "transaction_id", "revision", "incident_id", "policy_number", "location_number", "loss_date",
    "loss_cause", "severity", "status", "file", "sha256",
)  # fmt: skip
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def describe_row(name: str, revision: int, content: bytes, sha256: str) -> dict[str, str | int]:
    """The row of a draft.

    Args:
        name: of its file.
        revision: 1 for the first.
        content: the file's.
        sha256: of the content.
    """
    draft = json.loads(content)
    claim = _attributes(draft, "claim")
    incident = _attributes(draft, "fixedPropertyIncident")
    return {
        "transaction_id": draft.get("transactionId", ""),
        "revision": revision,
        "incident_id": draft.get("incidentId", ""),
        "policy_number": claim.get("policyNumber", ""),
        "location_number": incident.get("locationNumber", ""),
        "loss_date": claim.get("lossDate", ""),
        "loss_cause": claim.get("lossCause", {}).get("code", ""),
        "severity": incident.get("severity", {}).get("code", ""),
        "status": draft.get("status", ""),
        "file": name,
        "sha256": sha256,
    }


def put_table(folder: Path, rows: Iterable[Mapping[str, str | int]]) -> str:
    """Put a table in place under a name that its content gives; its path from the folder."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({name: _defuse(value) for name, value in row.items()} for row in rows)
    content = text.getvalue().encode()
    name = f"{TABLES_FOLDER}/drafts-{sha256_of_bytes(content)[:_NAME_LENGTH]}.csv"
    (folder / TABLES_FOLDER).mkdir(exist_ok=True)
    put(folder / name, content)
    return name


def describe_tables(folder: Path, counts: Mapping[str, int]) -> list[dict[str, str | int]]:
    """The manifest's lines of the tables: file, rows, digest; those that are there."""
    return [
        {"file": name, "rowCount": count, "sha256": sha256_of_file(folder / name)}
        for name, count in sorted(counts.items())
        if name and (folder / name).is_file()
    ]


def _defuse(value: str | int) -> str | int:
    """A cell that a spreadsheet does not run as a formula."""
    is_formula = isinstance(value, str) and value.startswith(_FORMULA_SIGNS)
    return f"'{value}" if is_formula else value


def _attributes(draft: Mapping[str, Any], part: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = draft.get(part, {}).get("data", {}).get("attributes", {})
    return found
