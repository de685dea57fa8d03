"""A hand-over that a phone did without signal, sent later: sealed, marked, compared; nothing it sends is ever lost."""

import base64
import json
import os
import uuid
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import select

from portal import sealing
from portal.calls import operations as calls
from portal.db import db
from portal.offline.rescue import load
from portal.receipts import HeldEntry
from portal.reports import operations as reports
from portal.reports import tickets
from portal.reports.content import compose
from portal.reports.models import HandOver, Report, newest_report, survey_of
from portal.reports.queries import review_queue
from portal.reports.shown import shown_content
from portal.signing import checks
from portal.signing.operations import content_of, evidence_of
from portal.signing.rules import digest
from tests.page import Page, Person
from tests.reports.printed import pages, tight
from tests.reports.steps import ANSWERS, STROKES, finished, hand_to_customer, signed
from tests.visits.steps import picture

NOW = "2026-11-23T14:05:06+08:00"


class Phone:
    """What a phone sends after a hand-over without signal: in order, each under an id that is known before."""

    def __init__(
        self, person: Person, world: Any, visit: Any, username: str = "zhang", locale: str = "zh_Hans"
    ) -> None:
        self.person, self.visit, self.locale = person, visit, locale
        self.token = tickets.ticket(visit.id, world.person(username).id, 0)
        self.ids = {name: str(uuid.uuid4()) for name in ("handover", "survey", "signature", "release")}
        self.shown, self.envelopes = shown_content(compose(visit, locale)), {}

    def sent(self, name: str, fields: dict[str, str], path: str = "", **headers: str) -> Page:
        data = {"csrf_token": self.person.token(), "entry_id": self.ids[name], **fields}
        return self.person.open(
            path or f"/h/{self.token}/{name}", method="POST", data=data, headers={"X-Outbox": "1", **headers}
        )

    def hand_over(self, **fields: str) -> Page:
        given = {"token": self.token, "locale": self.locale, "signer_name": "甲示例", "signer_role": "employee"}
        return self.sent("handover", given | {"occurred_at": NOW} | fields, f"/visits/{self.visit.id}/handover")

    def answer(self, answers: dict[str, str] | None = ANSWERS, **fields: str) -> Page:
        told = {"sealed_answers": self.sealed(list(answers.items()))} if answers else {"declined": "1"}
        return self.sent("survey", {"entries": self.ids["handover"]} | told | fields)

    def sign(self, extra: str = "", without: str = "", **fields: str) -> Page:
        given = {
            "strokes": STROKES, "agree": "on", "occurred_at": NOW, "shown": self.shown,
            "shown_digest": digest("", self.shown), "statement": "FSR-1",
            "entries": f"{self.ids['handover']} {self.ids['survey']} {extra}",
        }  # fmt: skip
        return self.sent("signature", given | fields, **({"X-Outbox-Without": without} if without else {}))

    def release(self, pin: str = "2468") -> Page:
        return self.sent("release", {"sealed_pin": self.sealed([("pin", pin)]), "entries": self.ids["handover"]})

    def sealed(self, fields: list[tuple[str, str]]) -> str:
        """Once: what is sent again has the same bytes."""
        return self.envelopes.setdefault(str(fields), sealed(fields, self.token))

    def all(self, **signature: str) -> list[str]:
        return [
            str(page.json["state"])
            for page in (self.hand_over(), self.answer(), self.sign(**signature), self.release())
        ]


def sealed(fields: list[tuple[str, str]], about: str) -> str:
    """As `static/js/handover/seal.js` does it."""
    key, own, iv = sealing.newest_key(), ec.generate_private_key(ec.SECP256R1()), os.urandom(12)
    point = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    secret = own.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key.public))
    content = json.dumps({"fields": fields}).encode()
    ct = AESGCM(HKDF(SHA256(), 32, point, b"portal entry 1").derive(secret)).encrypt(iv, content, about.encode())
    parts = {"epk": point, "iv": iv, "ct": ct}
    envelope = {"v": 1, "key": key.id, **{name: base64.b64encode(part).decode() for name, part in parts.items()}}
    return base64.urlsafe_b64encode(json.dumps(envelope).encode()).decode()


@pytest.fixture
def phone(world: Any, sign_in: Any) -> Phone:
    return Phone(sign_in("zhang"), world, finished(world))


def held(phone: Phone) -> list[HeldEntry]:
    return list(db.session.scalars(select(HeldEntry).order_by(HeldEntry.recorded_at)))


