/* read.c - orders and what belongs to them, out of the tables. */
#include "systems/payments/order.h"
#include "systems/payments/statements.h"

/* `at`: its first column. */
static struct order order_from(rows *r, arena *a, int at)
{
	return (struct order){
	    .id = db_int(r, at),
	    .reference = str_dup(a, db_text(r, at + 1)),
	    .origin = str_dup(a, db_text(r, at + 2)),
	    .case_id = db_int(r, at + 3),
	    .instance = db_int(r, at + 4),
	    .payer = db_int(r, at + 5),
	    .entity = str_dup(a, db_text(r, at + 6)),
	    .service = str_dup(a, db_text(r, at + 7)),
	    .title_en = str_dup(a, db_text(r, at + 8)),
	    .title_ar = str_dup(a, db_text(r, at + 9)),
	    .currency = str_dup(a, db_text(r, at + 10)),
	    .total = db_int(r, at + 11),
	    .state = str_dup(a, db_text(r, at + 12)),
	    .last = str_dup(a, db_text(r, at + 13)),
	    .channel = str_dup(a, db_text(r, at + 14)),
	    .method = str_dup(a, db_text(r, at + 15)),
	    .provider = str_dup(a, db_text(r, at + 16)),
	    .attempts = db_int(r, at + 17),
	    .captured = db_int(r, at + 18),
	    .refunded = db_int(r, at + 19),
	    .refund_pending = db_int(r, at + 20),
	    .created = db_int(r, at + 21),
	    .expires = db_int(r, at + 22),
	    .paid = db_int(r, at + 23),
	    .fulfilled = db_int(r, at + 24),
	};
}

static bool order_read(rows *r, arena *a, struct order *out)
{
	bool found = db_next(r);
	if (found)
		*out = order_from(r, a, 0);
	db_done(r);
	return found;
}

bool order_get(dbc *c, arena *a, int64_t id, struct order *out)
{
	return order_read(db_query(c, &sql_order_get, D_INT(id)), a, out);
}

bool order_by_reference(dbc *c, arena *a, str reference, struct order *out)
{
	return order_read(db_query(c, &sql_order_by_reference, D_TEXT(reference)), a, out);
}

bool order_of_case(dbc *c, arena *a, int64_t case_id, struct order *out)
{
	return order_read(db_query(c, &sql_order_of_case, D_INT(case_id)), a, out);
}

static struct line line_read(rows *r, arena *a)
{
	return (struct line){
	    db_int(r, 0),
	    str_dup(a, db_text(r, 1)),
	    str_dup(a, db_text(r, 2)),
	    str_dup(a, db_text(r, 3)),
	    str_dup(a, db_text(r, 4)),
	    str_dup(a, db_text(r, 5)),
	    db_int(r, 6),
	    db_int(r, 7),
	    str_dup(a, db_text(r, 8)),
	    db_int(r, 9),
	};
}

/* Nearly every order has one line: room for more is made when there are more. */
size_t order_lines(dbc *c, arena *a, int64_t order, struct line **out)
{
	size_t n = 0, room = 1;
	struct line *l = NEWN(a, struct line, room);
	rows *r = db_query(c, &sql_line_list, D_INT(order));
	for (; n < LINES_MAX && db_next(r); n++) {
		if (n == room) {
			struct line *more = NEWN(a, struct line, room *= 4);
			memcpy(more, l, n * sizeof *l);
			l = more;
		}
		l[n] = line_read(r, a);
	}
	db_done(r);
	*out = l;
	return n;
}

#define ATTEMPT_COLUMN_COUNT 14
#define ORDER_COLUMN_COUNT   25

static struct attempt attempt_read(rows *r, arena *a)
{
	return (struct attempt){
	    .id = db_int(r, 0),
	    .order = db_int(r, 1),
	    .no = db_int(r, 2),
	    .provider = str_dup(a, db_text(r, 3)),
	    .method = str_dup(a, db_text(r, 4)),
	    .channel = str_dup(a, db_text(r, 5)),
	    .amount = db_int(r, 6),
	    .currency = str_dup(a, db_text(r, 7)),
	    .state = str_dup(a, db_text(r, 8)),
	    .reference = str_dup(a, db_text(r, 9)),
	    .last4 = str_dup(a, db_text(r, 10)),
	    .opened = db_int(r, 11),
	    .expires = db_int(r, 12),
	    .ended = db_int(r, 13),
	};
}

static bool attempt_one(rows *r, arena *a, struct attempt *out)
{
	bool found = db_next(r);
	if (found)
		*out = attempt_read(r, a);
	db_done(r);
	return found;
}

