/* Words in Arabic and English: folded, stemmed, indexed, found, corrected. */
#include "kernel_unit.h"

#include "base/utf8.h"
#include "kernel/journal.h"
#include "kernel/search/words.h"

#include <pthread.h>
#include <stdatomic.h>

/* ---- an index, filled by a fold ---- */

static void fold_put(dbc *c, arena *a, const struct event *e)
{
	const json *d = e->data;
	search_put(c, a,
	           &(struct search_doc){.set = STR("guide"),
	                                .id = json_str(d, "id"),
	                                .title_en = json_str(d, "en"),
	                                .title_ar = json_str(d, "ar"),
	                                .body_en = json_str(d, "body")});
}

static const struct event_kind events[] = {{"unit.put", 1, fold_put, "A card for the index"}};
static const struct organ put_organ = {.name = "systems/unit", .events = events, .n_events = 1};
static const struct organ *const organs[] = {&search_organ, &put_organ};

/* ---- words ---- */

static str words_of(struct unit *u, const char *text)
{
	str *t;
	size_t n = search_tokens(u->a, str_of(text), &t);
	buf b = buf_make(u->a, 4096);
	for (size_t i = 0; i < n; i++) {
		buf_puts(&b, i ? " " : "");
		buf_put(&b, t[i]);
	}
	return buf_str(&b);
}

static void same_words(struct unit *u, const char *x, const char *y)
{
	str p = words_of(u, x), q = words_of(u, y);
	if (!p.n || !str_eq(p, q))
		fail_msg("\"%s\" gives \"%.*s\", \"%s\" gives \"%.*s\"", x, STRF(p), y, STRF(q));
}

static void other_words(struct unit *u, const char *x, const char *y)
{
	if (str_eq(words_of(u, x), words_of(u, y)))
		fail_msg("\"%s\" and \"%s\" are taken for the same", x, y);
}

/* proves: CAT-05 */
static void spellings_meet(void **state)
{
	(void)state;
	struct unit *u = unit_start(organs, 2);
	static const char *const pairs[][2] = {
	    {"هويه", "هوية"},        {"احمد", "أحمد"},          {"إقامة", "اقامه"},
	    {"آمنة", "امنه"},        {"مُحَمَّد", "محمد"},           {"محـمـد", "محمد"},
	    {"١٢٣٤", "1234"},        {"۱۲۳۴", "1234"},          {"الدوسري", "دوسري"},
	    {"عبد الله", "عبدالله"},  {"مستشفى", "مستشفي"},       {"البطاقة", "بطاقة"},
	    {"بطاقات", "بطاقة"},     {"والبطاقة", "بطاقه"},      {"للبطاقة", "البطاقة"},
	    {"بالبطاقة", "بطاقة"},   {"مسؤول", "مسوول"},        {"رئيس", "رييس"},
	    {"رسوم", "رسم"},         {"رخص القيادة", "رخصة قيادة"}, {"المدارس", "مدرسة"},
	    {"Licence", "licenses"}, {"identity cards", "Identity card"}, {"O'Connor", "oconnor"},
	    {"renewing", "renew"},   {"ﻣﺤﻤﺪ", "محمد"},           {"کریم", "كريم"},
	    {"ضاعت", "مفقودة"},      {"الشكاوى", "شكوى"},
	};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		same_words(u, pairs[i][0], pairs[i][1]);
	other_words(u, "بطاقة", "بناء");
	other_words(u, "زواج", "جواز");
	other_words(u, "birth", "death");
	other_words(u, "علم", "عامل");
	assert_int_equal(words_of(u, "the of في من").n, 0);
	assert_int_equal(words_of(u, "...؟!").n, 0);
	unit_stop(u);
}

static void the_table_of_synonyms_is_folded(void **state)
{
	(void)state;
	struct unit *u = unit_start(organs, 2);
	str word, stands_for;
	for (size_t i = 0; search_same_pair(i, &word, &stands_for); i++)
		if (!str_eq(search_fold(u->a, stands_for), stands_for))
			fail_msg("not folded: %.*s", STRF(stands_for));
	unit_stop(u);
}

/* One sign that stands for eighteen letters, more than it has bytes. */
static void a_sign_becomes_its_words(void **state)
{
	arena *a = *state;
	assert_str(search_fold(a, STR("ﷺ")), "صلي الله عليه وسلم");
	assert_str(search_fold(a, STR("Ali ﷺ ﷺ!")), "ali صلي الله عليه وسلم صلي الله عليه وسلم");
	assert_str(search_fold(a, STR("\xFF")), "");
	assert_str(search_fold(a, (str){0}), "");
}

/* ---- cards ---- */

struct put {
	const char *id, *en, *ar, *body;
};

static err put_decide(struct tx *tx, void *ctx)
{
	const struct put *p = ctx;
	json *d = json_object(tx->a);
	json_set_str(tx->a, d, "id", str_of(p->id));
	json_set_str(tx->a, d, "en", str_of(p->en));
	json_set_str(tx->a, d, "ar", str_of(p->ar));
	json_set_str(tx->a, d, "body", str_of(p->body));
	return tx_emit(tx, (struct emission){.kind = "unit.put", .data = d});
}