def test_what_the_customer_read_without_signal_is_sealed_with_both_times(phone: Phone, sign_in: Any) -> None:
    assert phone.all() == ["applied"] * 4
    report = newest_report(phone.visit)
    content, evidence = content_of(report.document), evidence_of(report.document)
    assert (report.signed, phone.visit.state, report.differs) == (True, "signed", False)
    assert evidence["offline"] and evidence["shown_digest"] == digest("", phone.shown)
    assert evidence["signed_at_device"].startswith("2026-11-23T06:05:06") and evidence["received_at"]
    assert evidence["entries"] == [phone.ids["handover"], phone.ids["survey"]]
    assert content["photos"][0]["digest"] and content["signer_name"] == "甲示例"
    assert survey_of(phone.visit).answers["q_overall"] == "5"
    given = db.session.scalars(select(HandOver)).one()
    assert given.offline and given.closed_at and not given.release_doubt
    assert not checks.audit()
    laptop = sign_in("zhao", device="laptop")
    page = laptop.get(f"/reports/{report.number}")
    assert "在技术员的手机上，无网络" in page.text and not page.all("#differs")
    printed = pages(laptop.get(f"/reports/{report.number}.pdf?second=en").response.data)
    both = tight("离线签字 2026-11-23 14:05 / Signed offline 23 Nov 2026 14:05")
    assert all(both in page for page in printed), "along the edges"
    assert "离线签字2026-11-2314:05" in printed[0].replace(both, ""), "and beside the signature"


def test_a_report_that_was_signed_with_signal_says_nothing_of_it(world: Any, sign_in: Any) -> None:
    report, laptop = signed(world), sign_in("zhao", device="laptop")
    assert "离线" not in "".join(pages(laptop.get(f"/reports/{report.number}.pdf").response.data))


def test_the_address_on_the_glass_waits_and_then_shows_the_report(phone: Phone, sign_in: Any) -> None:
    stranger, address = sign_in(), f"/verify/{tickets.receipt_token(phone.visit.id)}"
    waiting = stranger.get(f"{address}?lang=en")
    assert waiting.status == 200 and "Not yet received" in waiting.text and "虚构动力" not in waiting.text
    assert stranger.get(address[:-1] + ("a" if address[-1] != "a" else "b")).status == 404
    phone.all()
    shown = stranger.follow(stranger.get(address))
    assert shown.all("[data-state=authentic]") and "无网络" in shown.text


def test_what_differs_is_sealed_as_it_was_signed_and_comes_first_in_the_review(
    phone: Phone, world: Any, sign_in: Any
) -> None:
    told = json.loads(phone.shown) | {"work_done": "换了电机"}
    phone.shown = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert phone.all() == ["applied"] * 4
    report = newest_report(phone.visit)
    assert report.differs and content_of(report.document)["work_done"] == "换了电机"
    assert content_of(report.document)["photos"][0]["digest"]
    assert not checks.audit()
    queue, _total = review_queue(world.person("zhao"))
    assert queue[0].failed[0].name == "differs"
    laptop = sign_in("zhao", device="laptop")
    for path in (f"/reports/{report.number}", "/review", f"/reports/{report.number}/renewal"):
        page = laptop.get(path)
        assert "换了电机" in page.text and "清灰上油" in page.one("#changes").text, path
    assert "办公室正在与记录核对" in sign_in().get(f"/verify/{reports.verify_token(report.number, 1)}").text
    assert laptop.post(f"/reports/{report.number}/approval", {}).status == 422
    links = laptop.follow(laptop.post(f"/reports/{report.number}/renewal"))
    assert links.all("form") and "第 2 版" in laptop.get(f"/reports/{report.number}").text
    renewed = newest_report(phone.visit)
    assert (renewed.revision, renewed.signed, phone.visit.state) == (2, False, "unsigned")
    assert content_of(renewed.document)["work_done"] == "清灰上油"
    fields = {"signer_name": "甲示例", "signer_role": "employee", "locale": "zh_Hans", "email": ""}
    assert laptop.post(f"/reports/{report.number}/links", fields).status == 303
    assert laptop.post(f"/reports/{report.number}/renewal").status == 409


def test_sent_again_it_has_no_second_effect_also_from_another_sign_in(phone: Phone, sign_in: Any) -> None:
    phone.all()
    phone.person = sign_in("zhang")
    assert phone.all() == ["applied"] * 4
    assert len(db.session.scalars(select(Report)).all()) == 1 and not held(phone)


