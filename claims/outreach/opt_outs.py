"""Who asked not to be contacted, and how telephone numbers and addresses are told apart."""

import csv
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import InputError

COLUMNS = ("policy_number", "phone", "email")
_WHOLE_NUMBER = 10
"""Digits of a telephone number with its area code; a shorter one names nobody."""


@dataclass(frozen=True, slots=True)
class OptOuts:
    """Policies and addresses that nothing is sent to."""

    policies: frozenset[str] = frozenset()
    addresses: frozenset[str] = field(default=frozenset(), repr=False)


def read_opt_outs(path: Path | None) -> OptOuts:
    """The carrier's list of who asked not to be contacted.

    Raises:
        InputError: it cannot be read, or has none of the columns: nobody is written to without it.
    """
    if path is None:
        return OptOuts()
    work, remedy = f"reading the opt-outs of {path.name}", f"Give a CSV of {', '.join(COLUMNS)}"
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            rows, names = list(reader), reader.fieldnames or ()
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(work, f"it cannot be read ({type(error).__name__})", remedy) from None
    if not set(names) & set(COLUMNS):
        raise InputError(work, "it has none of the columns", remedy)
    told = {name: {(row.get(name) or "").strip() for row in rows} - {""} for name in COLUMNS}
    numbers = {_digits(text) for text in told["phone"]} - {""}
    mails = {text.casefold() for text in told["email"]}
    return OptOuts(frozenset(told["policy_number"]), frozenset(numbers | mails))


def name_addresses(phone: str | None, email: str | None) -> frozenset[str]:
    """What tells a person's telephone and mailbox from others', however they are written.

    A number without its area code tells nobody apart.
    """
    digits = _digits(phone or "")
    number = {digits} if len(digits) >= _WHOLE_NUMBER else set()
    return frozenset(number | ({email.strip().casefold()} if email and email.strip() else set()))


def _digits(text: str) -> str:
    """The digits of a number; of a long one the last ten, so that +1 makes no difference."""
    digits = "".join(sign for sign in text if sign.isdigit())
    return digits[-_WHOLE_NUMBER:] if len(digits) > _WHOLE_NUMBER else digits
