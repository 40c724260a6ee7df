#!/usr/bin/env python3
"""power_cut.py [sqlite|postgres] [--payments N] [--seconds S] [--lives L] [--books B]
[--folder DIR]: cuts the power under a database while 64 payers order and pay through the
real rooms (orders.c), again and again, until N payments were acknowledged or S seconds are
over.

The database lies on a disk that forgets what was not synced (lossfs.c): at the cut, of
every write since the last sync a random part of the sectors is kept. Then the payments
go on where they were, on what the disk kept, and those that nobody answered are asked
for again under their keys. After each cut every acknowledged payment must be there once
with the order that was said; after L cuts (3) the ledger, the auditor and the journal are
asked as well, and a new database begins.

One platform's payments wait for each other, and on PostgreSQL mostly for journeys to the
server: B platforms (1), each with books and payers of its own, share the server and its
disk, and lose their power together.

Then the controls: SQLite with synchronous=NORMAL and PostgreSQL with fsync=off are refused
with the reason; where the refusal is kept from seeing it (unsafe.c), the same cuts lose
acknowledged payments, and this program must notice. Prints TAP. Needs FUSE, a build without
sanitizers in $DIWAN_BUILD, and PostgreSQL's programs for postgres; what is missing is a
skip with its reason. The long forms: power_cut.py sqlite --payments 1000000 --pace 2;
power_cut.py postgres --payments 1000000 --seconds 1320 --books 4 --pace 30 --folder /dev/shm."""
import argparse
import concurrent.futures
import glob
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests", "lib"))
import tap  # noqa: E402

BUILD = os.path.abspath(os.environ.get("DIWAN_BUILD", "build"))
PRELOAD = {"LD_PRELOAD": f"{BUILD}/libunsafe.so"}
CLIENTS = 64
KEEP = 0.5            # of the unsynced sectors
LIFE = (0.5, 2.5)     # seconds of paying before the cut
EARLY = 0.2           # of the cuts come while the one before is recovered from,
RECOVERY = (0.0, 0.1) # seconds after the start
CUTS_MIN = 2          # however slow the machine is
CONTROL_CUTS = 12     # at most, until a loss is seen
READY_SECONDS = 120
SKIPPED = 77


class Broken(Exception):
    """The harness itself does not get on."""


def run(*words, **more):
    return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)


def wait_for(what, done):
    deadline = time.monotonic() + READY_SECONDS
    while not done():
        if time.monotonic() > deadline:
            raise Broken(f"waited {READY_SECONDS} s for {what}")
        time.sleep(0.02)


class Disk:
    """The folder `mount` on a disk that may lose its power; `durable` is what it keeps."""

    def __init__(self, work):
        self.live, self.durable, self.mount, self.copy = (
            os.path.join(work, x) for x in ("live", "durable", "mount", "copy"))
        os.mkdir(self.mount)
        self.process = None

    def begin(self, empty):
        """A new disk, with what the folder `empty` holds."""
        shutil.rmtree(self.durable, ignore_errors=True)
        run("cp", "-a", empty, self.durable)

    def power_on(self, seed):
        shutil.rmtree(self.live, ignore_errors=True)
        run("cp", "-a", self.durable, self.live)
        self.process = subprocess.Popen([f"{BUILD}/lossfs", self.live, self.durable, self.mount, str(KEEP), str(seed)])
        wait_for("the mount", lambda: os.path.ismount(self.mount) or self.process.poll() is not None)
        if self.process.poll() is not None:
            raise Broken("lossfs does not mount")

    def cut(self):
        self.process.send_signal(signal.SIGUSR2)
        self.process.wait()

    def copied(self):
        """What the disk keeps, to look at: the disk itself is recovered by the next life."""
        shutil.rmtree(self.copy, ignore_errors=True)
        run("cp", "-a", self.durable, self.copy)
        return self.copy

    def unmount(self):
        if self.process:
            run("fusermount3", "-uz", self.mount)
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            self.process = None


