/* common.c - what every address of the registration interface does in the same way. */
#include "systems/desk/registration/registration.h"

#include <openssl/sha.h>
#include <stdio.h>

#define CLIENTS_MAX_BYTES ((size_t)64 * 1024)
#define CLIENT_MAX        200
#define ROLES_LISTED      200

/* ---- refusing ---- */

err reg_refuse(struct req *r, int status, const char *message)
{
	json *v = json_object(r->a), *both = view_both(r, message);
	json_set_str(r->a, v, "traceId", r->id);
	json_set_str(r->a, v, "code", str_of(strrchr(message, '.') + 1));
	json_set_str(r->a, v, "message", json_str(both, "en"));
	json_set_str(r->a, v, "localizedMessage", req_pick(r, both));
	r->fault = (struct fault){0};
	err e = req_view(r, "", v);
	r->status = status;
	return e;
}

err reg_nothing(struct req *r)
{
	return reg_refuse(r, 404, "desk.registration.not_found");
}

bool reg_answered(const struct req *r)
{
	return r->view || r->content_type.n;
}

/* ---- who calls ---- */

/* INSTANCE/CLASS/MEMBER/SUBSYSTEM */
static bool client_good(str s)
{
	size_t parts = 1, length = 0;
	if (s.n > CLIENT_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool word = (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '.' ||
		            c == '_' || c == '-';
		if (c == '/' && length) {
			parts++;
			length = 0;
		} else if (word) {
			length++;
		} else {
			return false;
		}
	}
	return parts == 4 && length;
}

static bool from_mediator(const struct req *r)
{
	str list = config_text(r->k->config, SETTING_mediator_addresses), part;
	while (str_cut(&list, ',', &part))
		if (str_trim(part).n && str_eq(str_trim(part), r->address))
			return true;
	return false;
}

/* The hash of the key that a client acts by: a line "CLIENT HASH" of the file, which is
 * read at each call, so that a client is let in or shut out at once. */
static str mediated(struct req *r, str client)
{
	str path = config_text(r->k->config, SETTING_mediator_clients), line, name;
	FILE *f = path.n ? fopen(str_c(r->a, path), "re") : NULL;
	char *bytes = NEWN(r->a, char, CLIENTS_MAX_BYTES);
	str all = {bytes, f ? fread(bytes, 1, CLIENTS_MAX_BYTES, f) : 0};
	if (f)
		fclose(f);
	while (str_cut(&all, '\n', &line)) {
		line = str_trim(line);
		if (str_cut(&line, ' ', &name) && str_eq(name, client))
			return str_lower(r->a, str_trim(line));
	}
	return (str){0};
}

err reg_enter(struct req *r, bool client)
{
	str named = req_header(r, "Information-Mediator-Client");
	if (named.n ? !client_good(named) : client)
		return reg_refuse(r, 400, "desk.registration.bad_client");
	if (req_header(r, "Authorization").n || !from_mediator(r))
		return desk_caller(r);
	return desk_caller_by(r, mediated(r, named.n ? named : STR("-")));
}

/* ---- services and their forms ---- */

/* RFC 9562, version 5, of "urn:diwan:service:ID" in the name space of URLs. */
str reg_service_id(arena *a, str id)
{
	static const unsigned char urls[] = {0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1,
	                                     0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8};
	unsigned char h[SHA_DIGEST_LENGTH];
	str name = str_cat(a, (str){(const char *)urls, sizeof urls},
	                   str_cat(a, STR("urn:diwan:service:"), id));
	SHA1((const unsigned char *)name.p, name.n, h);
	h[6] = (unsigned char)((h[6] & 0x0f) | 0x50);
	h[8] = (unsigned char)((h[8] & 0x3f) | 0x80);
	str x = str_hex(a, (str){(const char *)h, 16});
	return str_fmt(a, "%.*s-%.*s-%.*s-%.*s-%.*s", 8, x.p, 4, x.p + 8, 4, x.p + 12, 4, x.p + 16, 12,
	               x.p + 20);
}

bool reg_offered(const struct req *r, const struct service *s)
{
	int64_t today = view_today(r);
	return s->process && s->from <= today && today <= s->to;
}

const struct service *reg_service(struct req *r, str id)
{
	const struct pack *p = pack_current(r->k);
	for (size_t i = 0; p && i < p->n_services; i++) {
		const struct service *s = &p->services[i];
		if (reg_offered(r, s) &&
		    (str_eq(s->id, id) || str_eq_nocase(reg_service_id(r->a, s->id), id)))
			return s;
	}
	return NULL;
}

str reg_title(struct req *r, const struct service *s, str id)
{
	return s ? req_pick(r, json_get(s->card, "title")) : id;
}

str reg_form_id(arena *a, str service, str key)
{
	return str_fmt(a, "%.*s.%.*s", STRF(service), STRF(key.n ? key : STR("application")));
}

/* ---- members ---- */

static const char *code_of(str state)
{
	static const struct {
		const char *state, *code;
	} codes[] = {{"approved", "APPROVED"},
	             {"issued", "APPROVED"},
	             {"returned", "SENDBACK"},
	             {"rejected", "REJECTED"},
	             {"withdrawn", "REJECTED"}};
	for (size_t i = 0; i < COUNT(codes); i++)
		if (str_eq(state, str_of(codes[i].state)))
			return codes[i].code;
	return "PENDING";
}

json *reg_status(struct req *r, const struct kase *q)
{
	json *o = json_object(r->a);
	json_set_str(r->a, o, "code", str_of(code_of(q->state)));
	const struct service *s = service_at(r->k, r->db, q->service, q->version);
	json_set_str(r->a, o, "title", req_pick(r, view_state_text(r, s, q->state, q->outcome)));
	return o;
}

void reg_time(struct req *r, json *o, const char *name, instant t)
{
	if (t)
		json_set_str(r->a, o, name, time_print(r->a, t));
}

str reg_applicant_id(struct req *r, int64_t person)
{
	struct person p = {0};
	return person_get(r->db, r->a, person, &p) ? p.national_number : (str){0};
}

str reg_name(struct req *r, int64_t person)
{
	json *name = desk_person(r, person);
	return name ? req_pick(r, name) : (str){0};
}

str reg_role(struct req *r, str role)
{
	struct role *all = NEWN(r->a, struct role, ROLES_LISTED);
	size_t n = role_all(r->db, r->a, all, ROLES_LISTED);
	for (size_t i = 0; i < n; i++)
		if (str_eq(all[i].name, role))
			return r->lang == LANG_AR ? all[i].title_ar : all[i].title_en;
	return role;
}

/* ---- answers ---- */

json *reg_wrap(arena *a, const json *answers)
{
	json *out = json_object(a);
	for (const json *m = answers ? answers->first : NULL; m; m = m->next)
		json_set(a, json_set_key(a, out, m->key, json_object(a)), "value", json_copy(a, m));
	return out;
}

json *reg_unwrap(arena *a, const json *data)
{
	json *out = json_object(a);
	for (const json *m = data ? data->first : NULL; m; m = m->next) {
		const json *value = json_get(m, "value");
		bool wrapped = json_is(m, JSON_OBJECT) && m->count == 1 && value;
		json_set_key(a, out, m->key, json_copy(a, wrapped ? value : m));
	}
	return out;
}

json *reg_merge(arena *a, const json *under, const json *over)
{
	json *out = json_is(under, JSON_OBJECT) ? json_copy(a, under) : json_object(a);
	for (const json *m = over ? over->first : NULL; m; m = m->next)
		json_set_key(a, out, m->key, json_copy(a, m));
	return out;
}
