from hubspot.portal import COMPANIES
from hubspot.ui import explore, frame

view = frame.enter("companies")

frame.title_row("Companies")
frame.require_records(view)
selection = explore.select(view, COMPANIES)
if not selection.records.empty:
    explore.band(view, selection)
explore.listing(view, selection)
