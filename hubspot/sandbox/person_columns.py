"""What tells a contact apart: names, e-mail addresses and phone numbers."""

import numpy as np
import numpy.typing as npt

from hubspot.sandbox import firms, spelling
from hubspot.sandbox.columns import Joined, Mask, Part, fragments, narrow_codes
from hubspot.sandbox.company_columns import switchboard
from hubspot.sandbox.people import (
    ADDITIONAL_EMAIL,
    FIRST,
    LAST,
    SAME_EMAIL,
    SAME_NAME,
    SAME_PHONE,
    People,
    Vocabulary,
    rank_within,
)
from hubspot.sandbox.spelling import PLAIN, SPACED, UPPER
from hubspot.sandbox.tables import Builder, Table
from hubspot.sandbox.vocabulary import FREEMAIL_DOMAINS, ROLE_MAILBOXES, TEST_NAMES, ascii_form, display

Codes = npt.NDArray[np.int64]

ASCII, TYPO = SPACED + 1, SPACED + 2
SEPARATORS = [b".", b"_", b"", b"-"]
NO_SEPARATOR = 2
LATIN_END = "\u0250"


def person_builders(people: People) -> dict[str, Builder]:
    """Return the builders of names, addresses and numbers."""
    return {
        "firstname": lambda table: _first_name(people, table),
        "lastname": lambda table: _last_name(people, table),
        "email": lambda table: _email(people, table),
        "hs_additional_emails": lambda table: _additional_emails(people, table),
        "hs_email_domain": lambda table: Joined(_hosts(people, table), _has_email(people, table)),
        "phone": lambda table: _phone(people, table),
        "mobilephone": lambda table: _mobile(people, table),
    }


def _first_name(people: People, table: Table) -> Joined:
    names, form = people.names(table), _typed(people, table)
    known = ~table.chance("firstname.none", 0.05) | people.twins(table).mask(table.size, SAME_NAME)
    return _name(_first_codes(people, table), names.second_first, FIRST, " ", form=form, present=known)


def _last_name(people: People, table: Table) -> Joined:
    names, form, twins = people.names(table), _typed(people, table), people.twins(table)
    changed, _ = twins.of_kind(SAME_NAME)
    form[changed] = np.array([PLAIN, UPPER, ASCII, TYPO])[table.pick("lastname.variant", (1, 1, 1, 1))[changed]]
    known = ~table.chance("lastname.none", 0.08) | twins.mask(table.size, SAME_NAME, SAME_PHONE)
    return _name(_last_codes(people, table), names.second_last, LAST, "-", form=form, present=known)


def _typed(people: People, table: Table) -> Codes:
    form = spelling.typed(table, "name")
    form[people.twins(table).mask(table.size)] = PLAIN
    return form


def _first_codes(people: People, table: Table) -> Codes:
    return _with_tests(people, table, people.names(table).first, FIRST)


def _last_codes(people: People, table: Table) -> Codes:
    return _with_tests(people, table, people.names(table).last, LAST)


def _with_tests(people: People, table: Table, codes: npt.NDArray[np.int16], vocabulary: Vocabulary) -> Codes:
    first_test = len(vocabulary.words) - len(TEST_NAMES)
    tests = first_test + table.pick("test.name", [1] * len(TEST_NAMES)).astype(np.int64)
    return np.where(people.tests(table), tests, codes)


def _name(  # noqa: PLR0913 -- one name: two codes, their words, what stands between, how it is typed, whether it is
    code: Codes, second: npt.NDArray[np.int16], vocabulary: Vocabulary, between: str, *, form: Codes, present: Mask
) -> Joined:
    words = [display(word) for word in vocabulary.words]
    more = ["", *(between + word for word in words)]
    parts = [
        (code + form * len(words), _forms(vocabulary.words, "")),
        (second + 1 + form * len(more), [*spelling.cased(more), *fragments([*more, *more])]),
        spelling.space_part(form),
    ]
    return Joined(parts, present)


def _forms(words: tuple[str, ...], before: str) -> list[bytes]:
    shown = [before + display(word) for word in words]
    plain = [before + _plain_letters(word) for word in words]
    return [*spelling.cased(shown), *fragments([*plain, *map(_mistyped, shown)])]


def _plain_letters(word: str) -> str:
    """Return a name as a keyboard without its accents writes it; letters of other scripts stay."""
    shown = display(word)
    return ascii_form(word).capitalize() if max(shown) < LATIN_END else shown


def _mistyped(word: str) -> str:
    """Return a name with one letter too many, where a slip is likely: in a long one."""
    middle = len(word) // 2
    return word[: middle + 1] + word[middle:] if len(word) > 4 else word


def _has_email(people: People, table: Table) -> Mask:
    there = table.chance("email.present", 0.94)
    return there | people.twins(table).mask(table.size, SAME_EMAIL, ADDITIONAL_EMAIL)


def _email(people: People, table: Table) -> Joined:
    rows, originals = people.twins(table).of_kind(SAME_EMAIL)
    tag = np.zeros(table.size, dtype=np.int64)
    tag[rows] = 1 + rank_within(originals)
    tags = [b"@", b"+news@", *(b"+news%d@" % number for number in range(2, int(tag.max(initial=0)) + 1))]
    return Joined([*_mailbox(people, table), (tag, tags), *_hosts(people, table)], _has_email(people, table))


