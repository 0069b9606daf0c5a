"""What tests of whole runs share: commands run as a user would, and what they made."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
TABLES = ("data/responses", "data/units", "data/embeddings", "data/coded", "data/candidates")


def run(folder, *command, ok=True):
    """Run a command in a project folder as a user would; nothing may print a traceback."""
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "PYTHONWARNINGS": "ignore"}
    # As on a user's machine: the order of a set differs from process to process and must not show.
    environment["PYTHONHASHSEED"] = "random"
    environment |= dict.fromkeys(("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME", "GIT_AUTHOR_EMAIL"), "inv.example")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment)
    out = done.stdout + done.stderr
    assert "Traceback" not in out
    assert (done.returncode == 0) == ok, out[-3000:]
    return out


def repro(folder, ok=True):
    return run(folder, "dvc", "repro", ok=ok)


def ran(out):
    """Which stages ran."""
    return set(re.findall(r"Running stage '([^']+)'", out))


def hashes(folder, *below):
    """Hash every made file below some folders."""
    files = [p for name in below for p in sorted((folder / name).rglob("*")) if p.is_file() and p.name != ".gitignore"]
    return {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def copy_of(folder, target):
    shutil.copytree(folder, target, ignore=shutil.ignore_patterns("tmp"))
    return target
