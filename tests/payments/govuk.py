#!/usr/bin/env python3
"""GOV.UK Pay's public interface, served and spoken: every answer of ours is checked
against its published description and against our own, /openapi.json (status, schema, no
member it does not know), and one platform takes payments through another, as a provider whose client is our own adapter.
Three programs: the provider that only plays, a platform A beside it, and a platform B
whose only provider is A. Prints TAP."""
import html
import http.cookiejar
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "lib"))
import tap  # noqa: E402
DIWAN = os.path.abspath(os.environ.get("DIWAN", os.path.join(ROOT, "build", "diwan")))
PACK = "--pack=" + os.path.join(ROOT, "packs", "bahrain")  # a platform without a country has no currency
SHARED = os.environ.get("DIWAN_SHARED", os.path.join(ROOT, "..", "shared"))
SPEC = os.path.join(SHARED, "data", "govuk-pay", "publicapi_spec.json")
SECRET = "whsec_c2ltdWxhdGVkIHNlY3JldCBmb3IgdGVzdHM="
WAIT_SECONDS = 120  # for what takes a moment on an idle machine

# ---- the published description ----

class Spec:
    def __init__(self, doc):
        self.doc = doc

    def resolve(self, schema):
        while "$ref" in schema:
            at = self.doc
            for part in schema["$ref"].lstrip("#/").split("/"):
                at = at[part]
            schema = at
        return schema

    def faults(self, schema, value, where="answer"):
        if schema.get("$ref", "").endswith("/ExternalMetadata"):
            return []  # the members are the program's own
        schema = self.resolve(schema)
        kind = schema.get("type")
        if value is None:
            return [] if schema.get("nullable") else [f"{where} is null"]
        right = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int,
                 "number": (int, float)}.get(kind)
        if "const" in schema and value != schema["const"]:
            return [f"{where} is {value!r}, not {schema['const']!r}"]
        if right and (not isinstance(value, right) or (kind == "integer" and isinstance(value, bool))):
            return [f"{where} is no {kind}: {value!r}"]
        if "enum" in schema and value not in schema["enum"]:
            return [f"{where} is {value!r}, not of {schema['enum']}"]
        if kind == "array":
            return [x for i, v in enumerate(value) for x in self.faults(schema["items"], v, f"{where}[{i}]")]
        if kind != "object":
            return []
        known = schema.get("properties", {})
        out = [f"{where} lacks {n}" for n in schema.get("required", []) if n not in value]
        for name, v in value.items():
            if name in known:
                out += self.faults(known[name], v, f"{where}.{name}")
            elif known and not schema.get("additionalProperties"):
                out.append(f"{where} has {name}, which is not described")
        return out

    def check(self, method, path, status, body):
        """Faults of an answer to `method` of the described `path`."""
        operation = self.doc["paths"][path][method]
        answer = operation["responses"].get(str(status)) or operation["responses"].get(f"{status // 100}XX")
        if not answer:
            return [f"{status} is not an answer of {method} {path}"]
        content = answer.get("content", {}).get("application/json")
        if not content:
            return []
        return self.faults(content["schema"], body)


class Own(Spec):
    """What the platform says of itself: the same paths below /api/pay, parameters by our names."""

    def __init__(self, base):
        with urllib.request.urlopen(f"{base}/openapi.json", timeout=WAIT_SECONDS) as r:
            super().__init__(json.load(r))

    def check(self, method, path, status, body):
        ours = "/api/pay" + path.replace("{paymentId}", "{payment_id}").replace("{refundId}", "{refund_id}")
        if ours not in self.doc["paths"]:
            return [f"{ours} is not described in /openapi.json"]
        if status == 204 and body is not None:
            return ["204 has a body"]
        return [f"/openapi.json: {f}" for f in super().check(method, ours, status, body)]


# ---- a program of a body ----

