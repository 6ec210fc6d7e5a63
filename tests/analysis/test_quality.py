"""Findings and the score, the records behind them, and what a portal must have for them; by hand-made records."""

from datetime import date

import pandas as pd
import pytest

from hubspot.analysis import records
from hubspot.analysis.filters import Filters, select
from hubspot.analysis.quality import activity, findings
from hubspot.analysis.quality.answers import ANSWERS, found_by, owned_by
from hubspot.analysis.quality.checks import Survey
from hubspot.analysis.quality.findings import CHECKS, health, shown_score
from hubspot.analysis.quality.grid import ALL
from hubspot.analysis.quality.usage import ALWAYS_ALIKE, NEVER, SELDOM, usage
from hubspot.analysis.records import NO_VALUE
from hubspot.portal import COMPANIES, CONTACTS, Property
from tests.analysis.factories import companies, contacts, portal

TODAY = date(2026, 11, 23)
TEXTS = ("phone", "mobilephone", "jobtitle", "city", "hs_lead_status", "hs_additional_domains")
DATES = ("notes_last_updated", "notes_last_contacted", "notes_next_activity_date")


def survey(people=(), firms=(), *, facts=None, without=()):
    """Return a survey of these records; both object types have every column that a check looks at."""
    apart = TEXTS + DATES
    made = {
        CONTACTS: _filled(contacts(*people, apart=apart), people),
        COMPANIES: _filled(companies(*firms, apart=apart), firms),
    }
    kept = {kind: frame.drop(columns=[name for name in without if name in frame]) for kind, frame in made.items()}
    joined = {
        CONTACTS: records.contacts_joined(kept[CONTACTS], kept[COMPANIES]),
        COMPANIES: records.companies_joined(kept[COMPANIES], kept[CONTACTS]),
    }
    return Survey(joined, facts or portal(), TODAY)


def _filled(frame, told):
    for name in TEXTS:
        frame[name] = pd.Series([record.get(name) for record in told], index=frame.index, dtype="str")
    for name in DATES:
        instants = pd.to_datetime(pd.Series([record.get(name) for record in told], dtype="str"), utc=True)
        frame[name] = instants.astype("datetime64[us, UTC]")
    return frame


def ids(asked, question):
    return ANSWERS[question.name](asked.frames, asked.portal, question, TODAY)["hs_object_id"].tolist()


def found(check, people=(), firms=(), **changes):
    return ids(survey(people, firms, **changes), found_by(check))


def found_among(check, cases, record):
    """Return which cases are found, asked all at once; `record` makes a record of a case's value."""
    made = [record(value) for value, _ in cases]
    is_person = check.startswith("contacts")
    hits = found(check, made if is_person else (), () if is_person else made)
    return [value for number, (value, _) in enumerate(cases, 1) if number in hits]


def bad(cases):
    return [value for value, is_bad in cases if is_bad]


def test_a_record_that_lacks_nothing_is_in_no_finding_and_the_score_is_100():
    well = survey(
        [
            {
                "firstname": "Ana",
                "lastname": "Silva",
                "email": "ana@acme.example",
                "phone": "+49 30 1234567",
                "lifecyclestage": "lead",
                "hubspot_owner_id": "100",
                "associatedcompanyid": 1,
                "notes_last_updated": "2026-11-20T09:00Z",
                "notes_last_contacted": "2026-11-20T09:00Z",
            },
            {"firstname": "Ben", "lastname": "Okafor", "email": "ben@acme.example", "phone": "0049301234"}
            | {"lifecyclestage": "lead", "hubspot_owner_id": "100", "associatedcompanyid": 1}
            | {"notes_last_contacted": "2026-11-20T09:00Z"},
        ],
        [
            {"name": "Acme", "domain": "acme.example", "industry": "BANKING", "country": "Germany"}
            | {"hubspot_owner_id": "100", "notes_last_contacted": "2026-11-20T09:00Z"}
        ],
    )

    result = health(well)

    assert result.findings == ()
    assert result.absent == {}
    assert set(result.clean) == set(CHECKS)
    assert shown_score(result.score) == 100


