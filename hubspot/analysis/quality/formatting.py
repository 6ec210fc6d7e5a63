"""Checks of values that are there but badly written; where one can be mended without a guess, a suggestion is added."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hubspot.analysis.quality import spelling, words
from hubspot.analysis.quality.checks import Check, Survey
from hubspot.analysis.quality.texts import Mask, any_matches, as_series, texts
from hubspot.portal import COMPANIES, CONTACTS

SUGGESTED = "suggested."
NAMES = {CONTACTS: ("firstname", "lastname"), COMPANIES: ("name",)}
TYPED = {CONTACTS: ("firstname", "lastname", "company", "jobtitle", "city"), COMPANIES: ("name", "city")}
PHONES = ("phone", "mobilephone")
LOOK_THROUGH = "The file holds a suggestion beside each value: look through them, then import them into the property."

Test = Callable[[pa.Array], Mask]
Mend = Callable[[pa.Array], pa.Array]


def _suggestions(found: pd.DataFrame, columns: Sequence[str], test: Test, mend: Mend) -> pd.DataFrame:
    """Return, for each column that the test finds something in, the mended values of exactly those records."""
    added = {}
    for column in columns:
        values = texts(found, column)
        is_bad = test(values)
        if is_bad.any():
            mended = pc.if_else(pa.array(is_bad), mend(values), pa.scalar(None, pa.large_string()))
            added[f"{SUGGESTED}{column}"] = as_series(mended, found.index)
    return pd.DataFrame(added, index=found.index)


def _mendable(check: Check, test: Test, mend: Mend) -> Check:
    """Return a check of what a test finds in the check's columns, with the mended values as suggestions."""

    def find(survey: Survey) -> Mask:
        return any_matches(survey.frames[check.object_type], check.columns, test)

    def suggest(_survey: Survey, found: pd.DataFrame) -> pd.DataFrame:
        return _suggestions(found, check.columns, test, mend)

    return replace(check, find=find, suggest=suggest, needs=(check.columns,))


def _capitals(object_type: str) -> Check:
    row, capitals = ("three", spelling.THREE_CAPITALS) if object_type == CONTACTS else ("five", spelling.FIVE_CAPITALS)
    check = Check(
        name=f"{object_type}.capitals",
        object_type=object_type,
        tab="formatting",
        says="whose name is all in capitals or all in small letters",
        rule=f"Capitals: {row} or more in a row and no small letter. Small letters: two or more and no capital.",
        why="A greeting shows the name as it is stored, and shouts or mumbles.",
        fix=LOOK_THROUGH,
        weight=1,
        columns=NAMES[object_type],
    )
    return _mendable(check, partial(spelling.badly_cased, capitals=capitals), pc.utf8_title)


def _spaces(object_type: str) -> Check:
    check = Check(
        name=f"{object_type}.spaces",
        object_type=object_type,
        tab="formatting",
        says="with stray spaces",
        rule="A space at the beginning or end, two in a row, a tab or a new line.",
        why="Filters, lists and duplicate checks take the value for another one.",
        fix=LOOK_THROUGH,
        weight=1,
        columns=TYPED[object_type],
    )
    return _mendable(check, spelling.stray_spaces, spelling.tidied)


def _hidden(object_type: str) -> Check:
    extra = ("email", *PHONES) if object_type == CONTACTS else ("domain", "phone")
    check = Check(
        name=f"{object_type}.hidden",
        object_type=object_type,
        tab="formatting",
        says="with characters that cannot be seen",
        rule="Controls, marks of direction, and letters without width; joiners, which some scripts need, are none.",
        why="Controls and marks of direction break searches and files, and can make a text read as another one.",
        fix=LOOK_THROUGH,
        weight=3,
        columns=(*TYPED[object_type], *extra),
    )
    return _mendable(check, spelling.hidden, spelling.bared)


CHECKS = (
    _capitals(CONTACTS),
    _spaces(CONTACTS),
    _hidden(CONTACTS),
    Check(
        name="contacts.phone_code",
        object_type=CONTACTS,
        tab="formatting",
        says="with a phone number without country code",
        rule="The number begins neither with + nor with 00; brackets and words before it aside.",
        why="It cannot be called from abroad, and HubSpot's calling and text messages need the code.",
        fix="Write the number with + and the country code in front.",
        weight=1,
        columns=(*PHONES, "country"),
        needs=(PHONES,),
        find=lambda survey: any_matches(survey.frames[CONTACTS], PHONES, spelling.local_numbers),
    ),
    Check(
        name="contacts.role_mailbox",
        object_type=CONTACTS,
        tab="formatting",
        says="that are a mailbox of a role, not a person",
        rule=f"What stands before the @ is one of {len(words.ROLES)} known roles, like info, sales or support.",
        why="Addresses like info@ are read by many: consent is unclear, complaints are frequent, answers are rare.",
        fix="Find the person behind it, or take the contact out of marketing.",
        weight=2,
        columns=("email", "firstname", "lastname"),
        needs=(("email",),),
        find=lambda survey: spelling.role_mailboxes(texts(survey.frames[CONTACTS], "email")),
    ),
    Check(
        name="contacts.test",
        object_type=CONTACTS,
        tab="formatting",
        says="that look like tests",
        rule="A word of the name is test, asdf, qwerty or dummy; the whole name is tester, demo, sample or example; or "
        "the address is test@ somewhere, or of example.com.",
        why="They count in every figure, and may count towards the contacts that are paid for.",
        fix="Delete those that are no people.",
        weight=3,
        columns=("firstname", "lastname", "email"),
        needs=(("firstname", "lastname", "email"),),
        find=lambda survey: spelling.test_contacts(survey.frames[CONTACTS]),
    ),
    _capitals(COMPANIES),
    _spaces(COMPANIES),
    _hidden(COMPANIES),
    Check(
        name="companies.free_mail",
        object_type=COMPANIES,
        tab="formatting",
        says="whose domain is a provider of private mail",
        rule=f"The domain is one of {len(words.FREE_MAIL)} known ones, like gmail.com.",
        why="HubSpot links every contact with such an address to this one company.",
        fix="Put in the company's own domain, or empty the field.",
        weight=4,
        columns=("domain", "name"),
        needs=(("domain",),),
        find=lambda survey: spelling.is_free_mail(spelling.domain_of(texts(survey.frames[COMPANIES], "domain"))),
    ),
    Check(
        name="companies.phone_code",
        object_type=COMPANIES,
        tab="formatting",
        says="with a phone number without country code",
        rule="The number begins neither with + nor with 00; brackets and words before it aside.",
        why="It cannot be called from abroad, and HubSpot's calling needs the code.",
        fix="Write the number with + and the country code in front.",
        weight=1,
        columns=("phone", "country"),
        needs=(("phone",),),
        find=lambda survey: any_matches(survey.frames[COMPANIES], ("phone",), spelling.local_numbers),
    ),
    Check(
        name="companies.test",
        object_type=COMPANIES,
        tab="formatting",
        says="that look like tests",
        rule="The whole name is test, demo, asdf, qwerty or dummy, company or a number aside; or the domain is "
        "example.com.",
        why="They count in every figure.",
        fix="Delete those that are no companies.",
        weight=3,
        columns=("name", "domain"),
        needs=(("name", "domain"),),
        find=lambda survey: spelling.test_companies(survey.frames[COMPANIES]),
    ),
)
