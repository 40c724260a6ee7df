#!/usr/bin/env python3
"""Lives through the services of packs/bahrain by their pages, without JavaScript: the
first scenario of each that is not refused. In English all of it: the application, the
payment at the provider that only plays, the officers' desks, the answers, the passing of
time, the document. In Arabic the application. Starts a trial of its own; prints TAP."""
import calendar
import html.parser
import http.cookiejar
import json
import os
import re
import shutil
import sqlite3
import signal
import struct
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree
import zlib

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DIWAN = os.path.abspath(os.environ.get("DIWAN", os.path.join(ROOT, "build", "diwan")))
PACK = os.path.join(ROOT, "packs", "bahrain")
PAGES_MAX = 40
WAIT_SECONDS = 60
STATE_SECONDS = 20  # for jobs and notifications to come round
OWN = "{urn:diwan:bpmn:1}"

count = failed = 0


def report(name, fault=""):
    global count, failed
    count += 1
    failed += bool(fault)
    print(f"{'not ok' if fault else 'ok'} {count} - {name}")
    for line in fault.splitlines()[:20]:
        print("# " + line)
    sys.stdout.flush()


def load(*path):
    with open(os.path.join(PACK, *path), encoding="utf-8") as f:
        return json.load(f)


def png(width=600, height=800):
    """A grey picture."""
    row = b"\0" + b"\xa8\xa8\xa8" * width
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(row * height)) + chunk(b"IEND", b""))


PDF = (b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
       b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]>>endobj\nxref\n0 4\n0000000000 65535 f \n"
       b"0000000009 00000 n \n0000000052 00000 n \n0000000101 00000 n \ntrailer<</Size 4/Root 1 0 R>>\nstartxref\n164\n%%EOF\n")


class Forms(html.parser.HTMLParser):
    """The forms of a page that send: their address and fields."""

    def __init__(self):
        super().__init__()
        self.forms, self.form, self.title, self.errors, self.select = [], None, "", [], None
        self.in_error = 0

    def handle_starttag(self, tag, attrs):
        a = {k: v or "" for k, v in attrs}
        if tag == "form":
            self.form = {"action": a.get("action", ""), "method": a.get("method", "get").lower(), "fields": []}
            self.forms.append(self.form)
        elif self.form is not None and tag in ("input", "textarea", "button"):
            kind = "textarea" if tag == "textarea" else a.get("type", "submit" if tag == "button" else "text")
            self.form["fields"].append({"name": a.get("name", ""), "kind": kind, "value": a.get("value", ""),
                                        "checked": "checked" in a, "accept": a.get("accept", "")})
        elif self.form is not None and tag == "select":
            self.form["fields"].append({"name": a.get("name", ""), "kind": "select", "value": ""})
        if "error-summary" in a.get("class", ""):
            self.in_error = 1
        elif self.in_error and tag in ("div", "ul", "li", "a", "h2"):
            self.in_error += 1

    def handle_endtag(self, tag):
        if tag == "form":
            self.form = None
        if self.in_error and tag in ("div", "ul", "li", "a", "h2"):
            self.in_error -= 1

    def handle_data(self, data):
        if self.in_error and data.strip():
            self.errors.append(data.strip())


class Reader:
    def __init__(self, base):
        self.base = base
        self.jar = http.cookiejar.CookieJar()
        self.open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar)).open

    def get(self, path):
        return self.take(urllib.request.Request(urllib.parse.urljoin(self.base, path)))

    def take(self, request):
        try:
            with self.open(request, timeout=30) as r:
                return self.short(r.geturl()), r.read().decode()
        except urllib.error.HTTPError as e:
            return f"!{e.code} " + self.short(e.geturl()), e.read().decode(errors="replace")

    def short(self, url):
        return url[len(self.base) - 1:] if url.startswith(self.base) else url

    def post(self, path, pairs, files):
        edge = "----diwan" + str(time.time_ns())
        body = b""
        for name, value in pairs:
            body += f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, (filename, kind, data) in files:
            body += (f'--{edge}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
                     f"Content-Type: {kind}\r\n\r\n").encode() + data + b"\r\n"
        body += f"--{edge}--\r\n".encode()
        kind = "multipart/form-data; boundary=" + edge
        if not files:
            body, kind = urllib.parse.urlencode(pairs).encode(), "application/x-www-form-urlencoded"
        url = urllib.parse.urljoin(self.base, path)
        request = urllib.request.Request(url, body, {
            "Content-Type": kind, "Origin": "{0.scheme}://{0.netloc}".format(urllib.parse.urlsplit(url))})
        return self.take(request)


