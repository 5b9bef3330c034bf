#!/usr/bin/env python3
"""Stands in for the sandbox: answers health checks and ends when it is asked to."""

import argparse
import http.server


class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b'{"status": "ready"}' if self.path == "/_sandbox/health" else b""
        self.send_response(200 if body else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


parser = argparse.ArgumentParser()
parser.add_argument("command", choices=["serve"])
parser.add_argument("--port", type=int, required=True)
parser.add_argument("--backend", required=True)
parser.add_argument("--state-dir", required=True)
parser.add_argument("--cache-dir", required=True)
arguments = parser.parse_args()
print("serving for", arguments.backend, flush=True)
http.server.ThreadingHTTPServer(("127.0.0.1", arguments.port), Health).serve_forever()
