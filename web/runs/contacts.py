"""How to reach an insured, as far as a role may see it."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from core.schemas.book import LOCATION_KEY

CONTACTS_FILE = Path("work") / "contacts.parquet"


def read_contact(run_folder: Path, key: Mapping[str, str]) -> dict[str, str] | None:
    """The contact of a home, under the daily list's names; None where the run keeps none.

    Args:
        run_folder: of the run.
        key: of ``LOCATION_KEY``.
    """
    path = run_folder / CONTACTS_FILE
    if not path.is_file():
        return None
    found = pd.read_parquet(path, filters=[(name, "=", key[name]) for name in LOCATION_KEY])
    return _tell(found.iloc[0]) if len(found) else None


def mask(contact: Mapping[str, str], masked: Collection[str]) -> dict[str, str]:
    """A contact with what a role may not see left empty."""
    return {name: "" if name in masked else value for name, value in contact.items()}


def _tell(row: "pd.Series[Any]") -> dict[str, str]:
    said = {name: "" if pd.isna(value) else str(value) for name, value in row.items()}
    channel = said["preferred_channel"]
    reach = {"email": said["email"], "sms": said["phone"], "phone": said["phone"]}
    return {
        "insured_name": said["insured_name"],
        "address": ", ".join(filter(None, (said["street_address"], said["city"]))),
        "contact_channel": channel,
        "contact": reach.get(channel) or said["phone"] or said["email"],
        "language": said["language"],
        "consent": "yes" if row["has_contact_consent"] else "no",
    }
