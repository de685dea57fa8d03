"""What a phone loads with its first page after sign-in: every address that the page and its scripts name."""

import gzip
import re

from flask import Flask

BUDGET_KILOBYTES, BUDGET_REQUESTS = 66, 8
# Not the manifest and the icon for a home screen: browsers ask for them when the page stands, or when it is installed.
LINKS = re.compile(r'(?:<link (?!rel="(?:manifest|apple-touch-icon)")[^>]*?|<script[^>]*?|<use )(?:href|src)="([^"#]+)')
IMPORTS = re.compile(r'^import [^"\n]*"([^"]+)"', re.MULTILINE)


def first_page(app: Flask, cookie: str) -> tuple[list[str], list[int]]:
    """Addresses in the order in which they are found, and the bytes of each body as it goes over the line."""
    client = app.test_client(use_cookies=False)
    phone = {"Cookie": cookie, "Accept-Encoding": "gzip", "User-Agent": "Mozilla/5.0 Mobile"}
    addresses, sizes = ["/"], []
    for address in addresses:  # grows while it is read
        answer = client.get(address, headers=phone)
        body = answer.data
        sizes.append(len(body))
        if answer.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        text = body.decode() if address == "/" or ".js" in address else ""
        found = LINKS.findall(text) if address == "/" else [resolved(address, name) for name in IMPORTS.findall(text)]
        addresses += [name for name in dict.fromkeys(found) if name not in addresses]
    return addresses, sizes


def resolved(script: str, name: str) -> str:
    return f"{script.rpartition('/')[0]}/{name.removeprefix('./')}"


def show(addresses: list[str], sizes: list[int]) -> None:
    for address, size in zip(addresses, sizes, strict=True):
        print(f"{size / 1024:8.1f} KB  {address}")
    print(f"{sum(sizes) / 1024:8.1f} KB in {len(sizes)} requests, of {BUDGET_KILOBYTES} KB in {BUDGET_REQUESTS}")
