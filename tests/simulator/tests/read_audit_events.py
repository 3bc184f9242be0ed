"""Reads audit events of an identity domain with scim2-client, one id a line.

usage: read_audit_events.py get|post DOMAIN_URL CLIENT_ID SECRET_FILE START END [COUNT]

START and END are RFC 3339; COUNT is the number of rows a page, 100 unless
given. The number of pages goes to standard error. Needs the package
`scim2-client[httpx2]` from PyPI.
"""

import pathlib
import sys

import httpx2
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_models import ScimPolicy, ScimProvider, SearchRequest

SCOPE = "urn:opc:idm:__myscopes__"


def token(domain_url, client_id, secret):
    response = httpx2.post(
        f"{domain_url}/oauth2/v1/token",
        data={"grant_type": "client_credentials", "scope": SCOPE},
        auth=(client_id, secret),
    )
    response.raise_for_status()
    return response.json()["access_token"]


def pages(client, method, start, end, count):
    """All pages of the range, from the first row to the last."""
    AuditEvent = client.get_resource_model("AuditEvent")
    index = 1
    while True:
        request = SearchRequest[AuditEvent](
            filter=f'timestamp ge "{start}" and timestamp lt "{end}"',
            sort_by="timestamp",
            sort_order="ascending",
            start_index=index,
            count=count,
        )
        if method == "get":
            page = client.query(AuditEvent, query_parameters=request)
        else:
            page = client.search(AuditEvent, search_request=request)
        rows = page.resources or []
        yield rows
        index += len(rows)
        if not rows or index > page.total_results:
            return


def main():
    if len(sys.argv) not in (7, 8) or sys.argv[1] not in ("get", "post"):
        sys.exit(__doc__)
    method, domain_url, client_id, secret_file, start, end = sys.argv[1:7]
    count = int(sys.argv[7]) if len(sys.argv) == 8 else 100
    bearer = token(domain_url, client_id, pathlib.Path(secret_file).read_text())
    http = httpx2.Client(
        base_url=f"{domain_url}/admin/v1", headers={"Authorization": f"Bearer {bearer}"}
    )
    with http:
        # Rows may hold more than the schema names.
        policy = ScimPolicy(unknown=ScimPolicy.Unknown.keep)
        client = SyncSCIMClient(http, provider=ScimProvider(policy=policy))
        client.discover()
        read = 0
        for rows in pages(client, method, start, end, count):
            read += 1
            for row in rows:
                print(row.id)
        print(f"{read} pages", file=sys.stderr)


if __name__ == "__main__":
    main()
