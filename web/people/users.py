"""Who may log in: a file of names, roles and hashed passwords, its owner's alone."""

import base64
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from claims.incidents.roles import MACHINES
from core.errors import InputError
from web.people.rights import DeskRole, read_desk_role

COST, BLOCK, LANES = 2**15, 8, 3
"""scrypt's N, r and p: 32 MiB and some 0.2 s a try (OWASP password storage, 2024)."""
_MEMORY_BYTES = 64 * 1024 * 1024
_SALT_BYTES = 16
MIN_PASSWORD = 12
"""Characters; NIST SP 800-63B asks for 8 at least, and no rules about their kinds."""
MAX_PASSWORD = 256
"""Longer ones are a way to keep the server busy."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_OWNER_ALONE = 0o600


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may log in.

    Attributes:
        name: staff id; stands in the ledger and in reviews, so no plain name is needed.
        role: as what they sit here.
    """

    name: str
    role: DeskRole


class IdentityProvider(Protocol):
    """Says who somebody is: the file of users here, an OpenID Connect issuer elsewhere."""

    def check(self, name: str, secret: str) -> Person | None:
        """The person whose secret this is (a password, or an issuer's code); None if nobody's."""
        ...

    def find(self, name: str) -> Person | None:
        """A person by name as known now; None where they may no longer log in."""
        ...


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the file holds of a person."""

    role: str
    salt: str
    digest: str


class UserFile:
    """Users in a JSON file, read anew at each question, so that a removal holds at once."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def check(self, name: str, secret: str) -> Person | None:
        """The person with this password. A name that is not there takes as long as one that is."""
        kept = self._read().get(name)
        known = kept or _Kept("", _encode(bytes(_SALT_BYTES)), "")
        digest = hash_password(secret[:MAX_PASSWORD], base64.b64decode(known.salt))
        is_right = hmac.compare_digest(digest, known.digest)
        return Person(name, read_desk_role(kept.role)) if kept and is_right else None

    def find(self, name: str) -> Person | None:
        """A person by name; None if the file has none."""
        kept = self._read().get(name)
        return Person(name, read_desk_role(kept.role)) if kept else None

    def list(self) -> tuple[Person, ...]:
        """Everybody, by name."""
        people = sorted(self._read().items())
        return tuple(Person(name, read_desk_role(kept.role)) for name, kept in people)

    def put(self, name: str, role: DeskRole, password: str) -> None:
        """Add a person, or give one another role and password.

        Raises:
            InputError: the name is no staff id, or the password too short or too long.
        """
        work = f"adding the user {name[:64]!r}"
        if not _NAME.fullmatch(name) or name.casefold() in MACHINES:
            raise InputError(
                work, "that is no staff id", "Use letters, digits, dots, dashes; at most 64"
            )
        if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
            raise InputError(
                work, f"the password has {len(password)} characters",
                f"Choose {MIN_PASSWORD} to {MAX_PASSWORD}; a sentence is fine",
            )  # fmt: skip
        salt = secrets.token_bytes(_SALT_BYTES)
        kept = _Kept(role.value, _encode(salt), hash_password(password, salt))
        self._write({**self._read(), name: kept})

    def remove(self, name: str) -> None:
        """Take a person out; who is logged in is so no longer.

        Raises:
            InputError: there is no such person.
        """
        users = dict(self._read())
        if users.pop(name, None) is None:
            raise InputError(f"removing the user {name!r}", "there is none", "See `web user list`")
        self._write(users)

    def _read(self) -> Mapping[str, _Kept]:
        if not self._path.exists():
            return {}
        try:
            said = json.loads(self._path.read_text(encoding="utf-8"))
            return {name: _Kept(**kept) for name, kept in said.items()}
        except (ValueError, TypeError, AttributeError) as error:
            raise InputError(
                f"reading the users {self._path}", f"it is not what was written ({error})",
                "Restore it from a backup, or remove it and add the users again",
            ) from error  # fmt: skip

    def _write(self, users: Mapping[str, _Kept]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({name: asdict(kept) for name, kept in users.items()}, indent=2)
        partial = self._path.with_name(f".{uuid4().hex[:8]}.partial")
        try:
            partial.touch(mode=_OWNER_ALONE)
            partial.write_text(text + "\n", encoding="utf-8")
            partial.replace(self._path)
        finally:
            partial.unlink(missing_ok=True)


def hash_password(password: str, salt: bytes) -> str:
    """Scrypt of a password, base64."""
    digest = hashlib.scrypt(
        password.encode(), salt=salt, n=COST, r=BLOCK, p=LANES, maxmem=_MEMORY_BYTES
    )
    return _encode(digest)


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
