from hubspot.portal import CONTACTS
from hubspot.ui import explore, explore_table, explore_views, frame

view = frame.enter("contacts")

title_row = frame.title_row("Contacts")
frame.require_records(view)
selection = explore.select(view, CONTACTS)
with title_row:
    explore_views.show(view, CONTACTS, selection.everything)
explore.band(view, selection)
explore_table.listing(view, selection)
