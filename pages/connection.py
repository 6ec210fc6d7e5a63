import streamlit as st

from hubspot.ui import connection, frame, progress

view = frame.enter("connection")

frame.title_row("Connection and privacy")
progress.watch(view)
left, right = st.columns(2)
with left:
    connection.portal(view)
with right:
    connection.copy(view)
left, right = st.columns(2)
with left:
    connection.token(view)
with right:
    warnings = connection.store()
connection.advice(warnings)
connection.people(view)
connection.permissions(view)
connection.privacy(view)
