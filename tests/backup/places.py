"""Empty places to restore into, phones that go on sending meanwhile, and what people see."""

import contextvars
import http.client
import io
import uuid
from pathlib import Path
from typing import Any

from click.testing import Result
from flask import Flask

from portal import create_app
from portal.db import db
from tests.backup.phones import Phone
from tests.databases import settings
from tests.page import Person


class Place:
    """An instance of its own: a folder, a database, a store of files."""

    def __init__(self, folder: Path, database_url: str, files: Path | str | None = None) -> None:
        self.folder, self.database_url = folder, database_url
        folder.mkdir()
        chosen = settings(database_url, folder)
        if files is not None:
            chosen["FILES"] = files
        self.app: Flask = create_app(chosen)

    def flask(self, *words: str) -> Result:
        """One command, as an operator runs it: in a process that has read the settings anew."""
        return contextvars.Context().run(self.app.test_cli_runner().invoke, args=[str(word) for word in words])

    def ask(self, question: Any) -> Any:
        """What `question()` finds in this place."""

        def answer() -> Any:
            with self.app.app_context():
                try:
                    return question()
                finally:
                    db.session.rollback()
                    db.session.remove()

        return contextvars.Context().run(answer)

    def close(self) -> None:
        def dispose() -> None:
            with self.app.app_context():
                db.session.remove()
                db.engine.dispose()

        contextvars.Context().run(dispose)


class Camera(Phone):
    """A phone that sends photos, so that files come while the backup is taken."""

    def send(self, entry_id: str) -> int | None:
        mark = uuid.uuid4().hex
        fields = {"csrf_token": self.token, "entry_id": entry_id, "label": "after"}
        body = b"".join(
            f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in fields.items()
        )
        body += f'--{mark}\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"\r\n\r\n'.encode()
        body += shot() + f"\r\n--{mark}--\r\n".encode()
        headers = {
            "Cookie": f"session={self.cookie}",
            "X-Outbox": "1",
            "Content-Type": f"multipart/form-data; boundary={mark}",
        }
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("POST", self.path, body, headers)
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
        if status in (200, 201):
            self.acknowledged.add(entry_id)
        return status


def shot() -> bytes:
    """A photo unlike all others: other pixels, so other bytes."""
    from PIL import Image

    number = uuid.uuid4().int
    out = io.BytesIO()
    Image.new("RGB", (40, 30), (number % 256, number // 256 % 256, number // 65536 % 256)).save(out, "JPEG")
    return out.getvalue()


def seen(person: Person, paths: list[str]) -> dict[str, Any]:
    """What somebody gets at these addresses: the words of a page, the bytes of anything else."""
    found = {}
    for path in paths:
        page = person.get(path)
        assert page.status == 200, f"{path}: {page.status}"
        found[path] = page.one("main").get_text(" ").split() if page.is_html else page.response.get_data()
    return found
