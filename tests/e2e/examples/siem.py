"""Stands in for a SIEM that takes syslog over TLS (RFC 5425): prints its port, and
appends the text of each message to a file, one a line.

usage: siem.py FILE CERTIFICATE KEY
"""

import socketserver
import ssl
import sys

path, certificate, key = sys.argv[1:]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)


class Handler(socketserver.StreamRequestHandler):
    def message(self):
        length = b""
        while not length.endswith(b" "):
            byte = self.rfile.read(1)
            if not byte:
                return None
            length += byte
        message = self.rfile.read(int(length))
        return message if len(message) == int(length) else None

    def handle(self):
        # Whoever sends is killed in these tests.
        try:
            while message := self.message():
                with open(path, "ab", buffering=0) as file:
                    file.write(message[message.index(b"{") :].rstrip(b"\n") + b"\n")
        except OSError:
            pass


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def get_request(self):
        connection, address = super().get_request()
        wrapped = context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return wrapped, address


with Server(("127.0.0.1", 0), Handler) as server:
    print(server.server_address[1], flush=True)
    server.serve_forever()
