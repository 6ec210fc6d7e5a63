"""Which columns a table may have: ours and the portal's properties, those that are not loaded among them."""

from collections.abc import Iterable, Mapping

import pandas as pd

from hubspot.analysis.filters.fields import DERIVED_GROUP
from hubspot.analysis.records import DERIVED_LABELS, NAME, SEARCH
from hubspot.portal import Portal
from hubspot.ui.texts import one_line


def known(names: Iterable[str], portal: Portal, object_type: str, frame: pd.DataFrame) -> tuple[tuple[str, ...], int]:
    """Return those of these columns that there are or may be, the name first, and how many others there were."""
    possible = offered(portal, object_type, frame)
    asked = [name for name in dict.fromkeys(names) if name and name != NAME]
    there = [name for name in asked if name in possible]
    return ((NAME, *there) if there else ()), len(asked) - len(there)


def offered(portal: Portal, object_type: str, frame: pd.DataFrame) -> dict[str, tuple[str, str, bool]]:
    """Map columns to label, group and whether the portal made them up itself: ours first, then group by group."""
    ours = {
        str(name): (DERIVED_LABELS[str(name)], DERIVED_GROUP, False)
        for name in frame
        if name in DERIVED_LABELS and name not in {NAME, SEARCH}
    }
    groups = {each.group for each in portal.properties.get(object_type, ())}
    places = {
        group: (portal.group_place(object_type, group), portal.group_label(object_type, group)) for group in groups
    }
    theirs = sorted(
        (each for each in portal.properties.get(object_type, ()) if not each.hidden),
        key=lambda each: (*places[each.group], one_line(each.label).lower()),
    )
    return ours | {
        each.name: (one_line(each.label) or each.name, one_line(places[each.group][1]), not each.hubspot_defined)
        for each in theirs
    }


def told(name: str, offered: Mapping[str, tuple[str, str, bool]], frame: pd.DataFrame) -> str:
    """Return what a column is called in the list of those that can be chosen."""
    label, group, _ = offered.get(name, (name, "", False))
    return f"{label} · {group}" + ("" if name in frame else " · not loaded")
