"""Which contacts may be the same person."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hubspot.analysis.duplicates import contradictions, spelling
from hubspot.analysis.duplicates.blocks import Pairs, codes, joined, sharing
from hubspot.analysis.duplicates.evidence import Reason, Score, alike, alike_by_word, initials

EMAIL, PHONE, NAME = RULES = ("email", "phone", "name")
NEEDED = {
    EMAIL: ("email",),
    PHONE: ("phone", "lastname"),
    NAME: ("firstname", "lastname"),
}
# Chosen on the sandbox's portals of seeds 1 to 3.
_LAST_NAME, _FIRST_NAME = 0.82, 0.8
_OTHER_PERSON = 0.5
_BY_EMAIL, _BY_PHONE, _BY_NAME, _BY_INITIAL = 0.98, 0.9, 0.9, 0.75
# A number that more contacts than this have is nobody's own.
_SWITCHBOARD = 10
# A domain at which people of more firms than this have addresses is a provider's, however it is called.
_FIRMS_OF_A_DOMAIN = 3
_STRANGERS_OF_A_DOMAIN = 50


def reasons(frame: pd.DataFrame) -> Iterator[Reason]:
    """Yield what each rule found among contacts; a rule whose properties the frame lacks finds nothing."""
    first, last = (spelling.names(spelling.texts(frame, name)) for name in ("firstname", "lastname"))
    yield by_email(frame, first, last)
    yield by_phone(frame, first, last)
    yield by_name(frame, first, last)


def by_email(frame: pd.DataFrame, first: pa.Array, last: pa.Array) -> Reason:
    """Find contacts with one mailbox: an address, or an additional one, that is the same without capitals and tag.

    Two people may share a mailbox and tell their letters apart by the tag: sales+us@ and sales+uk@.
    """
    more, places = spelling.listed(spelling.texts(frame, "hs_additional_emails"))
    addresses = pa.concat_arrays([spelling.texts(frame, "email"), more])
    rows = np.concatenate([np.arange(len(frame)), places.to_numpy()])
    same = sharing(codes(spelling.emails(addresses, tagged=True)), rows=rows)
    pairs = sharing(codes(spelling.emails(addresses)), rows=rows)
    pairs = joined(pairs.where(~contradictions.other_people(first, last, pairs)), Pairs(same.left, same.right))
    return Reason(EMAIL, pairs, np.full(len(pairs), _BY_EMAIL))


def by_phone(frame: pd.DataFrame, first: pa.Array, last: pa.Array) -> Reason:
    """Find contacts with one phone number and nearly one last name, whose first names do not say otherwise.

    Families and colleagues share numbers, too.
    """
    numbers = [spelling.numbers(spelling.texts(frame, name)) for name in ("phone", "mobilephone")]
    short, whole = (pa.concat_arrays(each) for each in zip(*numbers, strict=True))
    rows = np.tile(np.arange(len(frame)), 2)
    last_twice = pa.concat_arrays([last, last])
    pairs = sharing(codes(short), rows=rows, order=[last_twice], crowd=_SWITCHBOARD)
    pairs = pairs.where(~_abroad(short, whole, rows, pairs))
    surnames, forenames = alike(last, pairs), alike(first, pairs)
    agreeing = np.isnan(forenames) | (forenames >= _OTHER_PERSON) | initials(first, pairs)
    kept = (surnames >= _LAST_NAME) & agreeing & ~contradictions.other_given_names(first, pairs)
    return Reason(PHONE, pairs.where(kept), (_BY_PHONE * surnames)[kept])


def by_name(frame: pd.DataFrame, first: pa.Array, last: pa.Array) -> Reason:
    """Find contacts of one company, or with addresses at one company's domain, whose names are nearly the same.

    Two who are linked to different companies are namesakes, whatever else they have in common.
    """
    starts = [pc.utf8_slice_codeunits(each, 0, 1) for each in (last, first)]
    companies = _company_ids(frame)
    firms = (companies, _domains(frame), spelling.firm_names(spelling.texts(frame, "company")))
    # However large a firm: within a block the names are in order, so that nearly equal ones are neighbours.
    crowd = len(frame)
    pairs = joined(*(sharing(codes(each, *starts), order=(last, first), crowd=crowd) for each in firms))
    pairs = pairs.where(~_apart(companies, pairs))
    surnames, forenames = alike(last, pairs), alike_by_word(first, pairs)
    by_initial = initials(first, pairs)
    agreeing = (forenames >= _FIRST_NAME) & ~contradictions.other_given_names(first, pairs)
    kept = (surnames >= _LAST_NAME) & (agreeing | by_initial)
    return Reason(NAME, pairs.where(kept), _name_scores(surnames, forenames, by_initial)[kept])


def _name_scores(surnames: Score, forenames: Score, by_initial: NDArray[Any]) -> Score:
    whole = _BY_NAME * surnames * np.where(by_initial, 1, forenames)
    return np.where(by_initial, np.minimum(whole, _BY_INITIAL), whole)


def _apart(companies: pa.Array, pairs: Pairs) -> NDArray[np.bool_]:
    """Return which pairs are linked to different companies."""
    linked = codes(companies)
    left, right = linked[pairs.left], linked[pairs.right]
    return np.asarray((left >= 0) & (right >= 0) & (left != right))


def _company_ids(frame: pd.DataFrame) -> pa.Array:
    return spelling.texts(frame, "associatedcompanyid")


def _domains(frame: pd.DataFrame) -> pa.Array:
    """Return the domains of the contacts' addresses, null for those of providers."""
    found = spelling.closed(spelling.email_domains(spelling.texts(frame, "email")))
    at = pd.DataFrame({"domain": found.to_pandas(), "company": _company_ids(frame).to_pandas()})
    firms = at.groupby("domain")["company"].agg(["nunique", "size"])
    strangers = (firms["nunique"] == 0) & (firms["size"] > _STRANGERS_OF_A_DOMAIN)
    providers = (firms["nunique"] > _FIRMS_OF_A_DOMAIN) | strangers
    open_ones = pa.array(firms.index[providers].to_list(), found.type)
    return pc.if_else(pc.is_in(found, open_ones), pa.scalar(None, found.type), found)


def _abroad(short: pa.Array, whole: pa.Array, rows: NDArray[Any], pairs: Pairs) -> NDArray[Any]:
    """Return which pairs have the same last digits in different countries, and no number in common besides."""
    said = pd.DataFrame({"row": rows, "short": short.to_pandas(), "whole": whole.to_pandas()}).dropna(subset="short")
    numbered = pd.DataFrame({"pair": np.arange(len(pairs)), "left": pairs.left, "right": pairs.right})
    both = numbered.merge(said, left_on="left", right_on="row").merge(
        said, left_on=["right", "short"], right_on=["row", "short"], suffixes=("", "_right")
    )
    agreeing = both["whole"].isna() | both["whole_right"].isna() | (both["whole"] == both["whole_right"])
    result = np.ones(len(pairs), dtype=bool)
    result[both["pair"][agreeing].to_numpy()] = False
    return result
