/* The pack of Bahrain with one mistake each: refused, and the mistake is named by
 * file, line and rule, with a hint. */
#include "unit.h"

#include "kernel/pack/pack.h"

#include <stdio.h>

#define LOST        "services/idcard-replace-lost/"
#define FEES        "decisions/notary-fee/"
#define CARD        LOST "card.json"
#define COUNT_OF(a) (sizeof(a) / sizeof *(a))

struct mistake {
	const char *path, *old, *new; /* `old` empty: the whole file; `new` NULL: no such file */
	const char *rule;             /* the beginning of one that must be told */
	const char *told;             /* in which file, if not in `path` */
};

static const struct mistake mistakes[] = {
    /* not JSON, or not of the schema */
    {"pack.json", "\"format\": 1,", "\"format\": 1", "pack.json", 0},
    {"roles.json", "\"roles\": [", "\"roles\": [,", "pack.json", 0},
    {"legal.json", "", "", "pack.json", 0},
    {"channels.json", "", "{\"channels\": [", "pack.json", 0},
    {"pack.json", "\"id\": \"bahrain\",", "\"id\": \"bahrain\", \"id\": \"bahrain\",", "pack.json",
     0},
    {"pack.json", "\"format\": 1", "\"format\": 2", "pack.schema.const", 0},
    {"pack.json", "\"version\": \"1.0.0\"", "\"version\": \"one\"", "pack.schema.pattern", 0},
    {"pack.json", "\"digits\": \"latn\"", "\"digits\": \"roman\"", "pack.schema.enum", 0},
    {"pack.json", "\"owner\": \"iga\",", "", "pack.schema.required", 0},
    {"pack.json", "\"currency\": \"BHD\"", "\"currency\": \"BHX\"", "pack.currency", 0},
    {"pack.json", "\"+03:00\"", "\"3\"", "pack.schema.pattern", 0},
    {"entities.json", "\"kind\": \"ministry\"", "\"kind\": \"kingdom\"", "pack.schema.enum", 0},
    {"entities.json", "\"en\": \"Ministry of Interior\",", "", "pack.schema.required", 0},
    {"entities.json", "\"ar\": \"وزارة الداخلية\"", "\"ar\": \"Interior\"", "pack.schema.pattern",
     0},
    {"roles.json", "\"case.work\"", "\"case.rule\"", "pack.schema.enum", 0},
    {"roles.json", "\"id\": \"auditor\"", "\"id\": \"The Auditor\"", "pack.schema.pattern", 0},
    {LOST "service.json", "\"within\": {\n      \"value\": 60,",
     "\"role\": \"king\", \"within\": {\n      \"value\": 60,", "pack.service.appeal",
     LOST "process.bpmn"},
    {LOST "service.json", "\"within\": {\n      \"value\": 60,",
     "\"at\": \"nowhere\", \"within\": {\n      \"value\": 60,", "pack.service.appeal",
     LOST "process.bpmn"},
    {"identifiers.json", "\"kind\": \"luhn\"", "\"kind\": \"lunn\"", "pack.schema.enum", 0},
    {"demo.json", "citizen@example.com", "citizen@government.bh", "pack.schema.pattern", 0},
    {CARD, "\"amount_minor\": 4000", "\"amount_minor\": -4000", "pack.schema.minimum", 0},
    {CARD, "\"amount_minor\": 4000", "\"amount_minor\": 4.5", "pack.schema.type", 0},
    {CARD, "\"summary\": {", "\"sumary\": {", "pack.schema.false", 0},
    {CARD, "\"digital_stage\": \"transaction\"", "\"digital_stage\": \"telepathy\"",
     "pack.schema.enum", 0},
    {CARD, "\"valid_from\": \"2024-01-01\"", "\"valid_from\": \"1.1.2024\"", "pack.schema.pattern",
     0},
    /* files that are not there */
    {"roles.json", "", NULL, "pack.file.missing", 0},
    {"calendar.json", "", NULL, "pack.file.missing", 0},
    {LOST "form.json", "", NULL, "pack.file.missing", LOST "service.json"},
    {LOST "process.bpmn", "", NULL, "pack.file.missing", LOST "service.json"},
    {LOST "document.json", "", NULL, "pack.file.missing", LOST "service.json"},
    {LOST "messages.json", "", NULL, "pack.file.missing", LOST "service.json"},
    {LOST "fee.dmn", "", NULL, "pack.file.missing", LOST "service.json"},
    {LOST "fee.tests.xml", "", NULL, "pack.file.missing", LOST "service.json"},
    {CARD, "", NULL, "pack.file.missing", LOST "service.json"},
    {FEES "notary-fee.dmn", "", NULL, "pack.file.missing", FEES "decision.json"},
    /* ids that nothing has */
    {"pack.json", "\"owner\": \"iga\"", "\"owner\": \"aga\"", "pack.ref", 0},
    {"pack.json", "\"bhr-personal-number\"", "\"bhr-number\"", "pack.ref", 0},
    {CARD, "\"provider\": \"iga\"", "\"provider\": \"igo\"", "pack.ref", 0},
    {CARD, "\"losing-documents\"", "\"losing-patience\"", "pack.ref", 0},
    {CARD, "\"evidence\": \"photograph\"", "\"evidence\": \"painting\"", "pack.ref", 0},
    {CARD, "\"law-46-2006\"", "\"law-46-2060\"", "pack.ref", 0},
    {CARD, "\"isa-town\"", "\"isa-village\"", "pack.ref", 0},
    {CARD, "\"wallet\"", "\"purse\"", "pack.ref", 0},
    {CARD, "\"portal\"", "\"pigeon\"", "pack.ref", 0},
    {CARD, "\"iga-faqs\"", "\"hearsay\"", "pack.ref", 0},
    {"demo.json", "\"role\": \"id_officer\"", "\"role\": \"id_office\"", "pack.ref", 0},
    {FEES "decision.json", "\"owner\": \"moj\"", "\"owner\": \"mojo\"", "pack.ref", 0},
    {LOST "service.json", "\"entity\": \"iga\"", "\"entity\": \"iaga\"", "pack.ref", 0},
    {"evidence-types.json", "\"service\": \"idcard-issue\"", "\"service\": \"idcard-tissue\"",
     "pack.ref", 0},
    {CARD, "\"login\": \"standard\"", "\"formerly\": [\"idcard-renew\"], \"login\": \"standard\"",
     "pack.id.former", 0},
    {"services/birth-certificate/service.json", "\"fees.certificate\"", "\"fees.stamp\"",
     "pack.service.fee", 0},
    {CARD, "\"value\": 3", "\"value\": 2", "pack.service.promise", LOST "service.json"},
    {"entities.json", "\"id\": \"mofa\"", "\"id\": \"moe\"", "pack.id.twice", 0},
    {CARD, "\"id\": \"idcard-replace-lost\"", "\"id\": \"idcard-replace\"", "pack.id.folder", 0},
    {LOST "service.json", "\"id\": \"idcard-replace-lost\"", "\"id\": \"idcard-lost\"",
     "pack.id.folder", 0},
    {CARD, "\"currency\": \"BHD\"", "\"currency\": \"KWD\"", "pack.currency", 0},
    /* the calendar */
    {"calendar.json", "\"07:00\"", "\"17:00\"", "calendar.hours", 0},
    {"calendar.json", "\"2018-05-01\"", "\"2018-02-30\"", "calendar.date", 0},
    {"calendar.json", "\"2018-06-14\"", "\"2018-05-01\"", "calendar.ramadan", 0},
    {"pack.json", "\"weekend\": [\n    5,", "\"weekend\": [\n    4,", "pack.weekend",
     "calendar.json"},
    /* expressions, decisions and their examples */
    {LOST "service.json", "count(applicant.cards) > 0", "count(applicant.cards > 0", "pack.feel",
     0},
    {LOST "service.json", "answers.fast_track = true", "answers.fast_track =", "pack.feel", 0},
    {LOST "service.json", "\"decision\": \"Fee\"", "\"decision\": \"Free\"", "pack.decision.name",
     0},
    {LOST "service.json", "\"reason\": \"\\\"lost\\\"\",", "", "pack.decision.input", 0},
    {LOST "service.json", "\"lmra_employee\"", "\"lmra_worker\"", "pack.decision.input", 0},
    {LOST "fee.dmn", "<text>4.000</text>", "<text>5.000</text>", "pack.example",
     LOST "fee.tests.xml"},
    {FEES "notary-fee.tests.xml", ">6.000<", ">7.000<", "pack.example", 0},
    {FEES "notary-fee.dmn", "</definitions>", "", "dmn.", 0},
    {FEES "notary-fee.dmn", "<text>act</text>", "<text>act +</text>", "feel.", 0},
    /* the process and its cases */
    {LOST "process.bpmn", "targetRef=\"payment\"", "targetRef=\"paiment\"", "bpmn.", 0},
    {LOST "process.bpmn", "decision = \"approve\"", "decision = ", "bpmn.", 0},
    {LOST "process.bpmn", "diwan:decision=\"fee\"", "diwan:decision=\"fine\"",
     "pack.process.decision", 0},
    {"services/idcard-renew/process.bpmn", "diwan:outcomes=\"taken missed\"",
     "diwan:outcomes=\"taken missed late\"", "pack.process.outcome", 0},
    {LOST "process.bpmn", "diwan:type=\"issue\"", "diwan:type=\"isue\"", "pack.process.type", 0},
    {"services/idcard-renew/process.bpmn", "diwan:decision=\"fingerprints\"",
     "diwan:decision=\"fingers\"", "pack.process.decision", 0},
    {"services/complaint/process.bpmn", "diwan:entity=\"ewa\"", "diwan:entity=\"eva\"",
     "pack.process.entity", 0},
    {"services/electricity-connection/process.bpmn", "diwan:form=\"inspection\"",
     "diwan:form=\"inspector\"", "pack.process.form", 0},
    {LOST "process.bpmn", "diwan:message=\"overdue\"", "diwan:message=\"late\"",
     "pack.process.message", 0},
    {LOST "process.bpmn", "diwan:document=\"document\"", "diwan:document=\"permit\"",
     "pack.process.document", 0},
    {LOST "process.bpmn",
     "name=\"Review the application\" diwan:name_ar=\"دراسة الطلب\" "
     "diwan:role=\"id_officer\"",
     "name=\"Review\" diwan:role=\"officer\"", "pack.process.role", 0},
    {LOST "service.json", "\"review\": \"id_officer\"", "\"review\": \"auditor\"",
     "pack.process.role", LOST "process.bpmn"},
    {LOST "process.tests.json", "\"payment\": 1,", "\"payment\": 2,", "pack.example", 0},
    {LOST "process.tests.json", "diwan-bpmn-test/1", "diwan-bpmn-test/9", "pack.example.format", 0},
    /* the scenarios */
    {"services/complaint/service.json", "\"approved\": {\n      \"en\": \"Answered\"",
     "\"agreed\": {\n      \"en\": \"Answered\"", "pack.service.ends", 0},
    {"services/complaint/service.json", "\"en\": \"Answered\"", "\"fr\": \"Répondu\"", "pack.schema.",
     0},
    {"services/shop-licence/scenario.json", "\"outcome\": \"ended\"", "\"outcome\": \"closed\"",
     "pack.scenario.outcome", 0},
    {LOST "scenario.json", "", NULL, "pack.file.missing", LOST "service.json"},
    {LOST "scenario.json", "\"fee_minor\": 4000", "\"fee_minor\": 4001", "pack.scenario.fee", 0},
    {LOST "scenario.json", "\"applicant\": \"worker\"", "\"applicant\": \"nobody\"", "pack.ref", 0},
    {LOST "scenario.json", "\"how\": \"lost\"", "\"how\": \"eaten\"", "pack.scenario.answers", 0},
    {LOST "scenario.json", "\"fee_minor\": 4000", "\"refused\": \"card\"", "pack.scenario.refused",
     0},
    {LOST "scenario.json", "\"work\": \"payment\"", "\"work\": \"payment\", \"task\": \"x\"",
     "pack.schema.oneOf", 0},
    /* the form, the document and the messages */
    {LOST "document.json", "\"layout\": \"columns\"", "\"layout\": \"rows\"", "pack.schema.enum",
     0},
    {LOST "document.json", "{{answers.lost_on | date}}", "{{answers.lost_on | dote}}", "document.",
     0},
    {LOST "form.json", "#/properties/how\"", "#/properties/why\"", "form.", 0},
    {LOST "form.json", "how = \\\"stolen\\\"", "how = ", "form.", 0},
    {LOST "messages.json", "{reference} received", "{referense} received",
     "pack.message.placeholder", 0},
    {LOST "messages.json", "\"to\": \"applicant\"", "\"to\": \"everybody\"", "pack.schema.enum", 0},
};