class Sqlite:
    """Payers of an embedded database."""
    name, careless, reason = "sqlite", "synchronous=NORMAL", "synchronous=FULL"

    def __init__(self, work, careless, count):
        self.work, self.disk, self.count = work, Disk(work), count
        self.seen = {"UNSAFE_SYNCHRONOUS": "NORMAL", **PRELOAD} if careless else {}
        self.unseen = {**self.seen, "UNSAFE_UNSEEN": "1"} if careless else {}

    def books(self, folder):
        """The address and the folder of each platform's books, below a folder."""
        return [(f"sqlite:{folder}/{n}/test.db", f"{folder}/{n}") for n in range(self.count)]

    def empty(self):
        folder = os.path.join(self.work, "empty")
        os.mkdir(folder)
        for url, place in self.books(folder):
            os.mkdir(place)
            p = run(f"{BUILD}/orders", "init", url, place)
            if p.returncode:
                raise Broken(f"orders init: {p.stdout}")
        return folder

    def start(self):
        return self.books(self.disk.mount)

    def kill(self):
        pass

    def stop(self):
        pass

    def recovered(self):
        """What the disk kept, opened again."""
        return self.books(self.disk.copied())

    def close(self):
        self.disk.unmount()


class Postgres:
    """Payers of a server whose data lie on the disk."""
    name, careless, reason = "postgres", "fsync=off", "fsync is off"

    def __init__(self, work, careless, count):
        self.work, self.disk, self.count = work, Disk(work), count
        self.fsync, self.seen = "off" if careless else "on", {}
        self.unseen = {**PRELOAD, "UNSAFE_UNSEEN": "1"} if careless else {}
        self.bin = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
        self.server = self.data = None
        if os.getuid() == 0:
            shutil.chown(work, "postgres", "postgres")
            os.chmod(work, 0o755)

    def url(self, database):
        return f"postgresql://diwan@/{database}?host={self.work}&port=5499"

    def books(self, folder):
        return [(self.url(f"books{n}"), f"{folder}/diwan/{n}") for n in range(self.count)]

    def program(self, name, *words):
        own = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] if os.getuid() == 0 else []
        return [*own, f"{self.bin}/{name}", *words]

    def empty(self):
        folder = os.path.join(self.work, "empty")
        os.mkdir(folder)
        if os.getuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        p = run(*self.program("initdb", "-D", f"{folder}/data", "-U", "diwan", "-A", "trust", "-E", "UTF8",
                              "--no-locale", "-k", "--no-sync"), cwd=self.work)
        if p.returncode:
            raise Broken(f"initdb: {p.stdout[-500:]}")
        self.serve(f"{folder}/data", "on")
        for n, (url, keys) in enumerate(self.books(folder)):
            os.makedirs(keys)
            p = run("psql", "-qAt", self.url("postgres"), "-c", f"CREATE DATABASE books{n}")
            p = p if p.returncode else run(f"{BUILD}/orders", "init", url, keys)
            if p.returncode:
                raise Broken(f"orders init: {p.stdout}")
        self.stop()
        return folder

    def serve(self, data, fsync):
        for left in ("postmaster.pid", "postmaster.opts"):
            if os.path.exists(f"{data}/{left}"):
                os.unlink(f"{data}/{left}")
        self.data, self.log = data, open(os.path.join(self.work, "log"), "a")
        self.server = subprocess.Popen(self.program(
            "postgres", "-D", data, "-p", "5499", "-k", self.work, "-c", "listen_addresses=", "-c", f"fsync={fsync}",
            "-c", "shared_buffers=128MB", "-c", f"max_connections={40 * self.count}", "-c", "wal_sync_method=fdatasync"),
            stdout=self.log, stderr=self.log, cwd=self.work)
        wait_for("PostgreSQL", lambda: self.server.poll() is not None or run(
            "psql", "-qAt", self.url("postgres"), "-c", "SELECT 1").stdout.strip() == "1")
        if self.server.poll() is not None:
            raise Broken(f"PostgreSQL does not start: {self.words()}")

    def words(self):
        return open(os.path.join(self.work, "log")).read()[-400:]

    def start(self):
        self.serve(f"{self.disk.mount}/data", self.fsync)
        return self.books(self.disk.mount)

    def kill(self):
        """With its processes, at once: there is no power."""
        children = run("pgrep", "-P", str(self.server.pid)).stdout.split()
        for pid in [self.server.pid, *map(int, children)]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.server.wait()
        self.server = None
        wait_for("the server's processes", lambda: not any(os.path.exists(f"/proc/{c}") for c in children))
        for left in glob.glob(os.path.join(self.work, ".s.PGSQL*")):
            os.unlink(left)

    def stop(self):
        """In an orderly way."""
        if self.server:
            self.server.send_signal(signal.SIGINT)
            self.server.wait(READY_SECONDS)
            self.server = None

    def recovered(self):
        folder = self.disk.copied()
        self.serve(f"{folder}/data", self.fsync)
        return self.books(folder)

    def close(self):
        if self.server:
            self.kill()
        self.disk.unmount()