def test_the_points_of_a_finding_are_its_share_times_its_weight_over_all_weights():
    some = survey([{"hubspot_owner_id": "100"}, {}, {}, {}], [{}])

    result = health(some)

    weights = sum(check.weight for check in CHECKS.values())
    ownerless = next(each for each in result.findings if each.check == "contacts.no_owner")
    assert (ownerless.count, ownerless.n) == (3, 4)
    assert ownerless.points == pytest.approx(100 * 5 * 0.75 / weights)
    assert result.score == pytest.approx(100 - sum(each.points for each in result.findings))
    assert [each.points for each in result.findings] == sorted((e.points for e in result.findings), reverse=True)


def test_the_score_is_rounded_down_so_that_100_means_no_finding():
    assert shown_score(99.99) == 99
    assert shown_score(100.0) == 100


@pytest.mark.parametrize("kind", [CONTACTS, COMPANIES])
def test_an_object_type_that_is_not_there_is_not_checked(kind):
    both = survey([{}], [{}])
    alone = Survey({name: frame for name, frame in both.frames.items() if name == kind}, both.portal, TODAY)

    result = health(alone)

    other = COMPANIES if kind == CONTACTS else CONTACTS
    assert all(CHECKS[each.check].object_type == kind for each in result.findings)
    assert {CHECKS[name].object_type for name in result.absent} == {kind, other}
    assert f"{other.capitalize()} were not granted or not loaded." in result.absent.values()


def test_an_empty_portal_has_no_score():
    result = health(survey())

    assert result.score is None
    assert set(result.absent) == set(CHECKS)


def test_a_check_is_absent_where_the_portal_lacks_its_property():
    result = health(survey([{}], [{}], without=("phone", "mobilephone", "notes_last_contacted")))

    assert result.absent["contacts.phone_code"] == "This portal has no property phone or mobilephone."
    assert result.absent["contacts.untouched"] == "This portal has no property notes_last_contacted."
    assert "contacts.silent" not in result.absent


def test_without_known_owners_nobody_is_called_deactivated():
    result = health(survey([{"hubspot_owner_id": "102"}], facts=portal(owners=())))

    assert result.absent["contacts.deactivated_owner"] == "The portal's owners were not granted or not loaded."


@pytest.mark.parametrize("name", [name for name, check in CHECKS.items() if check.filters is not None])
def test_a_finding_that_filters_can_say_has_exactly_their_records(name):
    some = survey(
        [{"hubspot_owner_id": owner, "email": email} for owner in ("100", "102", None) for email in ("a@b.co", None)],
        [{"name": name, "domain": name} for name in ("Acme", None)],
    )
    check = CHECKS[name]

    filtered = select(some.frames[check.object_type], check.filters(some), "UTC").records

    assert ids(some, found_by(name)) == filtered["hs_object_id"].tolist()
    assert check.filters(some) != Filters()


NAMES = [
    ("MARIA", True),
    ("maria", True),
    ("ÉLODIE", True),
    ("E\u0301LODIE", True),
    ("MÜLLER-LÜDENSCHEIDT", True),
    ("Maria", False),
    ("McDonald", False),
    ("van den Berg", False),
    ("JJ", False),
    ("A. B.", False),
    ("x", False),
    ("美咲", False),
    ("النخيل", False),
    ("123", False),
    (None, False),
]


def test_capitals_are_three_in_a_row_or_none_at_all():
    assert found_among("contacts.capitals", NAMES, lambda name: {"lastname": name}) == bad(NAMES)


FIRMS = [("IBM", False), ("ACME TRADING", True), ("adidas", True), ("SAP AG", False)]


def test_a_companys_short_capitals_are_its_name():
    assert found_among("companies.capitals", FIRMS, lambda name: {"name": name}) == bad(FIRMS)


