"""What somebody with the database in their hands may do to sealed evidence: random edits by SQL, past all guards."""

import json
import random
import unicodedata
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from portal import files
from portal.db import db
from portal.signing import rules

ALIKE = {"0": "O", "1": "l", "a": "а", "e": "е", "o": "ο", "，": ",", "。": "．", '"': "”", " ": "\u00a0", "人": "入"}
EMPTIED = {  # columns that nothing can vouch for once the document's text is emptied
    "report": ["reason", "visit_id"],
    "report_signature": ["hand_over_id", "link_id"],
    "survey": ["version", "state", "locale", "assisted", "hand_over_id", "link_id"],
    "report_void": ["reason", "person_id"],
}
KEYS = {
    "sealed_document": "n",
    "report": "id",
    "report_signature": "id",
    "report_void": "id",
    "survey": "id",
    "erased_document": "n",
}
COLUMNS = {
    "sealed_document": [
        "n", "id", "kind", "number", "revision", "content", "evidence", "salt", "content_digest", "evidence_digest",
        "previous_link", "link", "sealed_at",
    ],
    "report": ["number", "revision", "visit_id", "document_n", "signed", "reason", "verify_hash", "submitted_at"],
    "report_signature": [
        "report_id", "document_n", "method", "signer_role", "proxy", "hand_over_id", "link_id", "signed_at",
    ],
    "report_void": ["report_id", "document_n", "person_id", "reason", "recorded_at"],
    "survey": [
        "visit_id", "hand_over_id", "link_id", "document_n", "version", "state", "locale", "assisted", "answers",
        "recorded_at",
    ],
    "erased_document": ["n", "erasure_n"],
}  # fmt: skip
SAMPLE_ID = "00000000-0000-4000-8000-00000000000a"


class NoChange(Exception):
    """This edit would have changed nothing: another one is drawn."""


