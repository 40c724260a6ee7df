"""A visitor of the platform: pages, forms, cookies, as a browser without scripts has
them. A request whose answer is lost is repeated, unchanged, until it is answered, as a
person would who presses the button again."""
import html.parser
import http.client
import re
import time
import urllib.parse
import uuid

RETRY_SECONDS = 300


class Gone(Exception):
    """No answer within RETRY_SECONDS."""


class Forms(html.parser.HTMLParser):
    """The forms of a page: action, kind of encoding, fields with their values."""

    def __init__(self, page):
        super().__init__()
        self.forms, self.select, self.area = [], None, None
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        if tag == "form":
            self.forms.append({"action": a.get("action", ""), "method": a.get("method", "get"),
                               "multipart": "multipart" in a.get("enctype", ""), "fields": [], "choices": {}})
        if not self.forms or tag not in ("input", "button", "select", "option", "textarea"):
            return
        form, name, kind = self.forms[-1], a.get("name"), a.get("type", "text")
        if tag == "input" and name and kind in ("radio", "checkbox"):
            form["choices"].setdefault(name, []).append(a.get("value", "on"))
            if "checked" in a:
                form["fields"].append((name, a.get("value", "on")))
        elif tag in ("input", "textarea", "select") and name and kind != "file":
            form["fields"].append((name, a.get("value", "")))
        elif tag == "input" and name:
            form["choices"][name] = ["file"]


class Visitor:
    def __init__(self, address, lost):
        self.host, self.port = address
        self.lost = lost        # called when the answer of a request is lost
        self.cookies = {}
        self.since = None       # when the request that is not answered yet was first sent
        self.connection = None
        self.page, self.path, self.status = "", "/", 0

    def once(self, method, path, body, headers):
        if not self.connection:
            self.connection = http.client.HTTPConnection(self.host, self.port, timeout=RETRY_SECONDS)
        headers = dict(headers, Host=f"{self.host}:{self.port}")
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        if method == "POST":
            headers["Origin"] = f"http://{self.host}:{self.port}"
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        page = answer.read()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.split(";", 1)[0].partition("=")
            self.cookies[name] = value
        return answer, page

    def request(self, method, path, body=None, headers=None):
        """The answer; repeated while there is none, or the server says it is busy."""
        self.since = time.monotonic()
        deadline, told = self.since + RETRY_SECONDS, False
        while True:
            try:
                answer, page = self.once(method, path, body, headers or {})
                if answer.status != 503:
                    break
            except (OSError, http.client.HTTPException):
                if not told:
                    self.lost(method)
                told = True
                if self.connection:
                    self.connection.close()
                self.connection = None
            if time.monotonic() > deadline:
                raise Gone(f"{method} {path}")
            time.sleep(0.02)
        self.since = None
        self.status, self.path = answer.status, path
        self.page = page.decode("utf-8", "replace")
        return answer

    def get(self, path):
        answer = self.request("GET", path)
        for _ in range(5):
            if answer.status not in (302, 303):
                break
            answer = self.request("GET", self.local(answer.headers["Location"]))
        return self.status

    def local(self, location):
        url = urllib.parse.urlsplit(urllib.parse.urljoin(self.path, location))
        return url.path + (f"?{url.query}" if url.query else "")

    def form(self, action):
        """The page's form whose action has this pattern, or None."""
        for f in Forms(self.page).forms:
            if f["method"].lower() == "post" and re.search(action, f["action"]):
                return f
        return None

    def send(self, form, values=None, files=None, elsewhere=False):
        """Sends a form of the page; returns the path that the answer leads to (the whole
        address when it is elsewhere), or None."""
        values, files = values or {}, files or {}
        fields = [(k, v) for k, v in form["fields"] if k not in values]
        fields += [(k, v) for k, v in values.items() if v is not None]
        action = self.local(form["action"] or self.path)
        if form["multipart"]:
            body, kind = multipart(fields, files)
        else:
            body, kind = urllib.parse.urlencode(fields).encode(), "application/x-www-form-urlencoded"
        answer = self.request("POST", action, body, {"Content-Type": kind})
        if answer.status != 303:
            return None
        return answer.headers["Location"] if elsewhere else self.local(answer.headers["Location"])

    def problem(self):
        """What the page says is wrong."""
        found = re.search(r'error-summary.*?</(?:ul|div)>', self.page, re.S) or re.search(r"<h1.*?</h1>", self.page, re.S)
        return " ".join(re.sub(r"<[^>]+>", " ", found.group(0) if found else self.page[:300]).split())


def multipart(fields, files):
    mark = uuid.uuid4().hex
    body = b""
    for name, value in fields:
        body += f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
    for name, (filename, kind, content) in files.items():
        body += (f'--{mark}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
                 f"Content-Type: {kind}\r\n\r\n").encode() + content + b"\r\n"
    return body + f"--{mark}--\r\n".encode(), f"multipart/form-data; boundary={mark}"
