#!/usr/bin/env python3
"""Random numbers through `diwan feel`, judged by Python's decimal (libmpdec) with the
precision, range and rounding of decimal128. Prints TAP.

exp, log and sqrt must agree to the last digit, as must + - * / and modulo; ** is
compared with its value of 80 digits, rounded once."""
import os
import random
import subprocess
import sys
from decimal import Context, Decimal, ROUND_HALF_EVEN

COUNT = int(os.environ.get("COUNT", "2000"))
QUAD = Context(prec=34, rounding=ROUND_HALF_EVEN, Emin=-6143, Emax=6144, traps=[])
WIDE = Context(prec=80, rounding=ROUND_HALF_EVEN, Emin=-99999, Emax=99999, traps=[])


def number(rng, digits=34, spread=30):
    """A number as FEEL writes it; sometimes short, sometimes of all 34 digits."""
    n = rng.randint(1, digits)
    coefficient = rng.randint(0, 10 ** n - 1)
    return QUAD.create_decimal(Decimal(coefficient).scaleb(-rng.randint(0, spread), WIDE))


def power(x, y):
    return Decimal(1) if y == 0 else QUAD.plus(WIDE.power(x, y))


def floor_modulo(x, y):
    if y == 0:
        return Decimal("NaN")
    rest = QUAD.remainder(x, y)
    return QUAD.add(rest, y) if rest and (rest < 0) != (y < 0) else rest


KINDS = [
    ("+", "({0}) + ({1})", QUAD.add, 2, {}),
    ("-", "({0}) - ({1})", QUAD.subtract, 2, {}),
    ("*", "({0}) * ({1})", QUAD.multiply, 2, {}),
    ("/", "({0}) / ({1})", QUAD.divide, 2, {}),
    ("modulo", "modulo({0}, {1})", floor_modulo, 2, {"digits": 12, "spread": 8}),
    ("sqrt", "sqrt({0})", QUAD.sqrt, 1, {}),
    ("exp", "exp({0})", QUAD.exp, 1, {"digits": 5, "spread": 4}),
    ("log", "log({0})", QUAD.ln, 1, {}),
    ("**", "({0}) ** ({1})", power, 2, {"digits": 4, "spread": 3}),
]


def main():
    rng = random.Random(20260101)
    print(f"1..{len(KINDS)}")
    failed = False
    for number_of, (name, text, judge, arity, shape) in enumerate(KINDS, 1):
        rows = []
        for _ in range(COUNT):
            args = [number(rng, **shape) for _ in range(arity)]
            if name in "+-*/" and rng.random() < 0.5:
                args[0] = -args[0]
            want = judge(*args)
            rows.append((text.format(*(format(a, "f") for a in args)), want))
        out = subprocess.run([os.environ.get("DIWAN", "build/diwan"), "feel"], text=True,
                             input="".join(t + "\n" for t, _ in rows),
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.split("\n")
        bad = []
        for (expression, want), got in zip(rows, out):
            same = got == "null" if not want.is_finite() else got != "null" and Decimal(got) == want
            if not same:
                bad.append(f"{expression}: {got}, expected {want}")
        ok = not bad and len(out) == COUNT + 1
        failed |= not ok
        print(f"{'ok' if ok else 'not ok'} {number_of} - {name}: {COUNT} random numbers")
        for line in bad[:10]:
            print("#", line)
    return 1 if failed else 0


sys.exit(main())
