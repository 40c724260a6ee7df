/*
 * words.c - from a text to the words that are indexed.
 *
 * Arabic stemming follows Light10 (Larkey, Ballesteros and Connell, 2007): the
 * conjunction waw, one article, then one pass over the suffixes; a stem keeps at
 * least two letters. A name that begins with "abd" is joined with its second part,
 * as many people write it so.
 */
#include "kernel/search/words.h"

#include "base/utf8.h"

#include <libstemmer.h>
#include <string.h>
#include <utf8proc.h>

static bool arabic_mark(uint32_t c)
{
	return (c >= 0x064B && c <= 0x065F) || c == 0x0670 || c == 0x0640 || /* harakat, tatweel */
	       (c >= 0x0610 && c <= 0x061A) || (c >= 0x06D6 && c <= 0x06ED);
}

/* One letter in its normal spelling; 0 when it is left out. */
static uint32_t normal(uint32_t c)
{
	if (arabic_mark(c))
		return 0;
	if (c >= 0x0660 && c <= 0x0669)
		return '0' + (c - 0x0660);
	if (c >= 0x06F0 && c <= 0x06F9)
		return '0' + (c - 0x06F0);
	switch (c) {
	case 0x0622: /* alef with madda, hamza above, below, wasla */
	case 0x0623:
	case 0x0625:
	case 0x0671:
		return 0x0627;
	case 0x0649: /* alef maksura, Persian ya */
	case 0x06CC:
		return 0x064A;
	case 0x0626: /* ya and waw with hamza */
		return 0x064A;
	case 0x0624:
		return 0x0648;
	case 0x0629: /* ta marbuta */
		return 0x0647;
	case 0x06A9: /* Persian kaf */
		return 0x0643;
	default:
		return c;
	}
}

static bool is_word(uint32_t c)
{
	switch (utf8proc_category((utf8proc_int32_t)c)) {
	case UTF8PROC_CATEGORY_LU:
	case UTF8PROC_CATEGORY_LL:
	case UTF8PROC_CATEGORY_LT:
	case UTF8PROC_CATEGORY_LM:
	case UTF8PROC_CATEGORY_LO:
	case UTF8PROC_CATEGORY_ND:
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_MC:
		return true;
	default:
		return false;
	}
}

/* Compatibility forms composed, case folded, letters normal; what is no letter or
 * digit becomes one space. An apostrophe within a word goes. */
str search_fold(arena *a, str text)
{
	const utf8proc_option_t how =
	    UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE;
	const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)(text.p ? text.p : "");
	utf8proc_ssize_t n = (utf8proc_ssize_t)text.n, room;
	utf8proc_int32_t *c;
	do { /* few letters become more than they had bytes */
		room = n;
		c = arena_raw(a, ((size_t)room + 1) * sizeof *c);
		n = utf8proc_decompose(p, (utf8proc_ssize_t)text.n, c, room, how);
	} while (n > room);
	n = n > 0 ? utf8proc_normalize_utf32(c, n, how) : n;
	buf b = buf_make(a, (size_t)(n > 0 ? n : 0) * 4 + 8);
	for (utf8proc_ssize_t i = 0; i < n; i++) {
		char out[4];
		if (c[i] == '\'' || c[i] == 0x2019)
			continue;
		if (is_word((uint32_t)c[i])) {
			uint32_t letter = normal((uint32_t)c[i]);
			if (letter)
				buf_put(&b, (str){out, utf8_encode(letter, out)});
		} else if (b.n && b.p[b.n - 1] != ' ') {
			buf_putc(&b, ' ');
		}
	}
	return str_trim(buf_str(&b));
}

/* ---- stems ---- */

static bool drop_front(str *s, str front, size_t least)
{
	if (!str_starts(*s, front) || utf8_length(*s) < utf8_length(front) + least)
		return false;
	*s = str_sub(*s, front.n, s->n);
	return true;
}

static bool drop_end(str *s, str end, size_t least)
{
	if (!str_ends(*s, end) || utf8_length(*s) < utf8_length(end) + least)
		return false;
	*s = str_sub(*s, 0, s->n - end.n);
	return true;
}

static const str articles[] = {STR_INIT("وال"), STR_INIT("بال"), STR_INIT("كال"),
                               STR_INIT("فال"), STR_INIT("لل"),  STR_INIT("ال")};
static const str endings[] = {STR_INIT("ها"), STR_INIT("ان"), STR_INIT("ات"), STR_INIT("ون"),
                              STR_INIT("ين"), STR_INIT("يه"), STR_INIT("ه"),  STR_INIT("ي")};

