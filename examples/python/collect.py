"""Reads the last hours of a source with an unchanged signon component in Python, and
prints its events, one JSON object a line.

    python collect.py COMPONENT.wasm SETTINGS.json [HOURS]

The component signs for itself with the key `auth` of its settings, because here is
no host that would. It has the network and nothing else: no files, no environment.
What is given up against the host `signon`: secrets are inside the sandbox, any
address may be asked, and nothing bounds time.
"""

import json
import sys
import time

from wasmtime import Config, Engine, Store, WasiConfig
from wasmtime.component import Component, Linker, Record, Variant

HOUR_MS = 3_600_000
SOURCE = "signon:source/source@0.1.0"
# Bytes of memory a component may have: as much as the host gives it.
MEMORY = 64 << 20


class Source:
    """A component and the functions that it exports."""

    def __init__(self, path):
        engine = Engine(Config())
        self.store = Store(engine)
        self.store.set_limits(memory_size=MEMORY)
        # Neither files nor environment, arguments or standard streams.
        self.store.set_wasi(WasiConfig())
        self.store.set_wasi_http()
        linker = Linker(engine)
        linker.add_wasip2()
        linker.add_wasi_http()
        component = Component.from_file(engine, path)
        self.instance = linker.instantiate(self.store, component)
        self.exports = self.instance.get_export_index(self.store, SOURCE)
        if self.exports is None:
            raise SystemExit(f"collect: {path} does not offer {SOURCE}")

    def call(self, name, *arguments):
        """Calls a function; what it answers as an error is raised."""
        index = self.instance.get_export_index(self.store, name, self.exports)
        function = self.instance.get_func(self.store, index)
        result = function(self.store, *arguments)
        if isinstance(result, Variant) and result.tag in ("ok", "err"):
            if result.tag == "err":
                raise_error(result.payload)
            return result.payload
        # A result whose two sides are of different types comes without its tag.
        if isinstance(result, Variant):
            raise_error(result)
        return result


def raise_error(error):
    raise SystemExit(f"collect: {error.tag}: {json.dumps(plain(error.payload))}")


def record(**fields):
    """A record of the contract: its names have dashes."""
    made = Record()
    for name, value in fields.items():
        setattr(made, name.replace("_", "-"), value)
    return made


def plain(value):
    """A value of the contract as JSON; what is absent is left out."""
    if isinstance(value, Variant):
        return value.tag if value.payload is None else {value.tag: plain(value.payload)}
    if isinstance(value, Record):
        members = {name: plain(member) for name, member in vars(value).items()}
        return {name: member for name, member in members.items() if member is not None}
    if isinstance(value, list):
        return [plain(element) for element in value]
    return value.hex() if isinstance(value, bytes) else value


def ranges(shape, hours):
    """Ranges as long as the component takes them, each end on its granularity."""
    # A variant whose cases are of different types comes without its tag.
    windowed = shape.payload if isinstance(shape, Variant) else shape
    if not hasattr(windowed, "granularity-seconds"):
        raise SystemExit("collect: this example reads ranges of time only")
    granularity = getattr(windowed, "granularity-seconds") * 1000
    longest = getattr(windowed, "longest-range-seconds") * 1000
    end = int(time.time() * 1000) // granularity * granularity
    start = (end - int(hours * HOUR_MS)) // granularity * granularity
    while start < end:
        yield record(start=start, end=min(start + longest, end))
        start += longest


def read(source, config, stream, window):
    """The batches of a range."""
    classes = record(sign_on=True, account=True, other=False)
    options = record(classes=classes, keep_raw=False, text_limit=4096)
    limits = record(events=500, bytes=4 << 20, soft_deadline_ms=2000)
    # `selection.range`: a variant whose cases are of different types takes no tag.
    session = source.call("[static]session.open", config, stream, window, None, options)
    try:
        progress = "more"
        while progress != "finished":
            batch = source.call("[method]session.next", session, limits)
            progress = batch.progress
            yield batch
    finally:
        session.drop(source.store)


def main(component, settings, hours="24"):
    source = Source(component)
    with open(settings, encoding="utf-8") as file:
        config = file.read()
    shape = source.call("describe").shape
    # The ranges of two readings may overlap; an event has one id.
    seen = set()
    for stream in source.call("streams", config):
        for window in ranges(shape, float(hours)):
            for batch in read(source, config, stream.id, window):
                for event in batch.events:
                    native_id = getattr(event, "native-id")
                    if native_id not in seen:
                        print(json.dumps(plain(event), ensure_ascii=False))
                    seen.add(native_id)
                for finding in batch.findings:
                    print(f"{finding.severity}: {finding.problem}; {finding.fix}", file=sys.stderr)


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        raise SystemExit("usage: python collect.py COMPONENT.wasm SETTINGS.json [HOURS]")
    main(*sys.argv[1:])