class Payers:
    """Of one platform: what they were told, over all the cuts of one database."""

    def __init__(self, kind, number):
        self.kind, self.acks = kind, {}
        self.again = 0
        self.said, self.before, self.err = (f"{kind.work}/{x}{number}" for x in ("said", "before", "err"))
        self.process = None

    def lines(self):
        return "".join(f"ack pay {key} {order}\n" for key, order in self.acks.items())

    def begin(self, url, folder):
        with open(self.before, "w") as f:
            f.write(self.lines())
        with open(self.before) as before, open(self.said, "w") as said, open(self.err, "w") as err:
            self.process = subprocess.Popen([f"{BUILD}/orders", "pay", url, folder, str(CLIENTS)], stdin=before,
                                            stdout=said, stderr=err, env=dict(os.environ, **self.kind.unseen))

    def paying(self):
        return os.path.getsize(self.said) > 0 or self.process.poll() is not None

    def must_live(self):
        if self.process.poll() is not None:
            raise Broken(f"orders pay: {open(self.err).read()[-400:]}")

    def end(self):
        if self.process:
            self.process.kill()
            self.process.wait()

    def take(self):
        """The answers; those that contradict one before are told."""
        wrong, new = [], 0
        for line in open(self.said).read().splitlines(keepends=True):
            word = line.split()
            if not line.endswith("\n") or len(word) != 4:
                continue
            if word[0] != "ack":
                continue
            key, order = int(word[2]), int(word[3])
            if key not in self.acks:
                new += 1
            elif self.acks[key] != order:
                wrong.append(f"payment {key} was order {self.acks[key]} and is now {order}")
            else:
                self.again += 1
            self.acks[key] = order
        return new, wrong

    def check(self, url, folder, whole):
        """What is wrong with the acknowledged payments, on what the disk kept."""
        p = run(f"{BUILD}/orders", "check" if whole else "kept", url, folder, input=self.lines(),
                env=dict(os.environ, **self.kind.unseen))
        return [] if p.returncode == 0 else p.stdout.splitlines()[:6] + [f"(status {p.returncode})"]


def live(kind, payers, seconds, early):
    """All pay for so long, and then the power goes; or early, while the last cut is being
    recovered from."""
    books = kind.start()
    try:
        for p, (url, folder) in zip(payers, books):
            p.begin(url, folder)
        if not early:
            wait_for("the first payments", lambda: all(p.paying() for p in payers))
        time.sleep(seconds)
        for p in payers:
            p.must_live()
        kind.disk.cut()
    finally:
        for p in payers:
            p.end()
    kind.kill()
    kind.disk.unmount()
    told = [p.take() for p in payers]
    return sum(new for new, _ in told), [w for _, wrong in told for w in wrong]


def check(kind, payers, whole):
    """All books at once, as they are on what the disk kept."""
    try:
        books = kind.recovered()
    except Broken as e:
        return [f"it does not start again: {e}"]
    with concurrent.futures.ThreadPoolExecutor(len(payers)) as pool:
        found = list(pool.map(lambda p, b: p.check(*b, whole), payers, books))
    kind.stop()
    return [w for wrong in found for w in wrong]


class Trial:
    """Databases with their cuts, until enough was acknowledged or something is wrong."""

    def __init__(self, kind, options):
        self.kind, self.options = kind, options
        self.payments = self.cuts = self.databases = self.again = 0
        self.wrong = []

    def enough(self, began, payments, seconds):
        over = self.payments >= payments or time.monotonic() - began > seconds
        return self.wrong or (over and self.cuts >= CUTS_MIN and self.payments)

    def go(self, payments, seconds, cuts=None):
        empty, chance = self.kind.empty(), random.Random()
        began = time.monotonic()  # of paying: making an empty database takes its time, too
        while not self.enough(began, payments, seconds) and not (cuts and self.cuts >= cuts):
            self.kind.disk.begin(empty)
            payers = [Payers(self.kind, n) for n in range(self.kind.count)]
            self.databases += 1
            for life in range(self.options.lives):
                seed = chance.randrange(1 << 30)
                self.kind.disk.power_on(seed)
                early = life > 0 and chance.random() < EARLY
                seconds_now = chance.uniform(*(RECOVERY if early else LIFE)) * self.options.pace
                new, self.wrong = live(self.kind, payers, seconds_now, early)
                self.payments += new
                self.cuts += 1
                last = life == self.options.lives - 1 or self.enough(began, payments, seconds)
                self.wrong += check(self.kind, payers, last)
                print(f"# {time.monotonic() - began:.0f} s: {self}", file=sys.stderr, flush=True)
                if self.wrong:
                    self.wrong.append(f"cut {self.cuts}, seed {seed}")
                if last or self.wrong:
                    break
            self.again += sum(p.again for p in payers)

    def __str__(self):
        return (f"{self.payments} payments acknowledged, {self.cuts} cuts of {self.databases} databases, "
                f"{self.again} repeated and answered the same")


