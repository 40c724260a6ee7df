/*
 * files.c - storing outside the transaction, recording inside it.
 *
 * A personal file has a key of its own, drawn when it is stored. From it come the
 * key that encrypts the bytes and the one that salts their hash (the file's id).
 * The file's key is written nowhere until file_record seals it under the person's
 * key: a crash in between leaves bytes that nobody can read and the sweep removes,
 * and erasing the person leaves the same. A public file is sealed under the
 * platform's master key, and its id is the plain SHA-256.
 */
#include "kernel/files/organ.h"

#include "base/log.h"
#include "base/utf8.h"
#include "kernel/files/examine.h"
#include "kernel/files/scan.h"
#include "kernel/vault.h"

#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <sodium.h>
#include <string.h>

#define KEY_BYTES      32
#define KEY_CONTEXT    "diwanfil" /* crypto_kdf_CONTEXTBYTES */
#define KEY_ENCRYPTION 1
#define KEY_HASH       2
#define NAME_MAX_CHARS 120
#define NONCE_BYTES    crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_BYTES      crypto_aead_xchacha20poly1305_ietf_ABYTES

static str label_of(arena *a, str id)
{
	return str_fmt(a, "file|%.*s", STRF(id));
}

/* ---- names ---- */

/* Without folders and characters that a file system, a header or a reader's eye
 * would take for something else. */
static str clean_name(arena *a, str name)
{
	for (size_t i = name.n; i > 0; i--)
		if (name.p[i - 1] == '/' || name.p[i - 1] == '\\') {
			name = str_sub(name, i, name.n);
			break;
		}
	buf b = buf_make(a, 4 * NAME_MAX_CHARS);
	for (size_t chars = 0; name.n && chars < NAME_MAX_CHARS;) {
		str before = name;
		uint32_t c = utf8_next(&name);
		bool control = c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x200B && c <= 0x200F) ||
		               (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) ||
		               c == 0xFEFF || c == UTF8_BAD;
		if (control || (c < 0x80 && strchr("<>:\"|?*", (int)c)))
			continue;
		buf_put(&b, (str){before.p, before.n - name.n});
		chars++;
	}
	str out = str_trim(buf_str(&b));
	return out.n && *out.p != '.' ? str_dup(a, out) : str_fmt(a, "file%.*s", STRF(out));
}

/* ---- keys ---- */

static void subkey(const unsigned char *key, uint64_t which, unsigned char *out)
{
	crypto_kdf_derive_from_key(out, KEY_BYTES, which, KEY_CONTEXT, key);
}

static str salted_hash(arena *a, const unsigned char *key, str bytes)
{
	unsigned char salt[KEY_BYTES], mac[SHA256_DIGEST_LENGTH];
	unsigned n = sizeof mac;
	subkey(key, KEY_HASH, salt);
	HMAC(EVP_sha256(), salt, sizeof salt, (const unsigned char *)bytes.p, bytes.n, mac, &n);
	return str_hex(a, (str){(char *)mac, sizeof mac});
}

static str plain_hash(arena *a, str bytes)
{
	unsigned char h[SHA256_DIGEST_LENGTH];
	SHA256((const unsigned char *)bytes.p, bytes.n, h);
	return str_hex(a, (str){(char *)h, sizeof h});
}

/* nonce || ciphertext || tag */
static str encrypt(arena *a, const unsigned char *key, str label, str plain)
{
	unsigned char own[KEY_BYTES];
	size_t n = NONCE_BYTES + plain.n + TAG_BYTES;
	unsigned char *p = NEWN(a, unsigned char, n);
	subkey(key, KEY_ENCRYPTION, own);
	randombytes_buf(p, NONCE_BYTES);
	crypto_aead_xchacha20poly1305_ietf_encrypt(
	    p + NONCE_BYTES, NULL, (const unsigned char *)plain.p, plain.n,
	    (const unsigned char *)label.p, label.n, NULL, p, own);
	sodium_memzero(own, sizeof own);
	return (str){(char *)p, n};
}

