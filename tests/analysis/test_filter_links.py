from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot.analysis.filters import Between, Contains, Days, Filters, Holds, Known, OneOf, OrUnknown, Within, Words
from hubspot.analysis.filters.fields import DERIVED_GROUP, Fields, divided
from hubspot.analysis.filters.link import NEWER, TOO_MANY, UNKNOWN_PROPERTY, UNREADABLE, Reading, from_query, to_query
from hubspot.analysis.records import COMPANY_INDUSTRY, NO_VALUE, companies_joined, contacts_joined
from hubspot.portal import COMPANIES, CONTACTS
from tests.analysis.factories import companies, contacts, portal

OWNER, STAGE, ROLE = "hubspot_owner_id", "lifecyclestage", "hs_buying_role"
FIRST, LAST = date(2026, 8, 31), date(2026, 11, 23)
ODD_STAGES = {"lead": "Lead", "-": "Minus", "a.b": "Dot", "50%": "Half", "in Arbeit": "Busy", "_": "Under", "x*y~": "X"}


def fields(*records, object_type=CONTACTS, **told):
    if object_type == COMPANIES:
        return Fields(portal(**told), COMPANIES, companies_joined(companies(*records), None))
    cobalt = companies({"hs_object_id": 900, "name": "Cobalt", "industry": "BANKING"})
    return Fields(portal(**told), CONTACTS, contacts_joined(contacts(*records), cobalt))


def one_of(column, *values, negated=False):
    return OneOf(column, frozenset(values), negated)


def read(query, **told):
    return from_query(query, fields({}, **told))


def test_filters_of_the_sidebar_travel_in_short_parameters():
    filters = Filters((Days("createdate", FIRST, LAST), one_of(OWNER, "101", "100", NO_VALUE)))

    query = to_query(filters, fields({}))

    assert query == {"owner": "-.100.101", "created": "2026-08-31..2026-11-23"}
    assert read(query).filters == filters
    assert to_query(Filters((Within("createdate", "last-30-days"),)), fields({})) == {"created": "last-30-days"}


def test_all_other_filters_share_one_parameter():
    filters = Filters(
        (one_of(STAGE, "lead", negated=True),),
        ((Between("num_notes", -2, 2.5), Known("email", negated=True)), (Holds(ROLE, frozenset({"CHAMPION"}), "all"),)),
    )

    query = to_query(filters, fields({}))

    where = "1~lifecyclestage.out.lead~num_notes.n.%2D2.2%2E5-email.nk~hs_buying_role.all.CHAMPION"
    assert query == {"where": where}
    assert read(query) == Reading(filters)


@pytest.mark.parametrize(
    "condition",
    [
        Words("amara@cobalt.example"),
        Contains("jobtitle", "amara"),
        one_of("country", "Germany"),
        one_of("country", "Germany", NO_VALUE),
        one_of("firstname", "amara", negated=True),
        one_of("unheard_of", "amara"),
    ],
)
def test_what_people_typed_is_private_and_enters_no_link(condition):
    known = Known("email")

    shared, private = divided(Filters((condition, known)), fields({}))

    assert (shared, private) == (Filters((known,)), Filters((condition,)))
    assert to_query(Filters((condition,), ((condition,),)), fields({})) == {}


def test_that_a_text_has_no_value_is_not_private():
    empty = Filters((one_of("country", NO_VALUE),))

    assert to_query(empty, fields({})) == {"country": "-"}
    assert read({"country": "-"}).filters == empty


def test_groups_with_a_private_condition_among_them_are_private_together():
    secret, known = Contains("country", "x"), Known("email")

    assert divided(Filters((), ((known, secret),)), fields({})) == (
        Filters((), ((known,),)),
        Filters((), ((secret,),)),
    )
    several = Filters((), ((known, secret), (known,)))
    assert divided(several, fields({})) == (Filters(), several)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"owner": ".."}, UNREADABLE),
        ({"owner": "999"}, "Owner: this portal does not know all values of this link; those were left out."),
        ({"owner": "<script>"}, "Owner: this portal does not know all values of this link; those were left out."),
        ({"country": "Germany"}, "Country/Region: the filter of this link does not fit this property."),
        ({"created": "tomorrow"}, UNREADABLE),
        ({"created": "2026-13-01.."}, UNREADABLE),
        ({"created": "2026-01-01"}, UNREADABLE),
        ({"created": ".."}, UNREADABLE),
        ({"created": "2026-11-24..2026-11-23"}, UNREADABLE),
        ({"stage": "%"}, "Lifecycle Stage: this portal does not know all values of this link; those were left out."),
        ({"where": "2*email.k"}, NEWER),
        ({"where": "nonsense"}, NEWER),
        ({"where": "1~email"}, UNREADABLE),
        ({"where": "1~email.zz"}, UNREADABLE),
        ({"where": "1~email.k.1"}, UNREADABLE),
        ({"where": "1~num_notes.n.2.1"}, UNREADABLE),
        ({"where": "1~num_notes.n._._"}, UNREADABLE),
        ({"where": "1~num_notes.n.inf._"}, UNREADABLE),
        ({"where": "1~num_notes.n.1"}, UNREADABLE),
        ({"where": "1~createdate.d.20261301._"}, UNREADABLE),
        ({"where": "1~createdate.w.always"}, UNREADABLE),
        ({"where": "1~unheard_of.k"}, UNKNOWN_PROPERTY),
        ({"where": "1~record%2Esearch.in.x"}, UNKNOWN_PROPERTY),
        (
            {"where": "1~num_notes.in.5"},
            "Number of Sales Activities: the filter of this link does not fit this property.",
        ),
        ({"where": "1~firstname.in.Bob"}, "First Name: the filter of this link does not fit this property."),
        ({"where": "1~email.d.20260101._"}, "Email: the filter of this link does not fit this property."),
    ],
)
def test_what_a_link_can_not_mean_is_left_out_with_a_sentence(query, sentence):
    reading = read(query)

    assert reading.filters == Filters()
    assert reading.dropped == (sentence,)


