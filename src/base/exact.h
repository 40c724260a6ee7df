/*
 * exact.h - the integer arithmetic of money, with contracts that are proved.
 *
 * Each function says in ACSL what it does; tests/payments/prove.sh has Frama-C's WP
 * prove it, and that nothing overflows on the way. They are written in plain 64-bit
 * integers, which the prover understands; what does not fit is refused, never wrapped.
 */
#ifndef BASE_EXACT_H
#define BASE_EXACT_H

#include <stdbool.h>
#include <stdint.h>

/*@ requires \valid(out);
    assigns *out;
    behavior fits:
      assumes INT64_MIN <= x + y <= INT64_MAX;
      ensures \result == \true && *out == x + y;
    behavior over:
      assumes x + y < INT64_MIN || x + y > INT64_MAX;
      ensures \result == \false && *out == \old(*out);
    complete behaviors; disjoint behaviors; */
bool exact_add(int64_t x, int64_t y, int64_t *out);

/*@ requires \valid(out);
    assigns *out;
    behavior fits:
      assumes INT64_MIN <= x - y <= INT64_MAX;
      ensures \result == \true && *out == x - y;
    behavior over:
      assumes x - y < INT64_MIN || x - y > INT64_MAX;
      ensures \result == \false && *out == \old(*out);
    complete behaviors; disjoint behaviors; */
bool exact_sub(int64_t x, int64_t y, int64_t *out);

/* One more decimal digit on a number that is not negative. */
/*@ requires \valid(out) && 0 <= v && 0 <= digit <= 9;
    assigns *out;
    ensures \result == \true ==> *out == v * 10 + digit;
    ensures \result == \false ==> v * 10 + digit > INT64_MAX && *out == \old(*out); */
bool exact_digit(int64_t v, int digit, int64_t *out);

/* x times num over den, by whole and rest. False when a product on the way does not
 * fit in 64 bits, or x or num is negative. */
/*@ requires \valid(whole) && \valid(rest) && \separated(whole, rest) && den > 0;
    assigns *whole, *rest;
    ensures \result == \true ==> x * num == *whole * den + *rest;
    ensures \result == \true ==> 0 <= *rest < den && 0 <= *whole;
    ensures \result == \false ==> *whole == \old(*whole) && *rest == \old(*rest); */
bool exact_ratio(int64_t x, int64_t num, int64_t den, int64_t *whole, int64_t *rest);

/* The same rounded to the nearest, halves up. */
/*@ requires \valid(out) && den > 0;
    assigns *out;
    ensures \result == \true ==> -den < 2 * (*out * den - x * num) <= den;
    ensures \result == \false ==> *out == \old(*out); */
bool exact_round(int64_t x, int64_t num, int64_t den, int64_t *out);

#endif
