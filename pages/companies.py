from hubspot.portal import COMPANIES
from hubspot.ui import explore, explore_table, explore_views, frame

view = frame.enter("companies")

title_row = frame.title_row("Companies")
frame.require_records(view)
selection = explore.select(view, COMPANIES)
with title_row:
    explore_views.show(view, COMPANIES, selection.everything)
explore.band(view, selection)
explore_table.listing(view, selection)
