/* page_feedback.c - a reader says whether a card helped (CAT-10). */
#include "base/utf8.h"
#include "systems/guide/guide_in.h"

static json *form_view(struct req *r, const struct service *s, str helped)
{
	static const char *const values[] = {"yes", "no"};
	json *v = json_object(r->a), *about = json_set(r->a, v, "service", json_object(r->a));
	json_set_str(r->a, about, "id", s->id);
	json_set(r->a, about, "title", json_copy(r->a, json_get(s->card, "title")));
	json_set_str(r->a, v, "back", view_href(r, "/services/%.*s", STRF(s->id)));
	json *items = json_set(r->a, v, "helped", json_array(r->a));
	for (size_t i = 0; i < COUNT(values); i++) {
		json *o = json_push(items, json_object(r->a));
		json_set_str(r->a, o, "id", i ? STR("helped-2") : STR("helped"));
		json_set_str(r->a, o, "value", str_of(values[i]));
		json_set(r->a, o, "text", view_both(r, i ? "web.no" : "web.yes"));
		json_set_bool(r->a, o, "checked", str_eq(helped, str_of(values[i])));
	}
	json_set_int(r->a, v, "note_max", GUIDE_NOTE_MAX);
	json_set(r->a, v, "form", json_object(r->a));
	return v;
}

err page_guide_feedback(struct req *r)
{
	const struct pack *p;
	const struct service *s;
	err e = guide_service(r, &p, &s);
	return e ? e : req_view(r, "guide/feedback-form", form_view(r, s, req_field(r, "helped")));
}

static void wrong(struct req *r, json *v, const char *field, const char *key)
{
	json *errors = json_get(v, "errors"), *form = json_get(v, "form");
	if (!errors)
		errors = json_set(r->a, v, "errors", json_array(r->a));
	json *o = json_push(errors, json_object(r->a));
	json_set(r->a, o, "text", view_both(r, key));
	json_set_str(r->a, o, "href", str_fmt(r->a, "#%s", field));
	json *f = json_set(r->a, form, field, json_object(r->a));
	json_set(r->a, f, "error", view_both(r, key));
}

err prepare_guide_feedback(struct req *r)
{
	const struct pack *p;
	const struct service *s;
	err e = guide_service(r, &p, &s);
	if (e)
		return e;
	str helped = req_field(r, "helped"), note = str_trim(req_field(r, "note"));
	json *v = form_view(r, s, helped);
	if (!str_eq(helped, STR("yes")) && !str_eq(helped, STR("no")))
		wrong(r, v, "helped", "guide.feedback.choose");
	if (utf8_length(note) > GUIDE_NOTE_MAX)
		wrong(r, v, "note", "guide.feedback.long");
	if (!json_get(v, "errors"))
		return OK;
	json *form = json_get(v, "form"), *typed = json_get(form, "note");
	if (!typed)
		typed = json_set(r->a, form, "note", json_object(r->a));
	json_set_str(r->a, typed, "value", note);
	return req_again(r, "guide/feedback-form", v);
}

err decide_guide_feedback(struct tx *tx, struct req *r)
{
	const struct service *s = pack_service(pack_current(tx->k), req_param(r, "id"));
	if (!s)
		return tx_fail(tx, ERR_not_found, "", "the service was just withdrawn");
	json *data = json_object(tx->a);
	json_set_int(tx->a, data, "id", tx_id(tx));
	json_set_str(tx->a, data, "service", s->id);
	json_set_bool(tx->a, data, "helped", str_eq(req_field(r, "helped"), STR("yes")));
	json_set_str(tx->a, data, "note", str_trim(req_field(r, "note")));
	return tx_emit(
	    tx, (struct emission){.kind = "guide.feedback_given", .entity = s->entity, .data = data});
}

err answer_guide_feedback(struct req *r)
{
	req_flash(r, "guide.feedback.thanks");
	return req_redirect(r, "/services/%.*s", STRF(req_param(r, "id")));
}
