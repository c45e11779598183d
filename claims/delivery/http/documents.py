"""Pictures of a draft as documents of its claim, each once.

Source: Guidewire Cloud API, "POSTing documents" (``POST /claim/v1/claims/{claimId}/documents`` as
a form of ``metadata``, JSON with name, status and type, and ``content``). Types are each carrier's
own list, DocumentType.
"""

import json
from typing import Any

from claims.delivery.http.calling import Caller, FormPart, Request, read_json
from claims.delivery.http.payloads import ALREADY_EXECUTED, read_problem
from claims.drafts.pictures import DraftPicture
from claims.ledger.letters import Letter
from core.provenance import sha256_of_bytes

JPEG = "image/jpeg"
_FINAL = "final"
"""Of the list DocumentStatusType: nobody edits it."""
_TITLES = {
    "before": "Before the loss, from above", "after": "After the loss, from above",
    "tinted": "After the loss, tinted where the model saw damage",
}  # fmt: skip


def bring_pictures(
    caller: Caller,
    path: str,
    letter: Letter,
    pictures: tuple[DraftPicture, ...],
    document_type: str,
) -> str | None:
    """Add pictures to a claim; gives the code with which they were refused, if they were.

    Each bears a key of the draft, the claim and its own digest: sent again it is not added again,
    and a revision adds only those that are new.

    Args:
        caller: asks the API.
        path: of the claim.
        letter: what the pictures belong to.
        pictures: of the home.
        document_type: the carrier's code for them.

    Raises:
        SettingsError: it lets nobody in.
        TransientError: it does not answer.
    """
    for picture in pictures:
        said = f"{letter.transaction_id} {path} {picture.sha256}"
        key = sha256_of_bytes(said.encode())
        metadata = describe_document(letter, picture, document_type)
        form = {
            "metadata": FormPart(None, json.dumps(metadata).encode(), "application/json"),
            "content": FormPart(metadata["data"]["attributes"]["name"], picture.jpeg, JPEG),
        }
        reply = caller.send(Request("POST", f"{path}/documents", key, form=form))
        problem = read_problem(read_json(reply))
        if not reply.is_success and problem != ALREADY_EXECUTED:
            return f"{reply.status_code} {problem}"
    return None


def describe_document(letter: Letter, picture: DraftPicture, document_type: str) -> dict[str, Any]:
    """What a document says of itself; ids, no names."""
    revision = "" if letter.revision == 1 else f".r{letter.revision}"
    attributes = {
        "name": f"{letter.incident_id}-{picture.role}{revision}.jpg",
        "description": _TITLES[picture.role],
        "mimeType": JPEG,
        "status": {"code": _FINAL},
        "type": {"code": document_type},
    }
    return {"data": {"attributes": attributes}}
