"""How long a run of wrong passwords slows down, and what a password, a PIN and a username must look like."""

import re
from datetime import timedelta

FREE_TRIES = 5
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=15)
PIN_TRIES = 5
MIN_PASSWORD, MAX_PASSWORD = 8, 200
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
    return MIN_PASSWORD <= len(text) <= MAX_PASSWORD


def device_of(user_agent: str) -> str:
    """phone or laptop: browsers on phones call themselves mobile."""
    return "phone" if "Mobi" in user_agent else "laptop"
