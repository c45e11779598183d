"""Who sees what of people, why, and for how long."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from claims.incidents.roles import PEOPLE, Role
from reports.lists.columns import COLUMN_NAMES

CONTACT_COLUMNS = (
    "insured_name", "address", "contact_channel", "contact", "language", "consent",
)  # fmt: skip
"""Columns of the daily list that say who the insured is and how to reach them."""


@dataclass(frozen=True, slots=True)
class AccessOptions:
    """Who sees what of people, why, and for how long."""

    list_role: Role = Role.ADJUSTER
    """role for which a run writes its daily list; what that role may not see is left empty"""

    masked: Mapping[Role, tuple[str, ...]] = field(
        default_factory=lambda: {Role.REVIEWER: CONTACT_COLUMNS}
    )
    """columns of the daily list that are left empty for a role; replaces this whole"""

    purpose: str = "working the claims of the event"
    """why runs write names and contacts, as the export log says it"""

    retention_days: float | None = None
    """names and contacts in folders of runs older than so many days may go, see `export expire`;
    absent = they stay; ledgers and drafts always stay"""

    def __post_init__(self) -> None:
        unknown = sorted({name for names in self.masked.values() for name in names}
                         - set(COLUMN_NAMES))  # fmt: skip
        if unknown:
            raise ValueError(f"access.masked names no columns of the list: {', '.join(unknown)}")
        if self.list_role not in PEOPLE or not set(self.masked) <= set(PEOPLE):
            raise ValueError(f"access names roles of people alone: {', '.join(PEOPLE)}")
        if self.retention_days is not None and not self.retention_days > 0:
            raise ValueError(f"access.retention_days is {self.retention_days}, not above 0")

    def find_masked(self, role: Role) -> list[str]:
        """Columns of the list that a role does not see."""
        return list(self.masked.get(role, ()))
