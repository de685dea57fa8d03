"""By what two entries are known to be about the same person or the same machine."""

import unicodedata

LAST_FIGURES = 4  # of a plate, as people read them out
SHORTEST_PHONE = 7  # digits; a shorter number is an extension and tells nothing
COUNTRY_CODES = ("86", "852", "853", "886", "34", "52")


def phone_key(phone: str | None) -> str:
    """The digits of a phone number without spaces, country code and leading zeros: +86 138-0013 8000 is 13800138000."""
    text = unicodedata.normalize("NFKC", phone or "").strip()
    digits = "".join(letter for letter in text if letter in "0123456789")
    if text.startswith("+") or digits.startswith("00"):
        digits = digits.lstrip("0")
        code = next((code for code in COUNTRY_CODES if digits.startswith(code)), "")
        digits = digits[len(code) :]
    digits = digits.lstrip("0")
    return digits[:40] if len(digits) >= SHORTEST_PHONE else ""


def serial_key(serial_no: str | None) -> str:
    """Letters and digits of a serial number in capitals: df-2401 0001 is DF24010001."""
    text = unicodedata.normalize("NFKC", serial_no or "").upper()
    return "".join(letter for letter in text if letter.isalnum())[:80]


def plate_end(plate: str | None) -> str:
    """The last four characters of a serial number or an asset tag in capitals, by which an ending is looked up."""
    return (plate or "").upper()[-LAST_FIGURES:]
