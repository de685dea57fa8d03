"""Reports as nobody would write them on purpose: random texts of all scripts and lengths in every field."""

import random
from typing import Any

from portal.reports.paper import Signature, TechnicianMark
from portal.reports.paper.labels import ENUMS, LANGUAGES
from tests.reports import papers

PIECES = (
    "跑带打滑、停顿；更换跑带。", "繁體中文：螢幕顯示錯誤，請檢查。", "«鳌太» 𠮷野家 ﹏", "Über-größe naïve façade",
    "¿Qué pasó, Ñandú? ¡Ojo!", "the quick brown fox ", "Don't stop -- \"ever\"", "0123456789", "DF2403-000187-",
    "3 412,50 €", "≥ 12 km/h ± 0.5 °C", "①②③ ℃ Ω µ ½", '#panic("x") $x^2$ *b* _i_ @ref <label> `code`',
    "\\ // /* */ #include", "{{ 7*7 }} <b>x</b> & &amp;", "%(n)s %s {0}", "=1+1 -- ---", "👍👨‍👩‍👧🇨🇳", "مرحبا بالعالم",
    "สวัสดี", "שלום", "नमस्ते", "a\u0301\u0302\u0303\u0304 e\u0301", "\x00\x07\x1b[31m", "\u202egnp.exe\u202c",
    "\u200b\u200d\ufeff", "\ue000\uffff\ud800", "\n\n\n", "\r\n\t", "\u2028\u2029\u00a0\u3000",
    "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww", "．，。！？（）「」", "ＡＢＣ１２３", "ｱｲｳ カタカナ ひらがな 한국어",
    "Привет, мир", "Ελληνικά", "ﬁ ﬂ", "— – - ‐ ‑", "~!@#$%^&*()_+|",
)  # fmt: skip
SHORT = (
    "provider_name", "customer_name", "contact_name", "caller_name", "site_address", "product_name", "brand", "model",
    "serial_no", "asset_tag", "unit_location", "usage_reading", "condition_on_arrival", "cause_note",
    "follow_up_owner", "payment_method", "invoice_request", "quote_ref", "signer_name",
)  # fmt: skip
LONG = (
    "reported_symptom", "diagnosis_steps", "work_done", "test_result", "outstanding_issues", "advice",
    "safety_notice", "customer_opinion",
)  # fmt: skip
CODED = ("symptom_code", "failed_component", "cause_code", "remedy_code", "exclusion_reason")
CHOICES = ("service_class", "work_type", "priority", "coverage_status", "responsibility", "outcome", "survey_state")


class Hostile:
    """One report from a seed: its payload, what is printed beside it, and every text that must be found again."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.language = LANGUAGES[seed % 4]
        self.secondary = self.dice.choice([None, *LANGUAGES])
        self.texts: dict[str, str] = {}
        self.payload = self._payload()
        self.options = self._options()

    def text(self, name: str, longest: int) -> str:
        wanted = self.dice.choice((2, 10, 40, longest))
        words = ""
        while len(words) < wanted:
            words += self.dice.choice(PIECES) + self.dice.choice(("", " ", "，", "\n"))
        self.texts[name] = words[: max(wanted, 1)]
        return self.texts[name]

    def _payload(self) -> dict[str, Any]:
        record = papers.ordinary(self.language) | {name: self.dice.choice(list(ENUMS[name])) for name in CHOICES}
        record |= {name: self.text(name, 200) for name in SHORT if self.dice.random() < 0.7}
        record |= {name: self.text(name, 3000) for name in LONG if self.dice.random() < 0.7}
        record |= {name: self._coded(name) for name in CODED if self.dice.random() < 0.7}
        record["parts"] = [self._part(number) for number in range(self.dice.choice((0, 1, 3, 6, 7, 30)))]
        record["technician_names"] = [self.text(f"technician {n}", 60) for n in range(self.dice.choice((1, 2, 3, 5)))]
        record["checklist_result"] = [self._check(n) for n in range(self.dice.choice((0, 2, 30)))]
        record["labour_lines"] = [self._labour(n) for n in range(self.dice.choice((0, 1, 4)))]
        record["total_amount"] = self.dice.choice(
            (None, "0", f"{self.dice.randrange(10**9)}.{self.dice.randrange(100):02}")
        )
        record["do_not_use"] = self.dice.random() < 0.2
        return record

    def _options(self) -> dict[str, Any]:
        signers = [Signature(strokes=papers.strokes())]
        for number in range(self.dice.choice((0, 1, 2, 4))):
            ink = papers.strokes() if self.dice.random() < 0.5 else None
            name, note = self.text(f"signer {number}", 80), self.text(f"note {number}", 80)
            signers.append(Signature(ink, None if ink else name, name, "agent", "2026-11-23T10:45:00+08:00", note))
        marks = [TechnicianMark(self.payload["technician_names"][0], papers.strokes())]
        return {
            "signatures": signers,
            "technicians": marks if self.dice.random() < 0.5 else (),
            "secondary": self.secondary,
            "mark": self.dice.choice((None, "draft", "superseded", "void")),
            "copy": self.dice.choice((None, "customer")),
            "proof": self.dice.choice((None, b'{"n":1}')),
            "chain_head": self.dice.choice((None, "#128 9f3a41c2")),
        }

    def _coded(self, name: str) -> dict[str, Any]:
        labels = {language: self.text(f"{name} in {language}", 120) for language in LANGUAGES}
        for language in LANGUAGES:
            if language not in (self.language, self.secondary):
                del self.texts[f"{name} in {language}"]
        return {"code": "X01", "label": labels[self.language], "labels": labels}

    def _part(self, number: int) -> dict[str, Any]:
        return papers.ordinary(self.language)["parts"][0] | {
            "part_no": f"TM-BELT-{number:04}",
            "name": self.text(f"part {number}", 120),
            "new_serial": self.text(f"serial {number}", 60) if self.dice.random() < 0.3 else None,
            "old_part": self.dice.choice(list(ENUMS["old_part"])),
        }

    def _check(self, number: int) -> dict[str, Any]:
        result = self.dice.choice(list(ENUMS["check_result"]))
        return {
            "item": self.text(f"check {number}", 80),
            "result": result,
            "note": self.text(f"check note {number}", 80),
        }

    def _labour(self, number: int) -> dict[str, Any]:
        line = {"hours": "1.5", "coefficient": "1", "rate": "200", "amount": "300"}
        return line | {"item": self.dice.choice(("更换", "Labour"))} if number else line | {"item": "Labour"}
