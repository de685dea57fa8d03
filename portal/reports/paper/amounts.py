"""An amount in financial numerals, which nobody can turn into another by adding a stroke: 人民币叁仟贰佰元整."""

from decimal import ROUND_HALF_UP, Decimal

DIGITS = {"zh_Hans": "零壹贰叁肆伍陆柒捌玖", "zh_Hant": "零壹貳參肆伍陸柒捌玖"}
GROUPS = {"zh_Hans": ("", "万", "亿"), "zh_Hant": ("", "萬", "億")}
RENMINBI = {"zh_Hans": "人民币", "zh_Hant": "人民幣"}
TENS = ("", "拾", "佰", "仟")
LARGEST = Decimal(10) ** 12 - 1  # room to round up


def in_words(amount: Decimal, language: str) -> str:
    """`amount` yuan in the financial numerals of Chinese; "" in other languages and for what is no sum to pay."""
    if language not in DIGITS or not 0 < amount < LARGEST:
        return ""
    fen = int((amount * 100).to_integral_value(ROUND_HALF_UP))
    yuan, rest = divmod(fen, 100)
    whole = _whole(yuan, language) + "元" if yuan else ""
    return RENMINBI[language] + whole + _coins(*divmod(rest, 10), after=whole, language=language) if fen else ""


def _whole(yuan: int, language: str) -> str:
    """One 零 for any run of zeros inside the number, none at its end; a group of zeros has no name."""
    text, gap = "", False
    digits = str(yuan)
    for place, digit in zip(range(len(digits) - 1, -1, -1), map(int, digits), strict=True):
        if digit:
            text += (DIGITS[language][0] if gap else "") + DIGITS[language][digit] + TENS[place % 4]
        gap = not digit
        if place % 4 == 0 and yuan // 10**place % 10_000:
            text += GROUPS[language][place // 4]
    return text


def _coins(jiao: int, fen: int, *, after: str, language: str) -> str:
    digits = DIGITS[language]
    if not jiao and not fen:
        return "整"
    if not jiao:
        return (digits[0] if after else "") + digits[fen] + "分"
    return digits[jiao] + "角" + (digits[fen] + "分" if fen else "整")
