"""Lists audit events with Oracle's own SDK, one id a line.

usage: list_events.py CONFIG_FILE ENDPOINT COMPARTMENT START END

ENDPOINT may end in a region, as in http://127.0.0.1:8080/us-ashburn-1.
START and END are RFC 3339. Needs the package `oci` from PyPI.
"""

import datetime
import sys

import oci


def parse(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def main():
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    config_file, endpoint, compartment, start, end = sys.argv[1:]
    config = oci.config.from_file(config_file, "DEFAULT")
    client = oci.audit.AuditClient(
        config,
        service_endpoint=endpoint,
        retry_strategy=oci.retry.DEFAULT_RETRY_STRATEGY,
    )
    response = oci.pagination.list_call_get_all_results(
        client.list_events, compartment, parse(start), parse(end)
    )
    for event in response.data:
        print(event.event_id)


if __name__ == "__main__":
    main()
