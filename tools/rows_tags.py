"""The acceptance rows that tests prove. The one rule:

A comment line `proves: CORE-01 PAY-08` in a file below tests/ belongs to the test
that follows it, with nothing but comments between.

  C        `/* proves: CORE-01 */` above `static void NAME(void **state)`. The test is
           the TAP line of that program whose first word is NAME.
  scripts  `// proves: CORE-01` or `# proves: CORE-01` above a statement that names
           the test: its first quoted string, less an `ok 1 - `. ${...}, $name, $(...)
           and %s in it stand for any text. The test is every TAP line with that name, from the suite whose
           command names the file, or, for a file that no command names, from the
           suites whose scripts lie in its folder or above.

A row is proven when every tag that names it stands for tests that ran and passed,
whatever the configuration. A tag that stands for no test that ran, or that names a
row that docs/rows.tsv does not have, is a failure of the run."""
import collections
import os
import re
import subprocess

ROW = re.compile(r"\b[A-Z]{2,5}-\d{2}\b")
TAG = re.compile(r"^\s*(?:/\*+|\*|//|#)\s*proves:\s*(.*?)\s*(?:\*/)?\s*$")
COMMENT = re.compile(r"^\s*(?:/\*|\*|//|#)")
C_TEST = re.compile(r"^(?:static\s+)?void\s+(\w+)\s*\(")
QUOTED = re.compile(r"""(?<!\w)(['"`])((?:\\.|(?!\1).)+)\1""")
TAP_HEAD = re.compile(r"^(?:not )?ok +(?:\S+ +)?- +")
ANYTHING = re.compile(r"\\\$\\\{.*?\\\}|\\\$\\\(.*?\\\)|\\\$\w+|%[ds]")
SCRIPTS = (".mjs", ".js", ".sh", ".py")

Tag = collections.namedtuple("Tag", "file line rows name pattern")


def row_ids(path="docs/rows.tsv"):
    if not os.path.exists(path):
        return []
    lines = open(path, encoding="utf-8").read().splitlines()
    return [x.split("\t")[0] for x in lines if x and not x.startswith("#")]


def named_by(lines, at, is_c):
    """The name of the test that the comment at line `at` stands above, and the
    pattern of its TAP lines; None when nothing there is a test."""
    for line in lines[at + 1:at + 12]:
        if COMMENT.match(line) or line.strip().endswith("*/"):
            continue
        if is_c:
            m = C_TEST.match(line)
            return (m.group(1), re.compile(re.escape(m.group(1)) + r"(?!\w).*")) if m else None
        m = QUOTED.search(line)
        if m:
            text = re.sub(r"\\(['\"`])", r"\1", TAP_HEAD.sub("", m.group(2)).removesuffix("\\n"))
            return text, re.compile(ANYTHING.sub(".*", re.escape(text)))
        if not line.strip():
            return None
    return None


def tags_of(path):
    is_c = path.endswith(".c")
    lines = open(path, encoding="utf-8").read().splitlines()
    for at, line in enumerate(lines):
        m = TAG.match(line)
        if m:
            name, pattern = named_by(lines, at, is_c) or (None, None)
            yield Tag(path, at + 1, ROW.findall(m.group(1)), name, pattern)


def all_tags():
    out = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "tests"],
                         capture_output=True, text=True)
    for path in sorted(out.stdout.splitlines()):
        if path.endswith(SCRIPTS + (".c",)) and os.path.exists(path):
            yield from tags_of(path)


def programs(suite):
    """The files below tests/ that a suite runs."""
    if suite.source:
        return [suite.source]
    return [os.path.normpath(w) for w in suite.command if w.startswith("tests/")]


def outcomes_for(path, outcomes):
    exact = [o for o in outcomes if path in programs(o.suite)]
    if exact:
        return exact
    return [o for o in outcomes
            for p in programs(o.suite) if path.startswith(os.path.dirname(p) + "/")]


def record(outcomes, whole, path="build/rows.tsv"):
    """Writes ROW, state, suite and test of each tagged test; returns what is wrong.
    A run of a part of the suites knows nothing of the others' rows and writes nothing."""
    known, problems, found = set(row_ids()), [], []
    for tag in all_tags():
        where = f"{tag.file}:{tag.line}"
        unknown = [r for r in tag.rows if r not in known]
        if unknown or not tag.rows:
            problems.append(f"{where}: proves: {' '.join(unknown) or 'nothing'}: no such row in docs/rows.tsv")
        if not tag.name:
            problems.append(f"{where}: proves: stands above no test")
            continue
        mine = [(o.suite.name, t) for o in outcomes_for(tag.file, outcomes)
                for t in o.tests if tag.pattern.fullmatch(t.name)]
        if not mine and whole and not skipped_whole(tag.file, outcomes):
            problems.append(f"{where}: proves: no test called {tag.name} ran")
        found += [(row, t.state, suite, t.name) for row in tag.rows for suite, t in mine]
    if whole:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            for line in found:
                f.write("\t".join(line) + "\n")
    return problems


def skipped_whole(path, outcomes):
    mine = outcomes_for(path, outcomes)
    return bool(mine) and all(t.state == "skipped" for o in mine for t in o.tests)
