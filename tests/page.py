"""A person with a browser, as far as HTTP goes: fetches pages, fills in forms, and checks each page on the way."""

import contextvars
import json
import time
import uuid
from functools import cached_property
from typing import Any

from bs4 import BeautifulSoup, Tag
from flask import Flask
from selectolax.lexbor import LexborHTMLParser, LexborNode
from werkzeug.test import TestResponse

from portal.accounts.models import SignIn
from portal.db import db

PASSWORD = "demo-2026"
PIN = "2468"
AGENTS = {
    "phone": "Mozilla/5.0 (Linux; Android 14; Pixel 7) Chrome/131.0 Mobile Safari/537.36",
    "laptop": "Mozilla/5.0 (X11; Linux x86_64) Chrome/131.0 Safari/537.36",
}


def within_one_minute(seconds: float = 5) -> None:
    """Waits, where it must, until that much of the clock's minute is left: wrong tokens are counted by it."""
    left = 60 - time.time() % 60
    if left < seconds:
        time.sleep(left)


class Page:
    """An answer: `status`, `text` (visible words), `soup`, `json`, `location`. Most pages are only asked for these and
    for `errors`, so a parser in C reads each; the slow one only those that a test looks into."""

    def __init__(self, response: TestResponse) -> None:
        self.response = response
        self.status = response.status_code
        self.headers = response.headers
        self.location = response.headers.get("Location")
        self.is_html = response.mimetype == "text/html"
        self.tree = LexborHTMLParser(response.get_data(as_text=True)) if self.is_html else None

    @cached_property
    def soup(self) -> BeautifulSoup | None:
        """From the tree that the C parser made as a browser makes it: the patient one need not mend anything."""
        return BeautifulSoup(self.tree.html or "", "html.parser") if self.tree else None

    @cached_property
    def text(self) -> str:
        return " ".join(self.soup.get_text(" ").split()) if self.soup else ""

    @property
    def json(self) -> Any:
        return json.loads(self.response.get_data(as_text=True))

    @property
    def errors(self) -> str:
        """The words of the error summary, empty when there is none."""
        summary = self.tree.css_first("[role=alert]") if self.tree else None
        return " ".join(summary.text(separator=" ").split()) if summary else ""

    def one(self, selector: str) -> Tag:
        found = self.soup.select(selector) if self.soup else []
        assert len(found) == 1, f"{len(found)} of {selector}"
        return found[0]

    def all(self, selector: str) -> list[Tag]:
        return list(self.soup.select(selector)) if self.soup else []

    def value(self, name: str) -> str:
        """What the field holds, as a person would see it."""
        fields = self.all(f"main [name={name}]")
        assert fields, f"no field {name}"
        first = fields[0]
        if first.name == "textarea":
            return first.get_text().lstrip("\n")
        if first.name == "select":
            chosen = first.select_one("option[selected]")
            return str(chosen["value"]) if chosen else ""
        if first.get("type") in ("radio", "checkbox"):
            return next((str(field["value"]) for field in fields if field.has_attr("checked")), "")
        return str(first.get("value", ""))

    def check(self) -> None:
        """True of every page: one h1, unique ids, labelled fields, forms with addresses, no inline code."""
        if not self.tree or self.response.request.headers.get("HX-Request"):
            return
        find, path = self.tree.css, self.response.request.path
        assert len(find("h1")) == 1, f"{len(find('h1'))} h1 on {path}"
        ids = [str(node.attributes["id"]) for node in find("[id]")]
        assert len(ids) == len(set(ids)), f"ids twice: {sorted(i for i in ids if ids.count(i) > 1)}"
        assert [node for node in find("html") if node.attributes.get("lang")], "no language"
        for form in find("form"):
            assert form.attributes.get("action"), f"a form without an address: {form.html}"
        labelled = {node.attributes["for"] for node in find("label[for]")}
        for field in find("input:not([type=hidden]):not([type=submit]), select, textarea"):
            known = field.attributes.get("id") in labelled or field.attributes.get("aria-label") or inside_label(field)
            assert known, f"a field without a label: {field.html}"
        for link in find("[for], [aria-describedby]"):
            targets = [link.attributes.get("for") or "", *(link.attributes.get("aria-describedby") or "").split()]
            assert {target for target in targets if target} <= set(ids), f"{link.tag} points at a missing id: {targets}"
        assert not find("script:not([src]):not([type='application/json']), style, [style], [onclick], [onsubmit]")


def inside_label(node: LexborNode) -> bool:
    parent = node.parent
    return parent is not None and (parent.tag == "label" or inside_label(parent))


class Person:
    """Somebody with a browser. `get` and `post` never follow redirects; `follow` does, once."""

    def __init__(self, app: Flask, device: str = "phone") -> None:
        self.app = app
        self.client = app.test_client()
        self.agent = AGENTS[device]

    def sign_in(self, username: str, password: str = PASSWORD) -> Page:
        return self.open("/login", method="POST", data={"username": username, "password": password})

    def get(self, path: str, **kwargs: Any) -> Page:
        return self.open(path, **kwargs)

    def post(
        self,
        path: str,
        fields: dict[str, Any] | None = None,
        *,
        entry_id: str | None = None,
        token: str | None = None,
        outbox: bool = False,
        **kwargs: Any,
    ) -> Page:
        """Sends a form with a good token and a new entry id, unless told otherwise."""
        data = {"csrf_token": self.token() if token is None else token, "entry_id": entry_id or str(uuid.uuid4())}
        headers = {"X-Outbox": "1"} if outbox else {}
        return self.open(path, method="POST", data={**data, **(fields or {})}, headers=headers, **kwargs)

    def follow(self, page: Page) -> Page:
        assert page.status == 303, f"{page.status}: {page.errors or page.text[:300]}"
        return self.get(page.location or "/")

    def token(self) -> str:
        """The form token of the newest live session of this browser."""
        cookie = self.client.get_cookie("session")
        if cookie is None:
            return ""
        from portal.accounts.operations import token_hash

        found = db.session.query(SignIn.csrf_token).filter_by(token_hash=token_hash(cookie.value)).scalar()
        return str(found or "")

    def open(self, path: str, **kwargs: Any) -> Page:
        """One request in a context of its own, so that nobody else's session or transaction leaks into it."""
        if db.session.registry.has():
            db.session.commit()
        kwargs["headers"] = {"User-Agent": self.agent, **kwargs.pop("headers", {})}
        kwargs.setdefault("base_url", "http://localhost")
        kwargs.setdefault("buffered", True)
        response = contextvars.Context().run(self.client.open, path, **kwargs)
        db.session.expire_all()
        page = Page(response)
        page.check()
        return page