class Tamperer:
    """One hand with one seed. `done` says what it did, `undo_files` puts back what is not in the database."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.done = ""
        self.kept: list[tuple[Path, bytes]] = []
        self.sqlite = db.session.get_bind().dialect.name == "sqlite"

    def edit(self) -> None:
        what: list[tuple[Callable[[], str], int]] = [
            (self.change_document, 8),
            (self.change_row, 8),
            (self.remove_row, 4),
            (self.swap, 3),
            (self.exchange, 3),
            (self.cut_off, 2),
            (self.seal_anew, 4),
            (self.digest_anew, 2),
            (self.append, 1),
            (self.empty, 3),
            (self.fill, 1),
            (self.touch_photo, 3),
        ]
        verbs, weights = zip(*what, strict=True)
        self.done = self.random.choices(verbs, weights)[0]()

    def undo_files(self) -> None:
        for path, content in self.kept:
            path.write_bytes(content)

    # What a hand does to one value

    def changed(self, value: Any, column: str) -> Any:
        if self.sqlite and isinstance(value, int) and column in ("signed", "proxy", "assisted"):
            return 1 - value
        if isinstance(value, bool):
            return not value
        if isinstance(value, int):
            return self.random.choice([value + 1, value - 1, value + 1000])
        if isinstance(value, datetime):
            return value + timedelta(microseconds=self.random.choice([1, -1, 999, 3_600_000_000]))
        if isinstance(value, dict):
            return json.dumps(self.changed_answers(value))
        if value is None:
            return SAMPLE_ID.replace("-", "") if self.sqlite else SAMPLE_ID
        if column.endswith("_at"):
            moment = datetime.fromisoformat(value) + timedelta(microseconds=self.random.choice([1, -1, 60_000_000]))
            return self.random.choice([moment.isoformat(" ", "microseconds"), f"x{value}"])
        if column == "id" or column.endswith("_id"):
            return self.changed_id(str(value))
        if column == "answers":
            return self.random.choice([json.dumps(self.changed_answers(json.loads(value))), value[:-1]])
        return self.changed_text(value)

    def changed_id(self, value: str) -> str:
        place = self.random.choice([n for n, letter in enumerate(value) if letter != "-"])
        digits = "0123456789abcdef" + "g" * self.sqlite
        return value[:place] + self.random.choice(digits) + value[place + 1 :]

    def changed_answers(self, answers: dict[str, Any]) -> dict[str, Any]:
        fresh = dict(answers)
        if not fresh or self.random.random() < 0.2:
            return fresh | {"q_more": "1"}
        name = self.random.choice(sorted(fresh))
        if self.random.random() < 0.3:
            del fresh[name]
        else:
            fresh[name] = self.random.choice([self.changed_text(str(fresh[name])), True, 1, None])
        return fresh

    def changed_text(self, value: str) -> str:
        ways: list[Callable[[str, int], str]] = [
            lambda t, n: t[:n] + ALIKE.get(t[n], t[n]) + t[n + 1 :],
            lambda t, n: t[:n] + chr(ord(t[n]) ^ 1) + t[n + 1 :],
            lambda t, n: t[:n] + t[n + 1 :],
            lambda t, n: t[:n] + t[n] + t[n:],
            lambda t, n: t[:n] + t[n + 1 : n + 2] + t[n] + t[n + 2 :],
            lambda t, n: t[:n] + self.random.choice("Zé金 \u200b\n") + t[n:],
            lambda t, n: unicodedata.normalize("NFD", t),
            lambda t, n: t + " ",
            lambda t, n: t.swapcase(),
        ]
        if not value:
            return "x"
        return self.random.choice(ways)(value, self.random.randrange(len(value)))

    # What it does to rows

    def change_document(self) -> str:
        return self.change("sealed_document")

    def change_row(self) -> str:
        return self.change(self.random.choice([table for table in KEYS if table != "sealed_document"]))

    def change(self, table: str) -> str:
        row = self.pick(table)
        column = self.random.choice(COLUMNS[table])
        if column in EMPTIED.get(table, []) and self.is_erased(row.get("document_n")):
            raise NoChange
        fresh = self.changed(row[column], column)
        if fresh == row[column] or (isinstance(fresh, str) and self.is_same(row[column], fresh, column)):
            raise NoChange
        self.set(table, row[KEYS[table]], **{column: fresh})
        if row in self.all(table):  # PostgreSQL cuts spaces off that are too many
            raise NoChange
        return f"{table}.{column} of {row[KEYS[table]]}: {str(row[column])[:80]!r} -> {str(fresh)[:80]!r}"

    def is_same(self, old: Any, fresh: str, column: str) -> bool:
        if column.endswith("id"):
            return str(old).replace("-", "") == fresh.replace("-", "")
        if column == "answers":
            return json.dumps(old) == fresh or old == fresh
        return False

    def remove_row(self) -> str:
        table = self.random.choice(list(KEYS))
        row = self.pick(table)
        self.run(f"DELETE FROM {table} WHERE {KEYS[table]} = :key", key=row[KEYS[table]])
        return f"{table} {row[KEYS[table]]} removed"

    def swap(self) -> str:
        """Two documents change places in the chain."""
        one, other = self.two("sealed_document")
        for old, fresh in ((one["n"], -1), (other["n"], one["n"]), (-1, other["n"])):
            self.run("UPDATE sealed_document SET n = :fresh WHERE n = :old", fresh=fresh, old=old)
        return f"documents {one['n']} and {other['n']} swapped"

    def exchange(self) -> str:
        """Two rows of a table exchange a value."""
        table = self.random.choice([name for name in KEYS if name != "erased_document"])
        one, other = self.two(table)
        column = self.random.choice([c for c in COLUMNS[table] if c not in ("n", "document_n", "id")])
        erased = self.is_erased(one.get("document_n")) or self.is_erased(other.get("document_n"))
        if one[column] == other[column] or (erased and column in EMPTIED.get(table, [])):
            raise NoChange
        key = KEYS[table]
        if column in ("link", "previous_link", "verify_hash"):
            self.set(table, one[key], **{column: "-"})
        self.set(table, other[key], **{column: one[column]})
        self.set(table, one[key], **{column: other[column]})
        return f"{table}.{column} of {one[key]} and {other[key]} exchanged"

    def cut_off(self) -> str:
        """The newest documents vanish with everything that stands for them. The head is not in the database."""
        last = self.run("SELECT max(n) FROM sealed_document").scalar_one()
        first = last + 1 - self.random.randint(1, 4)
        for table in ("report_signature", "report_void", "survey", "report"):
            self.run(f"DELETE FROM {table} WHERE document_n >= :first", first=first)
        self.run("DELETE FROM erased_document WHERE n >= :first OR erasure_n >= :first", first=first)
        self.run("DELETE FROM sealed_document WHERE n >= :first", first=first)
        return f"all from document {first} on removed"

    def seal_anew(self) -> str:
        """A text is changed, and the chain from there on made to fit it, without the key or with another one."""
        changed = self.pick("sealed_document")
        key = self.random.choice(["", "of somebody else", "of the tests, for seal"])
        previous, done = changed["previous_link"], False
        query = "SELECT * FROM sealed_document WHERE n >= :n ORDER BY n"
        for row in [dict(found._mapping) for found in self.run(query, n=changed["n"])]:
            if not done and row["salt"]:
                row["content"] = self.changed_content(row["content"])
                row["content_digest"] = rules.digest(row["salt"], row["content"])
                done = True
            title = [row[name] for name in ("n", "id", "kind", "number", "revision", "sealed_at")]
            digests = [row["content_digest"], row["evidence_digest"]]
            row["link"], row["previous_link"] = (
                rules.link(key, previous, [str(one) for one in title], digests),
                previous,
            )
            previous = row["link"]
            wanted = {name: row[name] for name in ("content", "content_digest", "link", "previous_link")}
            self.set("sealed_document", row["n"], **wanted)
        return f"sealed anew from {changed['n']} on with the key {key!r}"

    def changed_content(self, content: str) -> str:
        known = json.loads(content)
        return rules.canonical(known | {self.random.choice(sorted(known)): "changed"})

    def digest_anew(self) -> str:
        """A text is changed and its digest made to fit; the link stays."""
        row = self.pick("sealed_document")
        if not row["salt"]:
            raise NoChange
        side = self.random.choice(["content", "evidence"])
        text_ = self.changed_text(row[side])
        if text_ == row[side]:
            raise NoChange
        fresh = {side: text_, f"{side}_digest": rules.digest(row["salt"], text_)}
        self.set("sealed_document", row["n"], **fresh)
        return f"{side} of document {row['n']} changed with its digest"

    def append(self) -> str:
        """Somebody without the key adds a document."""
        last = dict(self.run("SELECT * FROM sealed_document ORDER BY n DESC LIMIT 1").one()._mapping)
        link = rules.link("of somebody else", last["link"], [last["n"] + 1], [last["content_digest"]])
        fresh_id = SAMPLE_ID.replace("-", "") if self.sqlite else SAMPLE_ID
        fresh = last | {"n": last["n"] + 1, "id": fresh_id, "previous_link": last["link"], "link": link}
        names = ", ".join(fresh)
        self.run(f"INSERT INTO sealed_document ({names}) VALUES ({', '.join(f':{name}' for name in fresh)})", **fresh)
        return "a document added"

    def empty(self) -> str:
        """Erased without an erasure, or in the name of another one's."""
        row = self.pick("sealed_document")
        if not row["salt"]:
            raise NoChange
        for name in ("content", "evidence", "salt"):
            if name == "salt" or self.random.random() < 0.9:
                self.set("sealed_document", row["n"], **{name: ""})
        if self.random.random() < 0.5:
            name = self.run("SELECT max(erasure_n) FROM erased_document").scalar_one()
            self.run("INSERT INTO erased_document (n, erasure_n) VALUES (:n, :name)", n=row["n"], name=name)
        return f"document {row['n']} emptied"

    def fill(self) -> str:
        """What was erased gets a text again."""
        n = self.random.choice(self.run("SELECT n FROM erased_document ORDER BY n").scalars().all())
        salt = f"{self.random.getrandbits(128):032x}"
        fresh = {"content": '{"form":"FSR-2"}', "evidence": "{}", "salt": salt}
        name = self.random.choice(sorted(fresh))
        self.set("sealed_document", n, **(fresh if self.random.random() < 0.5 else {name: fresh[name]}))
        return f"erased document {n} filled"

    def touch_photo(self) -> str:
        found = self.run("SELECT content, evidence FROM sealed_document WHERE kind = 'service_report' AND salt <> ''")
        digests = set()
        for content, evidence in found:
            digests |= {photo["digest"] for photo in json.loads(content)["photos"]}
            digests |= {json.loads(evidence).get("photo")} - {None}
        path = files.store().path(self.random.choice(sorted(digests)))
        content = path.read_bytes()
        self.kept.append((path, content))
        place = self.random.randrange(len(content))
        flipped = content[:place] + bytes([content[place] ^ 1 << self.random.randrange(8)]) + content[place + 1 :]
        fresh = self.random.choice([None, flipped, content[:place], content + b"\n", b""])
        if fresh is None:
            path.unlink()
        else:
            path.write_bytes(fresh)
        return f"photo {path.name[:12]} {'removed' if fresh is None else 'changed'}"

    # How it gets at them

    def run(self, statement: str, **values: Any) -> Any:
        return db.session.execute(text(statement), values)

    def pick(self, table: str) -> dict[str, Any]:
        return dict(self.random.choice(self.all(table)))

    def two(self, table: str) -> tuple[dict[str, Any], dict[str, Any]]:
        rows = self.all(table)
        if len(rows) < 2:
            raise NoChange
        one, other = self.random.sample(rows, 2)
        return dict(one), dict(other)

    def all(self, table: str) -> Any:
        order = "n" if "n" in COLUMNS[table] else "document_n"
        return self.run(f"SELECT * FROM {table} ORDER BY {order}").mappings().all()

    def set(self, table: str, key: Any, **values: Any) -> None:
        casts = {name: f"CAST(:{name} AS jsonb)" for name in ("answers",) if not self.sqlite}
        wanted = ", ".join(f"{name} = {casts.get(name, f':{name}')}" for name in values)
        plain = {n: json.dumps(v) if isinstance(v, dict) else v for n, v in values.items()}
        self.run(f"UPDATE {table} SET {wanted} WHERE {KEYS[table]} = :the_key", the_key=key, **plain)

    def is_erased(self, n: Any) -> bool:
        return n is not None and self.run("SELECT salt FROM sealed_document WHERE n = :n", n=n).scalar() == ""
