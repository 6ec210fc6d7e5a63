"""How values are written: a rule for each thing that can be wrong, and how to mend it where that takes no guess."""

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hubspot.analysis.quality import words
from hubspot.analysis.quality.texts import Mask, is_true, matches, texts

THREE_CAPITALS, FIVE_CAPITALS = (rf"(\p{{Lu}}\p{{M}}*){{{count}}}" for count in (3, 5))
_SMALL, _LARGE, _TWO_SMALL = r"\p{Ll}", r"[\p{Lu}\p{Lt}]", r"(\p{Ll}\p{M}*){2}"
_STRAY = r"^[\s\p{Z}]|[\s\p{Z}]$|[\s\p{Z}]{2}|[\t\n\x0B\f\r]"
_SPACES = r"[\s\p{Z}]+"
# Controls but white space, marks of direction, and letters without width that no script needs: a joiner is not one.
_HIDDEN = (
    r"[\x00-\x08\x0E-\x1F\x7F-\x{9F}\x{AD}\x{61C}\x{200B}\x{200E}\x{200F}\x{202A}-\x{202E}\x{2060}\x{2066}-\x{2069}"
    r"\x{FEFF}]"
)
_INTERNATIONAL = r"^[^\d+]*(\+|00)"


def badly_cased(values: pa.Array, *, capitals: str) -> Mask:
    """Return which names are all in capitals or all in small letters.

    `capitals` is a pattern: how many of them in a row it takes to be loud. Initials and scripts without case are
    neither.
    """
    has_small = matches(values, _SMALL)
    loud = matches(values, capitals) & ~has_small
    quiet = has_small & matches(values, _TWO_SMALL) & ~matches(values, _LARGE)
    return loud | quiet


def stray_spaces(values: pa.Array) -> Mask:
    """Return which texts begin or end with white space, or hold two in a row, a tab or a new line."""
    return matches(values, _STRAY)


def hidden(values: pa.Array) -> Mask:
    """Return which texts hold a control, a mark of direction or a letter without width."""
    return matches(values, _HIDDEN)


def local_numbers(values: pa.Array) -> Mask:
    """Return which texts hold a digit, and neither + nor 00 before the first other one."""
    return matches(values, r"\d") & ~matches(values, _INTERNATIONAL)


def role_mailboxes(values: pa.Array) -> Mask:
    """Return which addresses are of a role ("info", "sales"), a tag after + aside."""
    local = pc.replace_substring_regex(pc.utf8_lower(pc.utf8_trim_whitespace(values)), r"(\+[^@]*)?@.*$", "")
    has_host = matches(values, "@")
    return has_host & is_true(pc.is_in(local, pa.array(sorted(words.ROLES), pa.large_string())))


def domain_of(values: pa.Array) -> pa.Array:
    """Return domains bare: small letters, without scheme, "www.", port and path; null where nothing is left."""
    bare = pc.replace_substring_regex(pc.utf8_lower(pc.utf8_trim_whitespace(values)), r"^[a-z]+://", "")
    bare = pc.replace_substring_regex(pc.replace_substring_regex(bare, r"[/?#:].*$", ""), r"^www\.", "")
    return pc.if_else(pc.equal(pc.utf8_length(bare), 0), pa.scalar(None, pa.large_string()), bare)


def is_free_mail(domains: pa.Array) -> Mask:
    """Return which bare domains belong to a provider of private mailboxes."""
    return is_true(pc.is_in(domains, pa.array(sorted(words.FREE_MAIL), pa.large_string())))


def test_contacts(frame: pd.DataFrame) -> Mask:
    """Return which contacts somebody made to try something, by their name or address."""
    parts = [pc.fill_null(texts(frame, column), "") for column in ("firstname", "lastname")]
    names = pc.utf8_lower(
        pc.utf8_trim_whitespace(pc.binary_join_element_wise(*parts, pa.scalar(" ", pa.large_string())))
    )
    by_name = matches(names, words.TEST_WORD) | matches(names, words.TEST_PERSON)
    return by_name | matches(pc.utf8_lower(texts(frame, "email")), words.TEST_ADDRESS)


def test_companies(frame: pd.DataFrame) -> Mask:
    """Return which companies somebody made to try something, by their whole name or their domain."""
    names = pc.utf8_lower(pc.utf8_trim_whitespace(texts(frame, "name")))
    return matches(names, words.TEST_COMPANY) | matches(domain_of(texts(frame, "domain")), words.TEST_DOMAIN)


def tidied(values: pa.Array) -> pa.Array:
    """Return texts without stray spaces."""
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(values, _SPACES, " "))


def bared(values: pa.Array) -> pa.Array:
    """Return texts without stray spaces and hidden characters."""
    return tidied(pc.replace_substring_regex(values, _HIDDEN, ""))
