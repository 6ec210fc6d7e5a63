"""Read a portal with dlt's REST client, which follows `paging.next.link`: `python -I dlt_rest_client.py URL TOKEN`."""

import json
import sys

from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.helpers.rest_client.auth import BearerTokenAuth
from dlt.sources.helpers.rest_client.paginators import JSONLinkPaginator

NAMES = {"contacts": "email,lastname", "companies": "name,domain"}

if __name__ == "__main__":
    url, token = sys.argv[1:]
    client = RESTClient(
        base_url=url,
        auth=BearerTokenAuth(token),
        paginator=JSONLinkPaginator(next_url_path="paging.next.link"),
        data_selector="results",
    )
    read = {
        object_type: [
            [record["id"], record["properties"]]
            for page in client.paginate(
                f"/crm/objects/2026-09/{object_type}", params={"limit": 100, "properties": names}
            )
            for record in page
        ]
        for object_type, names in NAMES.items()
    }
    json.dump(read, sys.stdout)
