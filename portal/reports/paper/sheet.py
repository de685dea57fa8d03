"""What stands where on page one, as plain values for the template.

The sheet is a list of blocks in the order of the printed form; a block is rows of cells; a cell is a label and a
text with the number of lines it may take (`lines`, the rest goes to the annex), its share of the row's twelve
columns (`span`), and its share of the room that an ordinary job leaves on the page (`grow`). On a bilingual paper
`second` is the label and `echo` the coded value in the second language.
Required fields without a value print a dash, optional ones leave no empty box behind.
"""

from typing import Any

from portal.reports.paper import checks, readings
from portal.reports.paper.formats import NOTHING, Pair, Said, Tongue, name_of
from portal.reports.paper.text import breakable, code_word, one_line

Payload = dict[str, Any]
Cell = dict[str, Any]
Row = list[Cell]


def cell(label: str, value: str, *, span: int = 12, lines: int = 2, grow: int = 0, **more: Any) -> Cell:
    text = breakable(value if lines > 2 else one_line(value)) or NOTHING
    more |= {"second": more.get("second", ""), "echo": breakable(one_line(more.get("echo", "")))}
    return {"label": label, "value": text, "span": span, "lines": lines, "grow": grow, **more}


def pack(cells: list[Cell | None], per_row: int = 3) -> list[Row]:
    """Cells side by side, those that are None left out; the last of a short row takes the rest of it."""
    present = [one for one in cells if one]
    rows = [present[start : start + per_row] for start in range(0, len(present), per_row)]
    for row in rows:
        for one in row:
            one["span"] = 12 // per_row
        row[-1]["span"] = 12 - (len(row) - 1) * (12 // per_row)
    return rows


class Sheet:
    """The blocks of one report, in one language or with a second one beside it."""

    def __init__(self, payload: Payload, tongue: Tongue, second: Tongue | None = None) -> None:
        self.payload = payload
        self.tongue = tongue
        self.pair = Pair(tongue, second)

    def strip(self) -> Row:
        """The line under the title: which order, which visit, which class."""
        seq = self.payload.get("visit_seq")
        spans = (6, 4, 5, 5, 4) if self.tongue.chinese else (6, 3, 5, 6, 4)  # of 24
        return [
            self._always("work_order_no", span=spans[0], value=self._code("work_order_no")),
            self._always("visit_seq", span=spans[1], value=self.tongue.word("visit", n=seq) if seq else ""),
            self._always("service_class", span=spans[2], **self._choice("service_class")),
            self._always("work_type", span=spans[3], **self._choice("work_type")),
            self._always("priority", span=spans[4], **self._choice("priority")),
        ]

    def customer(self) -> list[Row]:
        spans = (4, 4, 4) if self.pair.second else (5, 3, 4)
        who = [
            self._always("customer_name", span=spans[0], strong=True),
            self._always("contact_name", span=spans[1]),
            self._always("contact_phone", span=spans[2]),
        ]
        caller = self._maybe("caller_name", span=4)
        where = self._always("site_address", span=8 if caller else 12)
        return [who, [where, caller] if caller else [where]]

    def equipment(self) -> list[Row]:
        named = [
            self._always("product_name", strong=True),
            self._always("brand"),
            self._always("model"),
            self._always("serial_no", value=self._code("serial_no")),
            self._maybe("asset_tag", value=self._code("asset_tag")),
            self._maybe("unit_location"),
            *(self._maybe(name, value=self._day(name)) for name in ("manufactured_on", "purchased_on", "installed_on")),
            self._maybe("usage_reading"),
            self._always("coverage_status", **self._choice("coverage_status")),
            self._maybe("coverage_until", value=self._day("coverage_until")),
        ]
        longer = [self._coded("exclusion_reason"), self._maybe("condition_on_arrival")]
        return pack(named) + pack(longer, 1)

    def times(self) -> list[Row]:
        payload, tongue = self.payload, self.tongue
        km = payload.get("travel_km")
        rows = pack(
            [
                self._always("reported_at", value=self._moment("reported_at")),
                self._maybe("appointment_window", value=tongue.window(payload.get("appointment_window"))),
                self._always("arrived_at", value=self._moment("arrived_at")),
                self._always("work_started_at", value=self._moment("work_started_at")),
                self._always("work_ended_at", value=self._moment("work_ended_at")),
                self._always("left_at", value=self._moment("left_at")),
                self._always("labour_minutes", value=tongue.minutes(payload.get("labour_minutes")), strong=True),
                self._maybe("paused_minutes", value=tongue.minutes(payload.get("paused_minutes") or None)),
                self._maybe("travel_minutes", value=tongue.minutes(payload.get("travel_minutes"))),
                self._maybe("travel_km", value=tongue.word("km", n=tongue.number(str(km))) if km else ""),
            ]
        )
        return rows + self._time_by_person()

    def fault(self) -> list[Row]:
        said = self._always("reported_symptom", lines=3, grow=2)
        found = [
            *(self._coded(name) or self._dash(name) for name in ("symptom_code", "failed_component", "cause_code")),
            self._maybe("responsibility", **self._choice("responsibility")),
            self._coded("error_code"),
        ]
        return [[said], *pack(found, 2 if not self.tongue.chinese else 3), *pack([self._maybe("cause_note")], 1)]

    def work(self) -> list[Row]:
        outcome = self._always("outcome", **self._choice("outcome"), strong=True)
        test = self._always("test_result", lines=3, grow=1)
        return [
            *pack([self._maybe("diagnosis_steps", lines=3, grow=1)], 1),
            [self._always("work_done", lines=6, grow=4)],
            [test],
            *pack([self._maybe("readings", **readings.summary(self.payload, self.pair), lines=3)], 1),
            *pack([outcome, self._coded("remedy_code")], 2),
            *pack([self._maybe("checklist_result", **checks.summary(self.payload, self.pair), lines=3)], 1),
        ]

    def advice(self) -> list[Row]:
        outstanding = str(self.payload.get("outstanding_issues") or "")
        open_issues = self.pair.word("none") if outstanding == "none" else {"value": outstanding}
        dates = [
            self._maybe("follow_up_due_on", value=self._day("follow_up_due_on")),
            self._maybe("follow_up_owner"),
            self._maybe("next_service_on", value=self._day("next_service_on")),
            self._always("repair_guarantee_until", value=self._day("repair_guarantee_until")),
        ]
        return [
            [self._always("outstanding_issues", **open_issues, lines=3, grow=1)],
            *pack([self._maybe("advice", lines=3, grow=1)], 1),
            *pack([self._maybe("safety_notice", **self._safety(), lines=3, strong=True, boxed=True)], 1),
            *pack(dates, 2),
            *pack([self._maybe("revision_reason", lines=3)], 1),
        ]

    def opinion(self) -> list[Row]:
        """The survey is only ever answered or declined here: its scores are not the technician's to see."""
        said = self.payload.get("customer_opinion") or self.payload.get("remarks") or ""
        opinion = self._always("customer_opinion", value=said, lines=3, grow=1, span=8)
        return [[self._always("survey_state", **self._choice("survey_state"), span=4), opinion]]

    def _dash(self, field: str) -> Cell | None:
        """An open question stands on a repair's paper; other work has no fault to name."""
        return self._always(field, value="") if self.payload.get("work_type") in ("repair", None) else None

    def _time_by_person(self) -> list[Row]:
        """One line that says who worked how long; only where more than one person did."""
        spent: dict[str, int] = {}
        for line in self.payload.get("time_lines") or []:
            if line.get("kind") == "work" and line.get("minutes") is not None:
                spent[str(line["person"])] = spent.get(str(line["person"]), 0) + int(line["minutes"])
        if len(spent) < 2:
            return []
        text = " · ".join(f"{person} {self.tongue.minutes(minutes)}" for person, minutes in spent.items())
        return [[cell(**self.pair.titled("labour_by_person"), value=text)]]

    def _safety(self) -> Said:
        words = [name for name in ("do_not_use", "use_again") if self.payload.get(name)]
        warning = self.pair.word(words[0]) if words else {"value": "", "echo": ""}
        said = " · ".join(part for part in (warning["value"], self.payload.get("safety_notice")) if part)
        return warning | {"value": said}

    def _always(self, field: str, *, value: str | None = None, **more: Any) -> Cell:
        text = name_of(self.payload.get(field)) if value is None else value
        return cell(**self.pair.label(field), value=text, **more)

    def _maybe(self, field: str, *, value: str | None = None, **more: Any) -> Cell | None:
        one = self._always(field, value=value, **more)
        return one if one["value"] != NOTHING else None

    def _coded(self, field: str) -> Cell | None:
        """A coded value with its code in small print; several are joined."""
        value = self.payload.get(field)
        values = [one for one in (value if isinstance(value, list) else [value]) if one]
        codes = " ".join(str(one["code"]) for one in values if isinstance(one, dict) and one.get("code"))
        said = [self.pair.choice(field, one) for one in values]
        text, echo = (self._list([one[which] for one in said]) for which in ("value", "echo"))
        return self._always(field, value=text, echo=echo, code=codes if codes != text else "") if text else None

    def _list(self, texts: list[str]) -> str:
        return ("、" if self.tongue.chinese else ", ").join(text for text in texts if text)

    def _code(self, field: str) -> str:
        return code_word(name_of(self.payload.get(field)))

    def _choice(self, field: str) -> Said:
        return self.pair.choice(field, self.payload.get(field))

    def _day(self, field: str) -> str:
        return self.tongue.day(self.payload.get(field))

    def _moment(self, field: str) -> str:
        return self.tongue.moment(self.payload.get(field))
