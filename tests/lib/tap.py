"""The lines of TAP that a test in Python prints."""
import sys

count = failed = 0


def report(name, faults=(), notes=()):
    """One test: passed when there are no `faults` (a text, or some). Remarks follow."""
    global count, failed
    count += 1
    failed += bool(faults)
    print(f"{'not ok' if faults else 'ok'} {count} - {name}")
    some = faults if isinstance(faults, (list, tuple)) else [faults] if faults else []
    for text in [*some, *notes]:
        for line in str(text).splitlines():
            print("# " + line)
    sys.stdout.flush()


def finish():
    """The plan; returns the exit status."""
    print(f"1..{count}")
    return 1 if failed else 0
