#!/usr/bin/env python3
"""cluster.py [SCENARIO...]: kills, pauses and cuts off the primary of a PostgreSQL cluster
(three servers under Patroni and three of etcd, each in a network namespace of its own)
while payers order and pay through the real rooms (orders.c), and compares afterwards.

    kill       kill -9 of Patroni and of all processes of the primary
    pause      the primary's processes are stopped for 40 seconds, then go on
    partition  the primary loses its network, with the payers on its side of the cut
    etcd       the leader of etcd dies, then the primary
    refusals   asynchronous clusters are refused at the start, and while running
    control    asynchronous, behind the refusal (unsafe.c): a partition loses payments,
               and this program must notice

All when none is named. Each payment that was acknowledged must be on the new primary
once, and payments must go on; the outage is the longest time without an acknowledgement.
Takes some ten minutes; not part of `make test`. Needs root (network namespaces), a build
without sanitizers in $DIWAN_BUILD and what `tools/setup.sh cluster` installs. What is
missing is a skip with its reason. Prints TAP; $CLUSTER_KEEP keeps the servers' logs."""
import glob
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests", "lib"))
import tap  # noqa: E402

BUILD = os.path.abspath(os.environ.get("DIWAN_BUILD", "build"))
NODES = (1, 2, 3)
NET = "10.78.37"      # .1 to .3, and .254 for the payers
CLIENTS = 16
TTL = 20              # seconds until a primary that is not heard of is replaced
CALM = 6              # seconds of paying before and
AFTER = 15            # after the new primary
PAUSE = 40
WAIT_SECONDS = 120
SKIPPED = 77

PATRONI = """
scope: diwan
name: n{n}
restapi: {{listen: '{ip}:8008', connect_address: '{ip}:8008'}}
etcd3: {{hosts: ['{net}.1:2379', '{net}.2:2379', '{net}.3:2379']}}
bootstrap:
  dcs:
    ttl: {ttl}
    loop_wait: 2
    retry_timeout: 4
    maximum_lag_on_failover: 1048576
    synchronous_mode: true
    synchronous_mode_strict: true
    postgresql:
      use_pg_rewind: true
      parameters: {{wal_log_hints: 'on', max_connections: 60, shared_buffers: 32MB}}
  initdb: [{{encoding: UTF8}}, data-checksums]
  pg_hba: ['host all all {net}.0/24 trust', 'host replication all {net}.0/24 trust', 'local all all trust']
postgresql:
  listen: '{ip}:5432'
  connect_address: '{ip}:5432'
  data_dir: {dir}/data
  bin_dir: {bin}
  pgpass: {dir}/pgpass
  authentication:
    superuser: {{username: postgres, password: x}}
    replication: {{username: repl, password: x}}
    rewind: {{username: postgres, password: x}}
  parameters: {{unix_socket_directories: '{dir}'}}
watchdog: {{mode: 'off'}}
"""


class Broken(Exception):
    """The cluster itself does not get on."""


def run(*words, **more):
    return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)


def must(*words):
    p = run(*words)
    if p.returncode:
        raise Broken(f"{' '.join(words)}: {p.stdout.strip()}")


def wait_for(what, done, seconds=WAIT_SECONDS):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = done()
        if found:
            return found
        time.sleep(0.2)
    raise Broken(f"waited {seconds} s for {what}")