bool attempt_get(dbc *c, arena *a, int64_t id, struct attempt *out)
{
	return attempt_one(db_query(c, &sql_attempt_get, D_INT(id)), a, out);
}

bool attempt_and_order(dbc *c, arena *a, int64_t id, str provider, str message, struct attempt *t,
                       struct order *o, bool *known)
{
	rows *r = db_query(c, &sql_attempt_and_order, D_INT(id), D_TEXT(provider), D_TEXT(message));
	bool found = db_next(r);
	if (found) {
		*t = attempt_read(r, a);
		*o = order_from(r, a, ATTEMPT_COLUMN_COUNT);
		*known = !db_is_null(r, ATTEMPT_COLUMN_COUNT + ORDER_COLUMN_COUNT);
	}
	db_done(r);
	return found;
}

bool attempt_open(dbc *c, arena *a, int64_t order, struct attempt *out)
{
	return attempt_one(db_query(c, &sql_attempt_of_order, D_INT(order)), a, out);
}

bool attempt_last(dbc *c, arena *a, int64_t order, struct attempt *out)
{
	return attempt_one(db_query(c, &sql_attempt_last, D_INT(order)), a, out);
}

size_t order_attempts(dbc *c, arena *a, int64_t order, struct attempt *out, size_t max)
{
	size_t n = 0;
	rows *r = db_query(c, &sql_attempt_list, D_INT(order));
	while (n < max && db_next(r))
		out[n++] = attempt_read(r, a);
	db_done(r);
	return n;
}

size_t order_receipts(dbc *c, arena *a, int64_t order, struct receipt *out, size_t max)
{
	size_t n = 0;
	rows *r = db_query(c, &sql_receipt_list, D_INT(order));
	while (n < max && db_next(r))
		out[n++] = (struct receipt){
		    .entity = str_dup(a, db_text(r, 0)),
		    .year = db_int(r, 1),
		    .no = db_int(r, 2),
		    .number = str_dup(a, db_text(r, 3)),
		    .order = db_int(r, 4),
		    .amount = db_int(r, 5),
		    .currency = str_dup(a, db_text(r, 6)),
		    .at = db_int(r, 7),
		    .seq = db_int(r, 8),
		};
	db_done(r);
	return n;
}

static struct refund refund_read(rows *r, arena *a)
{
	return (struct refund){
	    .id = db_int(r, 0),
	    .order = db_int(r, 1),
	    .attempt = db_int(r, 2),
	    .kind = str_dup(a, db_text(r, 3)),
	    .amount = db_int(r, 4),
	    .currency = str_dup(a, db_text(r, 5)),
	    .reason = str_dup(a, db_text(r, 6)),
	    .state = str_dup(a, db_text(r, 7)),
	    .maker = db_int(r, 8),
	    .checker = db_int(r, 9),
	    .asked = db_int(r, 10),
	    .ended = db_int(r, 11),
	    .parts = json_parse(a, str_dup(a, db_text(r, 12)), NULL),
	};
}

bool refund_get(dbc *c, arena *a, int64_t id, struct refund *out)
{
	rows *r = db_query(c, &sql_refund_get, D_INT(id));
	bool found = db_next(r);
	if (found)
		*out = refund_read(r, a);
	db_done(r);
	return found;
}

size_t order_refunds(dbc *c, arena *a, int64_t order, struct refund *out, size_t max)
{
	size_t n = 0;
	rows *r = db_query(c, &sql_refund_list, D_INT(order));
	while (n < max && db_next(r))
		out[n++] = refund_read(r, a);
	db_done(r);
	return n;
}

str order_next(str state, const char *event)
{
	static const struct {
		const char *from, *event, *to;
	} edges[] = {
#define EDGE(from, event, to) {#from, #event, #to},
#include "systems/payments/states.def"
#undef EDGE
	};
	for (size_t i = 0; i < COUNT(edges); i++)
		if (str_eq(state, str_of(edges[i].from)) && str_eq(str_of(event), str_of(edges[i].event)))
			return str_of(edges[i].to);
	return (str){0};
}

str asset_of(arena *a, str provider, str method)
{
	return str_eq(provider, STR("counter")) ? str_cat(a, STR("asset/till/"), method)
	                                        : str_cat(a, STR("asset/receivable/"), provider);
}

json *pay_money(arena *a, int64_t minor, str currency_code)
{
	json *m = json_object(a);
	json_set_int(a, m, "minor", minor);
	json_set_str(a, m, "currency", currency_code);
	return m;
}
