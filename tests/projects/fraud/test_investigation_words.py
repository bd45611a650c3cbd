"""What the desk reads and says: ids of cases, links to pages, reasons, and what browsers may do."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.fraud.features import FeatureConfig
from projects.fraud.investigation.app import PAGE
from projects.fraud.investigation.case_id import CaseId
from projects.fraud.investigation.configuration import InvestigationConfig, RelayConfig
from projects.fraud.investigation.cursor import Cursor
from projects.fraud.investigation.page_headers import POLICY
from projects.fraud.investigation.wording import in_words

DAYS = st.dates(date(1970, 1, 1), date(2199, 12, 31))
CASES = st.builds(CaseId, st.integers(0, 10**18 - 1), DAYS)


@given(CASES, st.floats(allow_nan=False, allow_infinity=False))
def test_cases_and_cursors_are_read_as_they_were_written(case: CaseId, score: float) -> None:
    assert CaseId.parse(str(case)) == case
    assert case.end - case.begin == date(2026, 3, 2) - date(2026, 3, 1)
    assert Cursor.parse(Cursor(score, case).write()) == Cursor(score, case)


@given(st.text(max_size=60))
def test_any_other_text_is_refused_in_words(text: str) -> None:
    for read in (CaseId.parse, Cursor.parse):
        try:
            read(text)
        except ValueError as error:
            assert str(error)


@pytest.mark.parametrize(
    "text",
    ["", "7", "7-2026-02-29", "07-2026-01-01", "-7-2026-01-01", "7-2026-01-01 ", "7-0001-01-01"],
)
def test_what_is_no_case_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"must be|holds"):
        CaseId.parse(text)


@pytest.mark.parametrize("score", ["nan", "inf"])
def test_a_cursor_of_no_number_is_refused(score: str) -> None:
    forged = Cursor(float(score), CaseId(7, date(2026, 3, 1))).write()
    with pytest.raises(ValueError, match="`next`"):
        Cursor.parse(forged)


def test_every_feature_of_the_model_has_words_of_its_own() -> None:
    said = [in_words(name, 1.0) for name in FeatureConfig().names]
    assert len(set(said)) == len(said)
    assert not [words for words in said if "_" in words]
    assert in_words("TX_AMOUNT", 1812.5) == "The amount is 1,812.50 euros"
    assert in_words("CUSTOMER_ID_NB_TX_1DAY_WINDOW", 9) == (
        "The card paid 9 times in the last day, this payment included"
    )
    assert in_words("TERMINAL_ID_RISK_30DAY_WINDOW", 0.125) == (
        "12.5% of the terminal's payments were frauds in the 30 days whose labels are known"
    )
    assert in_words("velocity", 2.34567) == "velocity is 2.346"
    assert in_words("TERMINAL_ID_AVG_AMOUNT_7DAY_WINDOW", 2) == (
        "TERMINAL_ID_AVG_AMOUNT_7DAY_WINDOW is 2"
    )


def test_the_page_needs_nothing_that_its_policy_forbids() -> None:
    page = (PAGE / "index.html").read_text(encoding="utf-8")
    assert "style=" not in page and "onclick" not in page and "http" not in page
    scripts = [path.read_text(encoding="utf-8") for path in PAGE.glob("*.js")]
    assert len(scripts) == 3
    for script in scripts:
        assert not any(word in script for word in ("innerHTML", "outerHTML", "insertAdjacent"))
    assert "unsafe" not in POLICY and "*" not in POLICY


def test_a_configuration_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="schema"):
        InvestigationConfig(schema="fraud; drop table decisions")
    with pytest.raises(ValueError, match="blocked_days"):
        InvestigationConfig(blocked_days=0)
    with pytest.raises(ValueError, match="positive"):
        RelayConfig(poll_seconds=0)
