"""The outbox delivered, and what the claims system says read into the ledger."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from claims.delivery.drop.acknowledgements import read_acknowledgements
from claims.delivery.drop.delivering import deliver_to_drop
from claims.delivery.following import Followed, follow_feed
from claims.delivery.sending import send_due
from claims.delivery.submitting import Submitter, submit_approved
from claims.ledger.letters import LetterState
from claims.ledger.store import Ledger
from flows.stages.drafts.pictures import find_pictures, recall_pictures
from flows.wiring.adapters import is_delivered_with_run, ledger_url, open_drop
from flows.wiring.gateways import choose_feed, opened_gateway
from flows.wiring.settings import Settings
from flows.wiring.storage.folders import keep_private


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a delivery did.

    Attributes:
        counts: letters by what became of them.
        followed: what the claims system did of its own accord.
        is_stopped: it stopped answering; the rest waits for the next delivery.
        problems: acknowledgements that cannot be used.
        opened: claims submitted on an approver's word.
        pictures_refused: drafts whose pictures the claims system refused, by the code it gave.
    """

    counts: dict[LetterState, int] = field(default_factory=dict)
    followed: Followed = field(default_factory=lambda: Followed(0, 0, 0))
    is_stopped: bool = False
    problems: tuple[str, ...] = ()
    opened: int = 0
    pictures_refused: dict[str, int] = field(default_factory=dict)


def deliver(out: Path, settings: Settings, *, is_retry: bool = False) -> Delivered:
    """Deliver what waits, whichever runs left it, and read what the claims system says.

    The insureds' own claims are looked for first, so that none is made beside them. Drafts of an
    event whose newest list is held back wait on.

    Args:
        out: folder of all runs.
        settings: name the gateway.
        is_retry: what was refused is tried again.

    Raises:
        LedgerError: there is no ledger yet.
        SettingsError: the claims system lets nobody in, or a secret is missing.
        TransientError: it does not answer at all, or another delivery does not end.
    """
    keep_private()
    ledger = Ledger.open_existing(ledger_url(settings, out))
    if is_retry:
        ledger.outbox.retry_refused(datetime.now(UTC))
    if is_delivered_with_run(settings):
        return _deliver_to_drops(out, settings, ledger)
    delivery = settings.delivery
    with opened_gateway(delivery) as gateway:
        options = choose_feed(settings)
        before = follow_feed(ledger, gateway, options, settings.claims, datetime.now(UTC))
        sent = send_due(
            ledger.outbox, gateway, lambda: datetime.now(UTC), delivery.concurrency,
            pictures_of=lambda letters: recall_pictures(out, settings, letters),
            held=ledger.lists.held(),
        )  # fmt: skip
        opened = 0
        if isinstance(gateway, Submitter) and not sent.is_stopped:
            names = ledger.outbox.references()
            opened = submit_approved(ledger, gateway, names, settings.claims, datetime.now(UTC))
    return Delivered(
        sent.counts, before, sent.is_stopped, opened=opened, pictures_refused=sent.pictures_refused
    )


def _deliver_to_drops(out: Path, settings: Settings, ledger: Ledger) -> Delivered:
    counts: Counter[LetterState] = Counter()
    problems: list[str] = []
    now, held = datetime.now(UTC), ledger.lists.held()
    for event_id in sorted({name for name, _, _ in ledger.outbox.count()}):
        drop = open_drop(settings, out, event_id)
        if event_id not in held and ledger.outbox.due(1, event_id):
            receipts = deliver_to_drop(
                ledger.outbox, event_id, drop, now,
                pictures_of=lambda letters: find_pictures(out, letters),
            )  # fmt: skip
            counts[LetterState.SENT] += len(receipts)
        said = read_acknowledgements(drop.folder, ledger.outbox.waiting_answer(event_id))
        ledger.outbox.settle(event_id, said.steps, now)
        counts.update(step.state for step in said.steps)
        problems += said.problems
    return Delivered(dict(counts), problems=tuple(problems))
