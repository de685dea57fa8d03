"""The outbox without a browser: digest, order, proof, what is kept and sealed. Node runs the script that phones run."""

import os
import subprocess
from pathlib import Path

import playwright
import pytest

from portal.receipts import content_digest

NODE = Path(playwright.__file__).parent / "driver" / "node"
CASES = [one for one in sorted((Path(__file__).parent / "node").glob("*.mjs")) if not one.stem.startswith("phone")]
PATH = "/visits/00000000-0000-4000-8000-000000000001/part-uses"


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_phone_does_what_the_contract_says(path: Path) -> None:
    astral = content_digest(PATH, [("a", "\uff5e"), ("a", "\U00020bb7")])  # a half of a character sorts elsewhere
    done = subprocess.run(
        [NODE, "--test-reporter=spec", path],
        env={**os.environ, "ASTRAL_DIGEST": astral}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
