"""The lifecycle page on a portal without contacts and with one company."""

from tests.ui.tabs import rows

SANDBOX = ("--contacts", 0, "--companies", 1)


def test_without_contacts_the_page_says_where_to_bring_some_in(mara):
    tab = mara.open("lifecycle")

    (said,) = tab.alerts
    assert said.startswith("This portal has no contacts yet.")
    assert not tab.at.dataframe


def test_where_nothing_got_past_a_stage_no_table_of_zeros_is_shown(mara, truth):
    (company,) = truth["companies"]
    has_come_far = company["lifecyclestage"] not in {None, "", "subscriber"}

    tab = mara.open("lifecycle", object="Companies")

    assert ("No company has come that far yet." in tab.text) is not has_come_far
    assert any("Went past" in each.value for each in tab.at.dataframe) is has_come_far


def test_one_company_is_a_whole_lifecycle(mara):
    tab = mara.open("lifecycle", object="Companies")

    assert tab.alerts == []
    assert tab.at.subheader[0].value == "How far companies got"
    assert rows(tab) == 9
    assert tab.at.dataframe[0].value["Reached"].sum() >= 1
    # The months before the first company say nothing.
    created = tab.at.dataframe[2].value["Created"].tolist()
    assert created[0] == 1 or created == [0]
