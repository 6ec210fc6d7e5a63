"""Which letters a search takes for one."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot.analysis.filters import Contains, Filters, Words, select
from hubspot.analysis.folding import folded, folded_text, lowered_text
from hubspot.analysis.records import contacts_joined
from tests.analysis.factories import contacts


@pytest.mark.parametrize("typed", ["ΟΔΟΣ", "οδος", "οδοσ", "Οδός", "ὉΔΌΣ"])
def test_a_greek_word_is_found_whichever_sigma_and_accent_is_typed(typed):
    frame = contacts_joined(contacts({"firstname": "ΟΔΟΣ"}, {"firstname": "Οδός"}, {"firstname": "Odos"}), None)

    assert select(frame, Filters((Words(typed),)), "UTC").mask.tolist() == [True, True, False]


@pytest.mark.parametrize("typed", ["ΟΔΟΣ", "οδος", "οδοσ"])
def test_a_condition_on_a_text_knows_one_sigma_and_keeps_accents(typed):
    frame = contacts_joined(contacts({"country": "ΟΔΟΣ 5"}, {"country": "οδος"}, {"country": "Οδός"}), None)

    assert select(frame, Filters((Contains("country", typed),)), "UTC").mask.tolist() == [True, True, False]


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("ISTANBUL \N{LATIN SMALL LETTER DOTLESS I}spanak", "istanbul ispanak"),
        ("\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}zmir", "izmir"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("\N{FULLWIDTH LATIN CAPITAL LETTER A}bc", "abc"),
        ("Café™", "cafetm"),
        ("", ""),
    ],
)
def test_letters_that_people_take_for_one_are_one(text, plain):
    assert folded_text(text) == plain


@given(st.text())
def test_folding_crashes_on_no_text_and_many_fold_as_one_does(text):
    # Half a letter of two parts is no text, and never arrives as one.
    whole = text.encode("utf-8", "ignore").decode()

    assert folded(pa.array([whole], pa.large_string()))[0].as_py() == folded_text(whole)
    assert folded_text(lowered_text(whole)) == folded_text(whole)
