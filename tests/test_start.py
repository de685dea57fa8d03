"""What `script/serve` prints is true: the accounts it names can sign in, and an empty start says what to do."""

import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portal.demo import PASSWORD, PIN

ROOT = Path(__file__).parent.parent


@contextmanager
def started(instance: Path, demo: str) -> Iterator[list[str]]:
    """The lines that a start prints, up to its address; it runs until the block ends."""
    settings = {"PORTAL_INSTANCE": str(instance), "PORTAL_PORT": "0", "PORTAL_DEMO": demo}
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PORTAL_")} | settings
    command = [sys.executable, "-m", "portal.start"]
    with (
        (instance / "errors.log").open("w") as errors,
        subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        lines = []
        for line in process.stdout:
            lines.append(line.rstrip())
            if line.startswith("Serving on"):
                break
        yield lines
        process.terminate()
        assert process.wait(10) == 0, (instance / "errors.log").read_text()


def test_the_first_start_loads_the_demonstration_and_the_second_one_keeps_it(tmp_path):
    for attempt in ("first", "second"):
        with started(tmp_path, demo="1") as lines:
            said = "\n".join(lines)
            assert ("Loading the demonstration company" in said) == (attempt == "first")
            assert PASSWORD in said
            assert PIN in said
            assert re.search(r"^  zhang +张演示 +technician$", said, re.MULTILINE)
            address = re.search(r"http://127\.0\.0\.1:\d+/", lines[-1])[0]
            with urllib.request.urlopen(f"{address}readyz", timeout=10) as answer:
                assert answer.status == 200


def test_an_empty_start_says_how_to_make_the_first_account(tmp_path):
    with started(tmp_path, demo="0") as lines:
        said = "\n".join(lines)
    assert "people add" in said
    assert PASSWORD not in said
