/* inspect.c - forms that the holder of a task fills: inspections, check lists. */
#include "systems/desk/desk_in.h"

static str form_text(void *ctx, arena *a, bool arabic, str key, const json *params)
{
	const struct req *r = ctx;
	return message_text(server_settings(r->server)->texts, a, arabic ? LANG_AR : LANG_EN, key, 0,
	                    params, false);
}

static const json *form_list(void *ctx, arena *a, str name)
{
	const struct req *r = ctx;
	return pack_choices(pack_current(r->k), a, name);
}

struct form_env desk_form_env(struct req *r)
{
	const struct pack *p = pack_current(r->k);
	return (struct form_env){
	    .arabic = r->lang == LANG_AR,
	    .today = p && p->calendar ? calendar_day(p->calendar, r->now) : r->now / DAY,
	    .ctx = r,
	    .text = form_text,
	    .list = form_list,
	};
}

void desk_form_read(struct req *r, const struct form *f, struct filled *out)
{
	struct form_env env = desk_form_env(r);
	struct form_field *field = NEWN(r->a, struct form_field, r->n_fields + 1);
	size_t pages = form_pages(f), page;
	for (size_t i = 0; i < r->n_fields; i++)
		field[i] = (struct form_field){r->fields[i].name, r->fields[i].value, NULL};
	*out = (struct filled){json_object(r->a), json_object(r->a), {0}};
	for (size_t i = 0; i < pages; i++) {
		struct form_result got =
		    form_page_accept(f, i, field, r->n_fields, out->answers, out->raw, &env, r->a);
		out->answers = got.answers;
		out->raw = got.raw;
	}
	out->answers = form_submit_answers(f, out->answers, r->a);
	(void)form_complete(f, out->answers, &env, r->a, &page, &out->errors);
}

void desk_form_view(struct req *r, const struct form *f, const struct filled *in, json *view)
{
	struct form_env env = desk_form_env(r);
	json *o = json_object(r->a), *all = json_array(r->a), *errors = json_array(r->a), *next;
	const json *answers = in ? in->answers : json_object(r->a), *raw = in ? in->raw : NULL;
	for (size_t i = 0; i < form_pages(f); i++) {
		if (!form_page_shown(f, i, answers, r->a))
			continue;
		json *page = form_page_view(f, i, answers, raw, in ? &in->errors : NULL, &env, r->a);
		json *from[] = {json_get(page, "components"), json_get(page, "errors")};
		json *to[] = {all, errors};
		for (size_t k = 0; k < COUNT(from); k++)
			for (json *c = from[k] ? from[k]->first : NULL; c; c = next) {
				next = c->next;
				c->next = NULL;
				json_push(to[k], c);
			}
	}
	json_set(r->a, o, "components", all);
	json_set(r->a, view, "task_form", o);
	if (errors->count)
		json_set(r->a, view, "errors", errors);
}

void desk_findings(struct req *r, const struct kase *q, const struct service *s, json *view)
{
	struct task list[TASKS_MAX];
	struct form_env env = desk_form_env(r);
	json *out = json_array(r->a);
	size_t n = case_tasks(r->db, r->a, q->id, false, list, TASKS_MAX);
	for (size_t i = 0; i < n; i++) {
		const struct form *f = list[i].answers ? task_form(s, &list[i]) : NULL;
		json *check = f ? form_check_view(f, list[i].answers, &env, r->a) : NULL;
		json *pages = check ? json_get(check, "pages") : NULL, *who;
		for (json *page = pages ? pages->first : NULL; page; page = page->next) {
			json *o = json_push(out, json_object(r->a)), *rows_of = json_get(page, "rows");
			for (json *row = rows_of ? rows_of->first : NULL; row; row = row->next) {
				json_remove(row, STR("change"));
				json_remove(row, STR("change_hidden"));
			}
			json_set(r->a, o, "title", json_get(page, "title"));
			json_set(r->a, o, "rows", rows_of ? rows_of : json_array(r->a));
			who = desk_person(r, list[i].closer);
			json_set(r->a, o, "by", who ? who : json_string(r->a, (str){0}));
			json_set_str(r->a, o, "at", time_print(r->a, list[i].closed));
		}
	}
	json_set(r->a, view, "findings", out);
}
