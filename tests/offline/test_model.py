"""10 000 random days in the long form, 500 in the ordinary one: nothing that was told is saved is lost or doubled; and
six faults that others have shipped are each found within a few of them, or the model is broken."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.conftest import LONG
from tests.offline.model import SCRIPTS, Field, Phones, listening

SEQUENCES, SLICES, STEPS = (10_000, 10, 30) if LONG else (500, 5, 8)
POST = "const { outcome, said } = await this.post(frozen, hello, (sha) => this.file(sha));"
PROOF = (
    'if ([200, 201, 202].includes(status)) return same && ["applied", "held"].includes(said.state) '
    '? said.state : "later";'
)
LEAVE = "export async function leave(box) {"
CLEARED = 'await box.run("entry", "readwrite", async (tx) => tx.objectStore("entry").clear());'
FORGOTTEN = 'await this.run("entry", "readwrite", (tx) => got(tx.objectStore("entry").delete(frozen.id)));'
PLANTED = {  # the fault: what of the script becomes what
    "delete before proof": (POST, f"{FORGOTTEN}\n{POST}"),
    "no id": ('body.append("entry_id", entry.id);', 'body.append("entry_id", newId());'),
    "any answer is success": (
        'if (!said || typeof said !== "object") return "later";',
        'if (status) return "applied";',
    ),
    "conflict dropped": (PROOF, f'if (status === 202 || status === 422) return "applied";\n{PROOF}'),
    "sign-out clears": (LEAVE, f"{LEAVE}\n{CLEARED}"),
    "put together wrong": ("bytes.slice(at, at + box.piece)", "bytes.slice(0, box.piece)"),
}


@pytest.fixture
def play(app: Flask, world: Any) -> Iterator[Callable[[Path], Field]]:
    """`play(scripts)` is a field whose phones run those scripts."""
    running: list[Phones] = []
    with listening(app) as url:

        def start(scripts: Path) -> Field:
            running.append(Phones(scripts, url))
            return Field(app, world, running[-1])

        yield start
        for phones in running:
            phones.close()


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("part", range(SLICES))
def test_what_was_saved_takes_effect_once_or_waits_in_plain_sight(part: int, play: Callable[[Path], Field]) -> None:
    field, each = play(SCRIPTS), SEQUENCES // SLICES
    for seed in range(part * each, (part + 1) * each):
        assert not field.play(seed, STEPS), f"seed {seed}: {' '.join(field.log)}"


@pytest.mark.engine("sqlite")
def test_what_was_saved_outlives_the_store_that_the_browser_throws_away(play: Callable[[Path], Field]) -> None:
    field = play(SCRIPTS)
    for seed in range(SEQUENCES // 20):
        assert not field.play(seed, STEPS, wiping=True), f"seed {seed}: {' '.join(field.log)}"


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_found(fault: str, play: Callable[[Path], Field], tmp_path: Path) -> None:
    scripts = Path(shutil.copytree(SCRIPTS, tmp_path / "js"))
    right, wrong = PLANTED[fault]
    changed = 0
    for path in (scripts / "outbox.js", scripts / "outbox" / "sealing.js", scripts / "outbox" / "pieces.js"):
        text = path.read_text("utf-8")
        changed += text.count(right)
        path.write_text(text.replace(right, wrong), "utf-8")
    assert changed == 1, "the script says it otherwise now: plant the fault anew"
    field = play(scripts)
    assert any(field.play(seed, STEPS) for seed in range(60)), "no sequence found it"
