from datetime import date

import pytest

from hubspot.analysis.filters import Between, Contains, Days, Filters, Holds, Known, OneOf, OrUnknown, Within, Words
from hubspot.analysis.filters.wording import Wording
from hubspot.analysis.records import NO_VALUE
from hubspot.portal import CONTACTS
from tests.analysis.factories import portal

NOVEMBER = date(2026, 11, 1)


def said(condition, **options):
    return Wording(portal(), CONTACTS, **options).condition(condition)


def one_of(column, *values, negated=False):
    return OneOf(column, frozenset(values), negated)


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (Words(" amara "), "“amara”"),
        (one_of("hubspot_owner_id", "100", "101"), "Owner: Maya Ortiz, Tom Reed"),
        (one_of("hubspot_owner_id", NO_VALUE), "Owner: No owner"),
        (one_of("hubspot_owner_id", "9", NO_VALUE), "Owner: Owner 9, No owner"),
        (one_of("lifecyclestage", "lead", negated=True), "Lifecycle Stage: none of Lead"),
        (OrUnknown(one_of("lifecyclestage", "lead", negated=True)), "Lifecycle Stage: none of Lead, or unknown"),
        (OrUnknown(Contains("email", "x", negated=True)), "Email does not contain “x”, or unknown"),
        (one_of("hs_email_optout", "true"), "Unsubscribed: Opted out"),
        (Holds("hs_buying_role", frozenset({"CHAMPION", "END_USER"}), "all"), "Buying Role: all of Champion, End user"),
        (Holds("hs_buying_role", frozenset({"CHAMPION"}), "none"), "Buying Role: none of Champion"),
        (Contains("email", "x"), "Email contains “x”"),
        (Contains("email", "x", negated=True), "Email does not contain “x”"),
        (Known("email"), "Email is known"),
        (Known("email", negated=True), "Email is unknown"),
        (Between("total_revenue", 1000, 2500.5), "Total Revenue (EUR): 1,000 to 2,500.5"),
        (Between("num_notes", low=0), "Number of Sales Activities: at least 0"),
        (Between("num_notes", low=0, negated=True), "Number of Sales Activities: less than 0"),
        (Between("num_notes", high=0), "Number of Sales Activities: at most 0"),
        (Between("num_notes", high=3, negated=True), "Number of Sales Activities: more than 3"),
        (Between("num_notes", 3, 3), "Number of Sales Activities: exactly 3"),
        (Between("num_notes", 3, 3, negated=True), "Number of Sales Activities: not 3"),
        (Between("num_notes", 3, 4, negated=True), "Number of Sales Activities: outside 3 to 4"),
        (Days("createdate", NOVEMBER, date(2026, 11, 22)), "Create Date: 1 Nov 2026 to 22 Nov 2026"),
        (Days("createdate", NOVEMBER, NOVEMBER), "Create Date: 1 Nov 2026"),
        (Days("createdate", first=NOVEMBER), "Create Date: since 1 Nov 2026"),
        (Days("createdate", first=NOVEMBER, negated=True), "Create Date: before 1 Nov 2026"),
        (Days("createdate", last=NOVEMBER), "Create Date: until 1 Nov 2026"),
        (Days("createdate", last=NOVEMBER, negated=True), "Create Date: after 1 Nov 2026"),
        (Within("createdate", "last-30-days"), "Create Date: last 30 days"),
        (Within("createdate", "this-month", negated=True), "Create Date: not this month"),
        (one_of("company.industry", "BANKING"), "Company industry: Banking"),
    ],
)
def test_a_condition_is_said_in_the_portals_labels(condition, words):
    assert said(condition) == words


def test_many_values_are_counted_where_only_some_are_named():
    assert said(one_of("hubspot_owner_id", "100", "101", "102"), most=2) == "Owner: Maya Ortiz, Tom Reed and 1 more"


def test_a_title_of_our_own_may_stand_for_a_label():
    assert said(Known("email"), titles={"email": "Address"}) == "Address is known"


def test_instants_say_whose_days_they_are_and_dates_do_not():
    assert said(Days("createdate", first=NOVEMBER), zone=True) == "Create Date: since 1 Nov 2026 (Europe/Berlin)"
    assert said(Days("closedate", first=NOVEMBER), zone=True) == "Close Date: since 1 Nov 2026"


def test_all_that_every_record_agreed_to_is_said_and_groups_in_one_sentence():
    owned, lead, known = one_of("hubspot_owner_id", "100"), one_of("lifecyclestage", "lead"), Known("email")
    wording = Wording(portal(), CONTACTS)

    assert wording.sentences(Filters()) == ()
    assert wording.sentences(Filters((owned,), ((lead, known),))) == (
        "Owner: Maya Ortiz",
        "Lifecycle Stage: Lead",
        "Email is known",
    )
    assert wording.sentences(Filters((owned,), ((lead, known), (known,)))) == (
        "Owner: Maya Ortiz",
        "(Lifecycle Stage: Lead and Email is known) or (Email is known)",
    )
