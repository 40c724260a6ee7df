#!/usr/bin/env python3
"""Every command explains itself, and a word it does not know ends it with 2 and its
usage before anything is opened or made: a slip of the hand must not bring the wrong
database to another version."""
import os
import subprocess
import tempfile

DIWAN = os.path.abspath(os.environ.get("DIWAN", "build/diwan"))
ANY_WORD = {"feel", "help"}  # an expression; the name of a command


def commands():
    out = subprocess.run([DIWAN, "help"], capture_output=True, text=True, check=True).stdout
    listed = [line.split()[0] for line in out.splitlines() if line.startswith("  ") and line.strip()]
    return [w for w in listed if subprocess.run([DIWAN, "help", w], capture_output=True).returncode == 0]


def complaint(name, words):
    """What is wrong with how `diwan NAME WORDS` ended, or None."""
    with tempfile.TemporaryDirectory() as home:
        data = os.path.join(home, "data")
        env = dict(os.environ, DIWAN_DATA_DIR=data)
        env.pop("DIWAN_DATABASE", None)
        ran = subprocess.run([DIWAN, name, *words], capture_output=True, text=True, env=env,
                             stdin=subprocess.DEVNULL, cwd=home, timeout=120)
        if os.listdir(home):
            return f"made {os.listdir(home)}"
    if ran.returncode != 2:
        return f"exit {ran.returncode}, not 2"
    return None if "usage:" in ran.stderr else f"no usage: {ran.stderr[:80]!r}"


def main():
    names, number, failed = commands(), 0, 0
    for name in names:
        helped = subprocess.run([DIWAN, "help", name], capture_output=True, text=True).stdout
        checks = [("is explained with its usage and exit codes",
                   None if "usage:" in helped and "exit" in helped else "not explained")]
        if name not in ANY_WORD:
            checks.append(("refuses a word it does not know", complaint(name, ["--no-such-word"])))
        for what, wrong in checks:
            number += 1
            failed += bool(wrong)
            print(f"{'not ok' if wrong else 'ok'} {number} - diwan {name} {what}" +
                  (f"\n# {wrong}" if wrong else ""))
    number += 1
    print(f"{'ok' if len(names) > 15 else 'not ok'} {number} - {len(names)} commands were found")
    print(f"1..{number}")


if __name__ == "__main__":
    main()
