"""How a portal's properties are used: how many records have a value, how many different ones, and what could go."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hubspot.analysis.records import value_labels
from hubspot.portal import Portal

RARE = 0.01
NEVER, SELDOM, ALWAYS_ALIKE = "never filled", "under 1% filled", "one value on every record"


@dataclass(frozen=True, slots=True, eq=False)
class Usage:
    """How the loaded properties are used.

    `rows`: name, label, group, type, custom (bool), filled (int64), share (float64, 0 to 1), distinct (int64: different
    values; equal numbers are one), only (the label of the single value, missing where there are more or none), retire
    (why a custom property could go, empty for others); custom ones first, the emptiest first. `n` records were looked
    at; `defined` properties exist, of which those that are not loaded have no row.
    """

    rows: pd.DataFrame
    n: int
    defined: int


def usage(frame: pd.DataFrame, portal: Portal, object_type: str) -> Usage:
    """Look at every loaded property of an object type but the record id.

    Only custom properties are candidates to retire: HubSpot's own can't be deleted. Without records none is.
    """
    definitions = portal.properties.get(object_type, ())
    loaded = [each for each in definitions if each.name in frame and each.name != "hs_object_id"]
    told = [
        {
            "name": each.name,
            "label": each.label,
            "group": each.group,
            "type": each.type,
            "custom": not each.hubspot_defined,
            **_counted(frame, portal, object_type, each.name),
        }
        for each in loaded
    ]
    columns = {"name": "str", "label": "str", "group": "str", "type": "str", "custom": "bool", "filled": "int64"}
    columns |= {"distinct": "int64", "only": "str"}
    rows = pd.DataFrame(told, columns=list(columns)).astype(columns)
    rows["share"] = rows["filled"] / max(len(frame), 1)
    rows["retire"] = pd.Series([_retire(row, len(frame)) for row in rows.to_dict("records")], dtype="str")
    rows = rows.sort_values(["custom", "share", "label"], ascending=[False, True, True], ignore_index=True)
    return Usage(rows, n=len(frame), defined=len(definitions))


def _counted(frame: pd.DataFrame, portal: Portal, object_type: str, name: str) -> dict[str, int | str | None]:
    values = frame[name]
    distinct = _distinct(values)
    only = None
    if distinct == 1:
        stored = str(values.loc[values.first_valid_index()])
        known = {"True": "true", "False": "false"}.get(stored, stored)
        only = value_labels(portal, object_type, column=name, values=[known])[known]
    return {"filled": int(values.notna().sum()), "distinct": distinct, "only": only}


def _distinct(values: pd.Series) -> int:
    if isinstance(values.dtype, pd.CategoricalDtype):
        codes = values.cat.codes
        return int(codes[codes >= 0].nunique())
    return int(pc.count_distinct(pa.array(values, from_pandas=True), mode="only_valid").as_py())


def _retire(row: Mapping[Hashable, Any], n: int) -> str:
    if not row["custom"] or not n:
        return ""
    if not row["filled"]:
        return NEVER
    if row["share"] < RARE:
        return SELDOM
    return ALWAYS_ALIKE if row["distinct"] == 1 and row["filled"] == n else ""
