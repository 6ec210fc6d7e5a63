"""Which companies may be the same firm."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa

from hubspot.analysis.duplicates import contradictions, spelling
from hubspot.analysis.duplicates.blocks import Pairs, codes, sharing
from hubspot.analysis.duplicates.evidence import Reason, alike

DOMAIN, NAME = RULES = ("domain", "company_name")
NEEDED = {DOMAIN: ("domain",), NAME: ("name",)}
_PARENT = "hs_parent_company_id"
_GENERATIONS = 10
_BY_DOMAIN, _BY_DOMAIN_AND_NAME, _BY_NAME = 0.85, 0.97, 0.9


def reasons(frame: pd.DataFrame) -> Iterator[Reason]:
    """Yield what each rule found among companies; a rule whose properties the frame lacks finds nothing."""
    names = spelling.firm_names(spelling.texts(frame, "name"))
    yield by_domain(frame, names)
    yield by_name(frame, names)


def by_domain(frame: pd.DataFrame, names: pa.Array) -> Reason:
    """Find companies with one registered domain, among the additional ones too, but for families.

    A firm's branches in two countries have one domain and are two companies.
    """
    own = spelling.registrable(spelling.texts(frame, "domain"))
    more, places = spelling.listed(spelling.texts(frame, "hs_additional_domains"))
    domains = spelling.closed(pa.concat_arrays([own, spelling.registrable(more)]))
    rows = np.concatenate([np.arange(len(frame)), places.to_numpy()])
    pairs = _unrelated(frame, sharing(codes(domains), rows=rows), names)
    pairs = pairs.where(~contradictions.other_places(frame, names, pairs))
    similar = np.nan_to_num(alike(names, pairs))
    return Reason(DOMAIN, pairs, _BY_DOMAIN + (_BY_DOMAIN_AND_NAME - _BY_DOMAIN) * similar)


def by_name(frame: pd.DataFrame, names: pa.Array) -> Reason:
    """Find companies in one country whose names are the same without legal form and punctuation, but for families."""
    countries = spelling.countries(frame, "country", "hs_country_code")
    pairs = _unrelated(frame, sharing(codes(names, countries)), names)
    return Reason(NAME, pairs, np.full(len(pairs), _BY_NAME))


def _unrelated(frame: pd.DataFrame, pairs: Pairs, names: pa.Array) -> Pairs:
    """Return the pairs without parents and their companies, and without companies of one parent called differently."""
    if _PARENT not in frame:
        return pairs
    ids = frame["hs_object_id"].to_numpy()
    parents = frame[_PARENT].astype("Int64").to_numpy(dtype="int64", na_value=-1)
    places = pd.Index(ids).get_indexer(pd.Index(parents))
    related = _descends(pairs.left, pairs.right, places) | _descends(pairs.right, pairs.left, places)
    siblings = (parents[pairs.left] == parents[pairs.right]) & (parents[pairs.left] >= 0)
    return pairs.where(~related & ~(siblings & (alike(names, pairs) < 1)))


def _descends(rows: np.ndarray, ancestors: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return which rows have the other row as parent, or parent's parent, and so on."""
    found, above = np.zeros(len(rows), dtype=bool), rows
    for _ in range(_GENERATIONS):
        above = np.where(above >= 0, places[above], -1)
        found |= above == ancestors
    return found