def test_a_suggestion_stands_beside_each_bad_name_and_only_there():
    asked = survey([{"firstname": "MARY-JANE", "lastname": "O'Brien"}, {"firstname": "Ana", "lastname": "DE LA CRUZ"}])

    answer = ANSWERS["health.found"](asked.frames, asked.portal, found_by("contacts.capitals"), TODAY)

    assert answer["suggested.firstname"].fillna("").tolist() == ["Mary-Jane", ""]
    assert answer["suggested.lastname"].fillna("").tolist() == ["", "De La Cruz"]


@pytest.mark.parametrize(
    ("check", "value"),
    [
        ("contacts.capitals", "ANNA LENA"),
        ("contacts.spaces", " Anna\u00a0 Lena\t"),
        ("contacts.hidden", "An\u200bna\u202e\x07 Le\ufeffna"),
    ],
)
def test_a_mended_value_is_no_longer_found(check, value):
    asked = survey([{"firstname": value}])
    (mended,) = ANSWERS["health.found"](asked.frames, asked.portal, found_by(check), TODAY)["suggested.firstname"]

    assert mended == "Anna Lena"
    assert found(check, [{"firstname": mended}]) == []


SPACED = [
    (" Ana", True),
    ("Ana ", True),
    ("Ana  Lena", True),
    ("Ana\nLena", True),
    ("\u00a0Ana", True),
    ("Ana Lena", False),
    ("Ana\u00a0Lena", False),
]


def test_stray_spaces():
    assert found_among("contacts.spaces", SPACED, lambda text: {"jobtitle": text}) == bad(SPACED)


HIDDEN = [
    ("a\u200bb", True),
    ("a\u202eb", True),
    ("a\x00b", True),
    ("\ufeffa", True),
    ("a\u200db", False),
    ("a b", False),
]


def test_hidden_characters_are_found_but_joiners_are_letters():
    assert found_among("contacts.hidden", HIDDEN, lambda text: {"company": text}) == bad(HIDDEN)


PHONES = [
    ("+49 30 123", False),
    ("0049 30 123", False),
    ("(+49) 30 123", False),
    ("tel. 00 49 30", False),
    ("030 123", True),
    ("555-0100", True),
    ("49 30 123", True),
    ("unknown", False),
    (None, False),
]


def test_a_phone_without_country_code():
    assert found_among("contacts.phone_code", PHONES, lambda phone: {"mobilephone": phone}) == bad(PHONES)
    assert found_among("companies.phone_code", PHONES, lambda phone: {"phone": phone}) == bad(PHONES)


MAILBOXES = [
    ("info@acme.example", True),
    ("INFO+news@acme.example", True),
    ("sales@acme.example", True),
    ("information.desk@acme.example", False),
    ("ana@info.example", False),
    ("info", False),
    (None, False),
]


def test_a_mailbox_of_a_role_is_told_by_what_stands_before_the_at():
    assert found_among("contacts.role_mailbox", MAILBOXES, lambda email: {"email": email}) == bad(MAILBOXES)


TEST_PEOPLE = [
    ({"firstname": "Test", "lastname": "Contact"}, True),
    ({"firstname": "asdf"}, True),
    ({"firstname": "Demo", "lastname": "Demo"}, True),
    ({"email": "test+1@acme.example"}, True),
    ({"email": "ana@example.com"}, True),
    ({"firstname": "Desmond", "lastname": "Tester"}, False),
    ({"firstname": "Ana", "lastname": "Sample"}, False),
    ({"firstname": "Attest", "lastname": "Contest"}, False),
    ({"email": "contest@acme.example"}, False),
    ({}, False),
]


def test_who_looks_like_a_test():
    assert found_among("contacts.test", TEST_PEOPLE, dict) == bad(TEST_PEOPLE)


TEST_FIRMS = [
    ({"name": "Test"}, True),
    ({"name": "test company 2"}, True),
    ({"name": "Test Valley Council"}, False),
    ({"domain": "https://www.example.com/"}, True),
    ({"domain": "acme.example"}, False),
]