/* The source with the mistake in it. */
static struct pack_source broken(arena *a, const struct pack_source *s, const struct mistake *m)
{
	struct pack_source out = {.files = NEWN(a, struct pack_source_file, s->n)};
	bool done = false;
	for (size_t i = 0; i < s->n; i++) {
		str b = s->files[i].bytes;
		struct pack_source_file *f = &out.files[out.n++];
		*f = s->files[i];
		if (!str_eq(f->path, str_of(m->path)))
			continue;
		ptrdiff_t at = str_find(b, str_of(m->old));
		done = true;
		if (!m->new)
			out.n--;
		else if (!m->old[0])
			f->bytes = str_of(m->new);
		else if (at < 0)
			fail_msg("%s does not hold: %s", m->path, m->old);
		else
			f->bytes = str_fmt(a, "%.*s%s%.*s", (int)at, b.p, m->new,
			                   STRF(str_sub(b, (size_t)at + strlen(m->old), b.n)));
	}
	if (!done)
		fail_msg("there is no %s", m->path);
	return out;
}

static bool named(const struct diags *d, const struct mistake *m)
{
	str file = str_of(m->told ? m->told : m->path);
	for (const struct diag *g = d->first; g; g = g->next)
		if (g->severity == DIAG_ERROR && str_eq(g->file, file) && g->line > 0 && g->col > 0 &&
		    str_starts(g->rule, str_of(m->rule)) && g->what.n)
			return true;
	return false;
}

