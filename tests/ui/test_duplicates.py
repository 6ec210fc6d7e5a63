"""The Duplicates tab: what is found, why, side by side, as a file; and what it says meanwhile."""

import csv
import io
import threading

import pandas as pd
import pytest

from hubspot.analysis.duplicates import DIFFERENT, EQUAL, ONE_SIDED, REASONS, found_in
from hubspot.ui import duplicate_search, duplicates, services, state
from hubspot.ui.duplicate_search import Search
from tests.running import wait_until

SANDBOX = ("--contacts", 2000, "--companies", 600)


def tab(someone, **query):
    """Open the tab, as it is when the search has ended."""
    opened = someone.open("data_health", tab="Duplicates", **query)
    wait_until(lambda: not [each for each in threading.enumerate() if each.name.startswith("duplicates ")])
    return opened.run()


def pairs_of(opened):
    return next(each.value for each in opened.at.dataframe if "Why" in each.value)


def difference_of(opened):
    return next(each.value for each in opened.at.dataframe if "Property" in each.value)


def view_of(someone):
    seen = services.services().sessions.visible(someone.person)
    return state.view(seen, next(iter(seen.grants)))


def frame_of(someone, object_type):
    return state.frame(view_of(someone), object_type)


def test_the_tab_lists_every_pair_with_score_and_reasons(mara):
    expected = found_in(frame_of(mara, "contacts"), "contacts")
    shown = pairs_of(opened := tab(mara))

    assert len(shown) == len(expected.pairs) > 20
    assert shown["Group"].is_monotonic_increasing
    assert shown.groupby("Group")["Score"].max().is_monotonic_decreasing
    assert set(", ".join(shown["Why"]).split(", ")) <= set(REASONS.values())
    assert f"**{len(expected.pairs)} pairs** :gray[in {expected.groups} groups" in opened.text


def test_companies_are_found_likewise_and_the_address_says_so(mara):
    opened = tab(mara, duplicates_of="Companies")

    assert len(pairs_of(opened)) == len(found_in(frame_of(mara, "companies"), "companies").pairs) > 3
    assert "Parents and their companies are left out." in opened.text


def test_a_rule_leaves_its_own_pairs(mara):
    opened = tab(mara)
    opened.at.get("button_group")
    pills = next(each for each in opened.at.button_group if each.key == "contacts.duplicates.rules")
    pills.set_value(["phone"])
    shown = pairs_of(opened.run())

    expected = found_in(frame_of(mara, "contacts"), "contacts").counts()["phone"]
    assert len(shown) == expected > 0
    assert shown["Why"].str.contains(REASONS["phone"]).all()


def test_a_pair_stands_side_by_side_with_what_differs_marked(mara):
    opened = tab(mara)
    told = difference_of(opened)
    first, second = (told[name] for name in told.columns[2:])
    different, one_sided = (int((told["Differs"] == kind).sum()) for kind in (DIFFERENT, ONE_SIDED))

    assert ((told["Differs"] == EQUAL) == (first == second)).all()
    assert ((told["Differs"] == ONE_SIDED) == (first.isna() | second.isna())).all()
    assert f"{different} of {len(told)} properties differ, {one_sided} have a value on one side only." in opened.text


def test_in_presentation_mode_no_name_is_shown_and_the_difference_is_the_same(mara):
    before = difference_of(opened := tab(mara))
    names = set(pairs_of(opened)["Older record"])
    opened.at.session_state[state.MASKED] = True
    hidden = difference_of(opened.run())
    table = pairs_of(opened)

    assert hidden["Differs"].tolist() == before["Differs"].tolist()
    assert not names & {*table["Older record"], *table["Newer record"], *hidden.iloc[:, 2]}
    assert table["Older record"].str.fullmatch(r"Contact \d+").all()
    assert not [each for each in opened.at.get("link_button") if "/record/" in each.url]
    assert not any("@" in text for text in hidden.fillna("").to_numpy().ravel())


