#!/usr/bin/env python3
"""A person with a text browser (lynx: no scripts, no styles, no pictures) writes to a
government body, from the card of the service to the number of the application, in both
languages. Starts a platform of its own; prints TAP.

Lynx reads its keys from a pipe; what it shows is taken from the text that its print
command saves, in which links, fields and buttons are numbered. Needs lynx."""
import os
import pty
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "lib"))
import tap  # noqa: E402
DIWAN = os.path.abspath(os.environ.get("DIWAN", os.path.join(ROOT, "build", "diwan")))
PASSWORD = "demo-only-password"
WAIT_SECONDS = 120  # for what takes a moment on an idle machine
PAGES_MAX = 20

def wait_for(what, ready):
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        found = ready()
        if found:
            return found
        time.sleep(0.05)
    raise RuntimeError(f"{what} did not come")


def serve(work):
    log = os.path.join(work, "err")
    open(log, "w").close()
    server = subprocess.Popen([DIWAN, "serve", "--demo", "--pack=packs/bahrain", f"--data-dir={work}/data",
                               "--listen=127.0.0.1:0"], cwd=ROOT, stdout=subprocess.DEVNULL,
                              stderr=open(log, "w"))
    port = wait_for("the platform", lambda: re.search(r'"server.ready","port":(\d+)', open(log).read()))
    return server, f"http://127.0.0.1:{port[1]}"


class Lynx:
    def __init__(self, work, url):
        self.work, self.saved = work, 0
        pipe = os.path.join(work, "keys")
        os.path.exists(pipe) or os.mkfifo(pipe)
        with open(os.path.join(work, ".lynxrc"), "w") as f:
            f.write("keypad_mode=LINKS_AND_FORM_FIELDS_ARE_NUMBERED\n") # else digits move the cursor
        self.screen, terminal = pty.openpty()
        threading.Thread(target=self.drain, daemon=True).start()
        env = dict(os.environ, TERM="vt100", LC_ALL="C.UTF-8", HOME=work, LINES="60", COLUMNS="160")
        # -tna: a field is written to only after it was entered, so that commands are not typed into it
        self.process = subprocess.Popen(
            ["lynx", f"-cmd_script={pipe}", "-accept_all_cookies", "-tna", "-nopause", "-number_fields",
             "-assume_charset=utf-8", "-display_charset=utf-8", "-useragent=Lynx", url],
            stdin=terminal, stdout=terminal, stderr=terminal, env=env, start_new_session=True)
        os.close(terminal)
        self.pipe = open(pipe, "w", buffering=1, encoding="utf-8")

    def drain(self):
        try:
            while os.read(self.screen, 65536):
                pass
        except OSError:
            pass

    def keys(self, *names):
        for name in names:
            self.pipe.write(f"key {name}\n")

    def type(self, text):
        self.keys(*["<space>" if c == " " else c for c in str(text)])

    def go(self, number):
        """To the link or field of this number, which is chosen but not entered. Another
        link first: lynx complains when it is there already, and then reads no further."""
        for n in (3, number):
            self.type(f"{n}g")
            self.keys("^J")

    def page(self):
        """What is shown, as text: links, fields and buttons with their numbers."""
        self.saved += 1
        name = os.path.join(self.work, f"{self.process.pid}.{self.saved}")
        self.keys("p", "^J", "^U")
        self.type(name)
        self.keys("^J")
        def whole():
            if os.path.exists(name):
                with open(name, encoding="utf-8", errors="replace") as f:
                    text = f.read()
                # Below stand the addresses, by number; the last thing of a page is a link.
                body, _, addresses = text.partition("\nReferences\n")
                numbers = re.findall(r"\[(\d+)\]", body)
                return text if re.search(rf"^ *{numbers[-1] if numbers else 0}\. \S+\n", addresses, re.M) else None
        text = wait_for("the text of a page", whole)
        self.shown = text
        return text

    def quit(self):
        self.keys("q", "y")
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
        os.close(self.screen)