/* "My card": the ta of a bound ta marbuta with its possessive. */
static const str possessives[] = {STR_INIT("تي"),  STR_INIT("تك"),  STR_INIT("ته"),
                                  STR_INIT("تنا"), STR_INIT("تها"), STR_INIT("تهم")};

static bool is_arabic(str s)
{
	return s.n > 1 && (unsigned char)s.p[0] >= 0xD8 && (unsigned char)s.p[0] <= 0xDB;
}

static str arabic_bare(str s)
{
	for (size_t i = 0; i < sizeof articles / sizeof *articles; i++)
		if (drop_front(&s, articles[i], 2))
			return s;
	drop_front(&s, STR("و"), 3);
	return s;
}

static str arabic_stem(str s)
{
	for (size_t i = 0; i < sizeof possessives / sizeof *possessives; i++)
		if (drop_end(&s, possessives[i], 3))
			break;
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
		drop_end(&s, endings[i], 2);
	return s;
}

static str same(str s)
{
	static const struct {
		str word, stands_for;
	} table[] = {
#define SAME(word, stands_for) {STR_INIT(word), STR_INIT(stands_for)},
#include "kernel/search/same.def"
#undef SAME
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (str_eq(table[i].word, s))
			return table[i].stands_for;
	return s;
}

bool search_same_pair(size_t i, str *word, str *stands_for)
{
	static const str pairs[][2] = {
#define SAME(word, stands_for) {STR_INIT(word), STR_INIT(stands_for)},
#include "kernel/search/same.def"
#undef SAME
	};
	if (i >= sizeof pairs / sizeof *pairs)
		return false;
	*word = pairs[i][0];
	*stands_for = pairs[i][1];
	return true;
}

static bool stop_word(str s)
{
	static const str stops[] = {
	    STR_INIT("the"),  STR_INIT("a"),   STR_INIT("an"),   STR_INIT("of"),   STR_INIT("for"),
	    STR_INIT("to"),   STR_INIT("and"), STR_INIT("or"),   STR_INIT("in"),   STR_INIT("on"),
	    STR_INIT("is"),   STR_INIT("my"),  STR_INIT("i"),    STR_INIT("how"),  STR_INIT("do"),
	    STR_INIT("at"),   STR_INIT("by"),  STR_INIT("from"), STR_INIT("with"), STR_INIT("get"),
	    STR_INIT("your"), STR_INIT("في"),  STR_INIT("من"),   STR_INIT("علي"),  STR_INIT("الي"),
	    STR_INIT("عن"),   STR_INIT("او"),  STR_INIT("و"),    STR_INIT("كيف"),  STR_INIT("ان"),
	    STR_INIT("هل"),   STR_INIT("ما"),  STR_INIT("مع"),
	};
	for (size_t i = 0; i < sizeof stops / sizeof *stops; i++)
		if (str_eq(stops[i], s))
			return true;
	return false;
}

static str stem(arena *a, struct sb_stemmer *english, str word)
{
	if (is_arabic(word)) {
		str bare = same(arabic_bare(word));
		return str_dup(a, arabic_stem(bare));
	}
	word = same(word);
	const sb_symbol *s =
	    english ? sb_stemmer_stem(english, (const sb_symbol *)word.p, (int)word.n) : NULL;
	return s ? str_dup(a, (str){(const char *)s, (size_t)sb_stemmer_length(english)})
	         : str_dup(a, word);
}

size_t search_tokens(arena *a, str text, str **out)
{
	str folded = search_fold(a, text), word, held = {0};
	size_t most = 1;
	for (size_t i = 0; i < folded.n; i++)
		most += folded.p[i] == ' ';
	*out = NEWN(a, str, most < SEARCH_MAX_TOKENS ? most : SEARCH_MAX_TOKENS);
	/* It keeps no state between words but its buffer: one for each call. */
	struct sb_stemmer *english = sb_stemmer_new("english", "UTF_8");
	size_t n = 0;
	while (n < SEARCH_MAX_TOKENS && str_cut(&folded, ' ', &word)) {
		if (str_eq(word, STR("عبد"))) {
			held = word;
			continue;
		}
		if (held.n)
			word = str_cat(a, held, word);
		held = (str){0};
		if (!word.n || stop_word(word))
			continue;
		if (word.n > SEARCH_WORD_BYTES)
			word = str_sub(word, 0, SEARCH_WORD_BYTES);
		(*out)[n++] = stem(a, english, word);
	}
	if (held.n && n < SEARCH_MAX_TOKENS)
		(*out)[n++] = held;
	sb_stemmer_delete(english);
	return n;
}
