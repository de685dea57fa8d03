"""The customer's questionnaire CSAT-1 in four languages: questions, answers, and which of them must be answered.

Its words stand here, not in the catalogues: an answer is kept with the version of the question it was given to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

VERSION = "CSAT-1"
LANGUAGES = ("zh_Hans", "zh_Hant", "en", "es")

Words: TypeAlias = tuple[str, str, str, str]
Answers: TypeAlias = Sequence[tuple[str, Words]]

NA: tuple[str, Words] = ("na", ("不适用", "不適用", "N/A", "No procede"))
SCORES: Answers = (
    ("5", ("非常满意", "非常滿意", "Very satisfied", "Muy satisfecho")),
    ("4", ("满意", "滿意", "Satisfied", "Satisfecho")),
    ("3", ("一般", "普通", "Neutral", "Neutral")),
    ("2", ("不满意", "不滿意", "Dissatisfied", "Insatisfecho")),
    ("1", ("非常不满意", "非常不滿意", "Very dissatisfied", "Muy insatisfecho")),
)
YES: tuple[str, Words] = ("yes", ("是", "是", "Yes", "Sí"))
NO: tuple[str, Words] = ("no", ("否", "否", "No", "No"))
PARTLY: tuple[str, Words] = ("partly", ("部分解决", "部分解決", "Partly", "En parte"))
SOLVED: Answers = (
    ("yes", ("已解决", "已解決", "Yes", "Sí")),
    PARTLY,
    ("no", ("未解决", "未解決", "No", "No")),
)
CONDUCT: Answers = (
    ("no", ("没有", "沒有", "No", "No")),
    ("yes", ("有", "有", "Yes", "Sí")),
    ("unsure", ("不确定", "不確定", "Not sure", "No estoy seguro")),
)
OLD_PARTS: Answers = (
    ("returned", ("已交还给我", "已交還給我", "Returned to me", "Me las devolvieron")),
    ("waived", ("我不要了", "我不需要", "I did not want them", "No las quise")),
    ("not_asked", ("没有问我", "沒有問我", "Nobody asked me", "No me preguntaron")),
)
LIKELY: Answers = tuple((str(n), (str(n), str(n), str(n), str(n))) for n in range(11))


@dataclass(frozen=True)
class Question:
    """`when` names what the job must have had for the question to be asked at all."""

    name: str
    words: Words
    answers: Answers = ()
    required: bool = False
    when: str | None = None


QUESTIONS: tuple[Question, ...] = (
    Question(
        "q_overall",
        (
            "您对本次服务的总体满意度",
            "您對本次服務的整體滿意度",
            "Overall, how satisfied are you with this service?",
            "En general, ¿qué tan satisfecho está con este servicio?",
        ),
        SCORES,
        required=True,
    ),
    Question(
        "q_resolved",
        ("问题是否已解决", "問題是否已解決", "Was the problem solved?", "¿Se resolvió el problema?"),
        SOLVED,
        required=True,
    ),
    Question(
        "q_gift",
        (
            "服务人员是否索要或收受礼品、红包、小费、宴请",
            "服務人員是否索取或收受禮品、紅包、小費、招待",
            "Did staff ask for or accept gifts, money, tips or meals?",
            "¿El personal pidió o aceptó regalos, dinero, propinas o comidas?",
        ),
        CONDUCT,
        required=True,
    ),
    Question(
        "q_private_fee",
        (
            "是否在报告单以外另行收费或要求私下付款",
            "是否於報告單外另行收費或要求私下付款",
            "Were you asked to pay anything not on the report, or privately?",
            "¿Le pidieron pagar algo fuera del parte o de forma privada?",
        ),
        CONDUCT,
        required=True,
    ),
    Question(
        "q_pressured",
        (
            "是否被要求提前签字或被指定打分",
            "是否被要求預先簽名或指定評分",
            "Were you asked to sign in advance or told what score to give?",
            "¿Le pidieron firmar por adelantado o le indicaron qué puntuación dar?",
        ),
        CONDUCT,
        required=True,
    ),
    Question(
        "q_punctual",
        ("是否按约定时间到达", "是否依約定時間到達", "Arrived at the agreed time", "Puntualidad"),
        (*SCORES, NA),
    ),
    Question("q_attitude", ("服务态度与礼貌", "服務態度與禮貌", "Attitude and courtesy", "Trato y cortesía"), SCORES),
    Question(
        "q_skill",
        (
            "技术水平与维修质量",
            "技術水準與維修品質",
            "Technical skill and quality of work",
            "Competencia técnica y calidad",
        ),
        SCORES,
    ),
    Question(
        "q_explain",
        (
            "故障原因、费用和使用方法讲解是否清楚",
            "故障原因、費用及使用方法說明是否清楚",
            "Cause, cost and use explained clearly",
            "Claridad al explicar causa, costo y uso",
        ),
        SCORES,
    ),
    Question(
        "q_clean",
        ("现场防护与清理", "現場防護與清理", "Care and tidiness of the site", "Cuidado y limpieza del lugar"),
        SCORES,
    ),
    Question(
        "q_charge",
        (
            "收费是否事先说明、合理",
            "收費是否事先說明且合理",
            "Charges explained beforehand and fair",
            "Cargos explicados previamente y justos",
        ),
        (*SCORES, NA),
        when="charged",
    ),
    Question(
        "q_response",
        (
            "从报修到上门的等待时间",
            "從報修到到場的等待時間",
            "Waiting time from report to visit",
            "Tiempo de espera hasta la visita",
        ),
        SCORES,
    ),
    Question(
        "q_identity",
        ("是否佩戴工牌或出示证件", "是否配戴識別證或出示證件", "Badge worn or ID shown?", "¿Llevaba identificación?"),
        (YES, NO),
    ),
    Question(
        "q_old_parts",
        (
            "更换下来的旧件如何处理",
            "更換下來的舊件如何處理",
            "What happened to the replaced parts?",
            "¿Qué se hizo con las piezas sustituidas?",
        ),
        OLD_PARTS,
        when="paid_parts",
    ),
    Question(
        "q_nps",
        (
            "您向他人推荐我们的可能性（0–10）",
            "您向他人推薦我們的可能性（0–10）",
            "How likely are you to recommend us (0–10)?",
            "¿Qué probabilidad hay de que nos recomiende (0–10)?",
        ),
        LIKELY,
    ),
    Question(
        "q_callback",
        (
            "是否希望我们回电",
            "是否希望我們回電",
            "Would you like us to call you?",
            "¿Desea que le llamemos?",
        ),
        (YES, NO),
    ),
)
COMMENT: Words = ("意见与建议", "意見與建議", "Comments", "Comentarios")
REASON: Words = ("哪里不满意", "哪裡不滿意", "What was not right?", "¿Qué falló?")
REASONS: Answers = (
    ("late", ("迟到", "遲到", "Late", "Retraso")),
    ("attitude", ("态度", "態度", "Attitude", "Trato")),
    ("not_fixed", ("没修好", "沒修好", "Not fixed", "No quedó reparado")),
    ("explanation", ("讲解不清", "說明不清", "Explanation", "Explicación")),
    ("price", ("价格", "價格", "Price", "Precio")),
    ("site_dirty", ("现场不整洁", "現場不整潔", "Site left dirty", "Dejó sucio el lugar")),
    ("conduct", ("行为", "行為", "Conduct", "Conducta")),
    ("other", ("其他", "其他", "Other", "Otro")),
)
CONDUCT_NAMES = ("q_gift", "q_private_fee", "q_pressured")


def said(words: Words, locale: str) -> str:
    return words[LANGUAGES.index(locale)]


def choices(answers: Answers, locale: str) -> list[tuple[str, str]]:
    return [(value, said(words, locale)) for value, words in answers]


def asked(payload: Mapping[str, Any]) -> list[Question]:
    """The questions that fit this job: charges and old parts only where the customer pays."""
    paid_parts = any(part.get("charge") == "paid" for part in payload.get("parts") or [])
    present = {"charged": payload.get("service_class") == "A" or paid_parts, "paid_parts": paid_parts}
    return [question for question in QUESTIONS if question.when is None or present[question.when]]


def lacks_comment(answers: Mapping[str, Any]) -> bool:
    """A low score or an unsolved problem asks for the reason: one from the list, or a few words."""
    dissatisfied = answers.get("q_overall") in ("1", "2") or answers.get("q_resolved") == "no"
    return dissatisfied and not answers.get("q_comment") and not answers.get("q_reasons")


def has_conduct_answer(answers: Mapping[str, Any]) -> bool:
    return any(answers.get(name) == "yes" for name in CONDUCT_NAMES)


def answer_words(name: str, value: Any, locale: str) -> str:
    """What the customer chose, in the reader's language; a value that is not known stands as it is."""
    found = CHOICES.get(name, {}).get(str(value))
    return said(found, locale) if found else str(value or "–")


CHOICES = {
    name: dict(answers) for name, answers in [*((one.name, one.answers) for one in QUESTIONS), ("q_reasons", REASONS)]
}
