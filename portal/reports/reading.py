"""The report as people read it on a screen: the paper's own cells and words, so that both always say the same."""

import base64
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from portal.i18n import TAGS
from portal.reports.paper.charges import charges, parts_table
from portal.reports.paper.formats import NOTHING, Tongue
from portal.reports.paper.sheet import Cell, Payload, Row, Sheet
from portal.reports.paper.signature import Signature, drawn

IN_SHORT = ("work_done", "remedy_code", "test_result", "outcome", "labour_minutes", "outstanding_issues")


@dataclass(frozen=True)
class Block:
    """Rows of cells under a heading; the parts' table stands in a block of its own."""

    key: str
    title: str
    rows: list[Row]
    table: dict[str, Any] | None = None

    @property
    def cells(self) -> Row:
        return [cell for row in self.rows for cell in row]

    @property
    def lines(self) -> Markup:
        return Markup("".join(self.row(cell) for cell in self.cells))

    @staticmethod
    def row(cell: Cell, lang: str = "") -> Markup:
        """A cell as a row of the kit's summary list: made here, because a report has forty of them."""
        value, code = escape(cell["value"]), cell.get("code")
        said = f"<strong>{value}</strong>" if cell.get("strong") else value
        small = f' <span class="code muted">{escape(code)}</span>' if code else ""
        opening = f'<div lang="{escape(lang)}">' if lang else "<div>"
        return Markup(f'{opening}<dt>{escape(cell["label"])}</dt><dd class="prose">{said}{small}</dd></div>\n')


class Reading:
    """One report in its own language."""

    def __init__(self, payload: Payload) -> None:
        self.payload = payload
        self.tongue = Tongue(payload["language"])
        self.lang = TAGS[payload["language"]]
        self._sheet = Sheet(payload, self.tongue)

    def word(self, name: str) -> str:
        return self.tongue.word(name)

    def label(self, name: str) -> str:
        return self.tongue.label(name)

    def choice(self, kind: str, value: Any) -> str:
        return self.tongue.choice(kind, value)

    @property
    def order(self) -> Block:
        return Block("order", self.word("title"), [self._sheet.strip()])

    @property
    def customer(self) -> Block:
        return self._block("customer", self._sheet.customer())

    @property
    def equipment(self) -> Block:
        return self._block("equipment", self._sheet.equipment())

    @property
    def times(self) -> Block:
        return self._block("times", self._sheet.times())

    @property
    def fault(self) -> Block:
        return self._block("fault", self._sheet.fault())

    @property
    def work(self) -> Block:
        return self._block("work", self._sheet.work())

    @property
    def parts(self) -> Block:
        return Block("parts", self.word("block_parts"), [], parts_table(self.payload, self.tongue))

    @property
    def charges(self) -> Block:
        return self._block("charges", charges(self.payload, self.tongue))

    @property
    def advice(self) -> Block:
        return self._block("advice", self._sheet.advice())

    @property
    def opinion(self) -> Block:
        return self._block("signature", self._sheet.opinion())

    @property
    def sheet(self) -> list[Block]:
        """All blocks in the order of the printed form."""
        return [
            self.order, self.customer, self.equipment, self.times, self.fault, self.work, self.parts, self.charges,
            self.advice,
        ]  # fmt: skip

    @property
    def in_short(self) -> list[tuple[str, str]]:
        """What the customer asks first: what was done, does it work, how long it took, what is left, what it costs.
        Lines that say nothing stand in the whole report only."""
        cells = {cell["label"]: cell for block in (self.work, self.times, self.advice) for cell in block.cells}
        wanted = [cells[self.label(name)] for name in IN_SHORT if self.label(name) in cells]
        said = [cell for cell in wanted if cell["value"] != NOTHING]
        return [(cell["label"], cell["value"]) for cell in (*said, self.payable)]

    @property
    def payable(self) -> dict[str, Any]:
        title = self.word("payable")
        return next(cell for cell in self.charges.cells if cell["label"] == title)

    @property
    def technicians(self) -> str:
        return ("、" if self.tongue.chinese else ", ").join(self.payload["technician_names"])

    @property
    def signed_at(self) -> str:
        return self.tongue.moment(self.payload.get("signed_at"), zone=True)

    @property
    def refusal(self) -> str:
        return self.tongue.choice("sign_refusal_reason", self.payload.get("sign_refusal_reason"))

    def caption(self, photo: dict[str, Any]) -> str:
        label = self.tongue.choice("photo", photo.get("label")) or self.word("photo")
        return f"{label} · {self.tongue.moment(photo.get('taken_at'))}"

    def _block(self, key: str, rows: list[Row]) -> Block:
        return Block(key, self.word(f"block_{key}"), rows)


def ink_image(evidence: dict[str, Any]) -> str | None:
    """The strokes as an image address; the picture is made of numbers only."""
    picture = drawn(Signature(strokes=evidence.get("strokes") or None))
    return f"data:image/svg+xml;base64,{base64.b64encode(picture.encode()).decode()}" if picture else None