/* In place: a file may be large. */
static bool decrypt(const unsigned char *key, str label, str sealed, str *plain)
{
	unsigned char own[KEY_BYTES];
	unsigned char *p = (unsigned char *)(uintptr_t)sealed.p;
	if (sealed.n < NONCE_BYTES + TAG_BYTES)
		return false;
	subkey(key, KEY_ENCRYPTION, own);
	int failed = crypto_aead_xchacha20poly1305_ietf_decrypt(
	    p + NONCE_BYTES, NULL, NULL, p + NONCE_BYTES, sealed.n - NONCE_BYTES,
	    (const unsigned char *)label.p, label.n, p, own);
	sodium_memzero(own, sizeof own);
	*plain = (str){(char *)p + NONCE_BYTES, sealed.n - NONCE_BYTES - TAG_BYTES};
	return !failed;
}

/* ---- storing ---- */

static json *background_view(arena *a, struct image_colour c)
{
	json *o = json_object(a);
	json_set_int(a, o, "red", c.red);
	json_set_int(a, o, "green", c.green);
	json_set_int(a, o, "blue", c.blue);
	json_set_int(a, o, "spread", c.spread);
	return o;
}

static err refuse(struct file_info *f, err e, const char *reason, const char *text)
{
	f->reason = str_of(reason);
	f->refused = str_of(text);
	log_event(LOG_INFO, "file.not_taken", L_STR("reason", f->reason), L_STR("why", f->refused));
	return e;
}

static err examine(struct kernel *k, arena *a, str bytes, struct file_info *f)
{
	struct finding found;
	if (bytes.n > FILE_MAX_BYTES)
		return refuse(f, ERR_file_refused, "size", "the file is too large");
	if (file_examine(k->examiner, a, bytes, &found) != OK)
		return refuse(f, ERR_file_unexamined, "unexamined", "the file could not be examined");
	if (found.verdict)
		return refuse(f, ERR_file_refused, finding_key(found.verdict), finding_text(found.verdict));
	f->type = str_of(image_media_type((enum image_type)found.type));
	f->bytes = (int64_t)bytes.n;
	f->width = found.width;
	f->height = found.height;
	if (found.has_background)
		f->background = background_view(a, found.background);
	return OK;
}

struct infected {
	const struct file_info *f;
	str signature;
};

static err infected_decide(struct tx *tx, void *ctx)
{
	const struct infected *i = ctx;
	json *data = json_object(tx->a);
	json_set_str(tx->a, data, "signature", i->signature);
	json_set_str(tx->a, data, "type", i->f->type);
	json_set_int(tx->a, data, "bytes", i->f->bytes);
	return tx_emit(tx, (struct emission){
	                       .kind = "file.infected", .subject = i->f->subject, .data = data});
}

/* A fact of the record alone: nothing is derived from it. */
void fold_file_infected(dbc *c, arena *a, const struct event *e)
{
	(void)c, (void)a, (void)e;
}

static err scan(struct kernel *k, arena *a, str bytes, struct file_info *f)
{
	str what = {0};
	if (!k->scanner)
		return OK;
	enum scan_verdict v = scanner_ask(k->scanner, a, bytes, &what);
	f->scanned = v == SCAN_CLEAN;
	f->unscanned = v == SCAN_FAILED;
	if (v == SCAN_FAILED)
		log_event(LOG_ERROR, "file.not_scanned", L_STR("why", what));
	if (v == SCAN_CLEAN || (v == SCAN_FAILED && !scanner_required(k->scanner)))
		return OK;
	if (v == SCAN_FAILED)
		return refuse(f, ERR_file_unexamined, "unexamined", "the file could not be scanned");
	log_event(LOG_WARN, "file.infected", L_STR("signature", what));
	struct infected i = {f, what};
	struct action act = {.k = k, .a = a, .decide = infected_decide, .ctx = &i};
	err e = kernel_run(&act);
	return e ? e : refuse(f, ERR_file_refused, "infected", "the scanner found a virus");
}

