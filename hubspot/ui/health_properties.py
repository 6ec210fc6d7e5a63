"""Properties: how many records have a value, how many different ones there are, and which could be retired."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from hubspot.analysis.filters import Filters, Known
from hubspot.analysis.quality.usage import Usage
from hubspot.ui import choices, elements, explore_links, health_answers, health_choice, health_table, state, words
from hubspot.ui.state import View
from hubspot.ui.texts import one_line

SHOWN = ("All", "Custom", "One value", "To retire")


def show(view: View) -> None:
    """Show the loaded properties of one object type, and where the records with and without a value are."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        object_type = health_choice.object_type(view)
        if object_type is None:
            return
        chosen = choices.one_of("Properties", SHOWN, key="properties", is_labelled=True)
    with st.skeleton(height=320):
        found = health_answers.usage(view, object_type)
    st.markdown(f":small[:gray[{_explained(found, object_type)}]]")
    listed = part(found, chosen)
    if listed.empty:
        st.markdown(":gray[No loaded property is of this kind.]")
        return
    selected = health_table.choose(
        readable(listed),
        rows=len(listed),
        key=f"health.properties.{object_type}.{chosen}",
        config={
            "Property": st.column_config.TextColumn("Property", width=230),
            "Fill rate": st.column_config.ProgressColumn("Fill rate", format="%.1f%%", min_value=0, max_value=100),
            "Filled": st.column_config.NumberColumn("Filled", format="localized"),
            "Values": st.column_config.NumberColumn(
                "Values", format="localized", help="Different values; numbers and times that are equal count once"
            ),
        },
        alt=f"Properties of {words.OBJECT_NOUNS[object_type][1]} with their fill rates",
    )
    _records(view, object_type, listed, [row for row, _ in selected.cells])


def _explained(found: Usage, object_type: str) -> str:
    loaded, candidates = len(found.rows), int((found.rows["retire"] != "").sum())
    return (
        f"{words.number(loaded)} of {words.number(found.defined)} properties are loaded and counted over "
        f"{words.counted(found.n, object_type)}; the others are not judged. Candidates to retire "
        f"({words.number(candidates)}) are custom properties that are never filled, filled on under 1% of the records, "
        "or hold one value on every record: HubSpot's own cannot be deleted. Choose a cell to open the records of its "
        "property."
    )


def part(found: Usage, chosen: str) -> pd.DataFrame:
    """Return the rows of one of SHOWN."""
    rows = found.rows
    kept = {
        "Custom": rows["custom"],
        "One value": rows["distinct"] == 1,
        "To retire": rows["retire"] != "",
    }.get(chosen)
    return rows if kept is None else rows[kept.to_numpy(dtype=bool)].reset_index(drop=True)


def readable(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the table as it is shown."""
    return pd.DataFrame(
        {
            "Property": [one_line(label) for label in rows["label"]],
            "Fill rate": rows["share"] * 100,
            "Filled": rows["filled"],
            "Values": rows["distinct"],
            "Only value": rows["only"],
            "Made by": ["This portal" if custom else "HubSpot" for custom in rows["custom"]],
            "Retire?": [text or None for text in rows["retire"]],
            "Internal name": rows["name"],
        }
    )


def _records(view: View, object_type: str, listed: pd.DataFrame, chosen: Sequence[int]) -> None:
    if not chosen or chosen[0] >= len(listed):
        return
    row = listed.iloc[chosen[0]]
    name, filled = str(row["name"]), int(row["filled"])
    frame = state.frame(view, object_type)
    empty = 0 if frame is None else len(frame) - filled
    st.markdown(f"**{elements.plain(str(row['label']))}**")
    with st.container(horizontal=True, gap="small"):
        for negated, count, says in ((False, filled, "with a value"), (True, empty, "without one")):
            label = f"Open {words.counted(count, object_type)} {says}"
            filters = Filters((Known(name, negated=negated),))
            explore_links.button(view, object_type, filters, key=f"health.properties.{says}", label=label)