class Cluster:
    def __init__(self, work):
        self.work, self.tag = work, f"dw{os.getpid() % 10000}"
        self.bin = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
        self.etcd, self.patroni = {}, {}
        hosts = ",".join(f"{NET}.{n}" for n in NODES)
        self.url = (f"postgresql://postgres@/postgres?host={hosts}&port=5432"
                    "&target_session_attrs=read-write&options=-csearch_path%3Dpublic")

    def space(self, n):
        return f"{self.tag}n{n}"

    def link(self, n):
        return f"{self.tag}v{n}"

    def network(self):
        must("ip", "link", "add", f"{self.tag}br", "type", "bridge")
        must("ip", "addr", "add", f"{NET}.254/24", "dev", f"{self.tag}br")
        must("ip", "link", "set", f"{self.tag}br", "up")
        for n in NODES:
            must("ip", "netns", "add", self.space(n))
            must("ip", "link", "add", self.link(n), "type", "veth", "peer", "name", "e0", "netns", self.space(n))
            self.heal(n)
            for words in (["addr", "add", f"{NET}.{n}/24", "dev", "e0"], ["link", "set", "e0", "up"],
                          ["link", "set", "lo", "up"]):
                must("ip", "-n", self.space(n), *words)

    def cut(self, n):
        must("ip", "link", "set", self.link(n), "nomaster")

    def heal(self, n):
        must("ip", "link", "set", self.link(n), "master", f"{self.tag}br", "up")

    def spawn(self, n, name, words, user=None):
        own = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"] if user else []
        log = open(f"{self.work}/{name}{n}.log", "a")
        return subprocess.Popen(["ip", "netns", "exec", self.space(n), *own, *words], stdout=log, stderr=log,
                                cwd=f"{self.work}/pg{n}" if user else self.work, start_new_session=True,
                                env=dict(os.environ, HOME=self.work))

    def start_etcd(self, n, new=True):
        ip = f"http://{NET}.{n}"
        self.etcd[n] = self.spawn(n, "etcd", [
            "etcd", "--name", f"e{n}", "--data-dir", f"{self.work}/etcd{n}", "--heartbeat-interval", "100",
            "--election-timeout", "1000", "--listen-peer-urls", f"{ip}:2380", "--initial-advertise-peer-urls",
            f"{ip}:2380", "--listen-client-urls", f"{ip}:2379", "--advertise-client-urls", f"{ip}:2379",
            "--initial-cluster", ",".join(f"e{m}=http://{NET}.{m}:2380" for m in NODES),
            "--initial-cluster-state", "new" if new else "existing"])

    def start_patroni(self, n):
        folder = f"{self.work}/pg{n}"
        if not os.path.isdir(folder):
            os.mkdir(folder, 0o700)
            shutil.chown(folder, "postgres", "postgres")
            with open(f"{self.work}/p{n}.yml", "w") as f:
                f.write(PATRONI.format(n=n, ip=f"{NET}.{n}", net=NET, ttl=TTL, dir=folder, bin=self.bin))
        self.patroni[n] = self.spawn(n, "patroni", ["/usr/bin/patroni", f"{self.work}/p{n}.yml"], "postgres")

    def start(self):
        os.chmod(self.work, 0o755)
        self.network()
        for n in NODES:
            self.start_etcd(n)
        time.sleep(3)
        for n in NODES:
            self.start_patroni(n)
        self.whole()

    def ask(self, n, path, method="GET", body=None):
        q = urllib.request.Request(f"http://{NET}.{n}:8008/{path}", method=method,
                                   data=json.dumps(body).encode() if body else None)
        try:
            with urllib.request.urlopen(q, timeout=2) as answer:
                return json.load(answer)
        except (OSError, ValueError):
            return None

    def members(self):
        for n in NODES:
            found = self.ask(n, "cluster")
            if found:
                return {int(m["name"][1:]): m for m in found["members"]}
        return {}

    def primary(self, but=None):
        """The number of the primary that takes writes, when it is not `but`."""
        for n in NODES:
            if n != but and (self.ask(n, "patroni") or {}).get("role") in ("master", "primary"):
                if run("psql", "-qAtX", f"postgresql://postgres@{NET}.{n}/postgres?connect_timeout=2", "-c",
                       "SELECT NOT pg_is_in_recovery()").stdout.strip() == "t":
                    return n
        return None

    def whole(self):
        """All three are members, one leads and, in synchronous mode, one is its standby."""
        def done():
            m = self.members()
            return (len(m) == 3 and all(x["state"] in ("running", "streaming") for x in m.values())
                    and (not self.strict or any(x["role"] == "sync_standby" for x in m.values())) and self.primary())
        return wait_for("the whole cluster", done)

    strict = True

    def synchronous(self, on):
        """Lets the cluster wait for a standby, or not."""
        self.strict = on
        n = self.primary()
        self.ask(n, "config", "PATCH", {"synchronous_mode": on, "synchronous_mode_strict": on})
        wait_for("the setting", lambda: bool(run(
            "psql", "-qAtX", f"postgresql://postgres@{NET}.{n}/postgres", "-c",
            "SHOW synchronous_standby_names").stdout.strip()) == on)

    def processes(self, n):
        return [int(p) for p in run("ip", "netns", "pids", self.space(n)).stdout.split()]

    def database(self, n):
        """Patroni and PostgreSQL of a node, not its etcd."""
        out = []
        for pid in self.processes(n):
            try:
                name = open(f"/proc/{pid}/comm").read().strip()
            except OSError:
                continue
            if name in ("patroni", "postgres", "python3"):
                out.append(pid)
        return out

    def signal(self, pids, what):
        for pid in pids:
            try:
                os.kill(pid, what)
            except ProcessLookupError:
                pass

    def close(self):
        for n in NODES:
            self.signal(self.processes(n), signal.SIGKILL)
        for p in [*self.etcd.values(), *self.patroni.values()]:
            p.wait()
        for n in NODES:
            run("ip", "netns", "del", self.space(n))
            run("ip", "link", "del", self.link(n))
        run("ip", "link", "del", f"{self.tag}br")


