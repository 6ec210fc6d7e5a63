"""Read a portal with HubSpot's own Python SDK, which asks for v3 paths: `python -I official_sdk.py URL TOKEN`.

The SDK's package is called `hubspot`, as ours is: run this by itself, with -I, so that it finds the SDK's.
"""

import json
import sys

from hubspot import HubSpot

if __name__ == "__main__":
    url, token = sys.argv[1:]
    crm = HubSpot(access_token=token, host=url).crm
    read = {
        "contacts": crm.contacts.get_all(properties=["email", "lastname"]),
        "companies": crm.companies.get_all(properties=["name", "domain"]),
    }
    json.dump(
        {name: [[each.id, dict(each.properties)] for each in records] for name, records in read.items()}, sys.stdout
    )
