import streamlit as st

from hubspot.ui import attention, changed, choices, explore_links, frame, overview

view = frame.enter("overview")

with frame.title_row("Overview"), st.container(horizontal=True, vertical_alignment="center", width="content"):
    overview.freshness(view)
    comparison = choices.picked("Comparison", overview.COMPARISONS, key="compare", width=190)
    grain = choices.one_of("Grain", overview.GRAINS, key="grain", default="Weeks")
frame.require_records(view)
explore_links.follow(view)
if overview.tell_empty(view):
    st.stop()
found = overview.answers(view, grain, comparison)

changed.strip(view)
overview.numbers(view, found)
overview.movement(view, found, grain)
overview.rankings(view, found)
attention.show(view)
overview.newest(view, found)
