"""Presentation mode hides who people are: in tables, drawers and files of the tab that asked for it, and only there."""

import io

import openpyxl
import pyarrow.parquet as pq
import pytest
from streamlit.proto.TextInput_pb2 import TextInput as TextInputProto

from hubspot.analysis.filters import Contains, Filters, OneOf
from hubspot.analysis.masking import MASK

SANDBOX = ("--contacts", 120, "--companies", 20)


@pytest.fixture
def presenting(mara):
    """A tab that hides."""

    def opened(page):
        tab = mara.open(page)
        tab.at.toggle(key="masked").set_value(True)
        return tab.run()

    return opened


@pytest.fixture
def telling(truth):
    """Names, addresses and numbers of the portal, long enough not to be there by chance."""
    names = {"contacts": ("lastname", "email", "phone"), "companies": ("name", "domain")}
    values = [record[name] for kind in names for record in truth[kind] for name in names[kind]]
    return {value for value in values if value and len(value) > 7}


def told(text, telling):
    return sorted(value for value in telling if value in text)


@pytest.mark.parametrize("page", ["overview", "contacts", "companies"])
def test_no_page_tells_who_anybody_is(presenting, mara, page, telling):
    openly = mara.open(page).at.dataframe[0].value.to_csv()

    tab = presenting(page)

    assert told(openly, telling)
    assert told(tab.text + tab.at.dataframe[0].value.to_csv(), telling) == []


def test_the_drawer_tells_nobodys_name(presenting, truth, telling):
    tab = presenting("contacts")
    contact = next(each for each in truth["contacts"] if each["email"] and each["associatedcompanyid"])

    tab.at.session_state["contacts.drawer"] = (int(contact["hs_object_id"]), "Contact")
    tab.run()

    assert tab.at.expander
    assert told(tab.text.replace("\\", "").replace("\u2060", ""), telling) == []


def test_files_are_masked_as_the_tab_was_that_offered_them(presenting, mara, truth, telling):
    tab = presenting("contacts")
    text = mara.fetch(tab.files["Download CSV"]).content.decode("utf-8-sig")
    book = openpyxl.load_workbook(io.BytesIO(mara.fetch(tab.files["Excel (XLSX)"]).content))
    table = pq.read_table(io.BytesIO(mara.fetch(tab.files["Parquet"]).content))

    cells = " ".join(str(cell) for row in book.worksheets[0].iter_rows(values_only=True) for cell in row)

    assert told(text, telling) == told(cells, telling) == told(table.to_pandas().to_csv(), telling) == []
    assert table.num_rows == len(truth["contacts"])
    assert "presentation mode" in " ".join(str(row[1]) for row in book.worksheets[1].iter_rows(values_only=True))
    assert told(mara.fetch(mara.open("contacts").file).content.decode("utf-8-sig"), telling)


def test_owners_are_numbered_in_charts_and_cells(presenting):
    tab = presenting("contacts")

    owners = tab.at.dataframe[0].value["Contact owner"].dropna().unique()

    assert all(str(owner).startswith("Owner ") for owner in owners)


def test_it_stays_on_after_a_visit_to_another_page(presenting):
    tab = presenting("contacts")

    tab.turn_to("companies")

    assert tab.at.dataframe[0].value["Name"].str.startswith("Company ").all()


def test_nothing_on_the_page_says_whom_somebody_looked_for(presenting, truth):
    contact = next(each for each in truth["contacts"] if each["email"] and each["lastname"] and len(each["email"]) > 9)
    tab = presenting("contacts")

    tab.at.text_input(key="contacts.search").set_value(contact["email"])
    tab.at.session_state["contacts.more"] = Filters(
        (Contains("email", contact["email"]), OneOf("lastname", frozenset({contact["lastname"]})))
    )
    tab.run()

    chips = [label for each in tab.at.get("button_group") for label in map(str, each.options)]
    assert len([label for label in chips if MASK in label]) == 3
    assert not [label for label in chips if contact["lastname"] in label or contact["email"][:6] in label]
    assert tab.at.text_input(key="contacts.search").proto.type == TextInputProto.PASSWORD


def test_the_sheet_about_a_masked_file_says_not_whom_somebody_looked_for(presenting, mara, truth):
    email = next(each["email"] for each in truth["contacts"] if each["email"])
    tab = presenting("contacts")
    tab.at.text_input(key="contacts.search").set_value(email)
    tab.run()

    book = openpyxl.load_workbook(io.BytesIO(mara.fetch(tab.files["Excel (XLSX)"]).content))

    about = " ".join(str(cell) for row in book.worksheets[1].iter_rows(values_only=True) for cell in row)
    assert email not in about
    assert MASK in about