class Payers(threading.Thread):
    """orders pay, on the host or in the network of node `at`; hears what it says."""

    def __init__(self, cluster, said, at=None, unseen=False):
        super().__init__(daemon=True)
        where = ["ip", "netns", "exec", cluster.space(at)] if at else []
        env = dict(os.environ)
        if unseen:
            env.update(UNSAFE_UNSEEN="1", LD_PRELOAD=f"{BUILD}/libunsafe.so")
        self.said, self.lines, self.gap, self.last = said, [], 0.0, None
        self.refused, self.lock = 0, threading.Lock()
        self.log = open(f"{cluster.work}/orders.log", "a+")
        self.process = subprocess.Popen([*where, f"{BUILD}/orders", "pay", cluster.url, cluster.work, str(CLIENTS)],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log, text=True,
                                        env=env)
        self.start()

    def run(self):
        for line in self.process.stdout:
            now = time.monotonic()
            with self.lock:
                if line.startswith("ack") and line.endswith("\n"):
                    self.gap = max(self.gap, now - self.last if self.last else 0)
                    self.last = now
                    self.lines.append(line)
                else:
                    self.refused += 1

    def going(self):
        wait_for("payments", lambda: self.lines or self.process.poll() is not None)
        if self.process.poll() is not None:
            self.log.seek(0)
            raise Broken(f"orders pay ended: {self.log.read()[-400:]}")

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.join()
        return "".join(self.lines)


