#!/usr/bin/env python3
"""The checkers checked: trees with one fault each, which must be named, and a set of
suites with every outcome, which must be counted. Prints TAP."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "lib"))
import tap  # noqa: E402
def tree(files):
    """A folder with the tools and these files."""
    folder = tempfile.mkdtemp()
    shutil.copytree(os.path.join(ROOT, "tools"), os.path.join(folder, "tools"),
                    ignore=lambda _, names: [n for n in names if n in ("faults", "style.sizes")])
    shutil.copy(os.path.join(ROOT, "DEPS"), folder)
    for path, text in files.items():
        full = os.path.join(folder, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as f:
            f.write(text)
        if text.startswith("#!"):
            os.chmod(full, 0o755)
    return folder


def output(folder, *command, env=None):
    p = subprocess.run(command, cwd=folder, capture_output=True, text=True,
                       env={**os.environ, **(env or {})})
    return p.stdout + p.stderr, p.returncode


def names(what, files, command, *expected):
    """The command, on a tree of these files, fails and says each expected text."""
    folder = tree(files)
    said, status = output(folder, *command)
    shutil.rmtree(folder)
    problems = [f"does not say: {e}" for e in expected if e not in said]
    if not status:
        problems.append("exit status 0")
    tap.report(what, problems + (said.splitlines() if problems else []))


def deps(what, path, line, *expected):
    names(f"arrows: {what}", {"src/base/str.h": "\n", path: line + "\n"}, ["tools/check_deps.sh"],
          "not ok", *expected)


def style(what, path, text, *expected):
    names(f"style: {what}", {path: text}, ["python3", "tools/style", "."], "not ok", path, *expected)


def check_arrows():
    deps("base includes a room above", "src/base/a.c", '#include "kernel/tx.h"', "src/base/a.c:1")
    deps("a room includes one that DEPS does not name", "src/web/a.c", '#include "systems/desk/x.h"', "DEPS")
    deps("systems include each other", "src/systems/a/a.c", '#include "systems/b/b.h"', "system a")
    deps("a room nobody knows", "src/attic/a.c", '#include "base/str.h"', "attic is not in DEPS")
    deps("the engine reads a clock", "src/engine/a/a.c", "int x = clock_gettime(0, 0);", "src/engine/a/a.c:1")
    deps("the engine speaks SQL", "src/engine/a/a.c", "#include <sqlite3.h>", "src/engine/a/a.c:1")
    deps("HTTP outside of web", "src/kernel/a.c", "#include <microhttpd.h>", "src/kernel/a.c:1")
    folder = tree({"src/kernel/a.c": '#include "base/str.h"\n', "src/systems/a/a.c": '#include "systems/a/b.h"\n',
                   "src/base/str.h": "\n"})
    said, status = output(folder, "tools/check_deps.sh")
    shutil.rmtree(folder)
    tap.report("arrows: a tree without fault passes", said.splitlines() if status else [])


def check_style():
    style("a long file", "src/base/a.c", "int x;\n" * 1001, "1001 lines")
    style("a long function", "src/base/a.c", "int f(void)\n{\n" + "\tx();\n" * 70 + "}\n", "f has 73 lines")
    style("a banned call", "src/web/a.c", "void f(void)\n{\n\tstrcpy(a, b);\n}\n", "src/web/a.c:3", "str and buf")
    style("raw memory outside base", "src/web/a.c", "void f(void)\n{\n\tp = malloc(3);\n}\n", "arena")
    style("a leftover mark", "src/web/a.c", "/* TO" "DO: later */\n", "src/web/a.c:1")
    style("trailing space", "docs/a.md", "word \n", "docs/a.md:1")
    style("an open last line", "docs/a.md", "word", "has no end")
    style("a path of one machine", "docs/a.md", "see /ho" "me/user/x\n", "docs/a.md:1")
    style("a registry's host", "docs/a.md", "see https://regis" "try.example.org/x\n", "docs/a.md:1")
    style("a text without Arabic", "src/web/messages.txt", "a.b\n  en: Word\n", "no ar text")
    style("a count without all plurals", "src/web/messages.txt",
          "a.b\n  en.one: {n}\n  en.other: {n}\n  ar.other: {n}\n", "no ar.few")
    style("an error without texts", "src/web/errors.def", "ERROR(lost, 4100, 404, false)\n", "error.lost")
    style("a page without a word", "src/systems/a/routes.def", 'PAGE(a, "/a", public, "")\n', "what it is for")
    style("a text that is not there", "ui/templates/a.html", "<p>{{t a.b}}</p>\n", "no such text")


SUITES = {
    "good": "echo 'ok 1 - one'; echo '1..1'",
    "bad": "echo 'ok 1 - one'; echo 'not ok 2 - two is wrong'; echo '# because'; echo '1..2'; exit 1",
    "short": "echo '1..3'; echo 'ok 1 - one'",
    "crash": "echo 'ok 1 - one'; kill -SEGV $$",
    "mute": "exit 0",
    "slow": "echo 'ok 1 - one'; sleep 60",
    "cannot": "echo 'skipped: no such machine'; exit 77",
    "part": "echo 'ok 1 - one # SKIP no'; echo 'ok 2 - two'; echo '1..2'",
}


def run_suites(suites, extra=None, names=()):
    """The runner's words on these suites, and what tools/rows then says."""
    files = {f"tests/{n}.sh": f"#!/bin/sh\n{body}\n" for n, body in suites.items()}
    files["tests/suites.txt"] = "".join(f"{n} script - 2 tests/{n}.sh\n" for n in suites)
    files["docs/rows.tsv"] = "# id\ttitle\nAAA-01\tFirst\nAAA-02\tSecond\nAAA-03\tThird\n"
    folder = tree({**files, **(extra or {})})
    output(folder, "git", "init", "-q")
    said, status = output(folder, "python3", "tools/run_tests", *names)
    rows = output(folder, "python3", "tools/rows")[0]
    shutil.rmtree(folder)
    return said, status, rows