def look_up(answers, name):
    v = answers
    for part in name.split("."):
        v = v.get(part) if isinstance(v, dict) else None
    return v


def fill(form, answers):
    """What a person would send: hidden fields as they stand, answers where there are any."""
    pairs, files, seen = [], [], set()
    for f in form["fields"]:
        name, kind = f["name"], f["kind"]
        if not name or kind in ("submit", "button"):
            continue
        dated = re.match(r"(.*)-(day|month|year)$", name)
        answer = look_up(answers, name)
        if kind == "hidden":
            pairs.append((name, f["value"]))
        elif kind == "file":
            if answer is not None:
                picture = "png" in f["accept"] and "pdf" not in f["accept"]
                files.append((name, ("photo.png", "image/png", png()) if picture else ("file.pdf", "application/pdf", PDF)))
        elif kind in ("radio", "checkbox"):
            text = {True: "true", False: "false"}.get(answer, str(answer)) if not isinstance(answer, list) else answer
            chosen = f["value"] in text if isinstance(text, list) else f["value"] == text
            if answer is True and kind == "checkbox":
                chosen = True
            if chosen and (kind == "checkbox" or name not in seen):
                pairs.append((name, f["value"]))
                seen.add(name)
        elif dated and look_up(answers, dated.group(1)):
            y, m, d = look_up(answers, dated.group(1)).split("-")
            pairs.append((name, {"day": d, "month": m, "year": y}[dated.group(2)]))
        else:
            pairs.append((name, f["value"] if answer is None else str(answer)))
    return pairs, files


def page_forms(text):
    p = Forms()
    p.feed(text)
    return p


def form_to(page, *ends):
    for f in page.forms:
        if f["method"] == "post" and any(re.search(e, f["action"]) for e in ends):
            return f
    return None


def sign_in(reader, lang, number, password):
    reader.get(f"/{lang}/sign-in")
    at, text = reader.get(f"/{lang}/sign-in")
    form = form_to(page_forms(text), r"sign-in$")
    at, text = reader.post(form["action"], fill(form, {"number": number, "national_number": number, "password": password})[0], [])
    code = re.search(r"\b(\d{6})\b", re.sub(r"<[^>]*>", " ", text.split("<main", 1)[-1]))
    form = form_to(page_forms(text), r"sign-in/code$")
    if not form or not code:
        return f"no code at {at}"
    at, text = reader.post(form["action"], fill(form, {"code": code.group(1)})[0], [])
    return "" if "sign-in" not in at and not at.startswith("!") else f"not signed in: {at}"


def go_through(reader, at, text, answers, ends):
    """Fills page after page until one of the ends is reached."""
    for _ in range(PAGES_MAX):
        if re.search(ends, at):
            return "", at, text
        page = page_forms(text)
        form = form_to(page, r"^$", r"/form/[^/]+$", r"/check$", r"/continue$", r"/change/[^/]+$")
        if at.startswith("!") or not form or page.errors:
            return f"at {at}: {' | '.join(page.errors) or 'no form'}", at, text
        at, text = reader.post(form["action"] or at, *fill(form, answers))
    return f"still at {at} after {PAGES_MAX} pages", at, text


def apply(reader, lang, service, answers):
    at, text = reader.get(f"/{lang}/services/{service}/apply")
    form = form_to(page_forms(text), r"/apply$")
    if not form:
        return f"no way to begin at {at}", ""
    at, text = reader.post(form["action"], fill(form, answers)[0], [])
    fault, at, text = go_through(reader, at, text, answers, r"/confirmation|/pay\b")
    found = re.search(r"applications/([^/]+)/(?:confirmation|pay)", at) or re.search(r"pay\?.*reference=([A-Z]+-\d+-\d+)", at)
    return fault, found.group(1) if found else ""


