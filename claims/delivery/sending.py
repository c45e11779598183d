"""From the outbox to a claims system, letter by letter, and what the ledger says of it."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from claims.delivery.bounds import cancel, may_go
from claims.delivery.gateway import Answer, Gateway, Outgoing
from claims.ledger.letters import DueLetter, LetterState, Step
from claims.ledger.outbox import Outbox

CHUNK = 200
"""Letters between two transactions: what a killed delivery has to ask about again."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What a delivery did.

    Attributes:
        counts: letters by what became of them; PENDING ones are tried again next time.
        is_stopped: the claims system answered nothing any more, so the rest was not tried.
    """

    counts: dict[LetterState, int]
    is_stopped: bool


def send_due(
    outbox: Outbox,
    gateway: Gateway,
    clock: Callable[[], datetime],
    concurrency: int,
    event_id: str | None = None,
) -> Sent:
    """Deliver what waits, at most ``concurrency`` letters at once.

    A letter that was delivered and not noted, for the process was killed between, goes out again
    under the same key, which the claims system knows.

    Args:
        outbox: of the ledger.
        gateway: to the claims system.
        clock: gives the time of record.
        concurrency: letters at once.
        event_id: of one event only.

    Raises:
        SettingsError: the claims system lets nobody in; what was answered before is noted.
        TransientError: another delivery holds the ledger's lock.
    """
    counts: Counter[LetterState] = Counter()
    with outbox.delivering(), ThreadPoolExecutor(concurrency) as pool:
        for due in _read_chunks(outbox, event_id):
            going = [each for each in due if may_go(each)]
            outbox.note_attempts([each.letter for each in going])
            answers = list(pool.map(gateway.deliver, map(_address, going)))
            steps = [_note(*pair) for pair in zip(going, answers, strict=True)]
            steps += [_stop(each, gateway) for each in due if not may_go(each)]
            _settle(outbox, steps, due, clock())
            counts.update(step.state for step in steps)
            if going and all(each.state is LetterState.PENDING for each in answers):
                return Sent(dict(counts), is_stopped=True)
    return Sent(dict(counts), is_stopped=False)


def _read_chunks(outbox: Outbox, event_id: str | None) -> Iterator[list[DueLetter]]:
    after = ""
    while due := outbox.due(CHUNK, event_id, after):
        yield due
        after = due[-1].letter.transaction_id


def _stop(due: DueLetter, gateway: Gateway) -> Step:
    """The step of a letter that may not go out any more.

    Where a try of it ended unseen the claims system is asked, so that the ledger has the number of
    what lies there, for whoever closed the incident to withdraw it there too.
    """
    is_unseen = due.attempts > 0 and due.reference is None
    found = gateway.find(_address(due)) if is_unseen else None
    return cancel(due) if found is None else _note(due, found)


def _address(due: DueLetter) -> Outgoing:
    return Outgoing(due.letter, due.reference, due.may_be_there, due.found_claim)


def _note(due: DueLetter, answer: Answer) -> Step:
    letter = due.letter
    return Step(
        letter.transaction_id,
        letter.revision,
        letter.incident_id,
        answer.state,
        reference=answer.reference,
        claim_number=answer.claim_number,
        told=answer.told,
        notes=(("draft_sha256", letter.sha256),),
    )


def _settle(
    outbox: Outbox, steps: Sequence[Step], due: Sequence[DueLetter], at_utc: datetime
) -> None:
    """Note steps, one transaction an event."""
    events = {each.letter.transaction_id: each.letter.event_id for each in due}
    ordered = sorted(steps, key=lambda step: events[step.transaction_id])
    for event_id, group in groupby(ordered, key=lambda step: events[step.transaction_id]):
        outbox.settle(event_id, list(group), at_utc)
