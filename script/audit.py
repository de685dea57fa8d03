"""Compares the locked packages with the published advisories, and says plainly when it could not.

pip-audit asks PyPI, or OSV where PyPI's index does not answer; `npm audit` asks npm's registry. A package that nobody
answered for counts as not audited: pip-audit alone would pass over it and exit 0. Standard library only; pip-audit
is installed from its own lock into a folder of its own, for nothing else of the portal needs it.
"""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".venv" / "audit"
LOCKS = ("requirements.lock", "requirements-test.lock", "requirements-setup.lock")
CLEAN, FOUND, NOT_AUDITED = 0, 1, 2


@dataclass
class Verdict:
    """What is known of one lock file. `unknown` says why some or all of it was not audited."""

    name: str
    asked: int = 0
    advisories: list[str] = field(default_factory=list)
    unknown: str = ""

    def words(self) -> str:
        if self.unknown:
            return f"{self.name}: NOT AUDITED: {self.unknown}"
        return f"{self.name}: {self.asked} packages audited, {len(self.advisories)} advisories"


def main() -> int:
    install()
    verdicts = [python_verdict(name) for name in LOCKS] + [npm_verdict()]
    for verdict in verdicts:
        print(f"audit: {verdict.words()}")
        for line in verdict.advisories:
            print(f"audit:   {line}")
    return exit_code(verdicts)


def exit_code(verdicts: list[Verdict]) -> int:
    if any(verdict.advisories for verdict in verdicts):
        return FOUND
    return NOT_AUDITED if any(verdict.unknown for verdict in verdicts) else CLEAN


def install() -> None:
    """pip-audit, from its lock. Where that fails, every lock of Python says so."""
    uv = ROOT / ".venv" / "bin" / "uv"
    subprocess.run([uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, HOME], cwd=ROOT)
    lock = ROOT / "requirements-audit.lock"
    subprocess.run(
        [uv, "pip", "install", "--quiet", "--require-hashes", "--python", HOME / "bin" / "python", "-r", lock], cwd=ROOT
    )


def python_verdict(name: str) -> Verdict:
    last = Verdict(name, unknown="pip-audit could not be installed")
    if not (HOME / "bin" / "pip-audit").exists():
        return last
    for service in ("pypi", "osv"):
        command = [HOME / "bin" / "pip-audit", "-s", service, "-r", ROOT / name, "--no-deps", "--disable-pip"]
        last = read_python(name, *run(*command, "-f", "json", "--progress-spinner", "off", "--timeout", "20"))
        if not last.unknown:
            return last
    return last


def npm_verdict() -> Verdict:
    name = "package-lock.json"
    npm = shutil.which("npm") or shutil.which("npm", path=str(ROOT / ".venv" / "bin"))
    if npm is None:
        return Verdict(name, unknown="there is no npm here")
    return read_npm(name, *run(npm, "audit", "--package-lock-only", "--json"))


def run(*command: Any) -> tuple[str, str]:
    done = subprocess.run([str(part) for part in command], cwd=ROOT, capture_output=True, text=True)
    return done.stdout, done.stderr


def read_python(name: str, out: str, err: str) -> Verdict:
    """pip-audit's JSON: each package with its advisories, or with the reason why it was passed over."""
    found = parsed(out)
    packages = found.get("dependencies") if found else None
    if not packages:
        return Verdict(name, unknown=out_of_reach(err))
    passed_over = [one for one in packages if "skip_reason" in one]
    advisories = [
        f"{one['name']} {one['version']}: {advisory['id']}, mended in {', '.join(advisory['fix_versions']) or '-'}"
        for one in packages
        for advisory in one.get("vulns", [])
    ]
    unknown = f"{len(passed_over)} of {len(packages)} packages: data out of reach" if passed_over else ""
    return Verdict(name, len(packages) - len(passed_over), advisories, unknown)


def read_npm(name: str, out: str, err: str) -> Verdict:
    """npm's JSON: `vulnerabilities` by package and a count of what was asked; `error` when the registry refused."""
    found = parsed(out)
    if not found or "error" in found or "vulnerabilities" not in found or "metadata" not in found:
        return Verdict(name, unknown=out_of_reach(err))
    advisories = [f"{package}: {one['severity']}" for package, one in found["vulnerabilities"].items()]
    return Verdict(name, found["metadata"]["dependencies"]["total"], advisories)


def parsed(out: str) -> dict[str, Any]:
    try:
        found = json.loads(out)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def out_of_reach(err: str) -> str:
    lines = [line.strip() for line in err.splitlines() if line.strip() and "complete log" not in line]
    return "data out of reach" + (f" ({lines[-1][:100]})" if lines else "")


if __name__ == "__main__":
    sys.exit(main())
