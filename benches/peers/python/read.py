"""Reads audit events with Oracle's own SDK, every record made into its model.

usage: read.py CONFIG_FILE ENDPOINT COMPARTMENT START END MOST

START and END are RFC 3339; with the page that brings MOST records it ends. Prints how many records came and the seconds from the
first request to the last record; what Python takes to import the SDK, two seconds
and more, is not in them. Needs the package `oci` from PyPI.
"""

import datetime
import sys
import time

import oci


def parse(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def main():
    if len(sys.argv) != 7:
        sys.exit(__doc__)
    config_file, endpoint, compartment, start, end, most = sys.argv[1:]
    config = oci.config.from_file(config_file, "DEFAULT")
    client = oci.audit.AuditClient(config, service_endpoint=endpoint)
    started = time.perf_counter()
    # Page by page, none of them kept: the fastest way the SDK has.
    count, page = 0, None
    while True:
        more = {} if page is None else {"page": page}
        response = client.list_events(compartment, parse(start), parse(end), **more)
        count += len(response.data)
        page = response.next_page
        if page is None or count >= int(most):
            break
    print(count, time.perf_counter() - started)


if __name__ == "__main__":
    main()
