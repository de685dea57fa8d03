"""How long a run of wrong passwords slows down, and what a password, a PIN and a username must look like.

A password is long rather than odd: no rule about digits and signs, but nothing that is tried first (NIST 800-63B 3.1.1,
ASVS 6.2).
"""

import re
import unicodedata
from datetime import timedelta

FREE_TRIES = 5
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=15)
PIN_TRIES = 5
MIN_PASSWORD, MAX_PASSWORD = 12, 200
ONE_TIME_LIFE = timedelta(days=3)
LEAST_DIFFERENT = 5  # characters
# What people write first when twelve characters are asked for, without digits and signs at the ends; made by ourselves
# from habits, languages and keyboards, not taken from a list of stolen ones.
_WORDS = """
    password passwort passwords passwordpassword mypassword newpassword thepassword yourpassword changeme
    changemenow pleasechangeme changepassword letmein letmeinnow letmeinplease welcome welcomeback welcomehome
    administrator adminadmin admin administration superadmin sysadmin root rootroot user username testtest test
    testtesttest tester demo demodemo demonstration guest guestguest secret secretsecret topsecret verysecret
    iloveyou iloveyouso iloveyoubaby woaini woainiwoaini woaiwojia mima mimamima guanliyuan zhongguo woaizhongguo
    contrasena contraseña micontrasena clave claveclave miclave administrador bienvenido bienvenidos hola holahola
    tequiero teamo teamomucho espana qwertyqwerty abcabcabc service serviceportal portal portalportal company
    computer computers internet security default football basketball baseball superman batman starwars dragon
    princess sunshine monkey master trustno trustnoone hello helloworld helloworldhello goodmorning whatever
    nothing something blahblah blahblahblah correcthorsebatterystaple
"""
_COMMON = frozenset(_WORDS.split())
_ROWS = (
    "abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop",
    "azertyuiop", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik", "q1w2e3r4t5y6u7i8o9p0", "1q2w3e4r5t6y7u8i9o0p", "a1b2c3d4e5f6g7h8",
)  # fmt: skip
_RUN = 4  # so many neighbours in a row make a run
_USERNAME = re.compile(r"[\w][\w.\-]{0,59}\Z")
_PIN = re.compile(r"[0-9]{4,8}\Z")


def pause_after(failures: int) -> timedelta:
    """How long the next try must wait: 30 s after the fifth failure in a row, doubling to 15 min (contract 5)."""
    if failures < FREE_TRIES:
        return timedelta()
    doublings = min(failures - FREE_TRIES, 10)
    return min(FIRST_PAUSE * 2**doublings, LONGEST_PAUSE)


def plain_username(text: str) -> str:
    return text.strip().lower()


def is_username(text: str) -> bool:
    return bool(_USERNAME.match(text)) and text == plain_username(text)


def is_pin(text: str) -> bool:
    return bool(_PIN.match(text))


def is_password(text: str) -> bool:
    """Whether its length is right."""
    return MIN_PASSWORD <= len(text) <= MAX_PASSWORD


def is_guessable(text: str, username: str = "") -> bool:
    """Whether it is among what is tried first: a common word with digits around it, one made of runs on the keyboard,
    of very few characters, or of the person's own username."""
    plain = unicodedata.normalize("NFKC", text).lower()
    if len(set(plain)) < LEAST_DIFFERENT:
        return True
    letters = re.sub(r"[\W\d_]+", "", plain)
    own = re.sub(r"[\W\d_]+", "", username.lower())
    if letters in _COMMON or (len(own) > 2 and letters.replace(own, "") in {"", *_COMMON}):
        return True
    return len(without_runs(re.sub(r"[\W_]+", "", plain))) < LEAST_DIFFERENT


def without_runs(text: str) -> str:
    """`text` without stretches of four or more that lie side by side in the alphabet or on a keyboard, either way."""
    left, at = "", 0
    while at < len(text):
        length = run_at(text, at)
        left += "" if length >= _RUN else text[at]
        at += length if length >= _RUN else 1
    return left


def run_at(text: str, at: int) -> int:
    """How long the longest run is that begins there."""
    length = 0
    for row in (*_ROWS, *(row[::-1] for row in _ROWS)):
        size = 0
        while at + size < len(text) and text[at : at + size + 1] in row:
            size += 1
        length = max(length, size)
    return length


def device_of(user_agent: str) -> str:
    """phone or laptop: browsers on phones call themselves mobile."""
    return "phone" if "Mobi" in user_agent else "laptop"


_BROWSERS = (
    ("MicroMessenger", "WeChat"), ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"), ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("HarmonyOS", "HarmonyOS"), ("Android", "Android"), ("Windows", "Windows"),
    ("Mac OS X", "Mac"), ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip


def browser_of(user_agent: str) -> str:
    """Browser and system by name, such as `Chrome, Android`: enough to know one's own devices, too little to be a
    fingerprint. Versions and models are not kept."""
    found = (next((name for mark, name in marks if mark in user_agent), "") for marks in (_BROWSERS, _SYSTEMS))
    return ", ".join(filter(None, found))