static err keep(struct kernel *k, arena *a, str bytes, struct file_info *f)
{
	f->bytes = (int64_t)bytes.n;
	if (!f->subject) {
		f->id = plain_hash(a, bytes);
		return disk_write(k, a, f->id, vault_wrap(k, a, label_of(a, f->id), bytes));
	}
	unsigned char key[KEY_BYTES];
	randombytes_buf(key, sizeof key);
	f->key = str_dup(a, (str){(char *)key, sizeof key});
	f->id = salted_hash(a, key, bytes);
	return disk_write(k, a, f->id, encrypt(a, key, label_of(a, f->id), bytes));
}

err file_store(struct kernel *k, arena *a, int64_t subject, str name, str bytes,
               struct file_info *out)
{
	*out = (struct file_info){.name = clean_name(a, name), .subject = subject};
	err e = examine(k, a, bytes, out);
	if (e == OK)
		e = scan(k, a, bytes, out);
	return e ? e : keep(k, a, bytes, out);
}

err file_store_own(struct kernel *k, arena *a, int64_t subject, str name, const char *type,
                   str bytes, struct file_info *out)
{
	*out = (struct file_info){
	    .name = clean_name(a, name), .subject = subject, .type = str_of(type)};
	return bytes.n > FILE_MAX_BYTES ? ERR_too_large : keep(k, a, bytes, out);
}

/* ---- recording ---- */

static err seal_key(struct tx *tx, const struct file_info *f, json *data)
{
	str sealed = {0};
	err e = vault_seal(tx, f->subject, label_of(tx->a, f->id), f->key, &sealed);
	if (e == OK)
		json_set_str(tx->a, data, "key", str_base64(tx->a, sealed));
	return e;
}

err file_record(struct tx *tx, const struct file_info *f)
{
	arena *a = tx->a;
	struct file_info known;
	if (file_find(tx->db, a, f->id, &known))
		return OK;
	if (!disk_has(tx->k, a, f->id))
		return tx_fail(tx, ERR_file_missing, "", "the file was not stored");
	json *data = json_object(a), *secret = f->subject ? json_object(a) : NULL;
	json_set_str(a, data, "id", f->id);
	json_set_str(a, data, "type", f->type);
	json_set_int(a, data, "bytes", f->bytes);
	json_set_int(a, data, "width", f->width);
	json_set_int(a, data, "height", f->height);
	if (f->scanned || f->unscanned)
		json_set_bool(a, data, "scanned", f->scanned);
	json_set_str(a, secret ? secret : data, "name", f->name);
	err e = f->subject ? seal_key(tx, f, data) : OK;
	if (e)
		return e;
	str day = date_print(a, tx->now / DAY);
	tx_later(tx, "files.sweep", day, tx->now + FILE_ORPHAN_AGE, NULL);
	return tx_emit(tx, (struct emission){.kind = "file.added",
	                                     .entity = f->entity,
	                                     .subject = f->subject,
	                                     .case_id = f->case_id,
	                                     .data = data,
	                                     .secret = secret});
}

void fold_file_added(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	const json *names = e->subject ? e->secret : e->data; /* secret NULL: erased */
	str key = json_str(e->data, "key");
	bool erased = e->subject && !e->secret;
	db_exec(c, &sql_file_insert, D_TEXT(json_str(e->data, "id")), D_TEXT(json_str(names, "name")),
	        D_TEXT(json_str(e->data, "type")), D_INT(json_int(e->data, "bytes", 0)),
	        D_INT(json_int(e->data, "width", 0)), D_INT(json_int(e->data, "height", 0)),
	        D_INT(e->subject), D_INT(e->case_id), D_TEXT(e->entity), D_INT(e->at),
	        erased ? D_NULL : D_TEXT(key));
}

static void fold_erased(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_file_erase, D_INT(e->subject));
}

/* ---- reading ---- */

