"""Writers that send entries while something else happens to the portal."""

import http.client
import json
import socket
import threading
import time
import uuid
from urllib.parse import urlencode

FIELDS = {"item": "TM-OIL-100", "quantity": "1", "old_part": "none"}


class Phone:
    """Sends entries until told to stop, and remembers which were acknowledged."""

    def __init__(self, port: int, cookie: str, token: str, path: str) -> None:
        self.port, self.cookie, self.token, self.path = port, cookie, token, path
        self.sent: list[str] = []
        self.acknowledged: set[str] = set()
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.work)

    def work(self) -> None:
        while not self.stopped.is_set():
            entry_id = str(uuid.uuid4())
            while not self.stopped.is_set() and not self.reached():
                time.sleep(0.02)
            self.sent.append(entry_id)
            self.send(entry_id)

    def reached(self) -> bool:
        """Whether anybody listens: an entry that never left the phone would prove nothing."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def send(self, entry_id: str) -> int | None:
        body = urlencode({"csrf_token": self.token, "entry_id": entry_id, **FIELDS})
        headers = {
            "Cookie": f"session={self.cookie}",
            "X-Outbox": "1",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("POST", self.path, body, headers)
            response = connection.getresponse()
            answer = json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError):
            return None
        finally:
            connection.close()
        if response.status in (200, 201) and answer["entry_id"] == entry_id:
            self.acknowledged.add(entry_id)
        return response.status
