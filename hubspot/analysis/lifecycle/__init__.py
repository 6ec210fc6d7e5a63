"""Lifecycle stages in the portal's own order: where records are, how far and how fast they got, and who went back.

Days are whole days of the portal's calendar: from 23:00 to 1:00 of the next day is one, on the same day none.
"""

from hubspot.analysis.lifecycle.cohorts import Cohorts, cohorts
from hubspot.analysis.lifecycle.dates import Generation, entered, generations
from hubspot.analysis.lifecycle.funnel import ALL_STAGES, ANY_STAGE, Funnel, Mode, funnel
from hubspot.analysis.lifecycle.groups import Groups, groups
from hubspot.analysis.lifecycle.journeys import Journeys, journeys
from hubspot.analysis.lifecycle.moves import Moves, moves
from hubspot.analysis.lifecycle.stages import Stages, reached, stages
from hubspot.analysis.lifecycle.stays import Stays, stays

__all__ = [
    "ALL_STAGES",
    "ANY_STAGE",
    "Cohorts",
    "Funnel",
    "Generation",
    "Groups",
    "Journeys",
    "Mode",
    "Moves",
    "Stages",
    "Stays",
    "cohorts",
    "entered",
    "funnel",
    "generations",
    "groups",
    "journeys",
    "moves",
    "reached",
    "stages",
    "stays",
]
