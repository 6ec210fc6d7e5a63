"""Which letters a search takes for one."""

from functools import partial

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot.analysis.duplicates import spelling
from hubspot.analysis.filters import Contains, Filters, Words, select
from hubspot.analysis.folding import folded, folded_text
from hubspot.analysis.ordering import Sort, ordered
from hubspot.analysis.records import contacts_joined
from hubspot.portal import CONTACTS
from tests.analysis.factories import contacts, portal


@pytest.mark.parametrize("typed", ["ΟΔΟΣ", "οδος", "οδοσ", "Οδός", "ὉΔΌΣ"])
def test_a_greek_word_is_found_whichever_sigma_and_accent_is_typed(typed):
    frame = contacts_joined(contacts({"firstname": "ΟΔΟΣ"}, {"firstname": "Οδός"}, {"firstname": "Odos"}), None)

    assert select(frame, Filters((Words(typed),)), "UTC").mask.tolist() == [True, True, False]


@pytest.mark.parametrize("typed", ["ΟΔΟΣ", "οδος", "οδοσ", "Οδός"])
def test_a_condition_on_a_text_knows_one_sigma_and_no_accents(typed):
    frame = contacts_joined(contacts({"country": "ΟΔΟΣ 5"}, {"country": "Οδός"}, {"country": "Odos"}), None)

    assert select(frame, Filters((Contains("country", typed),)), "UTC").mask.tolist() == [True, True, False]


COMPOSED, DECOMPOSED = "M\u00fcller", "Mu\u0308ller"


@pytest.mark.parametrize("typed", [COMPOSED, DECOMPOSED, "muller"])
@pytest.mark.parametrize("condition", [Words, partial(Contains, "lastname")])
def test_a_letter_is_found_composed_and_decomposed(typed, condition):
    frame = contacts_joined(contacts({"lastname": COMPOSED}, {"lastname": DECOMPOSED}, {"lastname": "Miller"}), None)

    assert select(frame, Filters((condition(typed),)), "UTC").mask.tolist() == [True, True, False]


def test_a_table_is_sorted_alike_by_composed_and_decomposed_letters():
    frame = contacts({"lastname": "Mz"}, {"lastname": DECOMPOSED}, {"lastname": COMPOSED}, {"lastname": "Ma"})

    assert ordered(frame, Sort("lastname", descending=False), portal(), CONTACTS).tolist() == [3, 1, 2, 0]


def test_one_city_is_one_in_search_and_among_duplicates():
    assert spelling.folded(pa.array(["Łódź"], pa.large_string()))[0].as_py() == folded_text("Łódź") == "lodz"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("ISTANBUL \N{LATIN SMALL LETTER DOTLESS I}spanak", "istanbul ispanak"),
        ("\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}zmir", "izmir"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("\N{FULLWIDTH LATIN CAPITAL LETTER A}bc", "abc"),
        ("Café™", "cafetm"),
        ("Łódź, Ærø", "lodz, aero"),
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