# The words by which the person knows a link, a button or a choice.
WORDS = {
    "en": {"start": "Sign in and start", "on": "Continue", "begin": "Start now", "save": "Save and continue",
           "kind": "A suggestion", "matter": "Something else", "send": "Accept and send", "number": "Personal number",
           "password": "Password", "code": "6 digits"},
    "ar": {"start": "سجّل الدخول وابدأ", "on": "متابعة", "begin": "ابدأ الآن", "save": "حفظ ومتابعة",
           "kind": "مقترح", "matter": "موضوع آخر", "send": "إقرار وإرسال", "number": "الرقم الشخصي",
           "password": "كلمة المرور", "code": "6 أرقام"},
}


def found(pattern, text):
    m = re.search(pattern, text, re.S)
    if not m:
        raise RuntimeError(f"no {pattern} in\n{text[:3000]}")
    return m[1]


def press(w, words):
    """The link or button with these words."""
    w.go(found(r"\[(\d+)\](?:BUTTON\) )?" + re.escape(words), w.shown))
    w.keys("^J")
    return w.page()


def choose(w, words):
    w.go(found(r"\[(\d+)\][(\[].[)\]] " + re.escape(words), w.shown))
    w.keys("^J")


def write(w, number, text):
    """Into an empty line; again if nothing came of it."""
    for _ in range(3):
        before = w.shown
        w.go(number)
        w.keys("^J")
        w.type(text)
        w.keys("<tab>")
        if w.page() != before:
            return
    raise RuntimeError(f"nothing is written into {number} of\n{w.shown}")


def empty_lines(text):
    """Numbers of the fields to be filled. Lynx counts the bytes of a label before a field
    on its line, and so draws the field over an Arabic label's end and its own number."""
    last, numbers = 0, []
    for line in text.split("\nReferences\n")[0].splitlines():
        for number, blank in re.findall(r"(?:\[(\d+)\])?(_{9,})?", line):
            last = int(number) if number else last + 1 if blank else last
            if blank:
                numbers.append(last)
    return numbers


def write_at(w, words, text):
    write(w, found(re.escape(words) + r".*?\[(\d+)\]_", w.shown), text)


def answer(w, say):
    """What a page of the form asks: choices by their words, boxes ticked, lines filled."""
    for words in (say["kind"], say["matter"]):
        if re.search(r"\] ?" + re.escape(words), w.shown) or f") {words}" in w.shown:
            choose(w, words)
    for number in re.findall(r"\[(\d+)\]\[ \]", w.shown):
        w.go(number)
        w.keys("^J")
    for number in empty_lines(w.shown)[:2]: # the title, and the first line of the text
        write(w, number, "Shade at the bus stop of road 2803")


def journey(work, base, lang, number):
    say = WORDS[lang]
    w = Lynx(work, f"{base}/{lang}/services/complaint")
    try:
        w.page()
        press(w, say["start"])
        write_at(w, say["number"], number)
        write_at(w, say["password"], PASSWORD)
        press(w, say["on"])
        write_at(w, say["code"], found(r"(\d{6})(?!.*\d{6}.*References)", w.shown))
        press(w, say["on"])
        press(w, say["begin"])
        pages = 0
        while say["save"] in w.shown and pages < PAGES_MAX:
            answer(w, say)
            press(w, say["save"])
            pages += 1
        check = w.shown
        press(w, say["send"])
        reference = found(r"([A-Z]{2,4}-\d{4}-\d{6})", w.shown)
        return pages, check, reference
    finally:
        w.quit()


def main():
    if not shutil.which("lynx"):
        print("skipped: no lynx", file=sys.stderr)
        sys.exit(77)
    with tempfile.TemporaryDirectory() as work:
        server, base = serve(work)
        try:
            for lang, number in (("en", "850199901"), ("ar", "900399903")):
                fault = ""
                try:
                    pages, check, reference = journey(work, base, lang, number)
                    print(f"# {reference} after {pages} pages")
                    told = [WORDS[lang]["kind"], WORDS[lang]["matter"], "Shade at the bus stop of road 2803"]
                    if any(words not in check for words in told) or pages != 5:
                        fault = f"{pages} pages, the check says:\n{check}"
                except RuntimeError as e:
                    fault = str(e)
                # proves: POR-02
                tap.report("%s: an application is completed in a text browser" % lang, fault)
        finally:
            server.terminate()
            server.wait()
    sys.exit(tap.finish())


if __name__ == "__main__":
    main()
