"""What a person of the workbench may do, by role. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from claims.incidents.roles import Role
from core.errors import InputError, RoleError


class DeskRole(StrEnum):
    """As what somebody sits at the workbench: the claims roles, and one who only looks."""

    VIEWER = "viewer"
    """Sees findings and pictures; judges nothing, sees no contact."""
    REVIEWER = "reviewer"
    ADJUSTER = "adjuster"
    SUPERVISOR = "supervisor"


class Right(StrEnum):
    """Something that not everybody may do."""

    SEE = "see findings"
    REVIEW = "review homes"
    CONTACT = "see contacts"


_SEERS = frozenset({Right.SEE})
_REVIEWERS = _SEERS | {Right.REVIEW}
_CLAIMS = _REVIEWERS | {Right.CONTACT}

RIGHTS: Mapping[DeskRole, frozenset[Right]] = MappingProxyType(
    {
        DeskRole.VIEWER: _SEERS,
        DeskRole.REVIEWER: _REVIEWERS,
        DeskRole.ADJUSTER: _CLAIMS,
        DeskRole.SUPERVISOR: _CLAIMS,
    }
)


def read_desk_role(text: str) -> DeskRole:
    """A role by its word.

    Raises:
        InputError: there is no such role.
    """
    word = text.strip().casefold()
    if word not in set(DeskRole):
        known = ", ".join(DeskRole)
        raise InputError("reading a role", f"there is no role {text!r}", f"One of: {known}")
    return DeskRole(word)


def check_right(role: DeskRole, right: Right) -> None:
    """Refuse what a role may not do.

    Raises:
        RoleError: it may not.
    """
    if right not in RIGHTS[role]:
        may = ", ".join(each for each in DeskRole if right in RIGHTS[each])
        raise RoleError(f"asking to {right}", f"the role is {role}", f"These may: {may}")


def claims_role(role: DeskRole) -> Role | None:
    """The role that the ledger knows; None of a viewer, who writes nothing."""
    return None if role is DeskRole.VIEWER else Role(role.value)