def test_which_company_looks_like_a_test():
    assert found_among("companies.test", TEST_FIRMS, dict) == bad(TEST_FIRMS)


DOMAINS = [("gmail.com", True), ("https://www.GMX.de/x", True), ("notgmail.com", False), ("mail.acme.com", False)]


def test_a_free_mail_domain_on_a_company():
    assert found_among("companies.free_mail", DOMAINS, lambda domain: {"domain": domain}) == bad(DOMAINS)


def test_a_contact_without_a_company_is_told_which_one_has_its_domain():
    people = [
        {"email": "ana@acme.example"},
        {"email": "Ben@SHOP.example"},
        {"email": "cem@gmail.com"},
        {"email": "dora@elsewhere.example"},
        {"email": "eva@acme.example", "associatedcompanyid": 70},
        {"email": "acme.example"},
        {},
    ]
    firms = [
        {"hs_object_id": 90, "name": "Acme Two", "domain": "acme.example"},
        {
            "hs_object_id": 70,
            "name": "Acme",
            "domain": "www.acme.example",
            "hs_additional_domains": "x.example;shop.example",
        },
        {"hs_object_id": 71, "name": "Wrong", "domain": "gmail.com"},
    ]
    asked = survey(people, firms)

    answer = ANSWERS["health.found"](asked.frames, asked.portal, found_by("contacts.unlinked"), TODAY)

    assert answer["hs_object_id"].tolist() == [1, 2]
    assert answer["suggested.company_name"].tolist() == ["Acme", "Acme"]
    assert answer["suggested.company_id"].tolist() == ["70", "70"]


def test_owners_disagree_only_where_both_are_known():
    people = [
        {"hubspot_owner_id": "100", "associatedcompanyid": 1},
        {"hubspot_owner_id": "101", "associatedcompanyid": 1},
        {"associatedcompanyid": 1},
        {"hubspot_owner_id": "101", "associatedcompanyid": 2},
        {"hubspot_owner_id": "101", "associatedcompanyid": 999},
        {"hubspot_owner_id": "101"},
    ]
    asked = survey(people, [{"hubspot_owner_id": "100"}, {}])

    answer = ANSWERS["health.found"](asked.frames, asked.portal, found_by("contacts.owner_mismatch"), TODAY)

    assert answer["hs_object_id"].tolist() == [2]
    assert answer["company.owner"].tolist() == ["Maya Ortiz"]


def test_companies_are_empty_or_have_one_contact_by_their_primary_links():
    people = [{"associatedcompanyid": 1}, {"associatedcompanyid": 2}, {"associatedcompanyid": 2}]
    firms = [{}, {}, {}]

    assert found("companies.single", people, firms) == [1]
    assert found("companies.empty", people, firms) == [3]


def test_silent_means_that_many_days_of_the_portal_ago_or_more():
    # Berlin is an hour ahead: 23:30 UTC on 24 August is the 25th there, 90 days before 23 November less one.
    dates = ["2026-08-24T23:30Z", "2026-08-25T21:30Z", "2026-08-25T22:30Z", None]
    people = [{"notes_last_updated": when} for when in dates]

    assert ids(survey(people), owned_by(CONTACTS, "silent", value=ALL, days=90)) == [1, 2]
    assert ids(survey(people), owned_by(CONTACTS, "silent", value=ALL, days=91)) == []


def test_the_later_of_both_activity_dates_counts():
    people = [{"notes_last_updated": "2026-01-01T09:00Z", "notes_last_contacted": "2026-11-20T09:00Z"}]

    assert found("contacts.silent", people) == []
    assert found("contacts.silent", people, without=("notes_last_contacted",)) == [1]


def test_a_next_step_in_the_past_is_none():
    dates = ["2026-11-22T20:00Z", "2026-11-22T23:30Z", "2026-12-01T09:00Z", None]
    people = [{"notes_next_activity_date": when} for when in dates]

    assert ids(survey(people), owned_by(CONTACTS, "unplanned", value=ALL, days=90)) == [1, 4]