def test_a_token_serves_only_whom_it_was_given_to(phone: Phone, world: Any, sign_in: Any) -> None:
    other = Phone(sign_in("li"), world, phone.visit)
    assert [page.status for page in (other.hand_over(), other.answer(), other.sign(), other.release())] == [404] * 4
    phone.token = phone.token[:-1] + ("a" if phone.token[-1] != "a" else "b")
    assert [page.status for page in (phone.hand_over(), phone.answer(), phone.sign(), phone.release())] == [404] * 4
    assert newest_report(phone.visit) is None


def test_a_page_is_never_posted_under_such_a_token(phone: Phone) -> None:
    phone.hand_over()
    for step in ("survey", "signature", "release"):
        assert phone.person.post(f"/h/{phone.token}/{step}", {"declined": "1"}).status == 404
    assert phone.person.get(f"/h/{phone.token}").status == 404


def test_the_signature_waits_for_what_it_rests_on(phone: Phone) -> None:
    on_its_way = str(uuid.uuid4())
    assert phone.sign().json["state"] == "waiting"
    phone.hand_over()
    assert phone.sign().status == 409 and phone.answer(None).status == 201
    answer = phone.sign(extra=on_its_way)
    assert (answer.status, answer.json["state"]) == (409, "waiting") and not held(phone)
    assert phone.sign(extra=on_its_way, without=on_its_way).json["state"] == "applied"
    assert survey_of(phone.visit).state == "declined"


def test_answers_that_cannot_be_read_are_held_and_the_signature_goes_on(phone: Phone) -> None:
    phone.hand_over()
    assert phone.answer(None, declined="", sealed_answers="nonsense").json["state"] == "held"
    assert phone.sign().json["state"] == "applied"
    assert content_of(newest_report(phone.visit).document)["survey_state"] is None
    assert len(held(phone)) == 1


def test_a_wrong_pin_is_noted_and_the_phone_is_free(phone: Phone) -> None:
    phone.hand_over()
    assert phone.release("9999").json["state"] == "applied"
    given = db.session.scalars(select(HandOver)).one()
    assert given.release_doubt and given.closed_at
    assert phone.person.get(f"/visits/{phone.visit.id}").status == 200
    phone.ids["release"] = str(uuid.uuid4())
    assert phone.release("2468").json["state"] == "held", "the doubt is not sent away by a second one"
    db.session.refresh(given)
    assert given.release_doubt


def test_a_second_hand_over_under_the_same_token_is_held(phone: Phone) -> None:
    assert phone.hand_over().json["state"] == "applied"
    phone.ids["handover"] = str(uuid.uuid4())
    assert phone.hand_over(signer_name="别人").json["state"] == "held"
    assert db.session.scalars(select(HandOver)).one().signer_name == "甲示例"


def test_neither_answers_nor_ink_are_given_twice(phone: Phone) -> None:
    assert phone.all() == ["applied"] * 4
    first = newest_report(phone.visit).document_n
    phone.ids = {name: str(uuid.uuid4()) for name in phone.ids} | {"handover": phone.ids["handover"]}
    assert phone.answer().json["state"] == "held"
    assert phone.sign().json["state"] == "held"
    assert newest_report(phone.visit).document_n == first


def test_what_was_sealed_for_one_hand_over_opens_in_no_other(phone: Phone, world: Any) -> None:
    """Neither the answers of another customer, nor a PIN, can be brought under this token; a PIN is no answer."""
    phone.hand_over()
    foreign = sealed(list(ANSWERS.items()), tickets.ticket(phone.visit.id, world.person("zhang").id, 1))
    assert phone.answer(None, declined="", sealed_answers=foreign).json["state"] == "held"
    phone.ids["survey"] = str(uuid.uuid4())
    assert phone.answer(None, declined="", sealed_answers=phone.sealed([("pin", "2468")])).json["state"] == "held"
    assert survey_of(phone.visit) is None
    assert "2468" not in str([one.fields for one in held(phone)])


def test_a_token_of_another_visit_hands_over_nothing_here(phone: Phone, world: Any) -> None:
    other = finished(world, earlier=2)
    address = f"/visits/{other.id}/handover"
    given = {"token": phone.token, "locale": "zh_Hans", "signer_name": "甲示例", "signer_role": "employee"}
    assert phone.sent("handover", given, address).status == 404
    assert not db.session.scalars(select(HandOver)).all()


