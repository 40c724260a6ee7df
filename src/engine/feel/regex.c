#include "engine/feel/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <string.h>

#define OUTPUT_MAX ((size_t)8 * 1024 * 1024) /* bytes of a replaced text */

struct regex {
	pcre2_code *code;
	pcre2_match_data *match;
	pcre2_match_context *limits;
};

struct flags {
	uint32_t options;
	bool dot_all, extended, literal;
};

static bool flags_of(str flags, struct flags *f)
{
	*f = (struct flags){.options = PCRE2_UTF | PCRE2_UCP | PCRE2_DOLLAR_ENDONLY};
	for (size_t i = 0; i < flags.n; i++) {
		char c = flags.p[i];
		if (c == 's')
			f->dot_all = true;
		else if (c == 'm')
			f->options |= PCRE2_MULTILINE;
		else if (c == 'i')
			f->options |= PCRE2_CASELESS;
		else if (c == 'x')
			f->extended = true;
		else if (c == 'q')
			f->literal = true;
		else
			return false;
	}
	if (f->literal)
		f->options = PCRE2_LITERAL | PCRE2_UTF | (f->options & PCRE2_CASELESS);
	return true;
}

static bool open_regex(struct env *e, str pattern, str flags, struct regex *r)
{
	struct flags f;
	int code;
	PCRE2_SIZE where;
	*r = (struct regex){0};
	if (pattern.n > REGEX_MAX_PATTERN || !flags_of(flags, &f))
		return false;
	if (!f.literal && !regex_translate(e->a, pattern, f.dot_all, f.extended, &pattern))
		return false;
	r->code = pcre2_compile((PCRE2_SPTR)(pattern.p ? pattern.p : ""), pattern.n, f.options, &code,
	                        &where, NULL);
	if (!r->code)
		return false;
	r->match = pcre2_match_data_create_from_pattern(r->code, NULL);
	r->limits = pcre2_match_context_create(NULL);
	if (!r->match || !r->limits)
		return false;
	pcre2_set_depth_limit(r->limits, REGEX_DEPTH_LIMIT);
	pcre2_set_heap_limit(r->limits, REGEX_HEAP_KIB);
	return true;
}

static void close_regex(struct regex *r)
{
	pcre2_match_data_free(r->match);
	pcre2_match_context_free(r->limits);
	pcre2_code_free(r->code);
}

/* PCRE2 does not tell how many steps a match took: it is tried with a few, then with
 * ever more, each taken off the budget before. */
static int find(struct env *e, const struct regex *r, str s, size_t from)
{
	static const uint32_t limits[] = {500, 5000, 50000, REGEX_MATCH_LIMIT};
	int rc = PCRE2_ERROR_MATCHLIMIT;
	for (size_t i = 0; rc == PCRE2_ERROR_MATCHLIMIT && i < sizeof limits / sizeof *limits; i++) {
		e->steps += limits[i] / REGEX_STEPS_A_STEP;
		if (e->steps > e->steps_max)
			break;
		pcre2_set_match_limit(r->limits, limits[i]);
		rc = pcre2_match(r->code, (PCRE2_SPTR)(s.p ? s.p : ""), s.n, from, PCRE2_NO_UTF_CHECK,
		                 r->match, r->limits);
	}
	return rc;
}

/* "$1", "\$" and "\\" of a replacement; false when it is malformed. */
static bool put_replacement(buf *b, const struct regex *r, str s, str rep, bool literal)
{
	const PCRE2_SIZE *v = pcre2_get_ovector_pointer(r->match);
	uint32_t groups = pcre2_get_ovector_count(r->match);
	for (size_t i = 0; i < rep.n; i++) {
		char c = rep.p[i];
		if (literal || (c != '$' && c != '\\')) {
			buf_putc(b, c);
			continue;
		}
		char d = i + 1 < rep.n ? rep.p[++i] : 0;
		if (c == '\\') {
			if (d != '\\' && d != '$')
				return false;
			buf_putc(b, d);
			continue;
		}
		if (d < '0' || d > '9')
			return false;
		uint32_t g = (uint32_t)(d - '0');
		while (i + 1 < rep.n && rep.p[i + 1] >= '0' && rep.p[i + 1] <= '9' &&
		       g * 10 + (uint32_t)(rep.p[i + 1] - '0') < groups)
			g = g * 10 + (uint32_t)(rep.p[++i] - '0');
		if (g < groups && v[2 * g] != PCRE2_UNSET)
			buf_put(b, str_sub(s, v[2 * g], v[2 * g + 1]));
	}
	return true;
}

