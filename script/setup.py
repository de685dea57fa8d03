"""Makes a checkout ready to run: the virtual environment, the locked packages, the browser libraries.

Standard library only, because it runs before anything is installed. Each step keeps a stamp of what it was made
from, so that a second run compares a few hashes and needs no network. `--tests` adds the test tools and a browser,
`--long` the object store of the long form.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "static" / "vendor"
ICONS = ROOT / "static" / "icons.txt"
SERVED = {
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "signature_pad.umd.min.js": "signature_pad/dist/signature_pad.umd.min.js",
}
QUICK_BROWSER = "chromium-headless-shell"  # Chromium without windows: the same pages for two thirds of the work
BROWSERS = (os.environ.get("PORTAL_CHROMIUM", "chromium"), "chromium", "chromium-browser", QUICK_BROWSER)
PROXY = "nginx"
OBJECT_STORE = ("ceph-mon", "ceph-mgr", "ceph-osd", "radosgw")  # programs, and Debian's packages of the same names
FONTS = ("fonts-noto-cjk", "fonts-noto-color-emoji")


class SetupError(Exception):
    """Said to the person at the keyboard, who can mend it."""


def main() -> None:
    tests = "--tests" in sys.argv[1:]
    VENV.mkdir(exist_ok=True)
    with (VENV / ".setup-lock").open("w") as lock:  # two first starts at once take turns
        fcntl.flock(lock, fcntl.LOCK_EX)
        make_venv()
        with ThreadPoolExecutor() as pool:
            steps = [pool.submit(install_packages, tests), pool.submit(install_browser_libraries)]
        for step in steps:
            step.result()
        compile_words()
        if tests:
            install_browser("chromium" if "--long" in sys.argv[1:] else QUICK_BROWSER)
            install_proxy()
        if "--long" in sys.argv[1:]:
            install_object_store()


def say(text: str) -> None:
    print(f"setup: {text}", flush=True)


def run(*command: str | Path, failure: str, **more: str) -> None:
    """Runs quietly; what the command said is shown when it fails."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env={**os.environ, **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    if done.returncode:
        raise SetupError(f"{failure}\n{done.stdout[-4000:]}")


def works(*command: str | Path) -> bool:
    try:
        return subprocess.run([str(part) for part in command], cwd=ROOT, capture_output=True).returncode == 0
    except OSError:
        return False


def digest(*parts: Path | str) -> str:
    total = hashlib.sha256()
    for part in parts:
        total.update(hashlib.sha256(part.encode() if isinstance(part, str) else part.read_bytes()).digest())
    return total.hexdigest()


def is_fresh(stamp: Path, value: str) -> bool:
    return stamp.is_file() and stamp.read_text() == value


# The virtual environment, and in it uv, which installs the rest several times faster than pip


def make_venv() -> None:
    if not works(PYTHON, "-c", ""):
        if not installers():
            apt_install("python3-venv")
        say(f"making .venv with Python {sys.version.split()[0]}")
        if not works(sys.executable, "-m", "venv", "--clear", VENV):  # some systems ship Python without ensurepip
            run(sys.executable, "-m", "venv", "--clear", "--without-pip", VENV, failure="Cannot make .venv.")
    lock = ROOT / "requirements-setup.lock"
    stamp, value = VENV / ".stamp-setup", digest(lock)
    if is_fresh(stamp, value) and works(*uv(), "--version"):
        return
    say("installing the installer (uv)")
    install = ("install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", lock)
    if works(PYTHON, "-m", "pip", "--version"):
        run(PYTHON, "-m", "pip", *install, failure="Cannot install uv with pip.")
    elif works(sys.executable, "-m", "pip", "--version"):
        run(sys.executable, "-m", "pip", "--python", PYTHON, *install, failure="Cannot install uv with pip.")
    elif not shutil.which("uv"):
        raise SetupError(
            "This Python has neither ensurepip nor pip, and uv is not installed either. One of them is needed:\n"
            "on Debian and Ubuntu `apt-get install python3-venv`."
        )
    stamp.write_text(value)


def installers() -> bool:
    """Whether anything here can install a Python package; a bare Debian comes without."""
    modules = (works(sys.executable, "-m", module, "--version") for module in ("ensurepip", "pip"))
    return any(modules) or shutil.which("uv") is not None


def uv() -> list[str | Path]:
    own = VENV / "bin" / "uv"
    return [own if own.exists() else shutil.which("uv") or own]


def install_packages(tests: bool) -> None:
    """The test set holds the runtime set at the same versions, so installing it serves both."""
    served, tested = ROOT / "requirements.lock", ROOT / "requirements-test.lock"
    wanted = tested if tests else served
    if is_fresh(VENV / f".stamp-{wanted.stem}", digest(wanted)):
        return
    say(f"installing the locked Python packages of {wanted.name}")
    install_locked(PYTHON, wanted)
    for lock in {wanted, served}:
        (VENV / f".stamp-{lock.stem}").write_text(digest(lock))


def install_locked(python: Path, lock: Path) -> None:
    """With uv; else with pip, which knows mirrors and certificates that were set up for pip alone."""
    options = ("install", "--quiet", "--require-hashes", "-r", lock)
    try:
        run(*uv(), "pip", *options, "--python", python, failure=f"uv cannot install {lock.name}.", UV_SYSTEM_CERTS="1")
    except SetupError:
        if not works(PYTHON, "-m", "pip", "--version"):
            raise
        say("uv did not succeed; trying pip, which takes longer")
        run(PYTHON, "-m", "pip", "--python", python, *options, failure=f"Cannot install {lock.name}.")


