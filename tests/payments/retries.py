#!/usr/bin/env python3
"""retries.py [KEYS [CLIENTS]]: every one of 64 clients asks for the same 1,000 payments,
each in an order of its own, while the platform is killed (SIGKILL) and started again;
whoever got no answer asks again. Every key is one payment, and all answers to it are the
same bytes. Then they ask for refunds of one payment at once, across another kill: what
is granted never exceeds what was paid. On SQLite, or on the server of $DIWAN_TEST_PG
when the first word is `pg`. Prints TAP."""
import collections
import hashlib
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import govuk  # noqa: E402
import tap  # noqa: E402

PATIENCE = 600  # seconds in which a request has to be answered
KILLS = 3


class Platform:
    """The platform on a port of its own, which it keeps when it is killed."""

    def __init__(self, world, words):
        self.world, self.words = world, words
        base = world.start("serve", *words)
        self.process = world.running[-1]
        self.host, self.port = base.split("//")[1].split(":")
        self.base = base

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()
        log = open(self.world.path("log"), "a", encoding="utf-8")
        self.process = subprocess.Popen(
            [govuk.DIWAN, "serve", *self.words, f"--listen={self.host}:{self.port}"],
            stdout=subprocess.DEVNULL, stderr=log)
        self.world.running.append(self.process)


class Asker:
    def __init__(self, platform, key):
        self.platform, self.key, self.line = platform, key, None

    def ask(self, path, body, idempotency):
        """The status and the bytes of an answer; asks until there is one."""
        deadline = time.time() + PATIENCE
        headers = {"Authorization": "Bearer " + self.key, "Content-Type": "application/json",
                   "Idempotency-Key": idempotency}
        while time.time() < deadline:
            try:
                if not self.line:
                    self.line = http.client.HTTPConnection(self.platform.host, int(self.platform.port), timeout=PATIENCE)
                self.line.request("POST", "/api/pay/v1" + path, body, headers)
                answer = self.line.getresponse()
                raw = answer.read()
                if answer.status < 500 and answer.status != 429:
                    return answer.status, raw
            except (OSError, http.client.HTTPException):
                self.line = None
            time.sleep(0.02)
        raise TimeoutError("no answer to " + idempotency)


def all_at_once(n, work):
    faults = []

    def one(i):
        try:
            work(i)
        except Exception as e:  # noqa: BLE001 - told as a fault of the run
            faults.append(f"client {i}: {type(e).__name__}: {e}")
    threads = [threading.Thread(target=one, args=(i,)) for i in range(n)]
    for t in threads:
        t.start()
    return threads, faults


def kill_during(platform, threads, times):
    """Kills it again and again while they ask."""
    done = 0
    for _ in range(times):
        time.sleep(random.uniform(0.3, 3))
        if any(t.is_alive() for t in threads):
            platform.kill()
            done += 1
    for t in threads:
        t.join()
    return done


def creations(platform, key, keys, clients):
    answers = [collections.Counter() for _ in range(keys)]
    lock = threading.Lock()

    def work(i):
        asker, order = Asker(platform, key), list(range(keys))
        random.Random(i).shuffle(order)
        for k in order:
            body = json.dumps({"amount": 1000 + k, "reference": f"R-{k}", "description": "once",
                               "return_url": "http://127.0.0.1/"})
            status, raw = asker.ask("/payments", body, f"create-{k}")
            with lock:
                answers[k][(status, hashlib.sha256(raw).digest())] += 1

    started = time.time()
    threads, faults = all_at_once(clients, work)
    kills = kill_during(platform, threads, KILLS)
    print(f"# {keys} keys, {clients} clients, {kills} kills, {time.time() - started:.0f} s")
    different = [k for k, a in enumerate(answers) if len(a) != 1 or next(iter(a))[0] != 201]
    missing = [k for k, a in enumerate(answers) if sum(a.values()) != clients]
    if different:
        faults.append(f"answers differ for {len(different)} keys, such as {different[0]}: "
                      f"{[(s, n) for (s, _), n in answers[different[0]].items()]}")
    if missing:
        faults.append(f"{len(missing)} keys have not {clients} answers")
    if not kills:
        faults.append("it was never killed")
    return "\n".join(faults[:5])


def refunds(platform, a, payment, paid, clients):
    granted = collections.Counter()
    lock = threading.Lock()

    def work(i):
        asker = Asker(platform, a.key)
        for n in range(3):
            status, raw = asker.ask(f"/payments/{payment}/refunds", json.dumps({"amount": 300}), f"refund-{i}-{n}")
            with lock:
                granted[status] += 1

    threads, faults = all_at_once(clients, work)
    kill_during(platform, threads, 1)
    _, listed = a.call("get", "/v1/payments/{paymentId}/refunds", paymentId=payment)
    total = sum(r["amount"] for r in listed["_embedded"]["refunds"])
    print(f"# answers {dict(granted)}, {total} of {paid}")
    if granted[202] * 300 != total or total > paid or paid - total >= 300:
        faults.append(f"granted {granted}, listed {total}, paid {paid}")
    return "\n".join(faults[:5])


def main():
    words = sys.argv[1:]
    pg = words[:1] == ["pg"]
    numbers = [int(x) for x in words[pg:]]
    keys, clients = (numbers + [1000, 64][len(numbers):])[:2]
    w = govuk.World()
    data = f"--data-dir={w.path('a')}"
    words = [data]
    if pg:
        url = os.environ["DIWAN_TEST_PG"]
        subprocess.run(["psql", "-q", url, "-c", "SET client_min_messages = warning", "-c",
                        "DROP SCHEMA IF EXISTS retries CASCADE", "-c", "CREATE SCHEMA retries"], check=True)
        words.append(f"--database={url}{'&' if '?' in url else '?'}options=-csearch_path%3Dretries")
    try:
        secret = w.write("secret", govuk.SECRET + "\n")
        sim = w.start("simulator", "provider", f"--data-dir={w.path('sim')}", f"--provider-secret-file={secret}")
        w.run("migrate", *words)
        key = w.run("payments", "key", "iga", *words)
        platform = Platform(w, words + [govuk.PACK, f"--provider-url={sim}", f"--provider-secret-file={secret}",
                                        "--request-log=no", "--log-level=warn"])
        with open(govuk.SPEC, encoding="utf-8") as f:
            a = govuk.Client(govuk.Spec(json.load(f)), platform.base, key)
        govuk.attempt(f"{keys} keys asked {clients} times each are {keys} payments and {keys} answers",
                      lambda: creations(platform, key, keys, clients))
        govuk.attempt("as many payments as keys, and no more",
                      lambda: govuk.wrong(a.call("get", "/v1/payments", query="?display_size=1")[1]["total"], keys))
        _, p = a.create(amount=4000)
        govuk.Payer().pay(p["_links"]["next_url"]["href"], "succeed")
        a.until(p["payment_id"], "success")
        govuk.attempt("refunds asked for at once never exceed what was paid",
                      lambda: refunds(platform, a, p["payment_id"], 4000, clients))
        platform.process.send_signal(signal.SIGTERM)
        platform.process.wait()
        out = subprocess.run([govuk.DIWAN, "audit", "payments", *words], capture_output=True, text=True)
        tap.report("the auditor finds nothing afterwards", "" if out.returncode == 0 else out.stdout + out.stderr)
        out = subprocess.run([govuk.DIWAN, "journal", "verify", *words], capture_output=True, text=True)
        tap.report("the journal verifies", "" if out.returncode == 0 else out.stdout + out.stderr)
    finally:
        w.stop()
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
