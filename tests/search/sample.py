#!/usr/bin/env python3
"""1,300 cards (the pack's and invented ones, tests/bench/search_cards.py), 600 searches as
readers type them, no two alike, in both languages: answered in time, and the card that was
meant is on the first page as often as it should be. Starts a server of its own; prints TAP."""
import glob
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "lib"))
import tap  # noqa: E402
DIWAN = os.path.abspath(os.environ.get("DIWAN", os.path.join(ROOT, "build", "diwan")))
CARDS = 1300
SEARCHES = 1500      # in each language: then the share is known to 1 of 100
MILLIS_MAX = 50      # half of the answers
WORK_MAX = 5         # of processor time, in milliseconds, one with another
FOUND_MIN = 0.75     # on the first page; many cards share the few words that are typed
START_SECONDS = 120

def start(work):
    log = open(os.path.join(work, "err"), "w+")
    server = subprocess.Popen([DIWAN, "serve", "--demo", f"--pack={work}/pack", f"--data-dir={work}/data",
                               "--listen=127.0.0.1:0", "--request-log=no"], stdout=subprocess.DEVNULL, stderr=log)
    for _ in range(START_SECONDS * 10):
        with open(os.path.join(work, "err")) as f:
            text = f.read()
        ready = re.search(r'"server.ready","port":(\d+)', text)
        if ready:
            return server, f"http://127.0.0.1:{ready[1]}"
        if server.poll() is not None:
            sys.exit(text)
        time.sleep(0.1)
    server.kill()
    sys.exit("the server is not ready:\n" + text)


def work_of(server):
    """Milliseconds of processor time so far."""
    with open(f"/proc/{server.pid}/stat") as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def threads(server):
    """{thread: (nanoseconds it ran, nanoseconds it could have run but for others)}, ours too."""
    figures = {}
    for at in [*glob.glob(f"/proc/{server.pid}/task/*/schedstat"), "/proc/self/schedstat"]:
        try:
            with open(at) as f:
                figures[at] = tuple(map(int, f.read().split()[:2]))
        except OSError:  # not told on this machine
            pass
    return figures


def held_up(before, after):
    """Milliseconds in which other programs kept the thread that answered, or us, from running."""
    gone = {t: (after[t][0] - before[t][0], after[t][1] - before[t][1]) for t in after if t in before}
    own = gone.pop("/proc/self/schedstat", (0, 0))[1]
    return (own + max(gone.values(), default=(0, 0))[1]) / 1e6


def ask(server, base, lang, words):
    """Milliseconds, less those in which other programs had the machine, and the ids of the
    first page."""
    url = f"{base}/{lang}/guide?q=" + urllib.parse.quote_plus(words)
    before, began = threads(server), time.monotonic()
    urllib.request.urlopen(url).read()
    took = (time.monotonic() - began) * 1000
    took -= held_up(before, threads(server))
    plain = urllib.request.Request(url, headers={"Accept": "application/json"})
    return took, [s["id"] for s in json.load(urllib.request.urlopen(plain))["services"]]


def search_all(server, base, work, lang):
    with open(os.path.join(work, "queries." + lang), encoding="utf-8") as f:
        queries = [line.rstrip("\n").split("\t") for line in f]
    took, found, before = [], 0, work_of(server)
    for meant, words in random.Random(2).sample(queries, SEARCHES):
        millis, ids = ask(server, base, lang, words)
        took.append(millis)
        found += meant in ids
    took.sort()
    half, each = took[SEARCHES // 2], (work_of(server) - before) / SEARCHES / 2  # each was asked twice
    # proves: CAT-12
    tap.report("%s: a search among %d cards is answered within %d ms" % (lang, CARDS, MILLIS_MAX),
               "" if half < MILLIS_MAX and each < WORK_MAX else f"in {half:.1f} ms, {each:.2f} of them work")
    print(f"# half in {half:.1f} ms, 95 of 100 in {took[SEARCHES * 95 // 100]:.1f} ms; {each:.2f} ms of work")
    share = found / SEARCHES
    tap.report(f"{lang}: the card that was meant is on the first page",
               "" if share >= FOUND_MIN else f"of {share:.0%} of the searches, not {FOUND_MIN:.0%}")
    print(f"# of {share:.0%} of the searches")


def main():
    with tempfile.TemporaryDirectory() as work:
        subprocess.run([sys.executable, os.path.join(ROOT, "tests/bench/search_cards.py"),
                        os.path.join(ROOT, "packs/bahrain"), work, str(CARDS), "2026", "3000"], check=True)
        server, base = start(work)
        try:
            with urllib.request.urlopen(base + "/api/services") as f:
                there = json.load(f)["count"]
            tap.report(f"{CARDS} cards are there", "" if there == CARDS else f"{there} are")
            for lang in ("ar", "en"):
                search_all(server, base, work, lang)
        finally:
            server.terminate()
            server.wait()
    sys.exit(tap.finish())


main()