# Browser libraries: from the npm lock file to static/vendor/


def install_browser_libraries() -> None:
    lock = ROOT / "package-lock.json"
    if not is_fresh(MODULES / ".stamp", digest(lock)):
        say("fetching the browser libraries of package-lock.json")
        fetch_node_modules()
        (MODULES / ".stamp").write_text(digest(lock))
    icons = ICONS.read_text("utf-8") if ICONS.exists() else ""
    stamp, value = VENDOR / ".stamp", digest(lock, icons, Path(__file__))
    if is_fresh(stamp, value):
        return
    say("copying the browser libraries to static/vendor/")
    VENDOR.mkdir(parents=True, exist_ok=True)
    for name, source in SERVED.items():
        shutil.copyfile(MODULES / source, VENDOR / name)
    (VENDOR / "icons.svg").write_text(sprite(icons.split()), "utf-8")
    stamp.write_text(value)


def fetch_node_modules() -> None:
    """`npm ci` compares every package with the lock's hash and runs no install script."""
    arguments = ("ci", "--ignore-scripts", "--no-audit", "--no-fund")
    failure = "Cannot fetch the browser libraries with npm."
    if npm := shutil.which("npm"):
        try:
            return run(npm, *arguments, failure=failure, NODE_USE_SYSTEM_CA="1")
        except SetupError as error:
            say(f"the npm of this machine did not succeed ({str(error).splitlines()[-1]})")
    say("borrowing npm from a Python package (60 MB, thrown away afterwards)")
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder) / "bin" / "python"
        run(*uv(), "venv", "--quiet", "--python", PYTHON, folder, failure="Cannot make a second environment.")
        install_locked(python, ROOT / "requirements-node.lock")
        path = os.pathsep.join((str(python.parent), os.environ.get("PATH", os.defpath)))
        run(python.parent / "npm", *arguments, failure=failure, NODE_USE_SYSTEM_CA="1", PATH=path)


def sprite(names: list[str]) -> str:
    """One SVG with a <symbol> per icon: a page refers to it by <use href="…/icons.svg#name">."""
    symbols = [symbol(name) for name in sorted(set(names))]
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def symbol(name: str) -> str:
    source = MODULES / "lucide-static" / "icons" / f"{name}.svg"
    if not re.fullmatch(r"[a-z0-9-]+", name) or not source.is_file():
        raise SetupError(f"static/icons.txt names an icon that lucide does not have: {name}")
    drawing = re.search(r"<svg[^>]*>(.*)</svg>", source.read_text("utf-8"), re.DOTALL)
    if drawing is None:
        raise SetupError(f"The icon {name} is not an SVG file.")
    lines = " ".join(drawing[1].split())
    return (
        f'<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" '
        f'stroke-linecap="round" stroke-linejoin="round">{lines}</symbol>'
    )


# What the portal would make at its first start: a server may not write into a folder of code that is not its own


def compile_words() -> None:
    catalogues = list(ROOT.glob("portal/translations/*/LC_MESSAGES/messages.po"))
    if all(is_newer(po.with_suffix(".mo"), po) for po in catalogues):
        return
    say("compiling the catalogues of words")
    make = "from portal.i18n import compile_catalogues; compile_catalogues()"
    run(PYTHON, "-c", make, failure="Cannot compile the catalogues of words.")


def is_newer(made: Path, source: Path) -> bool:
    return made.is_file() and made.stat().st_mtime >= source.stat().st_mtime


# What only the system's packages bring


def apt_install(*packages: str) -> None:
    """As root on Debian and its kin; elsewhere the caller finds out that it is still missing, and says so."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    say(f"installing {', '.join(packages)}")
    install = ("install", "-y", "-qq", "--no-install-recommends", *packages)
    try:
        run("apt-get", "update", "-qq", failure="apt-get update failed.")
        run("apt-get", *install, failure="apt-get install failed.", DEBIAN_FRONTEND="noninteractive")
    except SetupError as error:
        say(str(error))


def install_browser(wanted: str) -> None:
    """The browser tests need Chromium, and fonts to draw Chinese: any that is there serves, the wanted one best."""
    packages = (wanted, *FONTS)
    if not shutil.which(os.environ.get("PORTAL_CHROMIUM", wanted)):
        apt_install(*packages)
    if not any(map(shutil.which, BROWSERS)):
        say_missing("Chromium is not installed, so the browser tests", packages)


def install_proxy() -> None:
    """nginx stands before several processes in a test, as it does at a company's."""
    if not shutil.which(PROXY):
        apt_install("nginx-light")
    if not shutil.which(PROXY):
        say_missing("nginx is not installed, so the test of several processes", ("nginx-light",))


def install_object_store() -> None:
    """The long form stores files in Ceph; the ordinary one in a small server that comes with the Python packages."""
    if not all(map(shutil.which, OBJECT_STORE)):
        apt_install(*OBJECT_STORE)
    if os.geteuid() != 0 or not all(map(shutil.which, OBJECT_STORE)):
        say_missing("Ceph is not installed (or we are not root), so the long form of the file tests", OBJECT_STORE)


def say_missing(what: str, packages: tuple[str, ...]) -> None:
    missing = f"{what} CANNOT RUN on this machine.\nOn Debian and Ubuntu: apt-get install {' '.join(packages)}"
    if os.environ.get("CI"):
        raise SetupError(missing)
    print(f"\n{'!' * 78}\n{missing}\n{'!' * 78}\n", flush=True)


if __name__ == "__main__":
    try:
        main()
    except SetupError as error:
        sys.exit(f"setup: {error}")
