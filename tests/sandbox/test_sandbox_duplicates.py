import difflib
import json
import re
from collections import Counter, defaultdict
from itertools import combinations

import pytest

from hubspot.sandbox.truth import truth_lines
from hubspot.sandbox.vocabulary import COUNTRIES, FIRST_NAMES, LAST_NAMES, display
from tests.sandbox.drawn import portal

LEGAL_FORMS = sorted({re.sub(r"\W", "", country.legal_form).lower() for country in COUNTRIES}, key=len, reverse=True)


def lines(drawn, *kinds):
    return [json.loads(line) for line in truth_lines(drawn, kinds)]


@pytest.fixture(scope="module")
def drawn():
    return portal(contacts=20_000, companies=8_000)


@pytest.fixture(scope="module")
def records(drawn):
    """Live records by object type and id."""
    found = defaultdict(dict)
    for line in lines(drawn, "record"):
        if not line["archived"]:
            found[line["object_type"]][line["id"]] = line["properties"]
    return found


@pytest.fixture(scope="module")
def pairs(drawn, records):
    """Pairs of records that are known duplicates, by object type and reason."""
    found = defaultdict(list)
    for line in lines(drawn, "duplicate"):
        kind = line["object_type"]
        found[kind, line["reason"]].append(tuple(records[kind][each] for each in line["ids"]))
    return found


def words(text):
    return re.findall(r"\w+", (text or "").lower())


def plain_email(text):
    mailbox, _, host = text.lower().partition("@")
    return f"{mailbox.partition('+')[0]}@{host}"


def subscriber(phone):
    return re.sub(r"\D", "", phone)[-7:]


def firm_name(text):
    """The letters of a company's name without its legal form."""
    spelt = re.sub(r"\W", "", text).lower()
    return next((spelt.removesuffix(form) for form in LEGAL_FORMS if spelt.endswith(form)), spelt)


def similar(first, second):
    return difflib.SequenceMatcher(None, " ".join(words(first)), " ".join(words(second))).ratio()


def test_there_are_duplicates_of_every_kind(pairs):
    numbers = Counter({key: len(found) for key, found in pairs.items()})

    assert min(numbers.values()) >= 1
    assert {reason for kind, reason in numbers if kind == "contacts"} >= {
        "email",
        "additional_email",
        "phone_and_last_name",
        "name_and_company",
    }
    assert {reason for kind, reason in numbers if kind == "companies"} >= {
        "domain",
        "additional_domain",
        "name_and_country",
    }
    assert 150 < sum(number for (kind, _), number in numbers.items() if kind == "contacts") < 400


def test_duplicates_by_email_have_one_address_with_and_without_a_tag(pairs):
    for first, second in pairs["contacts", "email"]:
        assert first["email"] != second["email"]
        assert plain_email(first["email"]) == plain_email(second["email"])


def test_duplicates_by_additional_email_have_the_address_of_the_other_beside_their_own(pairs):
    for first, second in pairs["contacts", "additional_email"]:
        assert plain_email(second["email"]) in map(plain_email, first["hs_additional_emails"].split(";"))


def test_duplicates_by_phone_write_one_number_in_two_ways_and_have_the_same_last_name(pairs):
    for first, second in pairs["contacts", "phone_and_last_name"]:
        assert first["phone"] != second["phone"]
        assert subscriber(first["phone"]) == subscriber(second["phone"])
        assert words(first["lastname"]) == words(second["lastname"])
        assert plain_email(first["email"] or "a") != plain_email(second["email"] or "b")


def test_duplicates_by_name_work_for_one_company_and_spell_their_name_alike(pairs):
    spelt = Counter()
    for first, second in pairs["contacts", "name_and_company"]:
        assert first["associatedcompanyid"] == second["associatedcompanyid"] is not None
        assert words(first["firstname"]) == words(second["firstname"])
        assert similar(first["lastname"], second["lastname"]) >= 0.6
        spelt["same" if first["lastname"] == second["lastname"] else "other"] += 1

    assert spelt["same"] > 10
    assert spelt["other"] > 10


def test_duplicates_by_domain_share_the_registered_one(pairs):
    for first, second in pairs["companies", "domain"]:
        assert second["domain"].partition(".")[2] == first["domain"]


def test_duplicates_by_additional_domain_have_the_domain_of_the_other_beside_their_own(pairs):
    for first, second in pairs["companies", "additional_domain"]:
        assert second["domain"] in first["hs_additional_domains"].split(";")


def test_duplicates_by_name_differ_in_legal_form_or_capitals_and_are_in_one_country(pairs):
    for first, second in pairs["companies", "name_and_country"]:
        assert firm_name(first["name"]) == firm_name(second["name"])
        assert first["country"].lower() == second["country"].lower()
        assert first["domain"] != second["domain"] or first["domain"] is None


def test_hardly_any_two_records_look_like_duplicates_and_are_none(drawn, records):
    known = {frozenset(line["ids"]) for line in lines(drawn, "duplicate")}
    by_rule = defaultdict(lambda: defaultdict(list))
    for number, person in records["contacts"].items():
        name = (*words(person["firstname"]), *words(person["lastname"]))
        if person["email"]:
            by_rule["email"][plain_email(person["email"])].append(number)
        if len(subscriber(person["phone"] or "")) == 7 and person["lastname"]:
            by_rule["phone"][subscriber(person["phone"]), *words(person["lastname"])].append(number)
        if person["associatedcompanyid"] and person["firstname"] and person["lastname"]:
            by_rule["name"][person["associatedcompanyid"], *name].append(number)
    for number, firm in records["companies"].items():
        if firm["name"] and firm["country"]:
            by_rule["firm"][firm_name(firm["name"]), firm["country"].lower()].append(number)

    for rule, groups in by_rule.items():
        found = {frozenset(pair) for group in groups.values() for pair in combinations(group, 2)}
        assert len(found - known) <= len(found) / 40 + 1, rule


def test_branches_share_the_domain_of_their_parent_and_are_no_duplicates(drawn, records):
    known = {frozenset(line["ids"]) for line in lines(drawn, "duplicate")}
    firms = records["companies"]
    families = [
        (number, firm["hs_parent_company_id"])
        for number, firm in firms.items()
        if firm["hs_parent_company_id"] in firms
        and firm["domain"]
        and firm["domain"] == firms[firm["hs_parent_company_id"]]["domain"]
    ]

    assert len(families) > 5
    assert not known & {frozenset(pair) for pair in families}


def test_colleagues_share_a_switchboard_and_no_last_name(records):
    phones = defaultdict(list)
    for person in records["contacts"].values():
        if person["phone"] and person["associatedcompanyid"] and person["lastname"]:
            phones[person["associatedcompanyid"], subscriber(person["phone"])].append(tuple(words(person["lastname"])))
    shared = [names for names in phones.values() if len(names) > 1]

    assert len(shared) > 20
    assert sum(len(set(names)) == len(names) for names in shared) / len(shared) > 0.8


def test_namesakes_work_for_different_companies(records):
    firms = defaultdict(set)
    for person in records["contacts"].values():
        firms[person["firstname"], person["lastname"]].add(person["associatedcompanyid"])

    assert sum(len(each) > 3 for each in firms.values()) > 100


@pytest.mark.parametrize("names", [FIRST_NAMES, LAST_NAMES], ids=["first", "last"])
def test_no_two_names_of_one_language_are_nearly_the_same(names):
    for group in names.values():
        shown = [display(word).lower() for word in group.split()]
        for first, second in combinations(shown, 2):
            assert difflib.SequenceMatcher(None, first, second).ratio() < 0.8, (first, second)
