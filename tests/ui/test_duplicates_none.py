"""The Duplicates tab of a portal that has none."""

from tests.ui.test_duplicates import tab

SANDBOX = ("--contacts", 3, "--companies", 1)


def test_a_portal_without_duplicates_is_told_so(mara):
    opened = tab(mara)

    assert "No possible duplicates among 3 contacts." in opened.text
    assert not opened.at.dataframe


def test_and_so_is_one_kind_of_records_without(mara):
    assert "No possible duplicates among 1 company." in tab(mara, duplicates_of="Companies").text
