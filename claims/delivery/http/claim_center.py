"""A claims system with ClaimCenter's Cloud API."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

import httpx

from claims.delivery.gateway import Answer, ClaimNews, Outgoing
from claims.delivery.http.calling import Caller, Request, read_json
from claims.delivery.http.documents import bring_pictures
from claims.delivery.http.payloads import (
    ALREADY_EXECUTED,
    describe_draft,
    describe_note,
    describe_revision,
    read_claim,
    read_problem,
)
from claims.ledger.letters import LetterState
from core.errors import SettingsError, TransientError

CLAIMS = "/claim/v1/claims"
PAGE = 100
"""Claims a page of the feed."""
_THERE = (LetterState.ACKNOWLEDGED, LetterState.ATTACHED)


@dataclass(frozen=True, slots=True)
class ClaimCenter:
    """The gateway.

    Attributes:
        caller: asks the API, whose base URL is as in ``https://host/cc/rest``.
        reference_field: the carrier's field for our incident's id; by it a draft is found again.
        document_type: the carrier's code for pictures; None = they are not brought.
    """

    caller: Caller
    reference_field: str
    document_type: str | None = None

    @property
    def name(self) -> str:
        """Its address."""
        base = self.caller.client.base_url
        return f"claim_center {base.host}{base.path}"

    def deliver(self, outgoing: Outgoing) -> Answer:
        """See ``Gateway``. A draft is there once its pictures are, or were refused."""
        try:
            return self._add_pictures(outgoing, self._hand_over(outgoing))
        except TransientError as error:
            return Answer(LetterState.PENDING, told=error.problem)

    def find(self, outgoing: Outgoing) -> Answer | None:
        """See ``Gateway``."""
        incident = outgoing.letter.incident_id
        found = self._query({"filter": f"{self.reference_field}:eq:{incident}"})
        if not found:
            return None
        return Answer(LetterState.ACKNOWLEDGED, found[0].claim_id, found[0].claim_number)

    def submit(self, claim_id: str, transaction_id: str) -> Answer:
        """Open a draft as a claim, for a person who answers for it.

        Raises:
            SettingsError: it lets nobody in.
            TransientError: it does not answer.
        """
        path = f"{CLAIMS}/{claim_id}/submit"
        request = Request("POST", path, f"{transaction_id}:submit", {})
        return _read(self.caller.send(request), claim_id)

    def read_feed(self, since: str | None) -> Iterator[ClaimNews]:
        """See ``Gateway``. A claim that changes while pages are read comes again, later."""
        seen: set[tuple[str, str]] = set()
        offset = 0
        while True:
            asked = {"sort": "updateTime,id", "pageSize": PAGE, "pageOffset": offset}
            if since is not None:
                asked["filter"] = f"updateTime:ge:{since}"
            page = self._query(asked)
            fresh = [each for each in page if (each.claim_id, each.updated_at) not in seen]
            yield from fresh
            if len(page) < PAGE:
                return
            seen |= {(each.claim_id, each.updated_at) for each in fresh}
            is_further = page[-1].updated_at != since
            since, offset = page[-1].updated_at, 0 if is_further else offset + PAGE

    def _hand_over(self, outgoing: Outgoing) -> Answer:
        if outgoing.reference is not None:
            return self._revise(outgoing, outgoing.reference)
        if outgoing.found_claim is not None:
            return self._attach(outgoing, outgoing.found_claim)
        return self._create(outgoing)

    def _add_pictures(self, outgoing: Outgoing, answer: Answer) -> Answer:
        is_there = answer.state in _THERE and answer.reference is not None
        if not (is_there and outgoing.pictures and self.document_type):
            return answer
        path = f"{CLAIMS}/{answer.reference}"
        try:
            refused = bring_pictures(
                self.caller, path, outgoing.letter, outgoing.pictures, self.document_type
            )
        except SettingsError:  # a draft without pictures is worth more than none
            refused = "not allowed"
        return replace(answer, pictures_refused=refused)

    def _create(self, outgoing: Outgoing) -> Answer:
        letter = outgoing.letter
        body = describe_draft(letter.document, self.reference_field)
        reply = self.caller.send(Request("POST", CLAIMS, letter.transaction_id, body))
        if reply.status_code == HTTPStatus.NOT_FOUND:
            raise SettingsError(
                f"asking the claims system at {self.caller.client.base_url.host}",
                f"it has no {CLAIMS}", "Check delivery.url, as in https://host/cc/rest",
            )  # fmt: skip
        if not _is_executed(reply):
            return _read(reply)
        # it has the draft, of this revision or of an earlier one, and its answer was lost
        found = self.find(outgoing)
        if found is None or found.reference is None:
            return Answer(LetterState.PENDING, told="executed, and not found by its reference")
        is_older = letter.revision > 1 or outgoing.may_be_there
        return self._revise(outgoing, found.reference) if is_older else found

    def _revise(self, outgoing: Outgoing, claim_id: str) -> Answer:
        letter = outgoing.letter
        key = f"{letter.transaction_id}:r{letter.revision}"
        body = describe_revision(letter.document)
        path = f"{CLAIMS}/{claim_id}"
        return _read(self.caller.send(Request("PATCH", path, key, body)), claim_id)

    def _attach(self, outgoing: Outgoing, claim_id: str) -> Answer:
        letter = outgoing.letter
        key = f"{letter.transaction_id}:n{letter.revision}"
        path = f"{CLAIMS}/{claim_id}/notes"
        reply = self.caller.send(Request("POST", path, key, describe_note(letter.document)))
        answer = _read(reply, claim_id)
        if answer.state is not LetterState.ACKNOWLEDGED:
            return answer
        return Answer(LetterState.ATTACHED, claim_id, told="to the insured's own claim")

    def _query(self, asked: dict[str, Any]) -> list[ClaimNews]:
        reply = self.caller.send(Request("GET", CLAIMS, asked=asked))
        try:
            rows = read_json(reply)["data"]
            return [read_claim(each["attributes"], self.reference_field) for each in rows]
        except (KeyError, TypeError):
            raise TransientError(
                "asking the claims system for claims",
                f"it answers {reply.status_code} and no list",
                "Check delivery.url, and that delivery.reference_field can be searched",
            ) from None


def _read(reply: httpx.Response, claim_id: str | None = None) -> Answer:
    if reply.is_success:
        said = _read_attributes(reply)
        found = claim_id or said.get("id")
        if found is None:
            return Answer(LetterState.PENDING, told=f"{reply.status_code} without a claim")
        return Answer(LetterState.ACKNOWLEDGED, str(found), said.get("claimNumber"))
    if _is_executed(reply):
        return Answer(LetterState.ACKNOWLEDGED, claim_id)
    told = f"{reply.status_code} {read_problem(read_json(reply))}"
    return Answer(LetterState.REFUSED, told=told)


def _is_executed(reply: httpx.Response) -> bool:
    is_bad = reply.status_code == HTTPStatus.BAD_REQUEST
    return is_bad and read_problem(read_json(reply)) == ALREADY_EXECUTED


def _read_attributes(reply: httpx.Response) -> dict[str, Any]:
    body = read_json(reply)
    data = body.get("data") if isinstance(body, dict) else None
    found = data.get("attributes") if isinstance(data, dict) else None
    return found if isinstance(found, dict) else {}