def _additional_emails(people: People, table: Table) -> Joined:
    """Return second addresses: of a few, their own with a tag; of known duplicates, that of the other record."""
    rows, originals = people.twins(table).of_kind(ADDITIONAL_EMAIL)
    whose = np.arange(table.size)
    whose[originals] = rows
    parts = [*_mailbox(people, table), (np.zeros(table.size, dtype=np.int8), [b"+old@"]), *_hosts(people, table)]
    present = table.chance("hs_additional_emails", 0.015) & ~people.twins(table).mask(table.size)
    present[originals] = True
    return Joined([(codes[whose], words) for codes, words in parts], present)


def _mailbox(people: People, table: Table) -> list[Part]:
    """Return what stands before the @: first and last name, an initial, or the role of a mailbox nobody owns."""
    return table.once("mailbox", lambda: _draw_mailbox(people, table))


def _draw_mailbox(people: People, table: Table) -> list[Part]:
    first, last = _first_codes(people, table), _last_codes(people, table)
    separator = table.pick("email.separator", (0.7, 0.1, 0.1, 0.1)).astype(np.int64)
    initials, _ = people.twins(table).of_kind(SAME_NAME)
    first[initials] += len(FIRST.words)
    roles = _roles(people, table)
    there = roles >= 0
    first[there] = 2 * len(FIRST.words) + roles[there]
    separator[there], last[there] = NO_SEPARATOR, len(LAST.words)
    words = [ascii_form(word).encode() for word in FIRST.words]
    firsts = [*words, *(word[:1] for word in words), *fragments(list(ROLE_MAILBOXES))]
    lasts = [*(ascii_form(word).encode() for word in LAST.words), b""]
    rank = _numbers(people, table, (first, separator, last))
    numbers = [b"", *(b"%d" % number for number in range(2, int(rank.max(initial=0)) + 2))]
    parts = [(first, firsts), (separator, SEPARATORS), (last, lasts), (rank, numbers)]
    return [(people.twins(table).spread(narrow_codes(codes), SAME_EMAIL), each) for codes, each in parts]


def _roles(people: People, table: Table) -> Codes:
    """Return the role of the mailboxes that have one, -1 for the others; each host has each role once."""
    roles = np.full(table.size, -1)
    rows = np.flatnonzero(table.chance("email.role", 0.012) & ~people.twins(table).mask(table.size))
    drawn = table.pick("email.role.name", [1] * len(ROLE_MAILBOXES))[rows]
    _, first = np.unique(people.hosts(table)[rows].astype(np.int64) * len(ROLE_MAILBOXES) + drawn, return_index=True)
    roles[rows[first]] = drawn[first]
    return roles


def _numbers(people: People, table: Table, local: tuple[Codes, Codes, Codes]) -> Codes:
    """Return 0 for the first of each mailbox at a host and a number for every further one."""
    keys = people.hosts(table).astype(np.int64)
    for codes in local:
        keys = keys * (int(codes.max(initial=0)) + 1) + codes
    # A duplicate by address takes its original's, and would count as one more.
    own, _ = people.twins(table).of_kind(SAME_EMAIL)
    keys[own] = -1 - own
    return rank_within(keys)


def _hosts(people: People, table: Table) -> list[Part]:
    """Return the parts of the mail domains."""
    return table.once("mail hosts", lambda: _draw_hosts(people, table))


def _draw_hosts(people: People, table: Table) -> list[Part]:
    hosts, companies = people.hosts(table), people.companies
    words, at_firm = firms.domain_words(companies).host_parts(), hosts < companies.size
    endings = [*firms.ENDINGS, *fragments(list(FREEMAIL_DOMAINS))]
    free = len(firms.ENDINGS) + hosts - companies.size
    if not companies.size:
        return [(narrow_codes(free), endings)]
    rows = np.where(at_firm, hosts, 0)
    parts = [(np.where(at_firm, codes[rows], len(each)), [*each, b""]) for codes, each in words]
    return [
        (narrow_codes(codes), each)
        for codes, each in [*parts, (np.where(at_firm, firms.endings(companies)[rows], free), endings)]
    ]


def _phone(people: People, table: Table) -> Joined:
    twins = people.twins(table)
    digits, shapes = spelling.phone_digits(table, "phone"), spelling.phone_shapes(table, "phone")
    shared = _shares_switchboard(people, table)
    digits[shared] = switchboard(people.companies)[people.primary(table)[shared]]
    digits = twins.spread(digits, SAME_PHONE)
    rows, originals = twins.of_kind(SAME_PHONE)
    shapes[originals], shapes[rows] = spelling.INTERNATIONAL, 1 + table.pick("phone.variant", (1, 2, 2, 2))[rows]
    present = table.chance("phone.present", 0.62) | twins.mask(table.size, SAME_PHONE)
    return spelling.phone_column(people.countries(table), digits, shapes, present)


def _shares_switchboard(people: People, table: Table) -> npt.NDArray[np.int64]:
    """Return rows of colleagues who share their company's number and no last name: they are no duplicates."""
    shares = table.chance("phone.shared", 0.12) & (people.place_in_firm(table) < 3) & (people.primary(table) >= 0)
    return np.flatnonzero(shares & ~people.twins(table).mask(table.size))


def _mobile(people: People, table: Table) -> Joined:
    digits, shapes = spelling.phone_digits(table, "mobilephone"), spelling.phone_shapes(table, "mobilephone")
    return spelling.phone_column(people.countries(table), digits, shapes, table.chance("mobilephone.present", 0.28))
