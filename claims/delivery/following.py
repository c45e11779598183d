"""Reads a claims system's feed into the ledger."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from claims.delivery.feeding import FeedOptions, plan_found, plan_news
from claims.delivery.gateway import ClaimNews, Gateway
from claims.incidents.authority import ClaimOptions
from claims.ledger.entry import Entry
from claims.ledger.store import Ledger

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Followed:
    """What a feed said.

    Attributes:
        claims: claims that changed.
        moved: incidents that the claims system's people moved.
        found: insureds' own claims noted beside incidents of the same loss.
    """

    claims: int
    moved: int
    found: int


def follow_feed(
    ledger: Ledger,
    gateway: Gateway,
    options: FeedOptions,
    authority: ClaimOptions,
    at_utc: datetime,
) -> Followed:
    """Note what changed since the last time. Read again, or killed between, it notes nothing twice.

    Raises:
        TransientError: the claims system does not answer, or an incident moved meanwhile; what
            was not noted is read again.
    """
    # the first time only what changed since the first loss: not all claims that there ever were
    read_to = ledger.outbox.read_to(gateway.name) or ledger.outbox.first_loss_date()
    claims = moved = found = 0
    if read_to is None:
        return Followed(0, 0, 0)
    for news in _batch(gateway.read_feed(read_to)):
        changes = list(_plan(ledger, news, options, authority, at_utc))
        entries = [entry for entry, _ in changes]
        stale = set(ledger.append(entries).stale)
        fresh = [(entry, is_ours) for entry, is_ours in changes if entry.incident_id not in stale]
        claims += len(news)
        moved += sum(is_ours for _, is_ours in fresh)
        found += sum(not is_ours for _, is_ours in fresh)
        if not stale:
            ledger.outbox.note_read(gateway.name, news[-1].updated_at)
    return Followed(claims, moved, found)


def _batch(feed: Iterator[ClaimNews]) -> Iterator[tuple[ClaimNews, ...]]:
    while batch := tuple(islice(feed, AT_ONCE)):
        yield batch


def _plan(
    ledger: Ledger,
    news: Sequence[ClaimNews],
    options: FeedOptions,
    authority: ClaimOptions,
    at_utc: datetime,
) -> Iterator[tuple[Entry, bool]]:
    """Entries with whether they are of a claim of ours; of each incident one plan a batch."""
    ours = {each.incident_id: each for each in news if each.incident_id}
    moving = {name: each for name, each in ours.items() if options.target(each) is not None}
    others = {each.policy_number: each for each in news if not each.incident_id}
    near = [
        (incident, others[policy])
        for incident, policy, loss_date in ledger.outbox.of_policies(list(others))
        if options.is_same_loss(others[policy], loss_date) and incident not in moving
    ]
    histories = ledger.histories({*moving, *(incident for incident, _ in near)})
    for name, each in moving.items():
        if name in histories:
            planned = plan_news(each, histories[name], options, authority, at_utc)
            yield from ((entry, True) for entry in planned)
    for name, each in near:
        yield from ((entry, False) for entry in plan_found(each, histories[name], at_utc))
