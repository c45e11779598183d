"""From the outbox to a drop, and what the ledger says of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain

from claims.delivery.bounds import cancel, may_go
from claims.delivery.drop.file_drop import FileDrop
from claims.delivery.gateway import Outcome, PicturesOf, Receipt, have_no_pictures
from claims.drafts.fnol import ClaimDraft
from claims.ledger.letters import DueLetter, Letter, LetterState, Step
from claims.ledger.outbox import Outbox
from core.provenance import sha256_of_bytes

SETTLED_AT_ONCE = 500
"""Letters a transaction: others wait milliseconds for it."""
_READ_AT_ONCE = 2_000


def deliver_to_drop(
    outbox: Outbox,
    event_id: str,
    drop: FileDrop,
    at_utc: datetime,
    *,
    drafts: Sequence[ClaimDraft] = (),
    pictures_of: PicturesOf = have_no_pictures,
) -> tuple[Receipt, ...]:
    """Put what waits for an event into its drop, then note it; killed between, the next does it.

    Args:
        outbox: of the ledger.
        event_id: the event.
        drop: its drop.
        at_utc: written as the time of record.
        drafts: all drafts of the run that delivers, so that what was damaged in the drop is
            written again.
        pictures_of: see ``PicturesOf``.

    Returns:
        One receipt a draft of the run that was offered, then one a letter that was left behind.

    Raises:
        OSError: the folder cannot be written.
        TransientError: another delivery holds the ledger's lock.
    """
    with outbox.delivering():
        due = list(_read_all_due(outbox, event_id))
        cancelled = [each for each in due if not may_go(each)]
        going = {each.letter.transaction_id: each.letter for each in due if may_go(each)}
        _settle(outbox, event_id, map(cancel, cancelled), at_utc)
        stopped = {each.letter.transaction_id for each in cancelled}
        own = [each for each in drafts if each.transaction_id not in stopped]
        same = {each.transaction_id for each in own if _is_same(each, going)}
        left = [letter for name, letter in going.items() if name not in same]
        replaced = {letter.transaction_id for letter in left}
        offered = (each for each in own if each.transaction_id not in replaced)
        receipts = drop.write_drafts(chain(offered, _unpack(left, pictures_of)))
        steps = (
            _note_sent(going[each.transaction_id], each)
            for each in receipts
            if each.transaction_id in going
        )
        _settle(outbox, event_id, steps, at_utc)
    return receipts


def _read_all_due(outbox: Outbox, event_id: str) -> Iterator[DueLetter]:
    after = ""
    while due := outbox.due(_READ_AT_ONCE, event_id, after):
        yield from due
        after = due[-1].letter.transaction_id


def _is_same(draft: ClaimDraft, going: Mapping[str, Letter]) -> bool:
    """Whether nothing waits for the draft, or just what the run made; else the letter goes."""
    letter = going.get(draft.transaction_id)
    return letter is None or letter.sha256 == sha256_of_bytes(draft.document.encode())


def _unpack(letters: Sequence[Letter], pictures_of: PicturesOf) -> Iterator[ClaimDraft]:
    pictures = pictures_of(letters) if letters else {}
    for letter in letters:
        yield ClaimDraft(
            letter.transaction_id,
            letter.incident_id,
            letter.event_id,
            letter.document,
            pictures.get(letter.incident_id, ()),
            is_revision_only=letter.is_recall and letter.revision > 1,
        )


def _note_sent(letter: Letter, receipt: Receipt) -> Step:
    state = LetterState.CANCELLED if receipt.outcome is Outcome.ABSENT else LetterState.SENT
    return Step(
        letter.transaction_id,
        letter.revision,
        letter.incident_id,
        state,
        reference=receipt.reference or None,
        notes=(("draft_sha256", letter.sha256),),
    )


def _settle(outbox: Outbox, event_id: str, steps: Iterable[Step], at_utc: datetime) -> None:
    pending = list(steps)
    for start in range(0, len(pending), SETTLED_AT_ONCE):
        outbox.settle(event_id, pending[start : start + SETTLED_AT_ONCE], at_utc)
