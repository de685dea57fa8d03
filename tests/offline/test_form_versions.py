"""Pages that a phone kept may be sent to every later server: applied or held, never dropped, never misread."""

from decimal import Decimal
from typing import Any

import pytest
from bs4 import Tag
from sqlalchemy import select

from portal import formversions
from portal.db import db
from portal.receipts import HeldEntry, content_digest
from portal.visits.models import PartUse
from tests.offline.corpus import FORMS, Frozen, corpus, frozen, names_of, noon, prepare
from tests.visits.steps import on_site


@pytest.mark.parametrize("example", corpus(), ids=str)
def test_a_frozen_form_of_every_version_still_takes_effect(world: Any, sign_in: Any, example: Frozen) -> None:
    noon(world)
    zhang = sign_in("zhang")
    places = prepare(world, zhang, example)
    page = example.send(zhang, places)
    assert (page.status, page.json["state"]) == (201, "applied"), page.json
    if not example.files:
        fields = [(name, value) for name, value in example.fields]
        assert page.json["sha256"] == content_digest(example.path.format(**places), fields)


@pytest.mark.parametrize("endpoint", sorted(FORMS))
def test_a_form_that_changes_gets_a_new_version(endpoint: str) -> None:
    """When this fails: raise the version in `portal/formversions.py`, and freeze an example of the new form with
    `python -m tests.offline.corpus ENDPOINT`. The old files stay as they are: such forms lie in phones."""
    version = formversions.current(endpoint)
    assert names_of(endpoint) == frozen(endpoint, version)["names"]


def test_every_version_that_was_sent_out_is_frozen() -> None:
    kept = {(one.endpoint, one.version) for one in corpus()}
    sent = {(endpoint, version) for endpoint in formversions.CURRENT for version in formversions.shipped(endpoint)}
    assert kept == sent and set(FORMS) == set(formversions.CURRENT)


def version_of(form: Tag) -> str:
    field = form.select_one("[name=form_version]")
    return str(field["value"]) if field else ""


def test_pages_say_the_version_of_their_forms(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    base = on_site(world, zhang)
    for path in ("", "/findings", "/part-uses", "/part-uses?item=TM-OIL-100", "/time-entries", "/photos", "/pause"):
        for form in zhang.get(base + path).all("form[data-outbox]"):
            action = str(form["action"])
            if action.startswith(base) and "clocks" not in action and "removal" not in action:
                assert version_of(form) == formversions.FIRST, action


def test_an_old_form_is_read_as_it_was_meant(world: Any, sign_in: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if part uses had called their quantity `count` until today."""

    def renamed(fields: formversions.Fields) -> formversions.Fields:
        return [("quantity" if name == "count" else name, value) for name, value in fields]

    monkeypatch.setitem(formversions.CURRENT, "visits.part_uses", "2")
    monkeypatch.setitem(formversions.UPCASTERS, ("visits.part_uses", "1"), renamed)
    zhang = sign_in("zhang")
    path = on_site(world, zhang) + "/part-uses"
    old, new = {"item": "TM-OIL-100", "count": "2", "old_part": "none"}, {"item": "TM-OIL-100", "quantity": "3"}
    answers = [
        zhang.post(path, old, outbox=True),
        zhang.post(path, old | {"form_version": "1"}, outbox=True),
        zhang.post(path, new | {"form_version": "2", "old_part": "none"}, outbox=True),
    ]
    assert [page.status for page in answers] == [201, 201, 201]
    assert answers[0].json["sha256"] == content_digest(path, list(old.items())), "the proof is of what was sent"
    assert sorted(db.session.scalars(select(PartUse.quantity))) == [Decimal(2), Decimal(2), Decimal(3)]


@pytest.mark.engine("sqlite")
def test_a_fraction_of_a_piece_that_a_phone_took_is_a_wrong_value_to_be_mended(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    base = on_site(world, zhang)
    sent = {"item": "TM-OIL-100", "quantity": "1.5", "old_part": "none", "form_version": "1"}
    page = zhang.post(f"{base}/part-uses", sent, outbox=True)
    assert page.status == 422 and page.json["errors"].keys() == {"quantity"}
    assert not list(db.session.scalars(select(PartUse.id)))


@pytest.mark.parametrize("version", ["", "0", "2", "99", "1.0", "x", "字"])
def test_an_unknown_version_is_held_and_never_guessed_at(world: Any, sign_in: Any, version: str) -> None:
    zhang = sign_in("zhang")
    path = on_site(world, zhang) + "/part-uses"
    sent = {"item": "TM-OIL-100", "quantity": "2", "old_part": "none", "form_version": version}
    assert zhang.post(path, sent).status == 409
    assert zhang.post(path, sent, outbox=True).status == 202
    held = db.session.scalars(select(HeldEntry)).one()
    assert ["form_version", version] in held.fields and ["quantity", "2"] in held.fields
    assert db.session.scalar(select(PartUse.id)) is None
