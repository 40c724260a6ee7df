#!/usr/bin/env python3
"""crash.py [KILLS [SECONDS]]: serves the platform, lets visitors work, and kills it with
SIGKILL at random moments, so often (200) and at most so long (300 s). On SQLite, or on
the PostgreSQL server that DIWAN_TEST_PG names. Needs $DIWAN. Prints TAP.

Applicants apply for a lost card page by page, submit or discard, withdraw or pay at the
provider's simulator, which runs beside; an officer claims and decides; readers give
feedback. When an answer is lost they repeat the request as it was. At the end the
journal must hold every step that was acknowledged, once, and none that nobody asked
for; verify and rebuild must be clean. With `--forget N` one event is taken out of the
count afterwards, to show that a loss would be noticed."""
import collections
import json
import os
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import zlib

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
sys.dont_write_bytecode = True
import client  # noqa: E402
import tap  # noqa: E402

DIWAN = os.path.abspath(os.environ.get("DIWAN", "build/diwan"))
SERVICE = "idcard-replace-lost"
PASSWORD = "demo-only-password"
APPLICANTS = ["850199901", "650699902", "900399903", "930899904"]
OFFICER = "800599905"
OUTCOMES = ["succeed", "succeed", "twice", "disorder"]  # at the provider
READERS = 4           # who give feedback, without signing in
READY_SECONDS = 180
LIFE = (0.05, 0.9)    # seconds from ready to the kill; more when a request waits for long:
LONGER = 4            # seconds that one waits, after which a life is twice as long
WAIT_SECONDS = 280    # for what others do: a job that was cut off waits for its lease


def png(width, height):
    row = b"\0" + b"\xa8\xa8\xa8" * width

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(row * height)) + chunk(b"IEND", b""))


PHOTOGRAPH = ("photograph", ("me.png", "image/png", png(60, 80)))
PASSPORT = ("passport", ("passport.png", "image/png", png(80, 60)))
ANSWERS = {"how": "lost", "lost_on-day": "1", "lost_on-month": "11", "lost_on-year": "2025", "place": "Manama",
           "fast_track": "true", "permit_changed": "false", "phone": "36001234", "declaration": "true"}