def in_folder(make, work, where):
    folder = tempfile.mkdtemp(dir=where)
    kind = make(folder)
    try:
        return work(kind)
    finally:
        kind.close()
        shutil.rmtree(folder, ignore_errors=True)


def survives(make, options):
    def work(kind):
        trial = Trial(kind, options)
        try:
            trial.go(options.payments, options.seconds)
        except Broken as e:  # what was seen until then counts, and is told
            trial.wrong.append(f"the harness did not get on: {e}")
        few = [] if trial.payments else ["no payment was acknowledged"]
        tap.report(f"{kind.name}: a power cut loses and doubles no acknowledged payment", trial.wrong + few, [str(trial)])
    in_folder(lambda folder: make(folder, False, options.books), work, options.folder)


def refused(make, options):
    """The program looks at the settings and does not begin."""
    def work(kind):
        kind.disk.begin(kind.empty())
        kind.disk.power_on(1)
        url, folder = kind.start()[0]
        p = run(f"{BUILD}/orders", "pay", url, folder, "1", stdin=subprocess.DEVNULL,
                env=dict(os.environ, **kind.seen))
        said = kind.reason in p.stdout and p.returncode == 1
        tap.report(f"{kind.name}: {kind.careless} is refused with the reason",
                   [] if said else [f"status {p.returncode}: {p.stdout[-300:]}"], p.stdout.splitlines()[:1])
    in_folder(lambda folder: make(folder, True, 1), work, options.folder)


def control(make, options):
    def work(kind):
        trial = Trial(kind, options)
        trial.go(1 << 40, options.seconds + 60, CONTROL_CUTS)
        seen = any("lost" in w or "does not" in w or "WRONG" in w for w in trial.wrong)
        tap.report(f"{kind.name}: {kind.careless} loses acknowledged payments, and that is noticed",
                   [] if seen else [f"nothing was lost: {trial}", *trial.wrong], [str(trial), *trial.wrong[:2]])
    in_folder(lambda folder: make(folder, True, 1), work, options.folder)


def lacking(which):
    if not os.path.exists("/dev/fuse") or not shutil.which("fusermount3"):
        return "FUSE is not here (/dev/fuse and the package fuse3)"
    if which == "postgres" and not glob.glob("/usr/lib/postgresql/*/bin/initdb"):
        return "PostgreSQL is not here"
    p = run("ninja", "-C", BUILD, "lossfs", "libunsafe.so", "orders")
    if p.returncode:
        return "lossfs cannot be built (libfuse3-dev)" if "unknown target 'lossfs'" in p.stdout else p.stdout
    with tempfile.TemporaryDirectory(dir="/tmp") as work:
        disk = Disk(work)
        os.mkdir(f"{work}/empty")
        disk.begin(f"{work}/empty")
        try:
            disk.power_on(1)
        except Broken as e:
            return f"{e}: mounting is not allowed here"
        finally:
            disk.unmount()
    return None


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("which", nargs="?", default="sqlite", choices=["sqlite", "postgres"])
    p.add_argument("--payments", type=int, default=1000000)
    p.add_argument("--seconds", type=int, default=7200)
    p.add_argument("--lives", type=int, default=3)
    p.add_argument("--pace", type=float, default=1.0, help="stretches the time between cuts")
    p.add_argument("--books", type=int, default=1, help="platforms that share the server and the disk")
    p.add_argument("--folder", default="/tmp", help="where the disks are kept")
    options = p.parse_args()
    reason = lacking(options.which)
    if reason:
        print(reason)
        return SKIPPED
    make = {"sqlite": Sqlite, "postgres": Postgres}[options.which]
    try:
        survives(make, options)
        refused(make, options)
        control(make, options)
    except Broken as e:
        tap.report("the cuts can be made", [str(e)])
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
