#!/usr/bin/env python3
"""A trial of its own and its pages, without a browser: for scripts that come to them
as people do before they speak as programs."""
import calendar
import html.parser
import http.cookiejar
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import zlib

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DIWAN = os.path.abspath(os.environ.get("DIWAN", os.path.join(ROOT, "build", "diwan")))
PACK = os.path.join(ROOT, "packs", "bahrain")
PAGES_MAX = 40
WAIT_SECONDS = 120


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
            with self.open(request, timeout=WAIT_SECONDS) as r:
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
        deadline = time.monotonic() + WAIT_SECONDS
        self.base = None
        while not self.base and time.monotonic() < deadline:
            line = self.server.stdout.readline()
            m = re.search(r"(http://[^/]+)/", line)
            if m:
                self.base = m.group(1) + "/"
            elif not line and self.server.poll() is not None:
                raise SystemExit("Bail out! the trial does not start")

    def tell_clock(self):
        told = os.path.join(self.folder, "offset")
        with open(told + ".next", "w", encoding="ascii") as f:
            f.write(str(self.offset))
        os.replace(told + ".next", told)  # as a whole: read halfway it would be today

    def reader(self, account, lang="en"):
        if account not in self.readers:
            self.readers[account] = Reader(self.base)
            number = [a["national_number"] for a in self.demo["accounts"] if a["id"] == account][0]
            fault = sign_in(self.readers[account], lang, number, self.demo["password"])
            if fault:
                raise RuntimeError(f"{account}: {fault}")
        return self.readers[account]

    def end(self):
        self.server.send_signal(signal.SIGTERM)
        self.server.wait(WAIT_SECONDS)
        shutil.rmtree(self.folder)