def expect(what, said, *texts):
    missing = [f"not said: {t}" for t in texts if t not in said]
    tap.report(what, missing + (said.splitlines() if missing else []))


def check_runner():
    said, status, _ = run_suites(SUITES)
    expect("runner: every outcome is counted once", said, "6 passed, 5 failed, 2 skipped")
    expect("runner: a failure is shown whole", said, "bad: two is wrong", "# because")
    expect("runner: a plan not kept, a crash, silence, a hang", said, "1 of 3 tests ran", "exit status -11",
           "it printed no test", "stopped after 6 s")
    tap.report("runner: exit status says there are failures", [] if status == 1 else [f"{status}"])
    said, status, _ = run_suites({"good": SUITES["good"]})
    tap.report("runner: all passed", [] if status == 0 and said.endswith("1 passed, 0 failed, 0 skipped\n") else [said])
    said, status, _ = run_suites({"cannot": SUITES["cannot"]})
    tap.report("runner: nothing passed is a failure", [] if status == 1 else [said])


def check_rows():
    tagged = {
        "a": "# proves: AAA-01\necho 'ok 1 - it works'",
        "b": "n=3\n# proves: AAA-02 AAA-03\necho \"ok 1 - step $n works\"\n# proves: AAA-03\necho 'not ok 2 - breaks'",
    }
    said, status, rows = run_suites(tagged)
    expect("rows: passed is proven, failed in part is open", rows, "AAA-01 proven First", "AAA-02 proven Second",
           "AAA-03 open   Third (b: breaks)", "2 of 3 rows proven")
    said, status, rows = run_suites({"a": "# proves: AAA-01\n# of a test\nif false; then echo 'ok 1 - never'; fi\necho 'ok 2 - x'"})
    expect("rows: a tag whose test did not run is a failure", said, "no test called", "1 passed, 1 failed")
    said, status, rows = run_suites({"a": "# proves: ZZZ-09\necho 'ok 1 - x'"})
    expect("rows: a row nobody knows is a failure", said, "ZZZ-09: no such row")
    said, status, rows = run_suites({"a": "# proves: AAA-01\n\necho 'ok 1 - x'"})
    expect("rows: a tag above nothing is a failure", said, "stands above no test")


def check_manual():
    page, status = output(ROOT, "tools/gendoc", "man")
    wanted = [f".SS {n}" for n in re.findall(r"^COMMAND\((\w+)", read("src/app/commands.def"), re.M)]
    wanted += [f".B {n}" for n in re.findall(r"^SETTING\((\w+)", read("src/kernel/config/settings.def"), re.M)]
    missing = [w for w in wanted if w + "\n" not in page]
    tap.report("manual: every command and setting stands in it", missing + ([page] if status else []))
    if shutil.which("groff"):
        p = subprocess.run(["groff", "-man", "-ww", "-Tutf8", "-K", "utf8", "-z"], input=page, text=True,
                           capture_output=True)
        tap.report("manual: typeset without a warning", p.stderr.splitlines())


def check_documents():
    """Every link between documents leads somewhere; the diwan commands they show exist."""
    commands = set(re.findall(r"^COMMAND\((\w+)", read("src/app/commands.def"), re.M))
    paths = [p for p in output(ROOT, "git", "ls-files", "-co", "--exclude-standard")[0].splitlines()
             if p.endswith(".md")]
    broken, unknown = [], []
    for path in paths:
        text = read(path)
        for to in re.findall(r"\]\(([^)#\s:]+)(?:#[^)]*)?\)", text):
            if not os.path.exists(os.path.join(ROOT, os.path.dirname(path), to)):
                broken.append(f"{path}: {to} is not there")
        unknown += [f"{path}: there is no command {c}" for c in re.findall(r"^    diwan (\w+)", text, re.M)
                    if c not in commands]
    tap.report("documents: every link leads somewhere", broken)
    tap.report("documents: every command shown exists", unknown)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        return f.read()


check_arrows()
check_manual()
check_documents()
check_style()
check_runner()
check_rows()
sys.exit(tap.finish())
