"""Links that are missing or that disagree: contacts and companies that should know each other."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hubspot.analysis.filters import Between, Filters
from hubspot.analysis.quality.checks import Check, Survey
from hubspot.analysis.quality.spelling import domain_of, is_free_mail
from hubspot.analysis.quality.texts import Mask, texts
from hubspot.analysis.records import CONTACT_COUNT, NAME, value_labels
from hubspot.portal import COMPANIES, CONTACTS

OWNER = "hubspot_owner_id"
COMPANY = "associatedcompanyid"
SUGGESTED_NAME, SUGGESTED_ID = "suggested.company_name", "suggested.company_id"
COMPANY_OWNER = "company.owner"


def matched(contacts: pd.DataFrame, companies: pd.DataFrame) -> NDArray[np.int64]:
    """Return, for each contact, the position of the company whose domain its e-mail address has, -1 for none.

    A company counts with its domain and its additional ones; of several the one created first in HubSpot (the lowest
    Record ID) is taken. Domains of providers of private mail match nothing.
    """
    own, places = _domains(companies)
    asked = domain_of(pc.replace_substring_regex(texts(contacts, "email"), r"^[^@]*(@|$)", ""))
    found = pc.fill_null(pc.index_in(asked, own), -1).to_numpy(zero_copy_only=False)
    return np.where(found >= 0, np.append(places, -1)[found], -1)


def _domains(companies: pd.DataFrame) -> tuple[pa.Array, NDArray[np.int64]]:
    """Return the distinct domains of companies, and the position of the company with each."""
    more = pc.split_pattern(pc.fill_null(texts(companies, "hs_additional_domains"), ""), ";")
    domains = pa.concat_arrays([domain_of(texts(companies, "domain")), domain_of(pc.list_flatten(more))])
    rows = np.concatenate([np.arange(len(companies)), pc.list_parent_indices(more).to_numpy()])
    ids = companies["hs_object_id"].to_numpy()[rows]
    usable = pc.is_valid(domains).to_numpy(zero_copy_only=False) & ~is_free_mail(domains)
    order = np.flatnonzero(usable)[np.argsort(ids[usable], kind="stable")]
    listed = pd.Series(pd.array(domains.take(pa.array(order)), dtype="str"))
    first = order[~listed.duplicated().to_numpy()]
    return domains.take(pa.array(first)), rows[first].astype(np.int64)


def unlinked(survey: Survey) -> Mask:
    """Return which contacts have no company though a company has the domain of their address."""
    contacts = survey.frames[CONTACTS]
    alone = contacts[COMPANY].isna().to_numpy(dtype=bool)
    found = np.zeros(len(contacts), dtype=bool)
    # Only those: a domain is dearer to look up than a link.
    found[alone] = matched(contacts[alone], survey.frames[COMPANIES]) >= 0
    return found


def _suggested(survey: Survey, found: pd.DataFrame) -> pd.DataFrame:
    companies = survey.frames[COMPANIES]
    places = matched(found, companies)
    names, ids = (companies[column].array.take(places, allow_fill=True) for column in (NAME, "hs_object_id"))
    # As text: a spreadsheet must not round an id.
    told = pd.Series(pd.array(ids, dtype="Int64"), index=found.index).astype("str")
    return pd.DataFrame({SUGGESTED_NAME: pd.Series(names, index=found.index), SUGGESTED_ID: told})


def mismatched(survey: Survey) -> Mask:
    """Return which contacts have an owner, and a company with another one."""
    own, other = _owners(survey)
    return ((own != "") & (other != "") & (own != other)).to_numpy(dtype=bool)


def _owners(survey: Survey) -> tuple[pd.Series, pd.Series]:
    """Return each contact's owner and its company's, "" for none; a company that is not there has none."""
    contacts, companies = survey.frames[CONTACTS], survey.frames[COMPANIES]
    return contacts[OWNER].astype("str").fillna(""), _company_owners(contacts, companies).fillna("")


def _company_owners(contacts: pd.DataFrame, companies: pd.DataFrame) -> pd.Series:
    if OWNER not in companies:
        return pd.Series(pd.NA, index=contacts.index, dtype="str")
    ids = contacts[COMPANY].to_numpy(dtype="int64", na_value=-1)
    places = pd.Index(companies["hs_object_id"]).get_indexer(pd.Index(ids))
    return pd.Series(companies[OWNER].astype("str").array.take(places, allow_fill=True), index=contacts.index)


def _named_owners(survey: Survey, found: pd.DataFrame) -> pd.DataFrame:
    owners = _company_owners(found, survey.frames[COMPANIES])
    labels = value_labels(survey.portal, COMPANIES, column=OWNER, values=owners.dropna().unique())
    return pd.DataFrame({COMPANY_OWNER: owners.map(labels).astype("str")})


CHECKS = (
    Check(
        name="contacts.unlinked",
        object_type=CONTACTS,
        tab="orphans",
        says="without a company, though one has the domain of their address",
        rule="The domain is a company's own or an additional one, and no provider of private mail.",
        why="The company's page, its numbers and its owner miss them.",
        fix="Import the file with the suggested company's Record ID to link them.",
        weight=4,
        columns=("email", "company"),
        needs=(("email",), (COMPANY,)),
        also=COMPANIES,
        find=unlinked,
        suggest=_suggested,
    ),
    Check(
        name="contacts.owner_mismatch",
        object_type=CONTACTS,
        tab="orphans",
        says="whose company has another owner",
        rule="Contact and primary company both have an owner, and not the same.",
        why="Two people may write to one account without knowing of each other.",
        fix="Give contact and company one owner, unless you divide accounts on purpose.",
        weight=1,
        columns=(OWNER, COMPANY),
        needs=((OWNER,), (COMPANY,)),
        also=COMPANIES,
        find=mismatched,
        suggest=_named_owners,
    ),
    Check(
        name="companies.empty",
        object_type=COMPANIES,
        tab="orphans",
        says="that are the primary company of no contact",
        why="Nobody there is known to be the one to talk to.",
        fix="Link or add a contact, or delete companies that nobody needs.",
        weight=3,
        columns=("name", "domain"),
        also=CONTACTS,
        filters=lambda _: Filters((Between(CONTACT_COUNT, 0, 0),)),
    ),
    Check(
        name="companies.single",
        object_type=COMPANIES,
        tab="orphans",
        says="with a single primary contact",
        why="When that person leaves, the account is lost.",
        fix="Get to know a second person there.",
        weight=1,
        columns=("name", "domain"),
        also=CONTACTS,
        filters=lambda _: Filters((Between(CONTACT_COUNT, 1, 1),)),
    ),
)
