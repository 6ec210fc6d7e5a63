"""Records that nobody looks after: without an owner, with one who left, silent, without a logged contact."""

from hubspot.analysis.filters import Condition, Filters, Known, OneOf
from hubspot.analysis.quality.activity import ACTIVITY, CONTACTED, OWNER, SILENT_DAYS, deactivated, owners, silent
from hubspot.analysis.quality.checks import Check, Survey
from hubspot.analysis.records import NO_VALUE
from hubspot.portal import COMPANIES, CONTACTS


def _left(object_type: str, survey: Survey) -> Filters:
    values, _ = owners(survey.frames[object_type])
    gone = deactivated(survey.portal, values[:-1])
    # An id that nobody has: without any value a condition would ask nothing.
    condition: Condition = OneOf(OWNER, frozenset(gone or {"0"}))
    return Filters((condition,))


def _owned(object_type: str) -> tuple[Check, ...]:
    return (
        Check(
            name=f"{object_type}.no_owner",
            object_type=object_type,
            tab="owners",
            says="without an owner",
            why="Nobody follows up, and rules that tell the owner tell nobody.",
            fix="Assign an owner; the file holds the column to fill.",
            weight=5 if object_type == CONTACTS else 4,
            columns=(OWNER,),
            needs=((OWNER,),),
            filters=lambda _: Filters((OneOf(OWNER, frozenset({NO_VALUE})),)),
        ),
        Check(
            name=f"{object_type}.deactivated_owner",
            object_type=object_type,
            tab="owners",
            says="whose owner was deactivated",
            rule="The owner is deactivated in HubSpot, or no longer among the portal's owners.",
            why="Whoever looked after them has left, and notifications reach nobody.",
            fix="Give them to somebody who is there.",
            weight=5,
            columns=(OWNER,),
            needs=((OWNER,),),
            knows_owners=True,
            filters=lambda survey: _left(object_type, survey),
        ),
    )


def _logged(object_type: str) -> tuple[Check, ...]:
    return (
        Check(
            name=f"{object_type}.silent",
            object_type=object_type,
            tab="silent",
            says=f"without activity for {SILENT_DAYS} days",
            rule=f"The later of these dates is {SILENT_DAYS} or more days ago; without any activity none is found.",
            why="They were worked on once and then forgotten.",
            fix="Get in touch, or close them.",
            weight=1,
            columns=(*ACTIVITY, OWNER),
            needs=(ACTIVITY,),
            filters=lambda survey: silent(SILENT_DAYS).on(survey.today),
        ),
        Check(
            name=f"{object_type}.untouched",
            object_type=object_type,
            tab="silent",
            says="without a logged call, e-mail or meeting",
            rule="HubSpot's date of the last contact is empty. Marketing e-mail does not set it.",
            why="They came in, and nobody has noted down that they spoke with them.",
            fix="Get in touch, or leave them out of sales.",
            weight=1,
            columns=(CONTACTED, OWNER),
            needs=((CONTACTED,),),
            filters=lambda _: Filters((Known(CONTACTED, negated=True),)),
        ),
    )


CHECKS = (*_owned(CONTACTS), *_logged(CONTACTS), *_owned(COMPANIES), *_logged(COMPANIES))
