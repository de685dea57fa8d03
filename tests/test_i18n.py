"""Four languages: who gets which, complete catalogues, formats, and a switch that keeps the page."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po

from portal import i18n
from portal.i18n import LOCALES, TRANSLATIONS, negotiate
from script.words import messages

HAN = re.compile(r"[\u4e00-\u9fff]")


def test_every_message_is_in_the_catalogue_and_translated() -> None:
    """In one test, because the sources are read once then."""
    for locale in LOCALES:
        assert_whole(locale)


def assert_whole(locale: str) -> None:
    with (TRANSLATIONS / locale / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalogue = read_po(file, locale=locale)
    known = {message.id for message in catalogue if message.id}
    wanted = messages()
    assert len(wanted) > 200
    assert not wanted - known, f"missing in {locale}"
    assert not known - wanted, f"left over in {locale}"
    for message in catalogue:
        if not message.id:
            continue
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        assert all(texts), f"{locale}: no words for {message.id!r}"
        assert not message.fuzzy, f"{locale}: unsure about {message.id!r}"
        assert not list(message.check(catalogue)), f"{locale}: placeholders differ in {message.id!r}"


@pytest.mark.parametrize("locale", ["zh_Hans", "zh_Hant"])
def test_chinese_words_are_chinese(locale: str) -> None:
    with (TRANSLATIONS / locale / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalogue = read_po(file, locale=locale)
    without = [
        m.id for m in catalogue if m.id and not HAN.search(str(m.string)) and re.search("[a-z]{4}", str(m.string))
    ]
    assert not without


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        ("zh-CN", "zh_Hans"),
        ("zh", "zh_Hans"),
        ("zh-Hans-CN", "zh_Hans"),
        ("zh-TW", "zh_Hant"),
        ("zh-HK", "zh_Hant"),
        ("zh-MO", "zh_Hant"),
        ("zh-Hant", "zh_Hant"),
        ("en-GB", "en"),
        ("es-MX", "es"),
        ("fr", "zh_Hans"),
        ("x!y", "zh_Hans"),
    ],
)
def test_the_browsers_language_is_understood(header: str, locale: str) -> None:
    assert negotiate([header]) == locale


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize(
    ("locale", "tag"), [("zh_Hans", "zh-Hans"), ("zh_Hant", "zh-Hant"), ("en", "en"), ("es", "es")]
)
def test_the_switch_keeps_the_page_and_changes_its_language(world: Any, sign_in: Any, locale: str, tag: str) -> None:
    visit = world.visit()
    zhang = sign_in("zhang")
    page = zhang.follow(zhang.open("/language", method="POST", data={"locale": locale, "next": f"/visits/{visit.id}"}))
    assert page.one("html")["lang"] == tag
    assert page.one("[data-state]")["data-state"] == "assigned"
    assert zhang.get("/").one("html")["lang"] == tag


@pytest.mark.engine("sqlite")
def test_an_unknown_language_changes_nothing(sign_in: Any) -> None:
    stranger = sign_in()
    stranger.open("/language", method="POST", data={"locale": "xx", "next": "https://elsewhere.example/"})
    page = stranger.open("/language", method="POST", data={"locale": "en", "next": "//elsewhere.example/"})
    assert page.location.startswith("/") and not page.location.startswith("//")
    assert stranger.get("/login").one("html")["lang"] == "en"


def test_the_words_are_there_where_the_folder_of_the_code_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `deploy/` has it: the code is root's, the portal runs as somebody else."""
    for po in i18n.TRANSLATIONS.glob("*/LC_MESSAGES/messages.po"):
        place = tmp_path / po.parts[-3] / "LC_MESSAGES"
        place.mkdir(parents=True)
        shutil.copyfile(po, place / "messages.po")
        (place / "messages.mo").mkdir()  # whoever is root may write anywhere, but not over a folder
    monkeypatch.setattr(i18n, "TRANSLATIONS", tmp_path)
    i18n.compile_catalogues()
    assert i18n.catalogue.__wrapped__("zh_Hans").gettext("Today") == "今日"
