"""The messages of the product, and the four catalogues that hold their words.

`script/words` brings the catalogues up to date: a translation is kept as long as its msgid is in use, what is gone is
dropped, what is new stands there without words and is counted. Nothing is guessed from a similar msgid. A file holds
no dates, names or line numbers, so that a change in it is a change of words. The tests use `messages()` too.
"""

import sys
from collections.abc import Iterable
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
METHODS = [("portal/**.py", "python"), ("templates/**.html", "jinja2.ext.babel_extract")]
OPTIONS = {"templates/**.html": {"silent": "false", "trimmed": "true"}}
KEYWORDS = {"_": None, "gettext": None, "lazy": None, "ngettext": (1, 2), "ngettext_": (1, 2)}
PLURALS = {
    "zh_Hans": "nplurals=1; plural=0;",
    "zh_Hant": "nplurals=1; plural=0;",
    "en": "nplurals=2; plural=(n != 1);",
    "es": "nplurals=2; plural=(n != 1);",
}
HEADER = """msgid ""
msgstr ""
"Language: {locale}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plurals}\\n"

"""

Msgid = str | tuple[str, ...]


@cache
def messages() -> set[Msgid]:
    """Every msgid in code and templates; one with a plural is the pair of both."""
    found = extract_from_dir(str(ROOT), METHODS, OPTIONS, KEYWORDS, directory_filter=is_open)
    return {message for _file, _line, message, _comments, _context in found if message}


def is_open(folder: str | Path) -> bool:
    return not Path(folder).name.startswith(".")


def catalogue_path(locale: str) -> Path:
    return ROOT / "portal" / "translations" / locale / "LC_MESSAGES" / "messages.po"


def read(locale: str) -> Catalog:
    path = catalogue_path(locale)
    source = path.read_bytes() if path.exists() else head(locale).encode()
    return read_po(BytesIO(source), locale=locale)


def head(locale: str) -> str:
    return HEADER.format(locale=locale, plurals=PLURALS[locale])


def write(locale: str, words: dict[Msgid, str | tuple[str, ...]]) -> None:
    """Writes the catalogue sorted; the file is left alone when nothing changed."""
    catalogue = read_po(BytesIO(head(locale).encode()), locale=locale)
    for msgid, text in words.items():
        catalogue.add(msgid, text)
    body = BytesIO()
    write_po(body, catalogue, width=0, omit_header=True, no_location=True, sort_output=True)
    content = head(locale).encode() + body.getvalue().strip() + b"\n"
    path = catalogue_path(locale)
    if not path.exists() or path.read_bytes() != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def bring_up_to_date(locale: str, wanted: Iterable[Msgid]) -> list[Msgid]:
    """Rewrites one catalogue and returns the messages that lack words in it. English speaks for itself."""
    present = {message.id: message.string for message in read(locale) if message.id and not message.fuzzy}
    words = {}
    for msgid in wanted:
        text = present.get(msgid) or (msgid if locale == "en" else "")
        words[msgid] = tuple(text) if isinstance(text, list | tuple) else text
    write(locale, words)
    return [msgid for msgid, text in words.items() if not text or not all(text)]


def main() -> int:
    wanted = messages()
    lacking = {locale: bring_up_to_date(locale, wanted) for locale in PLURALS}
    for locale, msgids in lacking.items():
        print(f"{locale}: {len(wanted)} messages, {len(msgids)} without words")
        for msgid in sorted(msgids, key=str):
            print(f"    {msgid if isinstance(msgid, str) else ' | '.join(msgid)}")
    return 1 if any(lacking.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
