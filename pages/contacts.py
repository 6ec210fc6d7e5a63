from hubspot.portal import CONTACTS
from hubspot.ui import explore, frame

view = frame.enter("contacts")

frame.title_row("Contacts")
frame.require_records(view)
selection = explore.select(view, CONTACTS)
if not selection.records.empty:
    explore.band(view, selection)
explore.listing(view, selection)
