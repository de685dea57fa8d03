"""What the customer agrees to by signing, word for word. A changed wording is a new version; old ones stay."""

from dataclasses import dataclass

CURRENT = "FSR-1"

STATEMENTS: dict[str, dict[str, str]] = {
    "FSR-1": {
        "zh_Hans": "本人确认以上服务内容、更换配件、工时及费用属实，设备已当面试机；同意以本电子签名作为签收凭证。",
        "zh_Hant": "本人確認上述服務內容、更換零件、工時及費用屬實，設備已當場測試；同意以本電子簽名作為簽收憑證。",
        "en": (
            "I confirm that the work, parts, time and charges above are correct, that the equipment was tested in my "
            "presence, and that this electronic signature may be used as proof of receipt."
        ),
        "es": (
            "Confirmo que los trabajos, piezas, tiempo e importes indicados son correctos, que el equipo se probó en "
            "mi presencia y que esta firma electrónica sirve como acuse de recibo."
        ),
    },
}


@dataclass(frozen=True)
class Statement:
    version: str
    language: str
    text: str


def statement(locale: str, version: str = CURRENT) -> Statement:
    return Statement(version, locale, STATEMENTS[version][locale])
