"""Tables of records: HubSpot's labels in the header and in the cells, beside each name a link to its record."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from hubspot.analysis.calendar import wall_clock
from hubspot.analysis.masking import masked
from hubspot.analysis.records import COMPANY_NAME, CONTACT_COUNT, NAME, column_label, decoded
from hubspot.portal import COMPANIES, CONTACTS, Account, Portal
from hubspot.ui import state
from hubspot.ui.numbers import EMPTY
from hubspot.ui.texts import one_line

COLUMNS = {
    CONTACTS: (
        NAME,
        "lifecyclestage",
        "hubspot_owner_id",
        COMPANY_NAME,
        "hs_analytics_source",
        "notes_last_updated",
        "createdate",
        "email",
    ),
    COMPANIES: (
        NAME,
        "industry",
        "hubspot_owner_id",
        CONTACT_COUNT,
        "numberofemployees",
        "annualrevenue",
        "country",
        "createdate",
    ),
}
ROW_HEIGHT = 32
_HEADER_HEIGHT, _BORDERS = 34, 2
_DAY_FORMAT = "D MMM YYYY"
_HUBSPOT_HOST = re.compile(r"([a-z0-9-]+\.)+hubspot\.com")
LINK = "HubSpot"
_MANY = 9
_WIDTHS = {NAME: 170, LINK: 80, COMPANY_NAME: 170, "email": 230, "domain": 170}


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Readable records: `frame` has labels as column names, `config` says how `st.dataframe` shows each."""

    frame: pd.DataFrame
    config: dict[str, Any]

    def options(self, most_rows: int, *, is_page: bool = False) -> dict[str, Any]:
        """Return the arguments for `st.dataframe`: as high as its rows, or as `most_rows` of them, never half a row.

        A page of a longer table is sent whole, so that its rows can be chosen.
        """
        rows = min(max(len(self.frame), 1), most_rows)
        return {
            "column_config": self.config,
            "hide_index": True,
            "row_height": ROW_HEIGHT,
            "height": _HEADER_HEIGHT + ROW_HEIGHT * rows + _BORDERS,
            "placeholder": EMPTY,
            # Sorted on the server, as soon as there are more than 1,000 rows.
            "lazy": not is_page,
        }


def table(
    frame: pd.DataFrame,
    portal: Portal,
    object_type: str,
    *,
    columns: Sequence[str] | None = None,
    links: bool = True,
) -> Table:
    """Return records for the screen, in the frame's order: `columns` by internal name, those it lacks left out.

    `frame` is joined (it has the names). Instants become wall clock time of the portal's zone. Without `links`, in
    presentation mode, which masks the records, and where the account's host is not HubSpot's, there is no column of
    links.
    """
    if state.is_masked():
        frame, links = masked(frame, portal, object_type), False
    shown = [column for column in columns or COLUMNS[object_type] if column in frame]
    labels = headers(portal, object_type, shown)
    readable = decoded(frame[shown], portal, object_type)
    # A column that stays while the others move turns grey: only where there is much to move.
    is_wide = len(shown) > _MANY
    config = {
        labels[column]: _config(frame[column], labels[column], column, is_pinned=is_wide and column == NAME)
        for column in shown
    }
    for column in shown:
        if isinstance(frame[column].dtype, pd.DatetimeTZDtype):
            readable[column] = wall_clock(frame[column], portal.account.time_zone)
    readable = readable.rename(columns=labels)
    if links and NAME in shown and is_hubspot(portal.account):
        # Not the name itself: a column of links is sorted by address.
        readable.insert(shown.index(NAME) + 1, LINK, record_links(frame, portal.account, object_type))
        config[LINK] = st.column_config.LinkColumn(LINK, display_text="Open", width=_WIDTHS[LINK])
    return Table(readable.reset_index(drop=True), config)


def headers(portal: Portal, object_type: str, columns: Sequence[str]) -> dict[str, str]:
    """Map columns to unique labels on one line: money names its currency.

    Of two equal labels the later says its internal name, and so does one that is called like the column of links.
    """
    labels: dict[str, str] = {}
    taken = {LINK}
    for column in columns:
        label = one_line(_header(portal, object_type, column)) or column
        while label in taken:
            label = f"{label} ({column})"
        labels[column] = label
        taken.add(label)
    return labels


def record_links(frame: pd.DataFrame, account: Account, object_type: str) -> pd.Series:
    """Return each record's address in HubSpot."""
    prefix = account.record_url(object_type, 0).removesuffix("0")
    return prefix + frame["hs_object_id"].astype("str")


def is_hubspot(account: Account) -> bool:
    """Return whether the account's record links lead to HubSpot."""
    return _HUBSPOT_HOST.fullmatch(account.ui_domain) is not None


def _header(portal: Portal, object_type: str, column: str) -> str:
    definition = portal.property_named(object_type, column)
    label = column_label(portal, object_type, column)
    return f"{label} ({portal.account.currency})" if definition and definition.shows_currency else label


def _config(values: pd.Series, label: str, column: str, *, is_pinned: bool) -> Any:
    kind = values.dtype.kind
    if isinstance(values.dtype, pd.CategoricalDtype | pd.BooleanDtype | pd.StringDtype):
        return st.column_config.TextColumn(label, width=_WIDTHS.get(column), pinned=is_pinned or None)
    if kind == "M":
        return st.column_config.DatetimeColumn(label, format=_DAY_FORMAT)
    # Ids are names made of digits: no separators.
    is_id = column.endswith("_id") or column == "associatedcompanyid"
    return st.column_config.NumberColumn(label, format="%d" if is_id else "localized")
