"""Data health of a portal with almost nothing in it."""

import pytest

from tests.ui.test_health import TABS, labels

SANDBOX = ("--contacts", 1, "--companies", 0)


@pytest.mark.parametrize("tab", TABS)
def test_a_portal_with_one_contact_has_every_tab(mara, tab):
    opened = mara.open("data_health", tab=tab)

    assert opened.titles == ["Data health"]
    assert list(opened.at.get("error")) == []


def test_what_cannot_be_checked_is_said_with_the_reason(mara):
    tab = mara.open("data_health")

    assert "This portal has no companies" in tab.text
    assert all("companies" not in each for each in labels(tab))
    assert all("1** contact " in each for each in labels(tab))
