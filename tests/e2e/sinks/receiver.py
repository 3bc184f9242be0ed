"""A receiver of events over HTTP, written from the documentation alone.

usage: receiver.py FILE FAULT

Prints its port and refuses connections until a line comes on stdin; says so when it takes
them, and appends the id of every event it takes to FILE, one a line. FAULT says
what goes wrong: none, 503, 429, cut (no answer, nothing taken), lost (taken, but no
answer), slow, 413 (more than 20,000 bytes), poison (400 if an event's id has a sum of
bytes that 7 divides), echo (403 with the request's headers), hec (a Splunk collector
whose indexers acknowledge at the second question and forget every third batch), forgets
(one that counts from 0 for each channel, and every ninth request starts anew: what no
indexer had is gone, and so is the connection).

A body is taken for what it is: lines, an array, OTLP (JSON, or protobuf, of which the ids
are all that is read) or envelopes of Splunk.
"""

import gzip
import json
import re
import socketserver
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler

path, fault = sys.argv[1:3]
lock = threading.Lock()
count = 0


batches = {}
# Of a collector that forgets: by channel, by number.
channels = {}


# The attribute with the id: a key, and a value that is a text of fewer than 128 bytes.
PROTOBUF_ID = re.compile(rb"\x0a\x0elog\.record\.uid\x12[\x00-\x7f]\x0a([\x00-\x7f])", re.DOTALL)


def protobuf_events(body):
    for match in PROTOBUF_ID.finditer(body):
        start = match.end()
        yield {"metadata": {"uid": body[start : start + match.group(1)[0]].decode()}}


def uid(event):
    if "metadata" in event:
        return event["metadata"]["uid"]
    attributes = {item["key"]: item["value"] for item in event["attributes"]}
    return attributes["log.record.uid"]["stringValue"]


def is_poison(event):
    return sum(uid(event).encode()) % 7 == 0


def envelopes(text):
    """Objects one behind the other, as Splunk takes them."""
    decoder, at = json.JSONDecoder(), 0
    while at < len(text):
        envelope, at = decoder.raw_decode(text, at)
        assert envelope["time"] > 1_500_000_000 and envelope["sourcetype"]
        yield envelope["event"]
        while at < len(text) and text[at].isspace():
            at += 1


def events_of(path, body, content_type=None):
    if content_type == "application/x-protobuf":
        return list(protobuf_events(body))
    if path == "/services/collector/event":
        return list(envelopes(body.decode()))
    if path == "/v1/logs":
        (resource,) = json.loads(body or "{}").get("resourceLogs", [{}])
        (scope,) = resource.get("scopeLogs", [{}])
        return scope.get("logRecords", [])
    if body.startswith(b"["):
        return json.loads(body)
    return [json.loads(line) for line in body.splitlines()]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, text="", **headers):
        body = text.encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        global count
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        if len(body) < length:
            self.close_connection = True
            return None
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        with lock:
            count += 1
            goes_wrong = count % 2 == 1
        if fault == "503" and goes_wrong:
            return self.answer(503, "busy")
        if fault == "429" and goes_wrong:
            return self.answer(429, "slow down", Retry_After="1")
        if fault == "413" and len(body) > 20_000:
            return self.answer(413, "too large")
        if fault == "echo":
            return self.answer(403, str(self.headers))
        if fault == "cut" and goes_wrong:
            self.close_connection = True
            return None
        if fault == "slow":
            time.sleep(0.3)
        if fault == "hec" and self.headers["Authorization"] != "Splunk right":
            return self.answer(403, '{"text":"Invalid token","code":4}')
        if fault == "forgets":
            return self.forget(body)
        if self.path == "/services/collector/ack":
            return self.acknowledge(json.loads(body)["acks"])
        events = events_of(self.path, body, self.headers["Content-Type"])
        if fault == "hec":
            return self.collect(events)
        if fault == "poison" and any(is_poison(event) for event in events):
            return self.answer(400, "an event is not to my liking")
        with lock, open(path, "a") as file:
            file.writelines(uid(event) + "\n" for event in events)
        if fault == "lost" and goes_wrong:
            self.close_connection = True
            return None
        return self.answer(200)

    def forget(self, body):
        with lock, open(path, "a") as file:
            moment = count % 18
            if moment == 9:
                channels.clear()
            channel = channels.setdefault(self.headers["X-Splunk-Request-Channel"], {"next": 0})
            if self.path == "/services/collector/ack":
                acks = {}
                for number in json.loads(body)["acks"]:
                    batch = channel.get(number)
                    if batch:
                        batch[1] += 1
                    acks[str(number)] = bool(batch) and batch[1] == 2
                    if acks[str(number)]:
                        file.writelines(uid(event) + "\n" for event in channel.pop(number)[0])
                text = json.dumps({"acks": acks})
            else:
                events = events_of(self.path, body)
                channel[channel["next"]] = [events, 0]
                text = json.dumps({"text": "Success", "code": 0, "ackId": channel["next"]})
                channel["next"] += 1
            if moment == 0:
                channels.clear()
                self.close_connection = True
                return None
        return self.answer(200, text)

    def collect(self, events):
        """Keeps events until an indexer has them, which not every one lives to see."""
        assert self.headers["X-Splunk-Request-Channel"]
        if not events:
            return self.answer(400, '{"text":"No data","code":5}')
        with lock:
            number = len(batches)
            batches[number] = [events, 0]
        return self.answer(200, json.dumps({"text": "Success", "code": 0, "ackId": number}))

    def acknowledge(self, numbers):
        acks = {}
        with lock, open(path, "a") as file:
            for number in numbers:
                events, asked = batches[number]
                batches[number][1] += 1
                acks[str(number)] = asked == 1 and number % 3 != 2
                if acks[str(number)]:
                    file.writelines(uid(event) + "\n" for event in events)
        return self.answer(200, json.dumps({"acks": acks}))

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def handle_error(self, request, client_address):
        # Senders are killed in these tests.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


with Server(("127.0.0.1", 0), Handler, bind_and_activate=False) as server:
    server.server_bind()
    print(server.server_address[1], flush=True)
    sys.stdin.readline()
    server.server_activate()
    print("here", flush=True)
    server.serve_forever()
