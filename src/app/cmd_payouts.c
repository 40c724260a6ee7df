/* cmd_payouts.c - what bodies pay out with, and their programs' keys; for operators. */
#include "app/commands.h"
#include "app/open.h"
#include "kernel/pack/pack.h"
#include "systems/payments/payout/payout.h"

#include <stdio.h>
#include <string.h>

#define WORDS_MAX 4

struct work {
	str word[WORDS_MAX]; /* after the verb */
	size_t n;
	str group, code, reason;
	bool bank, closed;
	int64_t most, days, amount;
	str token;
};

static bool option(str s, const char *name, str *out)
{
	if (!str_starts(s, str_of(name)))
		return false;
	*out = str_sub(s, strlen(name), s.n);
	return true;
}

static bool words_read(int argc, char **argv, struct work *w)
{
	str text;
	*w = (struct work){.days = 90};
	for (int i = 2; i < argc; i++) {
		str s = str_of(argv[i]);
		if (option(s, "--group=", &w->group) || option(s, "--currency=", &w->code) ||
		    option(s, "--reason=", &w->reason))
			continue;
		if ((option(s, "--most=", &text) && str_i64(text, &w->most)) ||
		    (option(s, "--days=", &text) && str_i64(text, &w->days)))
			continue;
		if (str_eq(s, STR("--bank")))
			w->bank = true;
		else if (str_eq(s, STR("--closed")))
			w->closed = true;
		else if (str_starts(s, STR("-")) || w->n == WORDS_MAX)
			return false;
		else
			w->word[w->n++] = s;
	}
	return true;
}

static err key_decide(struct tx *tx, void *ctx)
{
	struct work *w = ctx;
	return payout_key(tx, w->word[0], w->bank, &w->token);
}

static err program_decide(struct tx *tx, void *ctx)
{
	const struct work *w = ctx;
	return program_name(tx, w->word[0], w->word[1]);
}

static err group_decide(struct tx *tx, void *ctx)
{
	const struct work *w = ctx;
	return group_set(tx, w->word[0], w->word[1], w->most, w->days);
}

static err merchant_decide(struct tx *tx, void *ctx)
{
	const struct work *w = ctx;
	return merchant_set(tx, w->word[0], w->word[1], w->word[2], w->group, !w->closed);
}

static err fund_decide(struct tx *tx, void *ctx)
{
	const struct work *w = ctx;
	return fund_give(tx, w->word[0], w->word[1], w->code, w->amount);
}

static err returned_decide(struct tx *tx, void *ctx)
{
	const struct work *w = ctx;
	struct payout_batch b;
	if (!payout_batch_find(tx->db, tx->a, w->word[0], w->word[1], &b))
		return tx_fail(tx, ERR_not_found, "", "there is no such batch");
	return payout_return(tx, b.id, w->word[2], w->reason);
}

static const struct verb {
	const char *name;
	err (*decide)(struct tx *tx, void *ctx);
	size_t words;
	const char *needs;
} verbs[] = {
    {"key", key_decide, 1, "a body, or with --bank a provider, is needed after"},
    {"program", program_decide, 2, "a body and a name are needed after"},
    {"group", group_decide, 2, "a body, a code and --most are needed after"},
    {"merchant", merchant_decide, 3, "a body, a name and an account are needed after"},
    {"fund", fund_decide, 3, "a body, a reference and an amount are needed after"},
    {"returned", returned_decide, 3,
     "a body, a batch, an instruction and --reason are needed after"},
};

static const struct verb *verb_find(const char *name)
{
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

/* The amount in its currency: the country's, if none is given. */
static bool money_read(struct opened *o, struct work *w)
{
	currency c = {{0}, 0};
	money m;
	if (!w->code.n && pack_current(o->k))
		w->code = str_of(pack_currency(o->k).code);
	if (!currency_find(w->code, &c) || !money_parse(w->word[2], c, &m))
		return false;
	w->amount = m.minor;
	return true;
}

int cmd_payouts(int argc, char **argv)
{
	struct opened o = {0};
	struct work w;
	int e = app_settings(&argc, argv, &o);
	const struct verb *verb = verb_find(argc > 1 ? argv[1] : "");
	if (!e && (!verb || !words_read(argc, argv, &w)))
		e = help_wrong("payouts", "an unknown word", argv[verb || argc < 2 ? argc - 1 : 1]);
	if (!e && w.n != verb->words)
		e = help_wrong("payouts", verb->needs, verb->name);
	if (!e)
		e = app_open_set(OPEN_WRITE, &o);
	if (!e && verb->decide == fund_decide && !money_read(&o, &w))
		e = help_wrong("payouts", "no amount of a known currency", argv[argc - 1]);
	if (!e)
		e = app_run(&o, verb->decide, &w);
	if (!e && w.token.n)
		printf("%.*s\n", STRF(w.token));
	app_close(&o);
	return e;
}