def test_workload_has_nobody_and_deactivated_owners_on_top():
    people = [
        *({"hubspot_owner_id": "100", "createdate": "2026-11-01T09:00Z"} for _ in range(3)),
        {"hubspot_owner_id": "101", "createdate": "2026-01-01T09:00Z", "notes_last_contacted": "2026-01-02T09:00Z"},
        {"hubspot_owner_id": "102"},
        {"hubspot_owner_id": "999"},
        {},
    ]
    asked = survey(people)

    rows = activity.workload(asked, CONTACTS, days=90).rows

    assert rows["value"].tolist() == [NO_VALUE, "102", "999", "100", "101"]
    assert rows["label"].tolist() == ["No owner", "Ana Silva (deactivated)", "Owner 999", "Maya Ortiz", "Tom Reed"]
    assert rows["state"].tolist() == ["none", "deactivated", "deactivated", "", ""]
    assert rows["owned"].tolist() == [1, 1, 1, 3, 1]
    assert rows["new"].tolist() == [0, 0, 0, 3, 0]
    assert rows["untouched"].tolist() == [1, 1, 1, 3, 0]
    assert rows["silent"].tolist() == [0, 0, 0, 0, 1]
    assert ids(asked, owned_by(CONTACTS, "untouched", value="100", days=90)) == [1, 2, 3]
    assert ids(asked, owned_by(CONTACTS, "owned", value=NO_VALUE, days=90)) == [7]
    assert ids(asked, owned_by(CONTACTS, "owned", value="nobody", days=90)) == []


def test_new_is_the_last_thirty_days_with_today():
    dates = ["2026-10-24T21:30Z", "2026-10-24T22:30Z", "2026-11-23T10:00Z", None]

    assert ids(survey([{"createdate": when} for when in dates]), owned_by(CONTACTS, "new", value=ALL, days=90)) == [
        3,
        2,
    ]


def test_the_portals_properties_decide_which_kinds_there_are():
    bare = survey([{}], without=(*DATES, "createdate"))

    assert activity.kinds(bare.frames[CONTACTS]) == ("owned",)
    assert set(activity.workload(bare, CONTACTS, days=90).totals) == {"owned"}


def test_usage_tells_fill_rate_values_and_who_could_go():
    facts = portal()
    custom = [Property(name, name, "string", hubspot_defined=False) for name in ("never", "seldom", "alike", "some")]
    facts.properties[CONTACTS] = (*facts.properties[CONTACTS], *custom)
    frame = contacts(*({"hs_email_optout": True, "country": "Germany"} for _ in range(200)))
    for name, values in {"never": [], "seldom": ["x"], "alike": ["x"] * 200, "some": ["x"] * 100}.items():
        frame[name] = pd.Series([*values, *[None] * (200 - len(values))], dtype="str")

    result = usage(frame, facts, CONTACTS)

    rows = result.rows.set_index("name")
    assert rows.index[:4].tolist() == ["never", "seldom", "some", "alike"]
    assert rows.loc[["never", "seldom", "alike", "some"], "retire"].tolist() == [NEVER, SELDOM, ALWAYS_ALIKE, ""]
    assert rows.loc["some", ["filled", "share", "distinct"]].tolist() == [100, 0.5, 1]
    assert rows.loc["hs_email_optout", "only"] == "Opted out"
    assert rows.loc["country", "retire"] == ""
    assert "hs_object_id" not in rows.index
    assert result.n == 200


def test_usage_of_an_empty_portal_judges_nothing():
    result = usage(contacts(), portal(), CONTACTS)

    assert result.rows["filled"].sum() == 0
    assert set(result.rows["retire"]) == {""}


def test_every_check_says_why_it_matters_and_how_to_mend_it():
    for name, check in CHECKS.items():
        assert name.startswith(f"{check.object_type}.")
        assert check.why.endswith(".")
        assert check.fix.endswith(".")
        assert 1 <= check.weight <= 5
        assert (check.find is None) != (check.filters is None)
    assert findings.of_tab(health(survey([{}])), "formatting") == []