class Client:
    def __init__(self, spec, base, key):
        self.specs, self.base, self.key, self.faults, self.seen = [spec, Own(base)], base, key, [], set()

    def call(self, method, described, body=None, query="", key=None, idempotency=None, **ids):
        path = described
        for name, value in ids.items():
            path = path.replace("{" + name + "}", value)
        request = urllib.request.Request(f"{self.base}/api/pay{path}{query}", method=method.upper())
        request.add_header("Authorization", "Bearer " + (key or self.key))
        if idempotency:
            request.add_header("Idempotency-Key", idempotency)
        if body is not None:
            request.add_header("Content-Type", "application/json")
            request.data = json.dumps(body).encode()
        elif method == "post":
            request.data = b""
            request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=WAIT_SECONDS) as r:
                status, raw = r.status, r.read()
        except urllib.error.HTTPError as e:
            status, raw = e.code, e.read()
        value = json.loads(raw) if raw else None
        self.seen.add((method, described, status))
        self.faults += [f"{method} {path} {status}: {f}" for spec in self.specs
                        for f in spec.check(method, described, status, value)]
        return status, value

    def create(self, **more):
        body = {"amount": 12500, "reference": "A-77", "description": "A permit",
                "return_url": f"{self.base}/en/", **more}
        return self.call("post", "/v1/payments", body)

    def state(self, payment):
        return self.call("get", "/v1/payments/{paymentId}", paymentId=payment)[1]["state"]["status"]

    def until(self, payment, wanted, before=lambda: None):
        deadline = time.time() + WAIT_SECONDS
        while time.time() < deadline:
            state = self.state(payment)
            if state == wanted:
                return state
            before()
            time.sleep(0.2)
        return state


# ---- a payer's browser, without JavaScript ----