struct pieces {
	feel_value *v;
	size_t n, cap;
};

static void add_piece(struct env *e, struct pieces *p, str s)
{
	if (p->n == p->cap) {
		size_t cap = p->cap ? p->cap * 2 : 16;
		feel_value *v = NEWN(e->a, feel_value, cap);
		if (p->n)
			memcpy(v, p->v, p->n * sizeof *v);
		p->v = v;
		p->cap = cap;
	}
	p->v[p->n++] = feel_string(s);
}

/* Replaces or splits; the answer, or NULL text for an error. */
static const char *walk(struct env *e, const struct regex *r, enum regex_use use, str s, str rep,
                        bool literal, buf *out, struct pieces *parts)
{
	size_t last = 0, at = 0;
	int rc = find(e, r, STR(""), 0);
	if (rc >= 0)
		return "a pattern that matches the empty text";
	while (at <= s.n && (rc = find(e, r, s, at)) > 0) {
		const PCRE2_SIZE *v = pcre2_get_ovector_pointer(r->match);
		size_t from = v[0], to = v[1];
		if (to <= from) { /* nothing matched here: go on behind the next character */
			at = to + 1;
			while (at < s.n && ((uint8_t)s.p[at] & 0xC0) == 0x80)
				at++;
			continue;
		}
		if (++e->steps > e->steps_max)
			return "too many matches";
		if (use == REGEX_SPLIT) {
			add_piece(e, parts, str_sub(s, last, from));
		} else {
			buf_put(out, str_sub(s, last, from));
			if (!put_replacement(out, r, s, rep, literal))
				return "a malformed replacement";
		}
		last = at = to;
	}
	if (rc < 0 && rc != PCRE2_ERROR_NOMATCH)
		return "the pattern takes too long";
	if (use == REGEX_SPLIT)
		add_piece(e, parts, str_sub(s, last, s.n));
	else
		buf_put(out, str_sub(s, last, s.n));
	return out->over ? "a text that is too long" : NULL;
}

/* One use of an opened expression; the problem, or NULL and the answer. */
static const char *apply(struct env *e, const struct regex *r, enum regex_use use, str s, str rep,
                         str flags, feel_value *answer)
{
	struct pieces parts = {0};
	buf out = buf_make(e->a, OUTPUT_MAX);
	if (use == REGEX_MATCH) {
		int rc = find(e, r, s, 0);
		*answer = feel_bool(rc > 0);
		return rc < 0 && rc != PCRE2_ERROR_NOMATCH ? "the pattern takes too long" : NULL;
	}
	const char *problem = walk(e, r, use, s, rep, str_chr(flags, 'q') >= 0, &out, &parts);
	if (!problem && use == REGEX_SPLIT) {
		struct feel_list *l = NEW(e->a, struct feel_list);
		*l = (struct feel_list){parts.n, parts.v};
		*answer = (feel_value){.kind = FEEL_LIST, .list = l};
	} else if (!problem) {
		*answer = feel_string(buf_str(&out));
	}
	return problem;
}

feel_value regex_run(struct env *e, enum regex_use use, str s, str pattern, str rep, str flags)
{
	struct regex r;
	const char *volatile problem = "a malformed pattern or flag";
	feel_value answer = feel_null();
	/* PCRE2 holds memory of its own: the arena's guard must not jump over its release. */
	jmp_buf oom, *before = arena_guard(e->a, &oom);
	if (setjmp(oom)) {
		arena_guard(e->a, before);
		close_regex(&r);
		env_stop(e, ERR_out_of_memory);
	}
	if (open_regex(e, pattern, flags, &r))
		problem = apply(e, &r, use, s, rep, flags, &answer);
	close_regex(&r);
	arena_guard(e->a, before);
	if (e->steps > e->steps_max)
		env_stop(e, ERR_budget);
	return problem ? env_fail(e, "%s: %.*s", problem, (int)(pattern.n > 80 ? 80 : pattern.n),
	                          pattern.p ? pattern.p : "")
	               : answer;
}
