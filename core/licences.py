"""What a licence allows: may commercial work rest on it, as far as its name tells. Pure.

A name is all that catalogues and model cards give. So the question is not what the licence says
but whether its name is on a short list of licences known to allow commercial use; anything else,
"proprietary" and a missing licence included, is not cleared until a person says so.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from core.errors import SettingsError


class LicenceUse(StrEnum):
    """Whether commercial work may rest on something."""

    CLEARED = "cleared"
    """The licence is known to allow commercial use; its other duties, credit say, remain."""
    NON_COMMERCIAL = "non_commercial"
    """The licence forbids it."""
    UNKNOWN = "unknown"
    """Its name does not tell: proprietary, various, none given, or not on the list."""


class Purpose(StrEnum):
    """What a run's results are for."""

    RESEARCH = "research"
    """Research, demonstration and evaluation: every licence is recorded, none is refused."""
    COMMERCIAL = "commercial"
    """An insurer's business: what is not cleared for it is refused."""


_CLEARED = re.compile(
    r"""
    cc-?0(-1\.0)?                                # CC0
    | cc-by(-sa)?(-[1-4]\.0|-2\.5)?(-igo)?       # credit; share alike
    | pddl(-1\.0)? | odc-by(-1\.0)? | odbl(-1\.0)?
    | (licenseref-)?((us|noaa|usgs|nasa)-)?public-domain | cc-pddc | cc-pdm-1\.0
    | us-gov(ernment)?(-work)? | us-pd
    | apache-2\.0 | mit(-0)? | bsd-[23]-clause | isc | 0bsd | unlicense | bsl-1\.0 | zlib
    | ogl-uk-[123]\.0 | ogl-canada-2\.0 | etalab-2\.0 | dl-de-by-2\.0 | dl-de-zero-2\.0
    """,
    re.VERBOSE,
)
"""SPDX ids (spdx.org/licenses) of licences without a non-commercial or no-derivatives clause, and
the words that US agencies' catalogues use for works of the US government (17 U.S.C. 105)."""

_NON_COMMERCIAL = re.compile(r"(^|-)nc(-|$)|non-?commercial|(^|-)(research|evaluation)-only(-|$)")
"""Creative Commons' NC, PolyForm-Noncommercial and the like, and plain words."""

_DEEDS = re.compile(
    r"https?://creativecommons\.org/(licenses|publicdomain)/([a-z-]+)/(\d\.\d)(/.*)?"
)
"""Addresses by which Creative Commons licences are often given."""
_DOMAIN_MARKS = {"zero": "cc0", "mark": "cc-pdm"}


def judge_licence(licence: str | None) -> LicenceUse:
    """Whether commercial work may rest on something under this licence.

    Args:
        licence: SPDX id or expression, short name or Creative Commons address, as a catalogue or
            a card gives it; None or blank where it gives none.

    Returns:
        For an expression: of parts joined by AND the strictest, of parts joined by OR the freest,
        since the user may choose.
    """
    text = (licence or "").strip().casefold()
    if " or " in text or " and " in text:
        return _judge_expression(text.replace("(", " ").replace(")", " "))
    name = _normalise(text)
    if _NON_COMMERCIAL.search(name):
        return LicenceUse.NON_COMMERCIAL
    return LicenceUse.CLEARED if _CLEARED.fullmatch(name) else LicenceUse.UNKNOWN


def _judge_expression(text: str) -> LicenceUse:
    """AND before OR, as SPDX reads it; parentheses are only read where that changes nothing."""
    choices = [
        max((judge_licence(part) for part in choice.split(" and ")), key=_STRICTNESS.index)
        for choice in text.split(" or ")
    ]
    is_mixed = " or " in text and " and " in text
    return (max if is_mixed else min)(choices, key=_STRICTNESS.index)


_STRICTNESS = (LicenceUse.CLEARED, LicenceUse.UNKNOWN, LicenceUse.NON_COMMERCIAL)


def _normalise(text: str) -> str:
    """``CC BY-NC 4.0`` and Creative Commons addresses as SPDX would write them, lower case."""
    deed = _DEEDS.fullmatch(text)
    if deed is not None:
        kind, code, version = deed[1], deed[2], deed[3]
        stem = f"cc-{code}" if kind == "licenses" else _DOMAIN_MARKS.get(code, code)
        return f"{stem}-{version}"
    return re.sub(r"[\s_-]+", "-", text)


@dataclass(frozen=True, slots=True)
class LicenceOverride:
    """A named person's word that something may be used in spite of its licence's name.

    Attributes:
        subject: name of the weights, exactly; or a scene id or provider, ``*`` and ``?`` allowed.
        by: who answers for it.
        reason: why, as in the number of a contract.
    """

    subject: str
    by: str
    reason: str

    def __post_init__(self) -> None:
        for name in ("subject", "by", "reason"):
            if not any(letter.isalnum() for letter in getattr(self, name)):
                raise SettingsError(
                    "reading a licence override", f"{name} is {getattr(self, name)!r}",
                    "An override names what it is for, who answers for it, and why",
                )  # fmt: skip


@dataclass(frozen=True, slots=True)
class LicenceGate:
    """Refuses what a purpose does not allow.

    Attributes:
        purpose: what results are for.
        overrides: exceptions, each in somebody's name; the first that fits counts.
    """

    purpose: Purpose
    overrides: tuple[LicenceOverride, ...] = ()

    def is_open(self, licence: str | None) -> bool:
        """Whether the purpose alone allows this licence, without any override."""
        return self.purpose is Purpose.RESEARCH or judge_licence(licence) is LicenceUse.CLEARED

    def find_override(self, *subjects: str) -> LicenceOverride | None:
        """The override that names one of the ids, ``*`` and ``?`` in it standing for anything."""
        return self._first(
            override for override in self.overrides
            if any(fnmatchcase(subject, override.subject) for subject in subjects)
        )  # fmt: skip

    def find_exact_override(self, subject: str) -> LicenceOverride | None:
        """The override that names ``subject`` letter by letter."""
        return self._first(each for each in self.overrides if each.subject == subject)

    @staticmethod
    def _first(fitting: Iterable[LicenceOverride]) -> LicenceOverride | None:
        return next(iter(fitting), None)