def test_each_record_of_a_pair_is_a_click_away_in_hubspot(mara):
    opened = tab(mara)
    ids = [int(name.rpartition("(")[2].rstrip(")")) for name in difference_of(opened).columns[2:]]
    urls = [each.url for each in opened.at.get("link_button")]

    assert [url.rpartition("/")[2] for url in urls] == list(map(str, ids))
    assert all("/record/0-1/" in url for url in urls)


def test_the_file_holds_the_pairs_and_begins_with_the_record_id(mara):
    opened = tab(mara)
    answer = mara.fetch(opened.file)
    lines = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    expected = found_in(frame_of(mara, "contacts"), "contacts").pairs

    assert answer.status_code == 200
    assert list(lines[0])[:2] == ["Record ID", "Other record ID"]
    assert [(int(each["Record ID"]), int(each["Other record ID"])) for each in lines] == list(
        zip(expected["first"], expected["second"], strict=True)
    )


@pytest.mark.parametrize(("kind", "told"), [("Contacts", "email"), ("Contacts", "phone"), ("Companies", "domain")])
def test_the_file_says_what_it_is_and_what_the_other_record_has(mara, kind, told):
    object_type = kind.lower()
    answer = mara.fetch(tab(mara, duplicates_of=kind).file)
    lines = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    frame = frame_of(mara, object_type).set_index("hs_object_id")[told].astype(object)
    label = state.copy_of(view_of(mara).key).portal.label(object_type, told)

    assert f'filename="{object_type}-duplicates-pairs-northwind' in answer.headers["content-disposition"]
    for column, id_of in ((label, "Record ID"), (f"Other {told}", "Other record ID")):
        expected = [frame[int(line[id_of])] for line in lines]
        assert [line[column].lstrip("'") for line in lines] == ["" if pd.isna(each) else each for each in expected]
        assert any(line[column] for line in lines)


def test_the_pairs_come_in_every_format(mara):
    assert set(tab(mara).files) >= {"Download CSV", "Excel (XLSX)", "Parquet"}


def test_other_pages_can_ask_how_many_groups_there_are(mara):
    tab(mara)
    view = view_of(mara)
    contacts, companies = (found_in(frame_of(mara, kind), kind).groups for kind in ("contacts", "companies"))

    assert duplicates.found_count(view) == contacts + companies
    assert duplicates.found_count(view, "companies") == companies


def test_a_copy_is_searched_once_for_everybody(mara):
    tab(mara)
    view = view_of(mara)

    assert duplicate_search.search(view) is duplicate_search.search(view)


def test_while_the_search_runs_the_tab_says_how_far_it_is(mara):
    tab(mara)
    duplicate_search._begun.clear()
    with duplicate_search._turn:
        opened = mara.open("data_health", tab="Duplicates")

        assert "Comparing contacts." in opened.at.get("progress")[0].proto.text
        assert not [each for each in opened.at.dataframe if "Why" in each.value]

    assert len(pairs_of(tab(mara))) > 0


def test_a_search_that_failed_can_be_begun_again(mara, monkeypatch, caplog):
    tab(mara)
    duplicate_search._begun.clear()
    with monkeypatch.context() as change:
        change.setattr(duplicate_search, "found_in", None)
        opened = tab(mara)

    assert "The search for duplicates ended early." in opened.text
    assert duplicates.found_count(view_of(mara)) is None, "nobody knows"
    assert "failed: TypeError" in caplog.text
    opened.press("duplicates.again")
    assert len(pairs_of(tab(mara))) > 0


@pytest.mark.filterwarnings("error")
def test_a_search_that_is_given_up_lets_go_of_the_records():
    given_up = Search(1, {"contacts": pd.DataFrame({"hs_object_id": [1]})})
    given_up.stop()

    given_up.run()

    assert given_up.found == {}
    assert not given_up.is_running


def test_what_was_deleted_is_not_found_any_more(mara):
    tab(mara)
    view = view_of(mara)
    before = duplicate_search.search(view)

    services._forget_cached()

    assert before._stopping.is_set()
    assert duplicate_search.search(view) is not before