@pytest.mark.parametrize("step", ["handover", "survey", "signature", "release"])
def test_no_supervisor_applies_what_a_customer_answers_and_signs(
    phone: Phone, world: Any, sign_in: Any, step: str
) -> None:
    """Neither held from the phone nor out of a file that somebody made up."""
    visit = phone.visit
    path = f"/visits/{visit.id}/handover" if step == "handover" else f"/h/{phone.token}/{step}"
    made_up = {"id": str(uuid.uuid4()), "path": path, "fields": [["declined", "1"]], "files": []}
    told = {"format": "portal-rescue-1", "person": str(world.person("zhang").id), "entries": [made_up]}
    load(json.dumps(told).encode(), person=None)
    db.session.commit()
    (one,) = held(phone)
    assert sign_in("zhao", device="laptop").post(f"/held/{one.id}/application").status == 422
    assert newest_report(visit) is None and survey_of(visit) is None


def test_after_the_visit_was_given_away_all_is_held(phone: Phone, world: Any) -> None:
    visit = phone.visit
    plan = {"window_start": visit.window_start, "window_end": visit.window_end, "reason": "换人"}
    calls.assign(visit, world.person("li"), **plan, person=world.person("sun"))
    db.session.commit()
    assert phone.all() == ["held"] * 4
    assert len(held(phone)) == 4 and newest_report(visit) is None


def test_after_the_visit_ended_otherwise_the_signature_is_held_whole(phone: Phone, world: Any) -> None:
    phone.hand_over()
    reports.end_unsigned(phone.visit, absence="refused", reason="不肯", photo=picture(), person=world.person("zhang"))
    db.session.commit()
    assert phone.answer().json["state"] == "applied"
    assert phone.sign().json["state"] == "held"
    kept = dict(held(phone)[0].fields)
    assert kept["shown"] == phone.shown and kept["strokes"] == STROKES


@pytest.mark.parametrize(
    "shown", ["", "[]", "{}", "null", "1e999", '{"parts":1}', '{"language":"zh_Hans"}', "[" * 5000, "字" * 400_000]
)
def test_what_is_no_report_is_held(phone: Phone, shown: str) -> None:
    phone.hand_over()
    phone.answer()
    assert phone.sign(shown=shown, shown_digest=digest("", shown)).json["state"] == "held"
    assert phone.visit.state == "finished"


def test_another_digest_than_the_texts_is_held(phone: Phone) -> None:
    phone.hand_over()
    phone.answer()
    assert phone.sign(shown_digest="0" * 64).json["state"] == "held"


def test_the_session_may_be_in_another_customers_hands_meanwhile(phone: Phone, world: Any) -> None:
    hand_to_customer(phone.person, finished(world, earlier=2))
    assert phone.all() == ["applied"] * 4


def late_release(person: Person, address: str, *fields: tuple[str, str], entry: str = "") -> Page:
    data = {"csrf_token": person.token(), "entry_id": entry or str(uuid.uuid4()), **dict(fields)}
    return person.open(f"{address}/release", method="POST", data=data, headers={"X-Outbox": "1"})


def test_the_pin_that_was_typed_while_the_signal_was_gone_frees_the_session(world: Any, sign_in: Any) -> None:
    zhang, li = sign_in("zhang"), sign_in("li")
    visit = finished(world)
    address = hand_to_customer(zhang, visit)
    token = address.split("/")[2]
    of_pin = {pin: ("sealed_pin", sealed([("pin", pin)], token)) for pin in ("2468", "1357")}
    assert late_release(zhang, address).status == 422, "without a PIN nothing opens"
    assert late_release(zhang, address, of_pin["1357"]).status == 422
    assert late_release(li, address, of_pin["2468"]).status == 404, "it is not theirs"
    assert zhang.get(f"/visits/{visit.id}").status in (303, 423)
    entry = str(uuid.uuid4())
    for status in (201, 200):
        assert late_release(zhang, address, of_pin["2468"], entry=entry).status == status
        assert zhang.get(f"/visits/{visit.id}").status == 200
    assert late_release(zhang, address, of_pin["1357"]).status == 201, "over already: nothing is left to do"
    other = hand_to_customer(zhang, visit)
    assert late_release(zhang, address, of_pin["2468"]).status == 201
    assert zhang.get(f"/visits/{visit.id}").status in (303, 423), "what is over frees nothing else"
    assert late_release(zhang, other, of_pin["2468"]).json["state"] == "held", "sealed for another hand-over"
    assert zhang.get(f"/visits/{visit.id}").status in (303, 423)
