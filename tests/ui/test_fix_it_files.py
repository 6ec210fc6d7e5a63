"""The fix-it file of every finding: imported as HubSpot imports it, by Record ID, it makes the finding disappear."""

import pytest

from hubspot.analysis.quality.findings import CHECKS
from hubspot.analysis.records import DERIVED_LABELS
from hubspot.ui import health_answers
from tests.running import wait_until
from tests.ui.test_health import file_of, view_of

SANDBOX = ("--contacts", 600, "--companies", 120, "--seed", 5)
# What no company of this portal has.
BROKEN = ({"name": None}, {"name": " Alder  Press\t"}, {"name": "Birch\u200b Press", "city": "Ber\u202elin"})
NOT_BY_IMPORT = {
    "contacts.silent": "somebody has to get in touch: HubSpot dates activities itself",
    "companies.silent": "somebody has to get in touch: HubSpot dates activities itself",
    "contacts.untouched": "somebody has to get in touch: HubSpot dates activities itself",
    "companies.untouched": "somebody has to get in touch: HubSpot dates activities itself",
    "contacts.test": "what is no person is deleted, and whether it is one takes a look",
    "companies.test": "what is no company is deleted, and whether it is one takes a look",
    "companies.empty": "a contact is linked or added, or the company deleted: no value of the company mends it",
    "companies.single": "a second person is to be met first",
}


def suggested(row, _portal):
    """The suggestions of the file, each imported into the property that it is for."""
    named = {label: name.removeprefix("suggested.") for name, label in DERIVED_LABELS.items() if "suggested." in name}
    # CSV parts what a spreadsheet would run with an apostrophe; the Excel file has none.
    return {named[header]: value.removeprefix("'") for header, value in row.items() if header in named and value}


def linked(row, _portal):
    """The company that the file suggests; its name stands there to be read."""
    return {"associatedcompanyid": row["Suggested company's Record ID"]}


def filled(**values):
    """What a person writes into the file, where only a person can know it; {id} is the record's."""
    return lambda row, _portal: {name: value.format(id=row["Record ID"]) for name, value in values.items()}


def owned(_row, portal):
    """The first owner who is there."""
    return {"hubspot_owner_id": next(owner.id for owner in portal.owners if not owner.archived)}


def owned_as_the_company(row, portal):
    """The owner whom the file says the company has."""
    by_label = {label: value for value, label in portal.option_labels("companies", "hubspot_owner_id").items()}
    return {"hubspot_owner_id": by_label[row["Company's owner"]]}


def with_a_code(row, _portal):
    """The numbers of the file with a country code in front, those without one."""
    numbers = {"phone": row["Phone Number"], "mobilephone": row.get("Mobile Phone Number", "")}
    local = {name: number for name, number in numbers.items() if number and not number.startswith("'+")}
    return {name: f"+49 {number}" for name, number in local.items()}


# What is mended together touches no value twice; what a mended owner, link or letter brings to light comes later.
ROUNDS = (
    {
        "contacts.no_email": filled(email="found.{id}@alder-press.org"),
        "contacts.no_name": filled(firstname="Ada", lastname="Alder"),
        "contacts.no_lifecyclestage": filled(lifecyclestage="lead"),
        "contacts.no_phone": filled(phone="+49 30 1234567"),
        "contacts.no_owner": owned,
        "contacts.deactivated_owner": owned,
        "contacts.role_mailbox": filled(email="person.{id}@alder-press.org"),
        "contacts.unlinked": linked,
        "contacts.hidden": suggested,
        "companies.no_domain": filled(domain="alder-{id}.org"),
        "companies.no_name": filled(name="Alder {id}"),
        "companies.no_industry": filled(industry="COMPUTER_SOFTWARE"),
        "companies.no_country": filled(country="Germany"),
        "companies.no_owner": owned,
        "companies.deactivated_owner": owned,
        "companies.free_mail": filled(domain="birch-{id}.org"),
        "companies.hidden": suggested,
    },
    {
        "contacts.phone_code": with_a_code,
        "contacts.owner_mismatch": owned_as_the_company,
        "contacts.spaces": suggested,
        "companies.phone_code": with_a_code,
        "companies.spaces": suggested,
    },
    {"contacts.capitals": suggested, "companies.capitals": suggested},
)


def edit(wire, object_type, values):
    """Update records as an import does that names them by Record ID."""
    records = [{"id": record_id, "properties": properties} for record_id, properties in values.items()]
    wire.http.post("/sandbox/edit", json={"object_type": object_type, "records": records}).raise_for_status()


def refreshed(someone):
    before = view_of(someone).version
    someone.open("data_health").press("refresh")
    wait_until(lambda: view_of(someone).version != before and not view_of(someone).is_loading)


def import_file(someone, wire, name, mend):
    """Import the fix-it file of a finding as `mend` fills it in; the file holds the records that were counted."""
    view = view_of(someone)
    found = {each.check: each for each in health_answers.health(view).findings}
    rows = file_of(someone, someone.open("data_health", finding=name))
    assert {next(iter(row)) for row in rows} == {"Record ID"}
    assert len({row["Record ID"] for row in rows}) == len(rows) == found[name].count, name
    edit(wire, CHECKS[name].object_type, {row["Record ID"]: mend(row, view.portal) for row in rows})


def test_every_finding_has_a_file_that_mends_it_or_a_reason_why_none_can():
    mended = [name for each in ROUNDS for name in each]

    assert sorted([*mended, *NOT_BY_IMPORT]) == sorted(CHECKS)


@pytest.fixture
def broken(wire, truth):
    """The portal, with what its companies lack among the things that can be wrong."""
    ids = [company["hs_object_id"] for company in truth["companies"]]
    edit(wire, "companies", dict(zip(ids, BROKEN, strict=False)))


@pytest.mark.usefixtures("broken")
def test_importing_the_files_makes_every_finding_disappear_with_the_next_refresh(connect, wire):
    someone = connect()

    for mends in ROUNDS:
        for name, mend in mends.items():
            import_file(someone, wire, name, mend)
        refreshed(someone)

        left = {each.check: each.count for each in health_answers.health(view_of(someone)).findings}
        assert {name: left[name] for name in mends if name in left} == {}
