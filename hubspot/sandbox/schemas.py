"""Property definitions and their groups.

Source: https://developers.hubspot.com/docs/api-reference/latest/crm/properties/guide
"""

import orjson

from hubspot.sandbox import answers
from hubspot.sandbox.answers import Answer
from hubspot.sandbox.batches import batch_answer, read_inputs
from hubspot.sandbox.crm import table_of
from hubspot.sandbox.paging import wants_archived
from hubspot.sandbox.tables import Table
from hubspot.sandbox.wire import Call

LARGEST_BATCH = 100
# What people read for HubSpot's own groups; a portal's own group reads as it is named.
GROUP_LABELS = {
    "contactinformation": "Contact information",
    "companyinformation": "Company information",
    "dealinformation": "Deal information",
    "deal_information": "Deal information",
    "analyticsinformation": "Web analytics history",
    "conversioninformation": "Conversion information",
    "emailinformation": "Email information",
    "sales_properties": "Sales properties",
    "contactscripted": "Contact scripted properties",
    "companyscripted": "Company scripted properties",
    "contactlcs": "Lifecycle stage properties",
    "companylcs": "Lifecycle stage properties",
}
SENSITIVITIES = ("non_sensitive", "sensitive", "highly_sensitive")


def list_properties(call: Call) -> Answer:
    """Answer all property definitions of an object type; there are no archived ones, nor sensitive ones."""
    table, sensitivity = table_of(call), call.request.query_params.get("dataSensitivity", SENSITIVITIES[0])
    if sensitivity not in SENSITIVITIES:
        raise answers.invalid(f"Invalid value for parameter 'dataSensitivity'. Known: {', '.join(SENSITIVITIES)}.")
    if wants_archived(call) or sensitivity != SENSITIVITIES[0]:
        return answers.json_answer({"results": []})
    return answers.json_answer({"results": [definition.wire() for definition in table.definitions.values()]})


def get_property(call: Call) -> Answer:
    """Answer one property definition."""
    table, name = table_of(call), call.request.path_params["name"]
    definition = table.definitions.get(name)
    if definition is None or wants_archived(call):
        raise answers.not_found(f"Property {name} does not exist", "OBJECT_NOT_FOUND")
    return answers.json_answer(definition.wire())


def read_properties(call: Call) -> Answer:
    """Answer up to 100 property definitions by name: 200, or 207 with an error for names that do not exist."""
    table, asked = table_of(call), call.json()
    names = list(dict.fromkeys(each["name"] for each in read_inputs(asked, LARGEST_BATCH, key="name")))
    known = {} if asked.get("archived") is True else table.definitions
    found = [orjson.dumps(known[name].wire()) for name in names if name in known]
    return batch_answer(found, started=call.now, missing=[name for name in names if name not in known])


def list_groups(call: Call) -> Answer:
    """Answer the groups properties are shown in."""
    return answers.json_answer({"results": list(_groups(table_of(call)).values())})


def get_group(call: Call) -> Answer:
    """Answer one property group."""
    name = call.request.path_params["name"]
    group = _groups(table_of(call)).get(name)
    if group is None:
        raise answers.not_found(f"Property group {name} does not exist", "OBJECT_NOT_FOUND")
    return answers.json_answer(group)


def _groups(table: Table) -> dict[str, dict[str, object]]:
    names = dict.fromkeys(definition.group for definition in table.definitions.values())
    return {
        name: {"archived": False, "name": name, "label": _label(name), "displayOrder": order}
        for order, name in enumerate(names)
    }


def _label(name: str) -> str:
    return GROUP_LABELS.get(name) or name.replace("_", " ").capitalize()