static void every_mistake_is_named(void **state)
{
	arena *a = *state;
	struct diags d = diags_make(a, STR("pack"));
	struct pack_source s;
	size_t bad = 0;
	assert_int_equal(pack_read_folder(a, "packs/bahrain", &s, &d), OK);
	assert_true(COUNT_OF(mistakes) >= 60);
	for (size_t i = 0; i < COUNT_OF(mistakes); i++) {
		const struct mistake *m = &mistakes[i];
		arena *b = arena_create(UNIT_ARENA_BYTES);
		struct diags told = diags_make(b, STR("pack"));
		struct pack_source x = broken(b, &s, m);
		const struct pack *p = pack_check(b, &x, &told);
		if (p || !named(&told, m)) {
			print_error("%s: %s\n  instead of: %s\n%.*s\n", m->path, p ? "accepted" : "not named",
			            m->rule, STRF(diags_print(b, &told)));
			bad++;
		}
		arena_destroy(b);
	}
	assert_int_equal(bad, 0);
}

/* What the pack's own rules say comes with a way to mend it. */
static void every_rule_of_packs_has_a_hint(void **state)
{
	arena *a = *state;
	struct diags d = diags_make(a, STR("pack"));
	struct pack_source s;
	assert_int_equal(pack_read_folder(a, "packs/bahrain", &s, &d), OK);
	for (size_t i = 0; i < COUNT_OF(mistakes); i++) {
		arena *b = arena_create(UNIT_ARENA_BYTES);
		struct diags told = diags_make(b, STR("pack"));
		struct pack_source x = broken(b, &s, &mistakes[i]);
		pack_check(b, &x, &told);
		for (const struct diag *g = told.first; g; g = g->next)
			if ((str_starts(g->rule, STR("pack.")) || str_starts(g->rule, STR("calendar."))) &&
			    !g->hint.n)
				fail_msg("%.*s has no hint", STRF(g->rule));
		arena_destroy(b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    UNIT(every_mistake_is_named),
	    UNIT(every_rule_of_packs_has_a_hint),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
