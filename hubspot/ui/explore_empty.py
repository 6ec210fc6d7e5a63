"""What Contacts and Companies say where there is no record to show, and the way out."""

import streamlit as st

from hubspot.analysis.filters import Filters
from hubspot.ui import filter_bar, filtered, words
from hubspot.ui.state import View


def tell_not_loaded(view: View, object_type: str) -> None:
    """Say why there are no records of an object type at all."""
    noun = words.OBJECT_NOUNS[object_type][1]
    if view.is_loading:
        st.info(f"No {noun} have arrived yet.", icon=":material/hourglass_empty:")
        return
    st.warning(
        f"This portal's {noun} are not loaded: HubSpot refused them, or the load ended before them. "
        "Use the refresh button in the sidebar to load again.",
        icon=":material/cloud_off:",
    )


def tell_nothing_matches(view: View, object_type: str, filters: Filters) -> None:
    """Say that filters let nothing through, and offer to take off the one that helps most."""
    noun = words.OBJECT_NOUNS[object_type][1]
    best = filtered.selection(view.key, object_type, filters).relief
    with st.container(border=True, gap="small"):
        st.subheader(f"No {noun} match {_these(len(filters.places))}", anchor=False)
        if best:
            back = words.counted(best.count, object_type)
            named = filter_bar.in_words(view, object_type, filters, best.place)
            st.markdown(f"Removing *{named}* brings back {back}.")
        else:
            st.markdown("Removing a single one brings nothing back: take off two, or clear them all.")
        with st.container(horizontal=True):
            if best:
                st.button(
                    f"Remove {named}",
                    key=f"{object_type}.relief",
                    on_click=filter_bar.clear,
                    args=(object_type, best.place),
                )
            st.button(
                "Clear all",
                type="tertiary",
                key=f"{object_type}.clear.empty",
                on_click=filter_bar.clear,
                args=(object_type,),
            )


def _these(count: int) -> str:
    return "this filter" if count == 1 else f"these {count} filters"