class Platform:
    """The program, its database and its folder; started again after each kill."""

    def __init__(self, work):
        self.folder = os.path.join(work, "var")
        self.log = open(os.path.join(work, "log"), "w+")
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.address = ("127.0.0.1", s.getsockname()[1])
        self.settings = [f"--data-dir={self.folder}"]
        self.provider_settings, self.provider = self.simulate(work)
        if os.environ.get("DIWAN_TEST_PG"):
            self.settings.append(f"--database={self.schema()}")
        self.process, self.kills, self.slow = None, 0, 0.0

    def simulate(self, work):
        """The payment provider, which lives on when the platform is killed."""
        secret, port = os.path.join(work, "secret"), os.path.join(work, "port")
        with open(os.open(secret, os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
            f.write(os.urandom(32).hex())
        process = subprocess.Popen(
            [DIWAN, "simulator", "provider", "--listen=127.0.0.1:0", f"--port-file={port}", "--request-log=no",
             f"--data-dir={work}", f"--provider-secret-file={secret}"], stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + READY_SECONDS
        while not os.path.exists(port) or not open(port).read().strip():
            if time.monotonic() > deadline or process.poll() is not None:
                raise RuntimeError(f"the simulator does not start: {self.words()}")
            time.sleep(0.02)
        return [f"--provider-url=http://127.0.0.1:{open(port).read().strip()}",
                f"--provider-secret-file={secret}"], process

    @staticmethod
    def schema():
        url, name = os.environ["DIWAN_TEST_PG"], f"crash{os.getpid()}"
        subprocess.run(["psql", "-q", url, "-c", f"CREATE SCHEMA {name}"], check=True)
        return f"{url}?options=-csearch_path%3D{name}"

    def start(self):
        began = time.monotonic()
        self.process = subprocess.Popen(
            [DIWAN, "serve", "--demo", "--pack=packs/bahrain", f"--listen={self.address[0]}:{self.address[1]}",
             "--request-log=no", "--mail-url=smtp://127.0.0.1:9", *self.provider_settings, *self.settings], stdout=self.log, stderr=self.log)
        while time.monotonic() - began < READY_SECONDS:
            if self.process.poll() is not None:
                raise RuntimeError(f"diwan serve ended with {self.process.returncode}: {self.words()}")
            try:
                socket.create_connection(self.address, READY_SECONDS).close()
                self.slow = max(self.slow, time.monotonic() - began)
                return
            except OSError:
                time.sleep(0.01)
        raise RuntimeError(f"not ready after {READY_SECONDS} s: {self.words()}")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.kills += 1

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(READY_SECONDS)

    def close(self):
        self.stop()
        self.provider.kill()
        self.provider.wait()

    def words(self):
        self.log.flush()
        self.log.seek(0)
        return self.log.read()[-2000:]

    def command(self, *words):
        p = subprocess.run([DIWAN, *words, *self.settings], capture_output=True, text=True)
        return p.returncode, p.stdout + (p.stderr if p.returncode else "")


class Book:
    """What was acknowledged, by kind of event."""

    def __init__(self):
        self.lock, self.steps = threading.Lock(), collections.Counter()
        self.lost = collections.Counter()
        self.problems, self.over = [], threading.Event()

    def acknowledged(self, kinds):
        with self.lock:
            self.steps.update(kinds)

    def lost_answer(self, method):
        with self.lock:
            self.lost[method] += 1

    def wrong(self, what):
        with self.lock:
            self.problems.append(what)
        self.over.set()


class Person(threading.Thread):
    """Works until the book is closed, and finishes the step it is at."""

    def __init__(self, book, platform):
        super().__init__(daemon=True)
        self.book, self.random = book, random.Random()
        self.visitor = client.Visitor(platform.address, book.lost_answer)

    def run(self):
        try:
            self.begin()
            while not self.book.over.is_set():
                self.turn()
        except client.Gone as e:
            self.book.wrong(f"{type(self).__name__}: no answer: {e}")
        except Exception as e:  # noqa: BLE001: any fault of a visitor is a finding
            self.book.wrong(f"{type(self).__name__}: {type(e).__name__}: {e}")

    def begin(self):
        pass

    def step(self, kinds, action, values=None, files=None, elsewhere=False):
        """Sends the page's form, which records events of these kinds (words, divided by
        blanks); they count once the answer says that it was done."""
        form = self.visitor.form(action)
        if not form:
            raise RuntimeError(f"no form {action} at {self.visitor.path} ({self.visitor.status}): {self.visitor.problem()}")
        wanted = {k: v for k, v in (values or {}).items() if k in form["choices"] or k in dict(form["fields"])}
        to = self.visitor.send(form, wanted, files, elsewhere)
        if to is None:
            raise RuntimeError(f"{kinds}: {self.visitor.status} at {self.visitor.path}: {self.visitor.problem()}")
        self.book.acknowledged(kinds.split())
        return to


    def wait(self, what, done):
        """Until done() is true; others are at work."""
        deadline = time.monotonic() + WAIT_SECONDS
        while not done():
            if time.monotonic() > deadline:
                raise RuntimeError(f"waited {WAIT_SECONDS} s for {what}")
            time.sleep(0.05)

    def sign_in(self, number):
        """Again from the start when a cookie was in an answer that got lost: the session
        was opened, but nobody will ever hold its token."""
        for _ in range(20):
            self.visitor.get("/en/sign-in")
            self.visitor.get(self.step("", r"/sign-in$", {"number": number, "password": PASSWORD}))
            code = re.search(r'<code dir="ltr">(\d+)</code>', self.visitor.page)
            if not code:
                continue
            self.visitor.get(self.step("", r"/sign-in/code$", {"code": code.group(1)}))
            if "/sign-out" in self.visitor.page:
                return
        raise RuntimeError(f"cannot sign in: {self.visitor.problem()}")


class Reader(Person):
    def turn(self):
        self.visitor.get(f"/en/services/{SERVICE}/feedback")
        self.step("guide.feedback_given", r"/feedback$",
                  {"helped": self.random.choice(["yes", "no"]), "note": f"Note {self.random.random()}"})


class Applicant(Person):
    def __init__(self, book, platform, number):
        super().__init__(book, platform)
        self.number = number

    def begin(self):
        self.sign_in(self.number)

    def turn(self):
        self.visitor.get(f"/en/services/{SERVICE}/apply")
        to = self.step("case.drafted", r"/apply$")
        self.visitor.get(to)
        for _ in range(20):
            form = re.search(r"/applications/([^/]+)/form/(\w+)", self.visitor.path)
            if not form:
                break
            files = dict(f for f in (PHOTOGRAPH, PASSPORT) if f[0] == form.group(2))
            self.visitor.get(self.step("case.saved", r"^$|/form/", ANSWERS, files))
            if self.random.random() < 0.03:
                return self.leave(form.group(1), "case.discarded")
        check = re.search(r"/applications/([^/]+)/check", self.visitor.path)
        if not check:
            raise RuntimeError(f"the form led to {self.visitor.path}: {self.visitor.problem()}")
        # Sending saves once more, with what the registers know then.
        self.visitor.get(self.step("case.submitted", r"^$|/check"))
        reference = re.search(r"/applications/([^/?]+)", self.visitor.path).group(1)
        if self.random.random() < 0.3:
            return self.leave(reference, "case.withdrawn")
        return self.pay(reference)

    def pay(self, reference):
        self.visitor.get(f"/en/applications/{reference}/pay")
        url = urllib.parse.urlsplit(self.step("", r"^$|/pay", elsewhere=True))
        if not url.hostname:  # too many attempts of this payer in ten minutes: the pack's rule
            return self.leave(reference, "case.withdrawn")
        self.book.acknowledged(["payment.attempted"])
        provider = client.Visitor((url.hostname, url.port), lambda method: None)
        provider.get(f"{url.path}?{url.query}")
        form = provider.form(r"/pay")
        if not form or not provider.send(form, {"card": "4242424242424242", "outcome": self.random.choice(OUTCOMES)}):
            raise RuntimeError(f"the provider: {provider.status}: {provider.problem()}")
        self.visitor.get(f"/en/applications/{reference}/pay")  # where the provider leads back to
        self.wait("the payment", lambda: self.state(reference) not in ("unpaid", "503"))
        self.book.acknowledged(["payment.captured"])
        self.wait("the officer", lambda: self.state(reference) in ("approved", "rejected", "issued"))

    def state(self, reference):
        self.visitor.request("GET", f"/en/applications/{reference}", None, {"Accept": "application/json"})
        if self.visitor.status != 200:
            raise RuntimeError(f"application {reference}: {self.visitor.status}")
        return json.loads(self.visitor.page)["state"]

    def leave(self, reference, kind):
        self.visitor.get(f"/en/applications/{reference}/leave")
        self.step(kind, r"^$|/leave", {"reason": "No longer needed"})


class Officer(Person):
    def __init__(self, book, platform, number):
        super().__init__(book, platform)
        self.number, self.go_home = number, threading.Event()

    def run(self):
        try:
            self.sign_in(self.number)
            while not self.go_home.is_set():
                self.turn()
        except Exception as e:  # noqa: BLE001: as above
            self.book.wrong(f"Officer: {type(e).__name__}: {e}")

    def turn(self):
        self.visitor.get("/en/desk?state=submitted&state=review")
        cases = list(dict.fromkeys(re.findall(r"/desk/cases/([A-Z]+-\d+-\d+)", self.visitor.page)))
        for reference in cases:
            self.decide(reference)
        if not cases:
            time.sleep(0.05)

    def decide(self, reference):
        self.visitor.get(f"/en/desk/cases/{reference}")
        if self.visitor.form(r"/claim$"):
            self.visitor.get(self.step("task.claimed", r"/claim$"))
        if not self.visitor.form(r"/decide$"):
            return
        if self.random.random() < 0.8:
            self.step("case.approved", r"/decide$", {"outcome": "approve", "reason": ""})
        else:
            self.step("case.rejected", r"/decide$", {"outcome": "reject", "reason": "The photograph is not of you."})


def torment(platform, kills, seconds):
    """Starts, lets them work, kills; until enough, or time is up, or something is wrong."""
    book, chance, began = Book(), random.Random(), time.monotonic()
    platform.start()
    people = [Applicant(book, platform, n) for n in APPLICANTS]
    people += [Reader(book, platform) for _ in range(READERS)]
    officer = Officer(book, platform, OFFICER)
    for p in [officer, *people]:
        p.start()
    while platform.kills < kills and time.monotonic() - began < seconds and not book.over.is_set():
        waiting = [time.monotonic() - s for s in (p.visitor.since for p in [officer, *people]) if s]
        # On a busy machine nobody would be answered between two kills.
        time.sleep(chance.uniform(*LIFE) * (1 + max(waiting, default=0) / LONGER))
        platform.kill()
        platform.start()
    book.over.set()
    for p in people:
        p.join(2 * WAIT_SECONDS)
        if p.is_alive():
            book.wrong(f"{type(p).__name__} hangs")
    officer.go_home.set()
    officer.join(WAIT_SECONDS)
    platform.stop()
    return book


def events(platform):
    """The journal's events by kind; and what in their order is wrong."""
    status, out = platform.command("journal", "export")
    kinds, problems = collections.Counter(), []
    if status:
        problems.append(f"journal export: {out[-500:]}")
        return kinds, problems
    for n, line in enumerate(out.splitlines(), 1):
        e = json.loads(line)
        kinds[e["kind"]] += 1
        if e["seq"] != n:
            problems.append(f"record {e['seq']} stands where {n} should")
            break
    return kinds, problems


def judge(platform, book, kills, forget):
    kinds, problems = events(platform)
    if forget:
        kinds[forget] -= 1
    steps = sum(book.steps.values())
    tap.report("visitors are answered, whatever happens between", book.problems)
    tap.report("it is killed often enough", [] if platform.kills >= kills else [f"{platform.kills} of {kills} kills"],
               [f"{platform.kills} kills, slowest start {platform.slow:.2f} s"])
    # A kill at a random moment is only a trial if answers were lost on the way.
    tap.report("answers were lost and the requests repeated", [] if book.lost["POST"] else ["no answer was lost"],
               [f"{book.lost['POST']} of writes, {book.lost['GET']} of pages"])
    # proves: CORE-05
    tap.report("every acknowledged step is in the journal, and none twice",
               problems + [f"{k}: {n} acknowledged, {kinds[k]} recorded" for k, n in sorted(book.steps.items())
                       if kinds[k] != n] + ([] if steps else ["no step was acknowledged"]),
               [f"{steps} steps: " + ", ".join(f"{n} {k}" for k, n in sorted(book.steps.items()))])
    status, out = platform.command("journal", "verify")
    tap.report("the journal verifies", [out[-500:]] if status else [], out.splitlines()[:1])
    status, out = platform.command("journal", "rebuild")
    tap.report("every derived table is what the journal says", [out[-500:]] if status else [], out.splitlines()[:1])


def main():
    args = sys.argv[1:]
    forget = args.pop(args.index("--forget") + 1) if "--forget" in args else None
    args = [a for a in args if a != "--forget"]
    kills, seconds = int(args[0]) if args else 200, int(args[1]) if len(args) > 1 else 300
    os.chdir(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
    work = tempfile.mkdtemp()
    platform = Platform(work)
    try:
        judge(platform, torment(platform, kills, seconds), kills, forget)
    except RuntimeError as e:
        tap.report("it starts again after each kill", [str(e)])
    finally:
        platform.close()
        if not os.environ.get("CRASH_KEEP"):
            shutil.rmtree(work, ignore_errors=True)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
