"""Missing values: what a person is expected to fill, and which records lack it."""

from hubspot.analysis.filters import Filters, Known
from hubspot.analysis.quality.checks import Check
from hubspot.portal import COMPANIES, CONTACTS

# What a person is expected to fill; those that a portal lacks are left out.
EXPECTED = {
    CONTACTS: (
        *("email", "firstname", "lastname", "phone", "jobtitle", "associatedcompanyid", "hubspot_owner_id"),
        *("lifecyclestage", "hs_lead_status", "country"),
    ),
    COMPANIES: (
        *("name", "domain", "industry", "country", "city", "phone", "numberofemployees", "annualrevenue"),
        *("hubspot_owner_id", "lifecyclestage"),
    ),
}


def _lacking(  # noqa: PLR0913 - the words of a check
    name: str, object_type: str, *, says: str, why: str, fix: str, weight: int
) -> Check:
    return Check(
        name=f"{object_type}.no_{name}",
        object_type=object_type,
        tab="missing",
        says=says,
        why=why,
        fix=fix,
        weight=weight,
        columns=(name,),
        needs=((name,),),
        filters=lambda _: Filters((Known(name, negated=True),)),
    )


CHECKS = (
    _lacking(
        "email",
        CONTACTS,
        says="without an e-mail address",
        why="Nobody can write to them, and HubSpot recognises a returning contact by the address.",
        fix="Add the address, or delete contacts that cannot be reached in any way.",
        weight=4,
    ),
    Check(
        name="contacts.no_name",
        object_type=CONTACTS,
        tab="missing",
        says="without a name",
        why="Greetings and lists show an address, or nothing.",
        fix="Fill in first and last name.",
        weight=3,
        columns=("firstname", "lastname", "email"),
        needs=(("firstname",), ("lastname",)),
        filters=lambda _: Filters((Known("firstname", negated=True), Known("lastname", negated=True))),
    ),
    _lacking(
        "lifecyclestage",
        CONTACTS,
        says="without a lifecycle stage",
        why="They are in no funnel, and automation that starts at a stage passes them by.",
        fix="Set the stage they are in.",
        weight=3,
    ),
    Check(
        name="contacts.no_phone",
        object_type=CONTACTS,
        tab="missing",
        says="without a phone number",
        rule="Neither a phone number nor a mobile one.",
        why="Sales cannot call them.",
        fix="Add the number where calling is part of the work.",
        weight=1,
        columns=("phone", "mobilephone"),
        needs=(("phone", "mobilephone"),),
        filters=lambda _: Filters((Known("phone", negated=True), Known("mobilephone", negated=True))),
    ),
    _lacking(
        "domain",
        COMPANIES,
        says="without a domain",
        why="HubSpot links new contacts and enriches companies by the domain, and finds duplicates by it.",
        fix="Fill in the company's domain.",
        weight=4,
    ),
    _lacking(
        "name",
        COMPANIES,
        says="without a name",
        why="Lists show a domain, or nothing.",
        fix="Fill in the company's name.",
        weight=3,
    ),
    _lacking(
        "industry",
        COMPANIES,
        says="without an industry",
        why="They fall out of every split by industry.",
        fix="Choose the industry.",
        weight=2,
    ),
    _lacking(
        "country",
        COMPANIES,
        says="without a country",
        why="They fall out of every split by country, and of rules for territories.",
        fix="Fill in the country.",
        weight=1,
    ),
)
