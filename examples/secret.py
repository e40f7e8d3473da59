"""A password that is typed by its name: neither the policy nor the record ever holds it."""

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from vigorl import Agent


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


pages = partial(Quiet, directory=Path(__file__).parent)
with ThreadingHTTPServer(("127.0.0.1", 0), pages) as server:  # a secret belongs to a host
    threading.Thread(target=server.serve_forever, daemon=True).start()
    result = Agent(
        'type the secret PW into "Password", click "Sign in"',
        url=f"http://127.0.0.1:{server.server_port}/tea.html",
        secrets={"PW": "pearl-river-7"},
    ).run()
    server.shutdown()
print(result)
print("in the record:", "pearl-river-7" in (result.folder / "trajectory.jsonl").read_text())
