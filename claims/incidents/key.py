"""What names an incident: the event and OED's key of the insured location."""

from dataclasses import dataclass
from functools import lru_cache

from core.provenance import content_key

INCIDENT_PREFIX = "inc-"


@dataclass(frozen=True, slots=True)
class IncidentKey:
    """The event and the insured location; with these an incident is found again.

    A ledger made before OED's whole key was kept knows policy and location alone. Such a key is
    in part, and a run completes it once it has found the home again.

    Attributes:
        event_id: the event.
        portfolio_number: OED PortNumber; None where the key is in part.
        account_number: OED AccNumber; None where the key is in part.
        policy_number: OED PolNumber.
        location_number: OED LocNumber.
    """

    event_id: str
    portfolio_number: str | None
    account_number: str | None
    policy_number: str
    location_number: str

    @property
    def is_whole(self) -> bool:
        """Whether portfolio and account are known."""
        return self.portfolio_number is not None and self.account_number is not None

    @property
    def incident_id(self) -> str:
        """The one id of an incident that was opened under this key."""
        if self.portfolio_number is None or self.account_number is None:
            return incident_id(self.event_id, self.policy_number, self.location_number)
        return incident_id(
            self.event_id,
            self.portfolio_number,
            self.account_number,
            self.policy_number,
            self.location_number,
        )

    @property
    def sort_key(self) -> tuple[str, ...]:
        """Orders keys; one in part goes before the whole ones of its event."""
        return (
            self.event_id,
            self.portfolio_number or "",
            self.account_number or "",
            self.policy_number,
            self.location_number,
        )

    def completes(self, earlier: "IncidentKey") -> bool:
        """Whether this is the whole of a key that was known in part."""
        return self.is_whole and earlier == IncidentKey(
            self.event_id, None, None, self.policy_number, self.location_number
        )


@lru_cache(maxsize=4096)
def incident_id(event_id: str, *numbers: str) -> str:
    """The id of the incident of an insured location in an event.

    The texts go in as a JSON list, so no two different keys read the same.

    Args:
        event_id: the event.
        numbers: portfolio, account, policy and location; policy and location alone for incidents
            opened before the whole key was kept.
    """
    return INCIDENT_PREFIX + content_key(event_id, *numbers)
