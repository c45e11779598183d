"""Which letters may still go out, as the ledger stands now. Pure."""

from claims.incidents.states import CLOSED_STATES, IncidentState
from claims.ledger.letters import DueLetter, LetterState, Step

_S = IncidentState
_IN_HANDS = (_S.SCREENED, _S.OUTREACH, _S.HUMAN_REVIEWED)
"""A person looks at it or asks the insured: what lies in the claims system may be corrected, and
nothing new goes there."""


def may_go(due: DueLetter) -> bool:
    """Whether a letter may go out: a person may have decided otherwise since it was queued."""
    if due.incident_state is _S.CLAIM_DRAFT:
        return True
    went_before = due.reference is not None or due.may_be_there
    return due.incident_state in _IN_HANDS and went_before


def cancel(due: DueLetter) -> Step:
    """The step of a letter that may not go out any more."""
    closed = "closed" if due.incident_state in CLOSED_STATES else "not for a draft now"
    letter = due.letter
    return Step(
        letter.transaction_id,
        letter.revision,
        letter.incident_id,
        LetterState.CANCELLED,
        told=f"the incident is {due.incident_state}, so {closed}",
    )