class Case:
    """A case on its way through the pages of the trial."""

    def __init__(self, trial, service, scenario, reference):
        self.trial, self.reference, self.scenario = trial, reference, scenario
        self.answers = dict(scenario["answers"])
        self.definition = load("services", service, "service.json")
        tree = xml.etree.ElementTree.parse(os.path.join(PACK, "services", service, self.definition["process"]))
        self.tasks = {e.get("id"): e for e in tree.iter("{http://www.omg.org/spec/BPMN/20100524/MODEL}userTask")}
        self.done_by = {}

    def ask(self, sql):
        db = sqlite3.connect(f"file:{self.trial.folder}/data/diwan.db?mode=ro", uri=True)
        try:
            return db.execute(sql, (self.reference,)).fetchall()
        finally:
            db.close()

    def state(self):
        return self.ask("SELECT state FROM case_file WHERE reference = ?")[0][0]

    def open_tasks(self):
        return sorted(r[0] for r in self.ask(
            "SELECT t.element FROM case_task t JOIN case_file f ON f.id = t.case_id"
            " WHERE f.reference = ? AND t.closed = 0"))

    def becomes(self, step):
        """What the step says must hold after it, once jobs have come round."""
        until = time.time() + STATE_SECONDS
        while True:
            wrong = []
            then, state = step.get("then"), self.state()
            # A document is made so soon that "approved" is rarely seen.
            if then and state != then and (then, state) != ("approved", "issued"):
                wrong.append(f"the case is {state}, not {then}")
            if "open" in step and self.open_tasks() != sorted(step["open"]):
                wrong.append(f"open are {self.open_tasks()}, not {step['open']}")
            if not wrong or time.time() > until:
                return "; ".join(wrong)
            time.sleep(0.2)

    def applicant(self):
        return self.trial.reader(self.scenario["applicant"])

    def pay(self):
        at, text = self.applicant().get(f"/en/applications/{self.reference}/pay")
        form = form_to(page_forms(text), r"^$", r"/pay$")
        if not form:
            return f"nothing to pay at {at}"
        at, text = self.applicant().post(form["action"] or at, fill(form, {})[0], [])
        form = form_to(page_forms(text), r"/pay\?")
        if not form:
            return f"no provider at {at}"
        pairs = [p for p in fill(form, {"card": "4000000000000002", "outcome": "succeed"})[0]]
        at, text = self.applicant().post(urllib.parse.urljoin(at, form["action"]), pairs, [])
        return f"the provider says {at}" if at.startswith("!") else ""

    def work(self, name):
        """Documents are made by a job; a payment is known when the provider has told."""
        fault, until = self.pay() if name.startswith("payment") else "", time.time() + STATE_SECONDS
        while not fault and self.ask("SELECT 1 FROM case_work w JOIN case_file f ON f.id = w.case_id"
                                     f" WHERE f.reference = ? AND w.element = '{name}'"):
            if time.time() > until:
                return f"{name} is not done"
            time.sleep(0.1)
        return fault

    def officer(self, element):
        e = self.tasks[element]
        role, entity = e.get(OWN + "role"), e.get(OWN + "entity") or self.definition["entity"]
        other = self.done_by.get(e.get(OWN + "fourEyes"))
        for a in self.trial.demo["accounts"]:
            held = {(r["role"], r["entity"]) for r in a["roles"]}
            if (role, entity) in held and a["id"] != other and a["id"] != self.scenario["applicant"]:
                return a["id"]
        return None

    def task(self, step):
        who = self.officer(step["task"])
        if not who:
            return f"nobody may do {step['task']}"
        self.done_by[step["task"]] = who
        reader, address = self.trial.reader(who), f"/en/desk/cases/{self.reference}"
        at, text = reader.get(address)
        form = form_to(page_forms(text), r"/claim$")
        if not form:
            return f"nothing to claim at {at}"
        reader.post(form["action"], fill(form, {})[0], [])
        at, text = reader.get(address)
        form = form_to(page_forms(text), r"/decide$")
        if not form:
            return f"nothing to decide at {at}"
        given = dict(step.get("vars", {}), outcome=step["outcome"], reason=step.get("reason", ""))
        at, text = reader.post(form["action"], fill(form, given)[0], [])
        errors = page_forms(text).errors
        return f"at {at}: {' | '.join(errors)}" if errors or at.startswith("!") else ""

    def answer(self, changes):
        self.answers.update(changes)
        at, text = self.applicant().get(f"/en/applications/{self.reference}/continue")
        return go_through(self.applicant(), at, text, self.answers,
                          rf"applications/{self.reference}(/confirmation)?/?$")[0]

    def step(self, step):
        if "work" in step:
            fault = self.work(step["work"])
        elif "task" in step:
            fault = self.task(step)
        elif "wait" in step:
            fault = self.trial.wait(step["wait"])
        else:
            fault = self.answer(step["answer"])
        return fault or self.becomes(step)

    def live(self):
        fault = self.becomes(self.scenario)
        for n, step in enumerate(self.scenario.get("steps", []), 1):
            fault = fault or self.step(step)
            if fault:
                return f"step {n} {json.dumps(step, ensure_ascii=False)}: {fault}"
        return fault


