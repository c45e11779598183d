"""The review queue: the pair first, the score after the answer."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Response
from pydantic import BaseModel, ConfigDict

from core.damage import Tier
from web.people.guard import Bench, Reviewer, check_token
from web.people.rights import claims_role
from web.reviewing.desk import Desk, NothingHandedOutError, NothingToUndoError
from web.routes.shared import KEPT, MAX_ID, Json, NamedRun, not_found
from web.routes.tiles import Side
from web.runs.pictures import find_picture

router = APIRouter(prefix="/api/events/{event_id}/{run_id}/review")
CONFLICT = 409


class Answer(BaseModel):
    """What a person says of the home before them."""

    model_config = ConfigDict(extra="forbid")
    building: str
    tier: Tier


def find_desk(run: NamedRun, bench: Bench, visitor: Reviewer) -> Desk:
    """The queue as this reviewer meets it; the settings' roles bind here too.

    Raises:
        RoleError: the settings do not give this person this role.
    """
    role = claims_role(visitor.person.role)
    if role is not None:
        bench.options.users.check(visitor.person.name, role)
    return Desk(bench, run, visitor.person)


AtDesk = Annotated[Desk, Depends(find_desk)]


@router.get("/next")
def show_next(desk: AtDesk) -> Json:
    """The next home, without a word of what the model thinks; done where none is left."""
    item = desk.hand_out()
    return {"done": item is None, "building": item} | desk.tell_figures()


@router.get("/{side}.jpg", response_class=Response)
def show_side(
    side: Side, building: Annotated[str, Query(max_length=MAX_ID)], desk: AtDesk
) -> Response:
    """The home that was handed out, before or after."""
    if not desk.is_before(building):
        raise not_found("home before this reviewer")
    picture = find_picture(desk.bench, desk.run, building, side.value)
    if picture is None:
        raise not_found("picture")
    return Response(picture, media_type="image/jpeg", headers=KEPT)


@router.post("", dependencies=[Depends(check_token)])
def judge(answer: Answer, desk: AtDesk) -> Json:
    """Note an answer and tell what the model said."""
    try:
        return desk.judge(answer.building, answer.tier)
    except NothingHandedOutError as error:
        raise HTTPException(CONFLICT, "that home is not before you; ask for the next") from error


@router.post("/undo", dependencies=[Depends(check_token)])
def undo(desk: AtDesk) -> Json:
    """Take the last answer back; its home is before the reviewer again."""
    try:
        return {"building": desk.undo()}
    except NothingToUndoError as error:
        raise HTTPException(CONFLICT, "there is no answer of yours to take back") from error