def test_parameters_that_are_no_filter_are_none_of_our_business():
    assert read({"nonsense": "1", "search": "amara", "owner": ""}) == read({})


def test_what_can_be_read_beside_what_can_not_stays():
    reading = read({"owner": "100.999", "where": "1~~email.zz-email.k~nothing"})

    assert reading.filters == Filters((one_of(OWNER, "100"),), ((Known("email"),),))
    assert len(reading.dropped) == 2


def test_the_sentences_never_say_what_a_link_says():
    reading = read({"owner": "call-us-now", "where": "1~call_us_now.k~call-us-now.zz"})

    assert reading.dropped
    assert "call" not in "".join(reading.dropped)


def test_a_very_long_link_is_cut_short():
    assert read({"where": "1~" + "-".join(["email.k"] * 61)}).dropped == (TOO_MANY,)
    long = fields({}, stages={str(number): str(number) for number in range(300)})
    assert len(from_query({"stage": ".".join(map(str, range(300)))}, long).filters.conditions[0].values) == 200


def test_values_that_only_records_have_can_be_linked():
    some = fields({"industry": "RETIRED", OWNER: "999", "country": "Germany"}, object_type=COMPANIES)

    assert set(some.options("industry")) == {"COMPUTER_SOFTWARE", "BANKING", "RETIRED"}
    assert set(some.options(OWNER)) == {"100", "101", "102", "999"}
    assert some.options("country") == {}


def test_a_contacts_industry_is_its_companys():
    some = fields({"associatedcompanyid": 900})

    assert from_query({"industry": "BANKING"}, some).filters == Filters((one_of(COMPANY_INDUSTRY, "BANKING"),))
    assert to_query(Filters((one_of(COMPANY_INDUSTRY, "BANKING"),)), some) == {"industry": "BANKING"}


def test_a_booleans_values_are_yes_and_no():
    assert fields({}).options("hs_email_optout") == {"true": "Opted out", "false": "Reachable"}


def test_fields_are_sorted_by_group_with_derived_ones_first_and_hidden_ones_left_out():
    told = fields({}).all()

    assert told[0].group == DERIVED_GROUP
    theirs = [each.group for each in told if each.group != DERIVED_GROUP]
    assert theirs == sorted(theirs)
    assert {each.column: each.kind for each in told} | {OWNER: "choice", ROLE: "multiple", "closedate": "date"} == {
        each.column: each.kind for each in told
    }
    assert "record.search" not in {each.column for each in told}


LIMITS = st.tuples(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
SPAN = st.tuples(st.none() | st.dates(), st.none() | st.dates()).filter(
    lambda days: not all(days) or days[0] <= days[1]
)
FLAGS = st.booleans()
STAGES = st.frozensets(st.sampled_from([*ODD_STAGES, NO_VALUE]), min_size=1)
LINKABLE = st.one_of(
    st.builds(OneOf, st.just(STAGE), STAGES, FLAGS),
    st.builds(OneOf, st.just("country"), st.just(frozenset({NO_VALUE})), FLAGS),
    st.builds(
        Holds,
        st.just(ROLE),
        st.frozensets(st.sampled_from(["CHAMPION", "END_USER", NO_VALUE]), min_size=1),
        st.sampled_from(["any", "all", "none"]),
    ),
    st.tuples(LIMITS, FLAGS).map(lambda told: Between("num_notes", min(told[0]), max(told[0]), told[1])),
    st.builds(Between, st.just("num_notes"), st.none(), st.integers(-9, 10**15).map(float), FLAGS),
    st.tuples(st.sampled_from(["createdate", "closedate"]), SPAN, FLAGS).map(
        lambda told: Days(told[0], *told[1], told[2])
    ),
    st.builds(Within, st.just("createdate"), st.sampled_from(["last-30-days", "this-year"]), FLAGS),
    st.builds(Known, st.sampled_from(["email", COMPANY_INDUSTRY]), FLAGS),
)
GROUP = st.lists(LINKABLE | LINKABLE.map(OrUnknown), max_size=5).map(tuple)
ODD = fields({}, stages=ODD_STAGES)


@settings(deadline=None)
@given(filters=st.builds(Filters, GROUP, st.lists(GROUP, max_size=4).map(tuple)))
def test_every_linkable_filter_comes_back_from_its_link(filters):
    reading = from_query(to_query(filters, ODD), ODD)

    assert reading.dropped == ()
    assert reading.filters.groups == filters.groups
    assert set(reading.filters.conditions) == set(filters.conditions)
    assert divided(filters, ODD)[1] == Filters()
