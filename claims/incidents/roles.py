"""Who acts on an incident, as what. The roles that the table of moves is written in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from core.errors import InputError, RoleError


class Role(StrEnum):
    """As what somebody acts."""

    SYSTEM = "system"
    """A run of this product."""
    CLAIMS_SYSTEM = "claims_system"
    """The carrier's claims system, which tells what its own people did."""
    REVIEWER = "reviewer"
    """Looks at pictures and says what they show."""
    ADJUSTER = "adjuster"
    """Works incidents: asks, approves drafts, withdraws, merges."""
    SUPERVISOR = "supervisor"
    """An adjuster who also closes and reopens claims that are open."""


MACHINES = (Role.SYSTEM, Role.CLAIMS_SYSTEM)
"""Roles that no person has; each is the name of its only actor too."""
PEOPLE = (Role.REVIEWER, Role.ADJUSTER, Role.SUPERVISOR)
SYSTEM_ACTOR = Role.SYSTEM.value
"""The actor of everything that no person did."""
CLAIMS_SYSTEM_ACTOR = Role.CLAIMS_SYSTEM.value
"""The actor of what the claims system says that its people did."""


def role_of_actor(actor: str) -> Role | None:
    """The role of a machine; None of a person, whose role stands beside the name."""
    return Role(actor) if actor in MACHINES else None


def read_role(text: str) -> Role:
    """A person's role by its word.

    Raises:
        InputError: no person has such a role.
    """
    word = text.strip().casefold()
    if word not in PEOPLE:
        known = ", ".join(PEOPLE)
        raise InputError(
            "reading in which role somebody acts", f"there is no role {text!r}", f"One of: {known}"
        )
    return Role(word)


@dataclass(frozen=True, slots=True)
class UserOptions:
    """Who may act as what."""

    roles: Mapping[str, tuple[Role, ...]] = field(default_factory=dict)
    """roles by staff id, as in {adj-7: [adjuster], sup-1: [adjuster, supervisor]}; once anybody is
    listed, nobody else may do anything; while nobody is, a person is taken at their word, and only
    the file's own permissions keep others out"""

    def __post_init__(self) -> None:
        for by, roles in self.roles.items():
            if not by.strip() or by.casefold() in MACHINES:
                raise ValueError(f"users.roles names {by!r}, which is no person's staff id")
            if not roles or set(roles) & set(MACHINES):
                raise ValueError(f"users.roles gives {by!r} no role of people: {', '.join(PEOPLE)}")

    def check(self, by: str, role: Role) -> None:
        """Refuse a person a role that the settings do not give.

        Raises:
            RoleError: people are listed, and this one is not, or not in this role.
        """
        if self.roles and role not in self.roles.get(by, ()):
            held = ", ".join(self.roles.get(by, ())) or "none"
            raise RoleError(
                f"acting as {role}", f"the roles of {by!r} in the settings are: {held}",
                "Act in a role that is yours, or have users.roles in the settings changed",
            )  # fmt: skip
