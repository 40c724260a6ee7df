#!/usr/bin/env python3
"""Paying out while the platform is killed again and again (kill -9): programs hand batches
over, redeem vouchers, and ask again by the same request until they are answered. At the end
every batch is paid once, every voucher once, and the books say so. Prints TAP.

    payouts.py [KILLS]
"""
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DIWAN = os.path.abspath(os.environ.get("DIWAN", os.path.join(ROOT, "build", "diwan")))
KILLS = int(sys.argv[1]) if len(sys.argv) > 1 else 12
CLIENTS, PAYEES, SEED = 4, 50, 20261126
GIVEN = 1_000_000_000
WAIT_SECONDS = 300  # for what takes a moment on an idle machine

data = tempfile.mkdtemp()
rng = random.Random(SEED)
lock = threading.Lock()
over = threading.Event()
batches, redeemed, faults = [], [], []
address = [""]


def run(*words):
    return subprocess.run([DIWAN, *words, f"--data-dir={data}"], check=True, capture_output=True,
                          text=True).stdout.strip()


def start(port="0"):
    p = subprocess.Popen([DIWAN, "serve", f"--data-dir={data}", f"--listen=127.0.0.1:{port}",
                          "--request-log=no", "--log-level=error"], stdout=subprocess.PIPE, text=True)
    found = re.search(r"http://127\.0\.0\.1:(\d+)/", p.stdout.readline())
    if not found:
        raise SystemExit("Bail out! the platform does not start")
    return p, found.group(1)


def once(method, path, body, key):
    request = urllib.request.Request(
        f"{address[0]}/api/govstack/payments{path}", method=method, data=json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=WAIT_SECONDS) as r:
            return r.status, json.load(r)
    except urllib.error.HTTPError as e:
        return e.code, json.loads(e.read() or b"{}")


def until_answered(method, path, body, key):
    while True:
        try:
            status, value = once(method, path, body, key)
            if status < 500:
                return status, value
        except (OSError, ValueError):
            pass
        time.sleep(0.02)


def client(number, key):
    mine = random.Random(SEED + number)
    count = 0
    while not over.is_set():
        count += 1
        name = f"{number:02d}{count:010d}"
        size = mine.randint(1, 40)
        body = {"RequestID": name, "SourceBBID": "SourceBBID11", "BatchID": name, "CreditInstructions": [
            {"InstructionID": f"{name}{i:04d}", "PayeeFunctionalID": f"{mine.randrange(PAYEES):020d}",
             "Amount": i + 1, "Currency": "USD"} for i in range(size)]}
        status, value = until_answered("POST", "/bulk-payment", body, key)
        if (status, value.get("ResponseCode")) != (200, "00"):
            faults.append(f"{name}: {status} {value}")
        order = {"requestID": name, "voucherInstructions": [
            {"instructionID": name, "groupCode": "g", "currency": "USD", "amount": 3}]}
        status, value = until_answered("POST", "/vouchers", order, key)
        serial = value["voucherInstructions"][0]["serialNumber"]
        secret = value["voucherInstructions"][0].get("voucherNumber")
        given = {"requestID": name, "voucherInstructions": [{"serialNumber": serial}]}
        until_answered("PUT", "/vouchers?command=activate", given, key)
        if secret:  # the answer that told it was not lost
            status, value = until_answered("POST", "/vouchers/voucher_redemption", {
                "voucher_number": secret, "Gov_Stack_BB": "SourceBBID11", "merchant_name": "M",
                "merchant_bank_details": "A"}, key)
            if status not in (200, 458):  # 458: it was done, and its answer was lost
                faults.append(f"voucher {serial}: {status} {value}")
        with lock:
            batches.append((name, size * (size + 1) // 2 * 100))
            redeemed.extend([serial] if secret else [])


def until_carried_out(key):
    for name, _ in batches:
        end = time.time() + WAIT_SECONDS
        while time.time() < end:
            request = urllib.request.Request(f"{address[0]}/api/govstack/payments/batch?batchId={name}",
                                             headers={"Authorization": f"Bearer {key}"})
            with urllib.request.urlopen(request, timeout=WAIT_SECONDS) as r:
                if json.load(r)["ongoing"] == 0:
                    break
            time.sleep(0.05)


def report(n, name, wrong):
    print(f"{'not ok' if wrong else 'ok'} {n} - {name}")
    for line in str(wrong or "").splitlines()[:20]:
        print("# " + line)
    return bool(wrong)


def money():
    lines = [x.split("\t") for x in run("ledger", "balance", "iga").splitlines()]
    return {account: int(total.replace(".", "")) for _, _, account, total in lines}


def differs(got, wanted):
    return "" if got == wanted else f"got {got!r}, wanted {wanted!r}"


def audited():
    out = subprocess.run([DIWAN, "audit", "payments", f"--data-dir={data}"], capture_output=True, text=True)
    return "" if out.returncode == 0 else out.stdout + out.stderr


def work():
    run("migrate")
    run("payouts", "program", "iga", "SourceBBID11")
    run("payouts", "fund", "iga", "BUDGET", "10000000.00", "--currency=USD")
    run("payouts", "group", "iga", "g", "--most=1000000")
    run("payouts", "merchant", "iga", "M", "A")
    key = run("payouts", "key", "iga")
    process, port = start()
    address[0] = f"http://127.0.0.1:{port}"
    until_answered("POST", "/register-beneficiary", {
        "RequestID": "payees000001", "SourceBBID": "SourceBBID11", "Beneficiaries": [
            {"PayeeFunctionalID": f"{i:020d}", "PaymentModality": "01", "FinancialAddress": "X1"}
            for i in range(PAYEES)]}, key)
    clients = [threading.Thread(target=client, args=(i, key)) for i in range(CLIENTS)]
    for c in clients:
        c.start()
    for _ in range(KILLS):
        time.sleep(rng.uniform(0.05, 0.6))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process, _ = start(port)
    end = time.time() + WAIT_SECONDS
    while len(batches) <= KILLS and time.time() < end:  # where a client seldom got on between two kills
        time.sleep(0.05)
    over.set()
    for c in clients:
        c.join()
    until_carried_out(key)
    process.send_signal(signal.SIGTERM)
    process.wait(WAIT_SECONDS)
    paid, used = sum(a for _, a in batches), 300 * len(redeemed)
    got = money()
    print(f"# {KILLS} kills, {len(batches)} batches, {len(redeemed)} vouchers redeemed")
    bad = report(1, "every request was answered as the first time", "\n".join(faults))
    bad |= report(2, "the batches were paid once", differs(got["expense/payouts"], paid))
    bad |= report(3, "what is left is what was given, less what was paid",
                  differs(got["asset/funding"], GIVEN - paid - used))
    bad |= report(4, "the auditor finds nothing", audited())
    bad |= report(5, "there was something to lose", "" if len(batches) > KILLS else f"{len(batches)} batches")
    print("1..5")
    return 1 if bad else 0


try:
    sys.exit(work())
finally:
    over.set()
    shutil.rmtree(data, ignore_errors=True)