class Payer:
    def __init__(self):
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def open(self, url, form=None):
        data = urllib.parse.urlencode(form).encode() if form is not None else None
        try:
            with self.opener.open(url, data, timeout=WAIT_SECONDS) as r:
                return r.geturl(), r.read().decode()
        except urllib.error.HTTPError as e:
            return e.geturl(), e.read().decode()

    def press(self, url, page, **more):
        form = re.search(r'<form method="post"(?: action="([^"]*)")?[^>]*>(.*?)</form>', page, re.S)
        if not form:
            raise ValueError(f"{url} has no form: {page[:2000]}")
        fields = {html.unescape(n): html.unescape(v) for n, v in
                  re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', form.group(2))}
        action = html.unescape(form.group(1) or url)
        return self.open(urllib.parse.urljoin(url, action), {**fields, **more})

    def pay(self, url, outcome):
        """From a payment link through however many platforms to the provider's page."""
        url, page = self.open(url)
        presses, deadline = 0, time.time() + WAIT_SECONDS
        while presses < 5 and time.time() < deadline:
            if 'name="card"' in page:
                return self.press(url, page, card="4000 0000 0000 0002", outcome=outcome)
            if "/lead/" in url:  # until a job has asked the other platform
                time.sleep(0.3)
                url, page = self.open(url)
            else:
                url, page = self.press(url, page)
                presses += 1
        raise ValueError(f"no provider's page at {url}")


# ---- the programs ----

class World:
    def __init__(self):
        self.folder, self.running, self.bases = tempfile.mkdtemp(), [], []

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def write(self, name, text):
        with open(self.path(name + ".next"), "w", encoding="ascii") as f:
            f.write(text)
        os.chmod(self.path(name + ".next"), 0o600)
        os.replace(self.path(name + ".next"), self.path(name))
        return self.path(name)

    def run(self, *words):
        return subprocess.run([DIWAN, *words], check=True, capture_output=True, text=True).stdout.strip()

    def start(self, *words):
        log = open(self.path("log"), "a", encoding="utf-8")
        p = subprocess.Popen([DIWAN, *words, "--listen=127.0.0.1:0"], stdout=subprocess.PIPE, stderr=log,
                             text=True)
        self.running.append(p)
        deadline = time.time() + WAIT_SECONDS
        while time.time() < deadline:
            line = p.stdout.readline()
            m = re.search(r"(http://[^/\s]+)/", line)
            if m:
                self.bases.append(m.group(1))
                return m.group(1)
            if not line and p.poll() is not None:
                break
        raise SystemExit("Bail out! a program does not start")

    def rest(self):
        """Until no program has a job that is due or under way, the first one first: what one sends
        is done when it is told that it was taken."""
        deadline = time.time() + WAIT_SECONDS
        for base in self.bases:
            figures = ""
            while not all(f"\ndiwan_jobs_{x} 0\n" in figures for x in ("due", "running")):
                if time.time() > deadline:
                    raise TimeoutError(f"{base} does not come to rest")
                with urllib.request.urlopen(base + "/metrics", timeout=WAIT_SECONDS) as r:
                    figures = r.read().decode()

    def stop(self):
        for p in self.running:
            p.send_signal(signal.SIGTERM)
        for p in self.running:
            try:
                p.wait(WAIT_SECONDS)
            except subprocess.TimeoutExpired:
                p.kill()
        shutil.rmtree(self.folder)


def attempt(name, step):
    try:
        tap.report(name, step() or "")
    except Exception as e:  # noqa: BLE001 - a fault of the step, told as one
        tap.report(name, f"{type(e).__name__}: {e}")


def wrong(got, wanted):
    return "" if got == wanted else f"got {got!r}, wanted {wanted!r}"


def served(a):
    payer = Payer()

    def create_and_pay():
        status, p = a.create(metadata={"ledger": "L1", "n": 3, "urgent": True})
        if status != 201 or p["state"]["status"] != "created" or p["metadata"]["n"] != 3:
            return f"{status} {p}"
        a.paid = p["payment_id"]
        payer.pay(p["_links"]["next_url"]["href"], "succeed")
        if a.until(a.paid, "success") != "success":
            return "it is not paid: " + a.state(a.paid)
        _, p = a.call("get", "/v1/payments/{paymentId}", paymentId=a.paid)
        return wrong((p["card_details"]["last_digits_card_number"], p["refund_summary"]["status"],
                      "cancel" in p["_links"]), ("0002", "available", False))

    def refused():
        got = [a.create(amount=0)[0], a.create(return_url="ftp://x")[0],
               a.create(metadata={"a": {"b": 1}})[0],
               a.call("post", "/v1/payments", {"amount": 1}, key="api_wrong")[0],
               a.call("get", "/v1/payments/{paymentId}", paymentId="P0000000000000")[0],
               a.call("get", "/v1/payments", query="?state=nonsense")[0]]
        return wrong(got, [422, 422, 422, 401, 404, 422])

    def same_key():
        body = {"amount": 1, "reference": "K", "description": "K", "return_url": a.base}
        one, two = (a.call("post", "/v1/payments", body, idempotency="key-1") for _ in range(2))
        return wrong(one, two)

    def search():
        for i in range(3):
            a.create(reference=f"S-{i}")
        _, all_ = a.call("get", "/v1/payments")
        _, one = a.call("get", "/v1/payments", query="?reference=S-1")
        _, paid = a.call("get", "/v1/payments", query="?state=success")
        _, page = a.call("get", "/v1/payments", query="?display_size=2&page=2")
        _, old = a.call("get", "/v1/payments", query="?to_date=2018-01-01T00:00:00Z")
        got = (all_["total"], one["total"], [p["payment_id"] for p in paid["results"]], page["count"],
               page["total"], "prev_page" in page["_links"], old["total"])
        return wrong(got, (5, 1, [a.paid], 2, 5, True, 0))

    def events():
        _, e = a.call("get", "/v1/payments/{paymentId}/events", paymentId=a.paid)
        return wrong([x["state"]["status"] for x in e["events"]], ["created", "started", "success"])

    def refunds():
        path = "/v1/payments/{paymentId}/refunds"
        status, r = a.call("post", path, {"amount": 500, "refund_amount_available": 12500}, paymentId=a.paid)
        if status != 202 or r["status"] != "submitted":
            return f"{status} {r}"
        _, list_ = a.call("get", path, paymentId=a.paid)
        _, one = a.call("get", path + "/{refundId}", paymentId=a.paid, refundId=r["refund_id"])
        again, _ = a.call("post", path, {"amount": 500, "refund_amount_available": 12500}, paymentId=a.paid)
        none, _ = a.call("get", path + "/{refundId}", paymentId=a.paid, refundId="1")
        return wrong((list_["_embedded"]["refunds"], one, again, none), ([r], r, 412, 404))

    def cancel():
        _, p = a.create()
        path = "/v1/payments/{paymentId}/cancel"
        got = [a.call("post", path, paymentId=p["payment_id"])[0], a.state(p["payment_id"]),
               a.call("post", path, paymentId=p["payment_id"])[0],
               a.call("post", path, paymentId=a.paid)[0]]
        return wrong(got, [204, "cancelled", 400, 400])

    def capture():
        _, p = a.create(delayed_capture=True)
        id_, path = p["payment_id"], "/v1/payments/{paymentId}/capture"
        early = a.call("post", path, paymentId=id_)[0]
        payer.pay(p["_links"]["next_url"]["href"], "succeed")
        held = a.until(id_, "capturable")
        got = [early, held, a.call("post", path, paymentId=id_)[0], a.until(id_, "success"),
               a.call("post", path, paymentId=id_)[0], a.call("post", path, paymentId=a.paid)[0]]
        _, e = a.call("get", "/v1/payments/{paymentId}/events", paymentId=id_)
        got.append([x["state"]["status"] for x in e["events"]])
        return wrong(got, [400, "capturable", 204, "success", 204, 400,
                           ["created", "started", "capturable", "success"]])

    def release():
        _, p = a.create(delayed_capture=True)
        payer.pay(p["_links"]["next_url"]["href"], "succeed")
        a.until(p["payment_id"], "capturable")
        got = [a.call("post", "/v1/payments/{paymentId}/cancel", paymentId=p["payment_id"])[0],
               a.state(p["payment_id"]),
               a.call("post", "/v1/payments/{paymentId}/capture", paymentId=p["payment_id"])[0]]
        return wrong(got, [204, "cancelled", 400])

    attempt("a payment is asked for and paid", create_and_pay)
    attempt("what is not right is refused", refused)
    attempt("the same key is the same payment", same_key)
    attempt("payments are found by reference, state, time and page", search)
    attempt("events are told in their order", events)
    attempt("refunds are asked for, listed and found", refunds)
    attempt("a payment is cancelled once", cancel)
    attempt("what is held is captured once", capture)
    attempt("what is held is let go", release)


def through_another(a, b, move_clock):
    payer = Payer()

    def paid():
        _, p = b.create(reference="B-1")
        url, _ = payer.pay(p["_links"]["next_url"]["href"], "succeed")
        state = b.until(p["payment_id"], "success", move_clock)
        _, inner = a.call("get", "/v1/payments", query="?state=success&display_size=1")
        return wrong((state, inner["results"][0]["amount"], url.startswith(b.base)), ("success", 12500, True))

    def declined():
        _, p = b.create(reference="B-2")
        payer.pay(p["_links"]["next_url"]["href"], "decline")
        payer.pay(p["_links"]["next_url"]["href"], "succeed")
        return wrong(b.until(p["payment_id"], "success", move_clock), "success")

    def held():
        _, p = b.create(reference="B-3", delayed_capture=True)
        payer.pay(p["_links"]["next_url"]["href"], "succeed")
        got = [b.until(p["payment_id"], "capturable", move_clock),
               b.call("post", "/v1/payments/{paymentId}/capture", paymentId=p["payment_id"])[0],
               b.until(p["payment_id"], "success", move_clock)]
        return wrong(got, ["capturable", 204, "success"])

    attempt("a platform takes a payment through another", paid)
    attempt("a declined card there is followed by another", declined)
    attempt("what the other holds is captured through it", held)


def main():
    if not os.path.exists(SPEC):
        print(f"{SPEC} is not there")
        return 77
    w = World()
    with open(SPEC, encoding="utf-8") as f:
        spec = Spec(json.load(f))
    try:
        secret = w.write("secret", SECRET + "\n")
        sim = w.start("simulator", "provider", f"--data-dir={w.path('sim')}", f"--provider-secret-file={secret}")
        for name in "ab":
            w.run("migrate", f"--data-dir={w.path(name)}")
        key_a, key_b = (w.run("payments", "key", "iga", f"--data-dir={w.path(n)}") for n in "ab")
        a = Client(spec, w.start("serve", PACK, f"--data-dir={w.path('a')}", f"--provider-url={sim}",
                                 f"--provider-secret-file={secret}"), key_a)
        w.run("payments", "provider", "npa", "--adapter=govuk", f"--url={a.base}/api/pay",
              f"--secret={w.write('key', key_a)}", f"--data-dir={w.path('b')}")
        offset = [0]

        def move_clock():
            w.rest()  # else hours pass while a busy machine does what was due at once
            offset[0] += 31
            w.write("offset", f"{offset[0]}\n")

        w.write("offset", "0\n")
        b = Client(spec, w.start("serve", PACK, f"--data-dir={w.path('b')}", f"--clock_offset_file={w.path('offset')}"),
                   key_b)
        served(a)
        through_another(a, b, move_clock)
        tap.report("every answer is as described", "\n".join(a.faults + b.faults))
        names = sorted({f"{m} {p}" for m, p, _ in a.seen})
        print(f"# {len(a.seen)} kinds of answers of {len(names)} operations")
        for n in "ab":
            out = subprocess.run([DIWAN, "audit", "payments", f"--data-dir={w.path(n)}"], capture_output=True,
                                 text=True)
            tap.report(f"the auditor finds nothing in {n}", "" if out.returncode == 0 else out.stdout + out.stderr)
    finally:
        if tap.failed and os.path.exists(w.path("log")):
            with open(w.path("log"), encoding="utf-8") as f:
                print("".join("# " + x for x in f.readlines()[-15:]))
        w.stop()
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
