#!/usr/bin/env python3
"""An agency's program against a running platform: it is told of its cases by messages
that the Standard Webhooks library takes, and the interface's description is clean to
redocly's linter. Needs node and npm; fetches package.json's packages into a folder of
its own. Exit 77: skipped."""
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, here)
sys.path.insert(0, os.path.join(os.path.dirname(here), "lib"))
os.environ["DIWAN_WEBHOOKS_ANYWHERE"] = "yes"
import pages  # noqa: E402
import tap  # noqa: E402


class Receiver(http.server.BaseHTTPRequestHandler):
    taken, refused, busy = [], [], 1
    lock = threading.Lock()  # messages come beside each other

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        names = ("webhook-id", "webhook-timestamp", "webhook-signature")
        message = {"headers": {n: self.headers[n] for n in names}, "body": body}
        with Receiver.lock:
            busy, Receiver.busy = Receiver.busy, 0  # the first is turned away once, and must come again
            (Receiver.refused if busy else Receiver.taken).append(message)
        self.send_response(503 if busy else 204)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


def come_again():
    ids = [m["headers"]["webhook-id"] for m in Receiver.taken]
    return len(ids) >= 2 and all(m["headers"]["webhook-id"] in ids for m in Receiver.refused)


def packages():
    work = os.environ.get("API_WORK") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "diwan-api")
    os.makedirs(work, exist_ok=True)
    for name in ("package.json", "verify.mjs"):
        shutil.copy(os.path.join(here, name), work)
    if not os.path.isdir(os.path.join(work, "node_modules", "standardwebhooks")) or \
            not os.path.isdir(os.path.join(work, "node_modules", "@redocly", "cli")):
        got = subprocess.run(["npm", "install", "--ignore-scripts", "--silent", "--no-audit", "--no-fund"],
                             cwd=work, check=False)
        if got.returncode:
            print("skipped: the packages cannot be fetched")
            sys.exit(77)
    return work


def set_hook(trial, url):
    admin = trial.reader("agency-admin")
    _, text = admin.get("/en/admin/webhooks")
    form = pages.form_to(pages.page_forms(text), r"admin/webhooks$")
    _, text = admin.post(form["action"], pages.fill(form, {"entity": "iga", "url": url})[0], [])
    found = re.search(r"whsec_[A-Za-z0-9+/=]+", text)
    return found.group(0) if found else ""


def hooks(work):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    demo = pages.load(pages.PACK, "demo.json")
    trial = pages.Trial(demo, time.strftime("%Y-%m-%dT%H:%M:%S+03:00", time.gmtime(time.time() + 3 * 3600)))
    try:
        secret = set_hook(trial, f"http://127.0.0.1:{server.server_port}/hook")
        tap.report("an administrator sets where a program is told", "" if secret else "no secret is shown")
        answers = {"kind": "complaint", "subject": "other", "title": "Street light",
                   "body": "The street light at road 2803 has been out for a month.", "declaration": True,
                   "phone": "+97336000000", "email": "m@example.org"}
        fault, reference = pages.apply(trial.reader("citizen"), "en", "complaint", answers)
        tap.report("a citizen applies", fault)
        deadline = time.monotonic() + pages.WAIT_SECONDS
        while not come_again() and time.monotonic() < deadline:
            time.sleep(0.2)
        kinds = sorted(json.loads(m["body"])["type"] for m in Receiver.taken)
        tap.report("the program is told of what it does", "" if kinds[:2] == ["case.submitted", "task.opened"] else str(kinds))
        ids = [m["headers"]["webhook-id"] for m in Receiver.taken]
        again = [m["headers"]["webhook-id"] for m in Receiver.refused]
        tap.report("what was not taken comes again under its id",
                   "" if again and again[0] in ids and len(set(ids)) == len(ids) else f"{again} {ids}")
        told = {json.loads(m["body"])["data"]["reference"] for m in Receiver.taken}
        tap.report("messages name the case", "" if told == {reference} else f"{told}, not {reference}")
        people = [a["name"][lang] for a in demo["accounts"] for lang in ("en", "ar")] + ["Street light", "850199901"]
        leaks = [p for p in people for m in Receiver.taken if p in m["body"]]
        tap.report("messages hold nothing personal", ", ".join(leaks))
        given = json.dumps({"secret": secret, "messages": Receiver.taken, "from": tap.count})
        check(subprocess.run(["node", "verify.mjs"], cwd=work, input=given, capture_output=True, text=True, check=False))
        with open(os.path.join(work, "openapi.json"), "w", encoding="utf-8") as f:
            f.write(trial.reader("citizen").get("/openapi.json")[1])
    finally:
        trial.end()
        server.shutdown()


def check(run):
    print(run.stdout, end="")
    tap.count += len(re.findall(r"^(?:not )?ok ", run.stdout, re.M))
    tap.failed += len(re.findall(r"^not ok ", run.stdout, re.M))
    if run.returncode:
        tap.report("the library runs", run.stderr[-400:].replace("\n", " "))


def lint(work):
    env = dict(os.environ, REDOCLY_TELEMETRY="off", REDOCLY_SUPPRESS_UPDATE_NOTICE="true")
    got = subprocess.run(["node", "node_modules/@redocly/cli/bin/cli.js", "lint", "--format=json", "--extends=recommended",
                          "openapi.json"], cwd=work, env=env, capture_output=True, text=True, check=False)
    try:
        problems = json.loads(got.stdout)["problems"]
    except (ValueError, KeyError):
        problems = [{"message": (got.stdout + got.stderr)[-300:], "ruleId": "run"}]
    tap.report("the description is clean to the linter",
               "; ".join(f"{p['ruleId']}: {p['message']}" for p in problems[:10]).replace("\n", " "))


if not shutil.which("npm"):
    print("skipped: no npm")
    sys.exit(77)
folder = packages()
hooks(folder)
lint(folder)
sys.exit(tap.finish())