bool file_find(dbc *c, arena *a, str id, struct file_info *out)
{
	rows *r = db_query(c, &sql_file_get, D_TEXT(id));
	bool found = db_next(r);
	if (found)
		*out = (struct file_info){
		    .id = str_dup(a, db_text(r, 0)),
		    .name = str_dup(a, db_text(r, 1)),
		    .type = str_dup(a, db_text(r, 2)),
		    .bytes = db_int(r, 3),
		    .width = db_int(r, 4),
		    .height = db_int(r, 5),
		    .subject = db_int(r, 6),
		    .case_id = db_int(r, 7),
		    .entity = str_dup(a, db_text(r, 8)),
		    .at = db_int(r, 9),
		};
	db_done(r);
	return found;
}

static err read_personal(struct kernel *k, dbc *c, arena *a, int64_t subject, str id,
                         str sealed_key, str *bytes)
{
	str wrapped, key, sealed;
	if (!sealed_key.n || !str_unbase64(a, sealed_key, &wrapped))
		return ERR_vault_erased;
	err e = vault_unseal(k, c, a, subject, label_of(a, id), wrapped, &key);
	if (e)
		return e;
	if (key.n != KEY_BYTES || !disk_read(k, a, id, &sealed))
		return ERR_file_missing;
	const unsigned char *raw = (const unsigned char *)key.p;
	return decrypt(raw, label_of(a, id), sealed, bytes) ? OK : ERR_file_damaged;
}

static err read_public(struct kernel *k, arena *a, str id, str *bytes)
{
	str sealed;
	if (!disk_read(k, a, id, &sealed))
		return ERR_file_missing;
	return vault_unwrap(k, a, label_of(a, id), sealed, bytes) ? OK : ERR_file_damaged;
}

err file_read(struct kernel *k, dbc *c, arena *a, str id, str *bytes)
{
	rows *r = db_query(c, &sql_file_key, D_TEXT(id));
	bool found = db_next(r);
	int64_t subject = found ? db_int(r, 0) : 0;
	str sealed_key = found ? str_dup(a, db_text(r, 1)) : (str){0};
	db_done(r);
	if (!found)
		return ERR_file_missing;
	return subject ? read_personal(k, c, a, subject, id, sealed_key, bytes)
	               : read_public(k, a, id, bytes);
}

json *file_view(arena *a, const struct file_info *f)
{
	json *o = json_object(a);
	json_set_str(a, o, "file", f->reason.n ? STR("refused") : f->id);
	if (f->reason.n)
		json_set_str(a, o, "refused", f->reason);
	json_set_str(a, o, "name", f->name);
	json_set_int(a, o, "bytes", f->bytes);
	json_set_str(a, o, "type", f->type);
	if (f->width) {
		json_set_int(a, o, "width", f->width);
		json_set_int(a, o, "height", f->height);
	}
	if (f->background)
		json_set(a, o, "background", json_copy(a, f->background));
	return o;
}

/* ---- the organ ---- */

static err again_decide(struct tx *tx, void *ctx)
{
	(void)ctx;
	instant tomorrow = tx->now + DAY;
	tx_later(tx, "files.sweep", date_print(tx->a, tomorrow / DAY), tomorrow, NULL);
	return OK;
}

/* Once a day from the first file on: a key a day makes it one chain. */
err files_sweep_job(struct job *j)
{
	int64_t removed;
	err e = files_sweep(j->k, j->a, &removed);
	struct action act = {.k = j->k, .a = j->a, .decide = again_decide};
	return e ? e : kernel_run(&act);
}

#define DB_STATEMENTS     "kernel/files/statements.def"
#define DB_STATEMENT_LIST files_statements
#include "db/declare.h"

static const struct event_kind events[] = {
#define EVENT(name, kind, version, doc) {kind, version, fold_##name, doc},
#include "kernel/files/events.def"
#undef EVENT
};
static const struct follow follows[] = {{"person.erased", fold_erased}};
static const struct job_kind jobs[] = {{"files.sweep", files_sweep_job, 0}};
static const struct derived derived[] = {{"file", "id"}};

const struct organ files_organ = {
    .name = "kernel/files",
    .events = events,
    .n_events = COUNT(events),
    .follows = follows,
    .n_follows = COUNT(follows),
    .jobs = jobs,
    .n_jobs = COUNT(jobs),
    .derived = derived,
    .n_derived = COUNT(derived),
    .statements = files_statements,
};
