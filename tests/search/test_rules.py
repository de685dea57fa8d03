"""Words and questions meet: by a table of texts, and questions that find them or do not."""

import pytest

from portal.search import rules
from portal.search.folding import folded


def line(text: str, serial: str = "") -> str:
    return rules.line([rules.tokens(folded(text)), rules.code_tokens(folded(serial), serial=True)])


def found(question: str, tokens: str) -> bool:
    """What both databases do: every term in one of its ways, looked up and then read in the line."""
    return all(any(way.needle in tokens for way in term) for term in rules.terms(folded(question)))


def looked_up(question: str, tokens: str) -> bool:
    words = tokens.split()

    def has(token: str, beginning: bool) -> bool:
        return any(word.startswith(token) if beginning else word == token for word in words)

    return all(any(all(has(*one) for one in way.tokens) for way in term) for term in rules.terms(folded(question)))


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("空调漏水，压缩机不启动", "空调"),
        ("空调漏水，压缩机不启动", "漏水"),
        ("空调漏水，压缩机不启动", "壓縮機"),
        ("空調漏水，壓縮機不啟動", "压缩机 空调"),
        ("空调漏水，压缩机不启动", "水"),
        ("空调漏水，压缩机不启动", "动"),
        ("空调漏水", "空调漏水"),
        ("配件 A-35 已更换", "A-35"),
        ("配件 A-35 已更换", "a35"),
        ("配件 A35 已更换", "A-35"),
        ("配件 A 35 已更换", "a-35"),
        ("配件 35 号", "３５"),
        ("ＴＭ－ＢＥＬＴ", "tm-belt"),
        ("Ñandú Fitness", "nandu"),
        ("Gimnasio Ñandú", "gim ÑANDÚ"),
        ("Straße", "STRASSE"),
        ("Mantenimiento", "mantenimien"),
        ("Mantenimientos", "mantenimiento"),
        ("空调A35漏水", "a35漏水"),
        ("JX-01-2611-0001/2", "2611-0001"),
        ("JX-01-2611-0001/2", "jx0126110001"),
        ("臺灣乾燥機", "台湾干燥机"),
        ("乾隆", "干"),
    ],
)
def test_a_question_finds_what_it_means(text: str, question: str) -> None:
    assert found(question, line(text)) and looked_up(question, line(text))


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("空调漏水", "漏空"),
        ("空 调", "空调"),
        ("空调漏水", "空调 异响"),
        ("调空漏水调机", "调机漏"),
        ("机空调", "空调机"),
        ("A-35", "A-36"),
        ("A-35", "35-A"),
        ("BA-35", "a35"),
        ("Mantenimiento", "mantenimientos"),
        ("2611 0002 0001", "2611-0001"),
    ],
)
def test_a_question_does_not_find_what_only_looks_like_it(text: str, question: str) -> None:
    assert not found(question, line(text))


@pytest.mark.parametrize(
    "question", ["0001", "DF2401-0001", "df24010001", "DF2401", "ＤＦ２４０１－０００１", "2401-0001"[-4:]]
)
def test_a_unit_is_found_by_its_serial_number_and_by_its_end(question: str) -> None:
    assert found(question, line("", "DF2401-0001"))
    assert found("X9K4", line("", "ABCDX9K4"))


def test_fields_do_not_run_into_each_other() -> None:
    tokens = rules.line([rules.tokens("a"), rules.tokens("35"), rules.tokens("空"), rules.tokens("调")])
    assert not found("a-35", tokens) and not found("空调", tokens)


@pytest.mark.parametrize("question", ['"', "*", "NEAR(", "'; --", "()", "\x00", "|", "ʘ", "-", "。，", "  "])
def test_marks_alone_are_no_words(question: str) -> None:
    assert rules.terms(folded(question)) == rules.terms(folded("near" if "NEAR" in question else ""))


def test_nobody_can_type_the_token_that_names_a_person() -> None:
    assert not any(rules.OWNER in way.needle for term in rules.terms(folded("ʘabc aʘb")) for way in term)


def test_the_stroke_tells_visit_two_from_call_twelve() -> None:
    assert rules.exact("jx-01-2611-0001/2") != rules.exact("jx-01-2611-00012")
    assert rules.exact("jx 01 2611 0001") == rules.exact("jx-01-2611-0001")


def test_bands_keep_kinds_apart() -> None:
    for kind in rules.KINDS:
        first, last = rules.band(kind)
        assert rules.kind_of(first) == rules.kind_of(last) == kind
