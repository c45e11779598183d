"""From the outbox to a claims system, letter by letter, and what the ledger says of it."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from claims.delivery.bounds import cancel, may_go
from claims.delivery.gateway import Answer, Gateway, Outgoing, PicturesOf, have_no_pictures
from claims.drafts.pictures import DraftPicture
from claims.ledger.letters import DueLetter, Letter, LetterState, Step
from claims.ledger.outbox import Outbox

CHUNK = 200
"""Letters between two transactions: what a killed delivery has to ask about again."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What a delivery did.

    Attributes:
        counts: letters by what became of them; PENDING ones are tried again next time.
        is_stopped: the claims system answered nothing any more, so the rest was not tried.
        pictures_refused: drafts that are there without their pictures, by the code of its answer.
    """

    counts: dict[LetterState, int]
    is_stopped: bool
    pictures_refused: dict[str, int] = field(default_factory=dict)


def send_due(
    outbox: Outbox,
    gateway: Gateway,
    clock: Callable[[], datetime],
    concurrency: int,
    *,
    event_id: str | None = None,
    pictures_of: PicturesOf = have_no_pictures,
    held: Collection[str] = (),
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
        pictures_of: see ``PicturesOf``; asked for the letters between two transactions.
        held: events whose letters wait, since their list is not published.

    Raises:
        SettingsError: the claims system lets nobody in; what was answered before is noted.
        TransientError: another delivery holds the ledger's lock.
    """
    counts: Counter[LetterState] = Counter()
    refused: Counter[str] = Counter()
    with outbox.delivering(), ThreadPoolExecutor(concurrency) as pool:
        for chunk in _read_chunks(outbox, event_id):
            due = [each for each in chunk if each.letter.event_id not in held]
            going = [each for each in due if may_go(each)]
            outbox.note_attempts([each.letter for each in going])
            pictures = pictures_of([each.letter for each in going])
            answers = list(pool.map(gateway.deliver, (_address(e, pictures) for e in going)))
            steps = [_note(*pair) for pair in zip(going, answers, strict=True)]
            steps += [_stop(each, gateway) for each in due if not may_go(each)]
            _settle(outbox, steps, due, clock())
            counts.update(step.state for step in steps)
            refused.update(each.pictures_refused for each in answers if each.pictures_refused)
            if going and all(each.state is LetterState.PENDING for each in answers):
                return Sent(dict(counts), is_stopped=True, pictures_refused=dict(refused))
    return Sent(dict(counts), is_stopped=False, pictures_refused=dict(refused))


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
    found = gateway.find(_address(due, {})) if is_unseen else None
    return cancel(due) if found is None else _note(due, found)


def _address(due: DueLetter, pictures: Mapping[str, tuple[DraftPicture, ...]]) -> Outgoing:
    own = pictures.get(due.letter.incident_id, ())
    return Outgoing(due.letter, due.reference, due.may_be_there, due.found_claim, own)


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
        notes=_note_what_went(letter, answer),
    )


def _note_what_went(letter: Letter, answer: Answer) -> tuple[tuple[str, str], ...]:
    notes = (("draft_sha256", letter.sha256),)
    refused = answer.pictures_refused
    return notes if refused is None else (*notes, ("pictures_refused", refused))


def _settle(
    outbox: Outbox, steps: Sequence[Step], due: Sequence[DueLetter], at_utc: datetime
) -> None:
    """Note steps, one transaction an event."""
    events = {each.letter.transaction_id: each.letter.event_id for each in due}
    ordered = sorted(steps, key=lambda step: events[step.transaction_id])
    for event_id, group in groupby(ordered, key=lambda step: events[step.transaction_id]):
        outbox.settle(event_id, list(group), at_utc)
