/*
 * api.h - what GOV.UK Pay's public interface shows of orders; private to the room.
 */
#ifndef SYSTEMS_PAYMENTS_API_H
#define SYSTEMS_PAYMENTS_API_H

#include "systems/payments/order.h"
#include "web/req.h"

/* The three shapes differ in a few members. */
enum api_shape { API_CREATED, API_ONE, API_FOUND };
json *api_payment(struct req *r, const struct order *o, enum api_shape shape);
json *api_events(struct req *r, const struct order *o);
json *api_refund(struct req *r, const struct order *o, const struct refund *f);
json *api_refunds(struct req *r, const struct order *o);
/* A page of `n` results out of `total`, with links to the others. */
json *api_page(struct req *r, json *results, int64_t page, int64_t size, int64_t n, int64_t total);

#endif
