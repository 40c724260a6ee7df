#!/usr/bin/env python3
"""The processes of the running program: what the kernel says they have given up, whose
memory holds the keys, that signing goes on when they are killed, and what is said on a
machine without seccomp. Needs $DIWAN. Prints TAP."""
import ctypes
import errno
import http.cookiejar
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
WAIT_SECONDS = 180  # for what takes a moment on an idle machine
REGION_MAX = 1 << 36  # what is larger is a sanitizer's notes, not data


class Server:
    def __init__(self, *more, before=None):
        self.dir = tempfile.mkdtemp()
        self.url = None  # known when it serves
        self.log = os.path.join(self.dir, "log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [DIWAN, "serve", "--demo", "--pack=packs/bahrain", f"--data-dir={self.dir}/var",
                 "--listen=127.0.0.1:0", *more],
                cwd=ROOT, stdout=log, stderr=log, preexec_fn=before)

    def wait(self):
        """True when it serves; False when it ended or takes too long."""
        end = time.time() + WAIT_SECONDS
        while time.time() < end and self.process.poll() is None:
            ready = re.search(r'"server.ready","port":(\d+)', self.said())
            if ready:
                self.url = f"http://127.0.0.1:{ready[1]}"
                urllib.request.urlopen(self.url + "/readyz", timeout=WAIT_SECONDS).read()
                return True
            time.sleep(0.1)
        return False

    def said(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read()

    def children(self):
        """Its confined processes: role -> pid."""
        found = {}
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/stat") as f:
                    parent = int(f.read().rsplit(")", 1)[1].split()[1])
                with open(f"/proc/{pid}/cmdline") as f:
                    words = f.read().split("\0")
            except OSError:
                continue
            if parent == self.process.pid and len(words) > 2 and words[1] == "confined":
                found[words[2]] = int(pid)
        return found

    def metric(self, name):
        text = urllib.request.urlopen(self.url + "/metrics", timeout=WAIT_SECONDS).read().decode()
        m = re.search(rf"^{name} (\d+)$", text, re.M)
        return int(m.group(1)) if m else -1

    def something_happens(self):
        """A refused attempt to sign in is a record of the journal."""
        opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        page = opener.open(self.url + "/en/sign-in", timeout=WAIT_SECONDS).read().decode()
        fields = dict(re.findall(r'name="(csrf|idempotency_key)" value="([^"]*)"', page))
        fields.update(number="850199901", password="not this one")
        try:
            opener.open(self.url + "/en/sign-in", urllib.parse.urlencode(fields).encode(), timeout=WAIT_SECONDS)
        except urllib.error.HTTPError:
            pass

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(WAIT_SECONDS)
        shutil.rmtree(self.dir, ignore_errors=True)
        return status


def status_of(pid):
    with open(f"/proc/{pid}/status") as f:
        return dict(line.split(":\t", 1) for line in f.read().splitlines() if ":\t" in line)


def given_up(server):
    faults = []
    children = server.children()
    if set(children) != {"signer", "examine"}:
        return [f"there are {sorted(children)}"]
    for role, pid in children.items():
        s = status_of(pid)
        wanted = {"Seccomp": "2", "NoNewPrivs": "1", "CapEff": "0000000000000000"}
        faults += [f"{role}: {k} is {s.get(k)}" for k, v in wanted.items() if s.get(k) != v]
        if os.geteuid() == 0 and s["Uid"].split()[1] == "0":
            faults.append(f"{role} runs as root")
        with open(f"/proc/{pid}/limits") as f:
            if not re.search(r"^Max core file size\s+0\s+0\s", f.read(), re.M):
                faults.append(f"{role} may leave a core file")
        try:
            files = sorted(os.readlink(f"/proc/{pid}/fd/{n}") for n in os.listdir(f"/proc/{pid}/fd"))
        except PermissionError:
            continue  # not ours to look at, when we are not root
        odd = [x for x in files if not x.startswith("socket:") and x not in ("/dev/null", server.log)]
        if odd or sum(x.startswith("socket:") for x in files) != 1:
            faults.append(f"{role} has {files}")
    return faults


def secrets(keys):
    """name -> bytes that stand for the key in memory."""
    with open(keys + "/checkpoint.key", "rb") as f:
        seed = f.read()
    with open(keys + "/master.key", "rb") as f:
        master = f.read()
    text = subprocess.run(["openssl", "pkey", "-in", keys + "/document.pem", "-text", "-noout"],
                          capture_output=True, text=True, check=True).stdout
    digits = re.search(r"priv:\n((?:\s+[0-9a-f:]+\n)+)", text).group(1)
    scalar = bytes.fromhex(re.sub(r"[\s:]", "", digits)).lstrip(b"\0").rjust(32, b"\0")
    with open(keys + "/document.pem") as f:
        pem = f.read().split("-----")[2].split("\n")[2].encode()
    return {"seed": seed, "master": master, "scalar": scalar, "number": scalar[::-1], "text": pem}


def found_in(pid, needles):
    found = set()
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            place, rights = line.split()[:2]
            start, end = (int(x, 16) for x in place.split("-"))
            if "r" not in rights or end - start > REGION_MAX or "[v" in line:
                continue
            tail = b""
            for at in range(start, end, 1 << 24):
                try:
                    memory.seek(at)
                    data = tail + memory.read(min(1 << 24, end - at))
                except (OSError, OverflowError, ValueError):
                    break
                found |= {name for name, secret in needles.items() if secret in data}
                tail = data[-64:]
    return found


def memory(server):
    needles = secrets(server.dir + "/var/keys")
    try:
        own = found_in(server.process.pid, needles)
        signer = found_in(server.children()["signer"], needles)
    except PermissionError:
        print("# skipped: memory of other processes can be read by root alone")
        return []
    faults = []
    if own != {"master"}:  # that one is used in the server: it shows that the search works
        faults.append(f"the server's memory holds {sorted(own)}")
    if not {"seed", "number"} <= signer or "master" in signer:
        faults.append(f"the signer's memory holds {sorted(signer)}")
    return faults


def killed(server):
    signed, starts = server.metric("diwan_signatures_total"), server.metric("diwan_signer_starts_total")
    for pid in server.children().values():
        os.kill(pid, signal.SIGKILL)
    server.something_happens()
    end = time.time() + WAIT_SECONDS
    while time.time() < end and (server.metric("diwan_signer_starts_total") == starts or
                                 server.metric("diwan_signatures_total") <= signed):
        time.sleep(0.2)
    faults = []
    if server.metric("diwan_signer_starts_total") != starts + 1:
        faults.append("the signer was not started again")
    if server.metric("diwan_signatures_total") <= signed:
        faults.append("nothing was signed")
    verify = subprocess.run([DIWAN, "journal", "verify", f"--data-dir={server.dir}/var"],
                            cwd=ROOT, capture_output=True, text=True)
    if verify.returncode:
        faults.append(verify.stdout + verify.stderr)
    return faults


class Compare(ctypes.Structure):
    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


def take_seccomp_away():
    """A filter that refuses filters, as a kernel without them would."""
    lib = ctypes.CDLL("libseccomp.so.2")
    lib.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(lib.seccomp_init(ctypes.c_uint32(0x7FFF0000)))
    def refuse(call, code, compare):
        number = lib.seccomp_syscall_resolve_name(call)
        lib.seccomp_rule_add_array(context, ctypes.c_uint32(0x00050000 | code), number,
                                   len(compare), (Compare * max(1, len(compare)))(*compare))
    refuse(b"seccomp", errno.ENOSYS, [])
    refuse(b"prctl", errno.EINVAL, [Compare(0, 4, 22, 0)])  # PR_SET_SECCOMP
    if lib.seccomp_load(context) != 0:
        os._exit(9)


def without_seccomp():
    faults = []
    strict = Server(before=take_seccomp_away)
    if strict.wait():
        faults.append("it serves without seccomp")
    said = strict.said()
    status = strict.stop()
    if status != 3 or "seccomp" not in said or "confine = try" not in said:
        faults += [f"exit status {status}", said[-500:]]
    trying = Server("--confine=try", before=take_seccomp_away)
    if not trying.wait():
        faults += ["with confine = try it does not serve", trying.said()[-500:]]
    elif '"confined.open"' not in trying.said():
        faults.append("the log does not say that nothing is confined")
    trying.stop()
    odd = Server("--confine=perhaps")
    if odd.wait() or "must be strict or try" not in odd.said():
        faults.append("confine = perhaps is taken")
    odd.stop()
    return faults


def main():
    server = Server()
    if not server.wait():
        tap.report("it serves", [server.said()[-500:]])
    else:
        tap.report("its processes have given up all but a socket", given_up(server))
        server.something_happens()
        tap.report("the keys that sign are in the signer's memory alone", memory(server))
        tap.report("they are started again when they were killed, and sign", killed(server))
    status = server.stop()
    tap.report("it stops in order", [f"exit status {status}"] if status else [])
    tap.report("without seccomp it refuses to start, and says how to go on", without_seccomp())
    return tap.finish()


if __name__ == "__main__":
    raise SystemExit(main())