def services():
    for name in sorted(os.listdir(os.path.join(PACK, "services"))):
        if os.path.exists(os.path.join(PACK, "services", name, "scenario.json")):
            for s in load("services", name, "scenario.json")["scenarios"]:
                if "refused" not in s:
                    yield name, s
                    break


class Trial:
    """A platform of its own, whose clock stands where the scenario does."""

    def __init__(self, demo, at):
        self.demo, self.readers, self.folder = demo, {}, tempfile.mkdtemp()
        self.offset = calendar.timegm(time.strptime(at, "%Y-%m-%dT%H:%M:%S+03:00")) - 3 * 3600 - int(time.time())
        self.tell_clock()
        log = open(os.path.join(self.folder, "log"), "wb")
        self.server = subprocess.Popen(
            [DIWAN, "serve", "--demo", f"--pack={PACK}", f"--data-dir={self.folder}/data",
             "--listen=127.0.0.1:0", f"--clock_offset_file={self.folder}/offset"],
            stdout=subprocess.PIPE, stderr=log, text=True)
        deadline = time.time() + WAIT_SECONDS
        self.base = None
        while not self.base and time.time() < deadline:
            line = self.server.stdout.readline()
            m = re.search(r"(http://[^/]+)/", line)
            if m:
                self.base = m.group(1) + "/"
            elif not line and self.server.poll() is not None:
                raise SystemExit("Bail out! the trial does not start")

    def tell_clock(self):
        with open(os.path.join(self.folder, "offset"), "w", encoding="ascii") as f:
            f.write(str(self.offset))

    def reader(self, account, lang="en"):
        if account not in self.readers:
            self.readers[account] = Reader(self.base)
            number = [a["national_number"] for a in self.demo["accounts"] if a["id"] == account][0]
            fault = sign_in(self.readers[account], lang, number, self.demo["password"])
            if fault:
                raise RuntimeError(f"{account}: {fault}")
        return self.readers[account]

    def wait(self, text):
        """A week at a time, so that what one timer sets in motion another may follow."""
        left = int(re.sub(r"\D", "", text)) * (86400 if text.endswith("D") else 3600)
        while left > 0:
            self.offset += min(left, 7 * 86400)
            left -= 7 * 86400
            self.tell_clock()
            time.sleep(0.5)
        self.readers = {}  # sessions have ended meanwhile
        return ""

    def end(self):
        self.server.send_signal(signal.SIGTERM)
        self.server.wait(30)
        shutil.rmtree(self.folder)


def live_english(demo, name, scenario):
    trial = Trial(demo, scenario["at"])
    try:
        fault, reference = apply(trial.reader(scenario["applicant"]), "en", name, scenario["answers"])
        report(f"{name} is applied for {reference}", fault)
        if reference:
            case = Case(trial, name, scenario, reference)
            fault = case.live()
            report(f"{name} is lived through", fault)
    except (RuntimeError, OSError, KeyError) as e:
        report(f"{name} is lived through", repr(e))
    finally:
        trial.end()


def apply_arabic(demo):
    trial = None
    try:
        for name, scenario in services():
            trial = trial or Trial(demo, scenario["at"])
            fault, reference = apply(trial.reader(scenario["applicant"], "ar"), "ar", name, scenario["answers"])
            report(f"{name} is applied for in Arabic {reference}", fault)
    finally:
        if trial:
            trial.end()


def main():
    demo = load("demo.json")
    only = sys.argv[1:]
    for name, scenario in services():
        if not only or name in only:
            live_english(demo, name, scenario)
    if not only:
        apply_arabic(demo)
    print(f"1..{count}")
    return 1 if failed or not only and count < 39 else 0


if __name__ == "__main__":
    sys.exit(main())