class Trials:
    def __init__(self, cluster):
        self.c = cluster

    def fresh(self):
        """Empty books on the primary."""
        n = self.c.whole()
        url = f"postgresql://postgres@{NET}.{n}/postgres"
        must("psql", "-qX", url, "-c", "SET client_min_messages = warning", "-c", "DROP SCHEMA public CASCADE",
             "-c", "CREATE SCHEMA public")
        shutil.rmtree(f"{self.c.work}/keys", ignore_errors=True)
        p = run(f"{BUILD}/orders", "init", self.url(n), self.c.work, env=self.unseen())
        if p.returncode:
            raise Broken(f"orders init: {p.stdout}")
        return n

    def url(self, n):
        return f"postgresql://postgres@{NET}.{n}/postgres"

    def unseen(self):
        return dict(os.environ, UNSAFE_UNSEEN="1", LD_PRELOAD=f"{BUILD}/libunsafe.so") if not self.c.strict else None

    def failover(self, name, fail, heal, payers_beside=False, control=False):
        old = self.fresh()
        payers = Payers(self.c, name, old if payers_beside else None, control)
        payers.going()
        time.sleep(CALM)
        fail(old)
        new = wait_for("a new primary", lambda: self.c.primary(old))
        time.sleep(AFTER)
        heal(old)
        before = len(payers.lines)
        wait_for("payments to go on", lambda: len(payers.lines) > before + CLIENTS)
        acks = payers.stop()
        self.c.whole()
        now = self.c.primary()
        p = run(f"{BUILD}/orders", "check", self.url(now), self.c.work, input=acks, env=self.unseen())
        lost = sum("acknowledged and lost" in line for line in p.stdout.splitlines())
        note = (f"{acks.count(chr(10))} payments acknowledged, {lost} lost; primary n{old}, then n{new}; longest time "
                f"without an answer {payers.gap:.1f} s")
        wrong = [] if p.returncode == 0 else p.stdout.splitlines()[:5] + [f"status {p.returncode}"]
        if control:
            tap.report(f"{name} loses acknowledged payments, and that is noticed", [] if lost else ["nothing was lost", note],
                       [note])
        else:
            tap.report(f"{name}: no acknowledged payment is lost or doubled", wrong, [note])

    def kill(self):
        def fail(n):
            self.c.signal(self.c.database(n), signal.SIGKILL)
            self.c.patroni[n].wait()
        self.failover("the primary is killed", fail, self.c.start_patroni)

    def pause(self):
        stopped = []

        def fail(n):
            stopped.extend(self.c.database(n))
            self.c.signal(stopped, signal.SIGSTOP)
            threading.Timer(PAUSE, self.c.signal, [stopped, signal.SIGCONT]).start()

        def heal(_):
            time.sleep(max(0, PAUSE - AFTER))
            self.c.signal(stopped, signal.SIGCONT)
        self.failover("the primary pauses and goes on", fail, heal)

    def partition(self):
        self.failover("the primary is cut off, with its payers", self.c.cut, self.c.heal, payers_beside=True)

    def etcd(self):
        def fail(n):
            other = next(m for m in NODES if m != n)
            self.c.etcd[other].send_signal(signal.SIGKILL)
            pids = [p for p in self.c.processes(other) if p not in self.c.database(other)]
            self.c.signal(pids, signal.SIGKILL)
            self.c.etcd[other].wait()
            self.c.signal(self.c.database(n), signal.SIGKILL)
            self.c.patroni[n].wait()
            self.lame = other

        def heal(n):
            self.c.start_etcd(self.lame, new=False)
            self.c.start_patroni(n)
        self.failover("a server of etcd and the primary die", fail, heal)

    def refusals(self):
        n = self.fresh()
        payers = Payers(self.c, "refusals")
        payers.going()
        self.c.synchronous(False)
        time.sleep(3)
        with payers.lock:
            before, refused = len(payers.lines), payers.refused
        time.sleep(3)
        with payers.lock:
            after, now = len(payers.lines), payers.refused
        payers.stop()
        tap.report("a running platform stops paying when its cluster becomes asynchronous",
                   [] if after == before and now > refused else [f"{after - before} payments were acknowledged"])
        for name, url in (("with its standbys attached", self.url(n)), ("named by its servers", self.c.url)):
            p = run(f"{BUILD}/orders", "pay", url, self.c.work, "1", stdin=subprocess.DEVNULL)
            said = "no standby is synchronous" in p.stdout and p.returncode == 1
            tap.report(f"an asynchronous cluster, {name}, is refused with the reason",
                       [] if said else [f"status {p.returncode}: {p.stdout[-300:]}"], p.stdout.splitlines()[:1])
        self.c.synchronous(True)
        self.c.whole()

    def control(self):
        self.c.synchronous(False)
        try:
            self.failover("an asynchronous cluster", self.c.cut, self.c.heal, payers_beside=True, control=True)
        finally:
            self.c.synchronous(True)


def lacking():
    for command in ("patroni", "etcd", "ip", "psql", "setpriv"):
        if not shutil.which(command):
            return f"{command} is not here: tools/setup.sh cluster installs it"
    if os.getuid() != 0 or run("ip", "netns", "add", f"dwtry{os.getpid()}").returncode:
        return "network namespaces cannot be made here (they need root)"
    run("ip", "netns", "del", f"dwtry{os.getpid()}")
    p = run("ninja", "-C", BUILD, "libunsafe.so", "orders", "diwan")
    return p.stdout if p.returncode else None


def main():
    words = sys.argv[1:]
    known = ["kill", "pause", "partition", "etcd", "refusals", "control"]
    if any(w not in known for w in words):
        print(__doc__)
        return 2
    reason = lacking()
    if reason:
        print(reason)
        return SKIPPED
    work = tempfile.mkdtemp(prefix="diwan-cluster.", dir="/tmp")
    cluster = Cluster(work)
    try:
        cluster.start()
        for w in words or known:
            getattr(Trials(cluster), w)()
    except Broken as e:
        tap.report("the cluster works", [str(e)])
    finally:
        cluster.close()
        if not os.environ.get("CLUSTER_KEEP"):
            shutil.rmtree(work, ignore_errors=True)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
