"""Columns of a file by a name that nobody reads but that looks like one that is."""

import difflib
from collections.abc import Collection, Iterable
from functools import cache
from importlib.resources import files

_LIKENESS = 0.75
"""difflib's ratio from which two names are taken for one misspelt: a letter or two of eight."""

_SHORTEST = 3
"""Letters of the shortest name taken for the beginning or end of another, as in Lon."""

_FIELDS_FILE = "oed_fields.txt"


@cache
def read_oed_fields() -> frozenset[str]:
    """Plain names of all fields of OED 1.1.2 to 5.0.0 location and account files (CC0).

    A field that this room does not read is no misspelling of one that it reads.
    """
    text = files("policies.reading.cells").joinpath(_FIELDS_FILE).read_text(encoding="utf-8")
    return frozenset(_to_plain(name) for name in text.split())


def suggest_columns(names: Iterable[str], known: Collection[str]) -> dict[str, str]:
    """Unknown column name -> the known one that it looks like, where there is one.

    Args:
        names: of the file's columns, as given.
        known: names that are read.
    """
    given = {_to_plain(name): name for name in names if name.strip()}
    absent = {_to_plain(name): name for name in known if _to_plain(name) not in given}
    absent |= {  # written with spaces or underscores, a name is not found and not unknown either
        _to_plain(name): name
        for name in known
        if (found := given.get(_to_plain(name))) and found.strip().casefold() != name.casefold()
    }
    suggestions = {}
    for plain, name in given.items():
        is_of_oed = plain in read_oed_fields() or plain.startswith("flexi")
        if plain in absent or not is_of_oed:
            look_alike = _find_look_alike(plain, absent)
            if look_alike is not None:
                suggestions[name] = absent[look_alike]
    return suggestions


def _find_look_alike(plain: str, absent: Collection[str]) -> str | None:
    if plain in absent:
        return plain
    close = difflib.get_close_matches(plain, absent, n=1, cutoff=_LIKENESS)
    if close:
        return close[0]
    parts = [name for name in absent if name.startswith(plain) or name.endswith(plain)]
    return parts[0] if len(plain) >= _SHORTEST and len(parts) == 1 else None


def _to_plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())