static struct unit *with_cards(void)
{
	static struct put cards[] = {
	    {"lost", "Replace a lost identity card", "استبدال بطاقة هوية مفقودة", "photograph"},
	    {"renew", "Renew an identity card", "تجديد بطاقة الهوية", "Not for a lost card"},
	    {"birth", "Get a birth certificate", "استخراج شهادة ميلاد", "child"},
	    {"vehicle", "Renew a vehicle's registration", "تجديد تسجيل مركبة", "insurance"},
	};
	struct unit *u = unit_start(organs, 2);
	for (size_t i = 0; i < sizeof cards / sizeof *cards; i++)
		assert_int_equal(unit_run(u, put_decide, &cards[i]), OK);
	return u;
}

static str found(struct unit *u, const char *words)
{
	dbc *c = db_reader(u->k->db);
	struct search_found f = search_find(u->k, c, u->a, STR("guide"), str_of(words), 10);
	assert_int_equal(db_error(c), OK);
	db_reader_return(c);
	buf b = buf_make(u->a, 4096);
	buf_puts(&b, f.corrected ? "~" : f.partial ? "?" : "");
	for (size_t i = 0; i < f.n; i++) {
		buf_puts(&b, i ? " " : "");
		buf_put(&b, f.hits[i].id);
	}
	return buf_str(&b);
}

static void expect(struct unit *u, const char *words, const char *ids)
{
	str got = found(u, words);
	if (!str_eq(got, str_of(ids)))
		fail_msg("\"%s\" finds \"%.*s\", not \"%s\"", words, STRF(got), ids);
}

/* proves: CAT-05 */
static void words_find_cards_however_written(void **state)
{
	(void)state;
	struct unit *u = with_cards();
	expect(u, "هويه", "lost renew");
	expect(u, "البطاقه المفقوده", "lost");
	expect(u, "lost card", "lost renew"); /* the title counts more than the body */
	expect(u, "ضاعت بطاقتي", "lost");
	expect(u, "car renewal", "vehicle");
	expect(u, "identiti", "lost renew");
	expect(u, "identtity", "~lost renew");
	expect(u, "certifcate", "~birth");
	expect(u, "شهاده ميلاذ", "~birth");
	expect(u, "tsudent", "");
	expect(u, "birth spaceship", "?birth");
	expect(u, "certif", "birth");
	expect(u, "", "");
	expect(u, "' OR 1=1 --", "");
	unit_stop(u);
}

static void replaced_and_rebuilt(void **state)
{
	(void)state;
	struct unit *u = with_cards();
	struct put again = {"birth", "Register a newborn", "تسجيل مولود", ""};
	assert_int_equal(unit_run(u, put_decide, &again), OK);
	expect(u, "certificate", "");
	expect(u, "birth", "birth");
	struct search_stats held = search_stats_read(u->k);
	assert_int_equal(held.documents, 4);
	expect(u, "newborn", "birth"); /* nothing changed: not read again */
	assert_int_equal(search_stats_read(u->k).loads, held.loads);
	struct rebuild_report r;
	assert_int_equal(journal_rebuild(u->k, u->a, false, &r), OK);
	assert_int_equal(r.different, 0);
	expect(u, "newborn", "birth");
	unit_stop(u);
}

/* Readers ask while the index is replaced under them: each sees one state of it. */
struct asking {
	struct unit *u;
	atomic_bool stop;
	int64_t asked, wrong;
};

static void *ask(void *ctx)
{
	struct asking *q = ctx;
	arena *a = arena_create((size_t)16 * 1024 * 1024);
	dbc *c = db_reader(q->u->k->db);
	do {
		struct search_found f = search_find(q->u->k, c, a, STR("guide"), STR("identity"), 10);
		q->wrong += f.n != 2 || !str_eq(f.hits[0].id, STR("lost"));
		q->asked++;
		arena_reset(a);
	} while (!q->stop);
	q->wrong += db_error(c) != OK;
	db_reader_return(c);
	arena_destroy(a);
	return NULL;
}

static void asked_while_it_changes(void **state)
{
	(void)state;
	struct unit *u = with_cards();
	struct asking q[2] = {{.u = u}, {.u = u}};
	pthread_t thread[2];
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, ask, &q[i]), 0);
	struct put again = {"birth", "Register a newborn", "تسجيل مولود", ""};
	for (int i = 0; i < 30; i++)
		assert_int_equal(unit_run(u, put_decide, &again), OK);
	for (int i = 0; i < 2; i++) {
		q[i].stop = true;
		pthread_join(thread[i], NULL);
		assert_true(q[i].asked > 0);
		assert_int_equal(q[i].wrong, 0);
	}
	unit_stop(u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(spellings_meet),
	    cmocka_unit_test(the_table_of_synonyms_is_folded),
	    UNIT(a_sign_becomes_its_words),
	    cmocka_unit_test(words_find_cards_however_written),
	    cmocka_unit_test(replaced_and_rebuilt),
	    cmocka_unit_test(asked_while_it_changes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
