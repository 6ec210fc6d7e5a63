"""One record and what belongs to it: its fields, the contacts of its company, the stages it entered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from hubspot.analysis.calendar import wall_clock
from hubspot.analysis.lifecycle import entered
from hubspot.analysis.masking import masked
from hubspot.analysis.questions import Frames
from hubspot.analysis.records import NAME, SEARCH, column_label, decoded
from hubspot.portal import COMPANIES, CONTACTS, Portal

_ID, _COMPANY = "hs_object_id", "associatedcompanyid"


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """A record. `fields` map labels of groups to labels of properties and values, those without a value left out.

    `contacts` are the contacts of its company (of itself, if it is one), its own among them, as rows of the joined
    frame; `company_id` is that company's. `stages` are the lifecycle stages it entered and the portal's day of that.
    """

    fields: dict[str, dict[str, object]]
    company_id: int | None
    contacts: pd.DataFrame
    stages: tuple[tuple[str, date], ...]


def profile(  # noqa: PLR0913 - whose profile, and how it is shown
    frames: Frames,
    portal: Portal,
    object_type: str,
    record_id: int,
    *,
    texts: Mapping[str, str] | None = None,
    is_masked: bool = False,
) -> Profile:
    """Return a record's profile, masked for presentation if asked. Raises KeyError where the record is not there.

    `texts` are values of the record by property, to be shown instead of what its columns hold.
    """
    frame = frames[object_type]
    places = (frame[_ID] == record_id).to_numpy(dtype=bool, na_value=False).nonzero()[0]
    if not len(places):
        raise KeyError(record_id)
    record = frame.iloc[places[:1]]
    company_id = record_id if object_type == COMPANIES else _company_of(record)
    contacts = _contacts_of(frames.get(CONTACTS), company_id)
    if is_masked:
        record, contacts = masked(record, portal, object_type), masked(contacts, portal, CONTACTS)
    return Profile(
        fields=_fields(record, portal, object_type, texts or {}),
        company_id=company_id,
        contacts=contacts,
        stages=_stages(record, portal, object_type),
    )


def _company_of(record: pd.DataFrame) -> int | None:
    if _COMPANY not in record or record[_COMPANY].isna().iloc[0]:
        return None
    return int(record[_COMPANY].iloc[0])


def _contacts_of(contacts: pd.DataFrame | None, company_id: int | None) -> pd.DataFrame:
    if contacts is None or company_id is None or _COMPANY not in contacts:
        return pd.DataFrame({_ID: [], NAME: []})
    return contacts[(contacts[_COMPANY] == company_id).to_numpy(dtype=bool, na_value=False)]


def _fields(
    record: pd.DataFrame, portal: Portal, object_type: str, texts: Mapping[str, str]
) -> dict[str, dict[str, object]]:
    known = {each.name: each for each in portal.properties.get(object_type, ()) if not each.hidden}
    filled = [
        column
        for column in record
        if column not in {NAME, SEARCH} and (column in texts or record[column].notna().iloc[0])
    ]
    readable = decoded(record[filled], portal, object_type)
    groups: dict[str, dict[str, object]] = {}
    for column in map(str, filled):
        if column in known:
            value = (
                wall_clock(record[column], portal.account.time_zone) if _is_time(record[column]) else readable[column]
            )
            label = column_label(portal, object_type, column)
            groups.setdefault(known[column].group, {})[label] = texts.get(column, value.iloc[0])
    fields: dict[str, dict[str, object]] = {}
    for group in sorted(groups, key=lambda each: portal.group_place(object_type, each)):
        # Two groups may have one label.
        fields.setdefault(portal.group_label(object_type, group), {}).update(groups[group])
    return fields


def _is_time(values: pd.Series) -> bool:
    return values.dtype.kind == "M"


def _stages(record: pd.DataFrame, portal: Portal, object_type: str) -> tuple[tuple[str, date], ...]:
    found = []
    for stage in portal.stages(object_type):
        dates = entered(record, stage.value)
        if dates is not None and dates.notna().iloc[0]:
            found.append((stage.label, wall_clock(dates, portal.account.time_zone).iloc[0].date()))
    return tuple(sorted(found, key=lambda each: each[1]))
