#!/usr/bin/env python3
"""Carries out docs/service-author.md word by word: commands, changes to files, what must
be refused and what is told then. Prints TAP."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "lib"))
import tap  # noqa: E402
DIWAN = os.path.abspath(os.environ.get("DIWAN", os.path.join(ROOT, "build", "diwan")))
BLOCK = re.compile(r"^```(sh|sh fails|told|edit [^\n]+)\n(.*?)^```$", re.M | re.S)
SECONDS = 300  # for one block of commands

def run(commands, folder, must_fail, env):
    """The folder where the commands end is where the next begin."""
    script = "set -e\n" + commands + "\npwd > \"$TRIED_PWD\"\n"
    r = subprocess.run(["sh", "-c", script], cwd=folder, env=env, capture_output=True, text=True,
                       timeout=SECONDS)
    told = r.stdout + r.stderr
    fault = "" if (r.returncode != 0) == must_fail else f"exit status {r.returncode}\n{told}"
    if not must_fail and not fault:
        with open(env["TRIED_PWD"], encoding="utf-8") as f:
            folder = f.read().strip()
    return folder, told, fault


def edit(path, change):
    old = "".join(line[1:] for line in change.splitlines(True) if line.startswith("-"))
    new = "".join(line[1:] for line in change.splitlines(True) if line.startswith("+"))
    with open(path, encoding="utf-8") as f:
        text = f.read()
    # The last line may stand for the beginning of a longer one.
    if old not in text and old[:-1] in text:
        old, new = old[:-1], new[:-1]
    if text.count(old) < 1:
        return f"{path} does not hold:\n{old}"
    with open(path, "w", encoding="utf-8") as f:
        f.write(text.replace(old, new, 1))
    return ""


def main():
    with open(os.path.join(ROOT, "docs", "service-author.md"), encoding="utf-8") as f:
        manual = f.read()
    place = tempfile.mkdtemp()
    os.makedirs(os.path.join(place, "bin"))
    os.symlink(DIWAN, os.path.join(place, "bin", "diwan"))
    env = dict(os.environ, PATH=os.path.join(place, "bin") + ":" + os.environ["PATH"],
               DIWAN_PACKS=os.path.join(ROOT, "packs"), TRIED_PWD=os.path.join(place, "pwd"))
    folder, told = place, ""
    try:
        for kind, body in BLOCK.findall(manual):
            first = body.strip().splitlines()[0]
            if kind.startswith("sh"):
                folder, told, fault = run(body, folder, kind == "sh fails", env)
                tap.report(f"{kind}: {first}", fault)
            elif kind == "told":
                missing = [line for line in body.strip().splitlines() if line.strip() not in told]
                tap.report(f"told: {first}", "\n".join(missing) + "\ninstead of\n" + told if missing else "")
            else:
                tap.report(kind, edit(os.path.join(folder, kind[5:]), body))
    finally:
        shutil.rmtree(place)
    return tap.finish() or tap.count < 30


sys.exit(main())
