"""The gate clears what is known to be free for commercial use, and nothing by accident."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.errors import SettingsError
from core.licences import LicenceGate, LicenceOverride, LicenceUse, Purpose, judge_licence

CLEARED, REFUSED, UNKNOWN = LicenceUse.CLEARED, LicenceUse.NON_COMMERCIAL, LicenceUse.UNKNOWN


@pytest.mark.parametrize(
    ("licence", "use"),
    [
        ("CC0-1.0", CLEARED),
        ("CC0", CLEARED),
        ("CC-BY-4.0", CLEARED),
        ("cc-by-4.0", CLEARED),
        ("CC BY 4.0", CLEARED),
        ("CC-BY-SA-4.0", CLEARED),
        ("CC-BY-SA-3.0-IGO", CLEARED),
        ("https://creativecommons.org/licenses/by/4.0/", CLEARED),
        ("https://creativecommons.org/publicdomain/zero/1.0/", CLEARED),
        ("https://creativecommons.org/publicdomain/mark/1.0/", CLEARED),
        ("PDDL-1.0", CLEARED),
        ("ODbL-1.0", CLEARED),
        ("Apache-2.0", CLEARED),
        ("MIT", CLEARED),
        ("BSD-3-Clause", CLEARED),
        ("Public Domain", CLEARED),
        ("US public domain", CLEARED),
        ("NOAA public domain", CLEARED),
        ("LicenseRef-US-Public-Domain", CLEARED),
        ("US-Government-Work", CLEARED),
        ("OGL-UK-3.0", CLEARED),
        ("Apache-2.0 OR CC-BY-NC-4.0", CLEARED),
        ("Apache-2.0 AND MIT", CLEARED),
        ("CC-BY-NC-4.0", REFUSED),
        ("CC-BY-NC-SA-4.0", REFUSED),
        ("CC BY-NC-SA 4.0", REFUSED),
        ("cc_by_nc_4.0", REFUSED),
        ("CC-BY-NC-ND-4.0", REFUSED),
        ("https://creativecommons.org/licenses/by-nc/4.0/", REFUSED),
        ("https://creativecommons.org/licenses/by-nc-sa/4.0/legalcode.de", REFUSED),
        ("PolyForm-Noncommercial-1.0.0", REFUSED),
        ("non-commercial", REFUSED),
        ("Non Commercial use", REFUSED),
        ("free for noncommercial use", REFUSED),
        ("research only", REFUSED),
        ("Apache-2.0 AND CC-BY-NC-4.0", REFUSED),
        ("proprietary", UNKNOWN),
        ("various", UNKNOWN),
        ("other", UNKNOWN),
        ("unknown", UNKNOWN),
        ("not public domain", UNKNOWN),
        ("CC-BY-ND-4.0", UNKNOWN),
        ("CC-BY-4.0 with exceptions", UNKNOWN),
        ("MIT OR", UNKNOWN),
        ("(MIT OR Apache-2.0) AND proprietary", UNKNOWN),
        ("proprietary AND (MIT OR Apache-2.0)", UNKNOWN),
        ("https://example.com/terms", UNKNOWN),
        ("", UNKNOWN),
        ("  ", UNKNOWN),
        (None, UNKNOWN),
    ],
)
def test_licences_are_judged_by_name(licence, use):
    assert judge_licence(licence) is use


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=20), st.sampled_from(["CC-BY-NC-4.0", "proprietary"]))
def test_nothing_added_to_a_licence_that_is_not_free_clears_it(more, licence):
    assume("or" not in more.casefold())
    assert judge_licence(f"{licence} AND {more}") is not CLEARED
    assert judge_licence(f"{licence}{more}") is not CLEARED


WORD = LicenceOverride("noaa-*", "A. Person", "contract 12")


def test_research_opens_everything_and_business_only_what_is_cleared():
    research, business = LicenceGate(Purpose.RESEARCH), LicenceGate(Purpose.COMMERCIAL)
    for licence in ("CC-BY-NC-4.0", None, "MIT"):
        assert research.is_open(licence)
        assert business.is_open(licence) == (licence == "MIT")


def test_an_override_fits_by_its_pattern_and_weights_only_by_their_whole_name():
    gate = LicenceGate(Purpose.COMMERCIAL, (WORD,))
    assert gate.find_override("noaa-2018", "NOAA") is WORD
    assert gate.find_override("scene", "noaa-eri") is WORD
    assert gate.find_override("NOAA-2018", "maxar") is None
    assert gate.find_exact_override("noaa-weights") is None
    assert LicenceGate(Purpose.COMMERCIAL).find_override("noaa-2018") is None
    exact = LicenceOverride("weights-1", "A. Person", "bought")
    assert LicenceGate(Purpose.COMMERCIAL, (exact,)).find_exact_override("weights-1") is exact


@pytest.mark.parametrize("field", ["subject", "by", "reason"])
@pytest.mark.parametrize("blank", ["", "  ", "*", "-"])
def test_an_override_without_a_name_a_person_or_a_reason_is_refused(field, blank):
    given_words = {"subject": "scene", "by": "A. Person", "reason": "bought"} | {field: blank}
    with pytest.raises(SettingsError, match=f"{field} is '"):
        LicenceOverride(**given_words)
