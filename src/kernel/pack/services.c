/* Services and decisions of a pack: folders of files that belong together. */
#include "engine/document/document.h"
#include "kernel/pack/models.h"

#include "engine/document/document.h"

#include <stdlib.h>
#include <string.h>

/* ---- the country's decisions ---- */

static bool folder_of(str path, const char *below, const char *name, str *folder)
{
	if (!str_starts(path, str_of(below)) || !str_ends(path, str_of(name)))
		return false;
	*folder = str_sub(path, 0, path.n - strlen(name));
	str id = str_sub(*folder, strlen(below), folder->n - 1);
	return str_ends(*folder, STR("/")) && id.n && str_chr(id, '/') < 0;
}

static void take_decision(struct check *c, struct pack_file *f, str folder,
                          struct pack_decision *out)
{
	const json *doc = f->doc, *file = json_get(doc, "file"), *tests = json_get(doc, "tests");
	*out = (struct pack_decision){.id = json_str(doc, "id"), .about = doc, .to = INT64_MAX};
	if (!date_parse(json_str(doc, "valid_from"), &out->from))
		out->from = INT64_MIN;
	if (date_parse(json_str(doc, "valid_to"), &out->to))
		out->to++;
	str name = str_sub(folder, STR("decisions/").n, folder.n - 1);
	if (!str_eq(name, out->id) && !str_starts(name, str_cat(c->a, out->id, STR("-v"))))
		check_error(c, f, json_get(doc, "id"), "pack.id.folder",
		            "The folder is named ID, or ID-v2 for another time of validity.",
		            "the id is not the name of the folder");
	struct pack_file *model = check_need(c, folder, json_text(file), f, file);
	struct pack_file *examples = check_need(c, folder, json_text(tests), f, tests);
	if (!model)
		return;
	out->xml = model->bytes;
	out->model = model_decision(c, model, f, json_get(doc, "decision"));
	if (examples)
		model_decision_examples(c, out->model, examples);
}

static int by_decision(const void *x, const void *y)
{
	const struct pack_decision *a = x, *b = y;
	int order = str_cmp(a->id, b->id);
	return order ? order : (a->from > b->from) - (a->from < b->from);
}

void check_decisions(struct check *c)
{
	str folder;
	struct pack_decision *list = NEWN(c->a, struct pack_decision, c->n);
	size_t n = 0;
	for (size_t i = 0; i < c->n; i++)
		if (folder_of(c->file[i].path, "decisions/", "decision.json", &folder) && c->file[i].doc &&
		    !c->file[i].invalid)
			take_decision(c, &c->file[i], folder, &list[n++]);
	if (n)
		qsort(list, n, sizeof *list, by_decision);
	for (size_t i = 1; i < n; i++)
		if (str_eq(list[i].id, list[i - 1].id) && list[i].from < list[i - 1].to) {
			struct pack_file about = {.path = STR("decisions")};
			check_error(c, &about, NULL, "pack.decision.overlap",
			            "Give the earlier one a \"valid_to\" before the later's \"valid_from\".",
			            "two versions of %.*s hold on the same day", STRF(list[i].id));
		}
	c->p->decisions = list;
	c->p->n_decisions = n;
}

/* ---- executable services ---- */

static void take_inputs(struct check *c, const struct pack_file *f, const json *v,
                        struct service_decision *out)
{
	const json *inputs = json_get(v, "inputs");
	size_t max = inputs ? inputs->count : 0;
	str *name = NEWN(c->a, str, max);
	const struct feel_expr **value = NEWN(c->a, const struct feel_expr *, max);
	for (const json *i = inputs ? inputs->first : NULL; i; i = i->next) {
		name[out->n_inputs] = i->key;
		value[out->n_inputs++] = model_expr(c, f, i);
	}
	out->input = name;
	out->value = value;
}

/* Every input of the model has an expression, and every expression an input. */
static void check_inputs(struct check *c, const struct pack_file *f, const json *v,
                         const struct dmn *m)
{
	const json *asked = m ? json_get(dmn_describe(c->a, m), "inputs") : NULL;
	const json *given = json_get(v, "inputs");
	for (const json *i = asked ? asked->first : NULL; i; i = i->next)
		if (!json_get_str(given, json_str(i, "name")))
			check_error(c, f, given ? given : v, "pack.decision.input",
			            "Say in \"inputs\" how each input of the model is found.",
			            "the model's input \"%.*s\" has no expression", STRF(json_str(i, "name")));
	for (const json *i = given ? given->first : NULL; i && asked; i = i->next) {
		bool found = false;
		for (const json *k = asked->first; k && !found; k = k->next)
			found = str_eq(json_str(k, "name"), i->key);
		if (!found)
			check_error(c, f, i, "pack.decision.input", "Look at its spelling in the model.",
			            "the model has no input \"%.*s\"", STRF(i->key));
	}
}

static void take_service_decision(struct check *c, struct pack_file *f, str folder, const json *v,
                                  struct service_decision *out)
{
	const json *file = json_get(v, "file"), *tests = json_get(v, "tests");
	struct pack_file *model = check_need(c, folder, json_text(file), f, file);
	struct pack_file *examples = tests ? check_need(c, folder, json_text(tests), f, tests) : NULL;
	*out = (struct service_decision){.id = v->key,
	                                 .decision = json_str(v, "decision"),
	                                 .currency = json_str(v, "currency"),
	                                 .amount = json_str(v, "amount")};
	take_inputs(c, f, v, out);
	if (!model)
		return;
	out->model = model_decision(c, model, f, json_get(v, "decision"));
	if (examples)
		model_decision_examples(c, out->model, examples);
	if (!c->trusted)
		check_inputs(c, f, v, out->model);
	currency known;
	if (out->amount.n && !currency_find(out->currency, &known))
		check_error(c, f, json_get(v, "amount"), "pack.currency",
		            "Beside \"amount\" stands \"currency\", a code of ISO 4217.",
		            "the amount has no known currency");
	if (!tests && !c->trusted)
		check_warning(c, f, v, "pack.example.none", "Write examples in a .tests.xml file.",
		              "the decision has no examples");
}

static void take_service_decisions(struct check *c, struct pack_file *f, str folder,
                                   struct service *s)
{
	const json *all = json_get(f->doc, "decisions");
	struct service_decision *list = NEWN(c->a, struct service_decision, all ? all->count : 0);
	for (const json *v = all ? all->first : NULL; v; v = v->next)
		take_service_decision(c, f, folder, v, &list[s->n_decisions++]);
	s->decisions = list;
}

static void take_eligibility(struct check *c, struct pack_file *f, struct service *s)
{
	const json *all = json_get(f->doc, "eligibility");
	struct service_test *list = NEWN(c->a, struct service_test, all ? all->count : 0);
	for (const json *v = all ? all->first : NULL; v; v = v->next)
		list[s->n_eligibility++] = (struct service_test){
		    json_str(v, "id"), model_expr(c, f, json_get(v, "test")), json_get(v, "message")};
	s->eligibility = list;
}

/* Each {placeholder} of a text must be declared in the file. */
static void check_placeholders(struct check *c, const struct pack_file *f, const json *v)
{
	const json *known = json_get(f->doc, "placeholders");
	str rest = v->s, part;
	while (str_cut(&rest, '{', &part)) {
		ptrdiff_t end = str_chr(rest, '}');
		if (end < 0)
			continue;
		str name = str_sub(rest, 0, (size_t)end);
		if (!json_get_str(known, name))
			check_error(c, f, v, "pack.message.placeholder",
			            "Declare it in \"placeholders\", or correct its name.",
			            "there is no placeholder {%.*s}", STRF(name));
	}
}

static void check_messages(struct check *c, struct pack_file *f)
{
	const json *list = json_get(f->doc, "messages");
	for (const json *v = list && !c->trusted && !f->invalid ? list->first : NULL; v; v = v->next) {
		check_placeholders(c, f, json_path(v, "subject.en"));
		check_placeholders(c, f, json_path(v, "subject.ar"));
		check_placeholders(c, f, json_path(v, "body.en"));
		check_placeholders(c, f, json_path(v, "body.ar"));
	}
}

static void take_messages(struct check *c, struct pack_file *f, struct service *s)
{
	f->schema = STR("messages");
	check_schema(c, f);
	s->messages = f->doc;
	check_messages(c, f);
}

static void take_form(struct check *c, struct pack_file *f, struct service *s)
{
	if (!f->doc)
		return;
	c->d->file = f->path;
	s->form = form_load(c->a, f->doc, c->d);
}

static void take_process(struct check *c, struct pack_file *f, struct service *s)
{
	c->d->file = f->path;
	s->process_xml = f->bytes;
	if (str_ends(f->path, STR(".json"))) /* a table of stages */
		s->process_xml = bpmn_from_stages(c->a, f->doc, c->d);
	if (s->process_xml.n)
		s->process = bpmn_load(c->a, s->process_xml, c->d);
}

static void take_document(struct check *c, struct pack_file *f, struct service *s)
{
	s->document = f->doc;
	f->schema = STR("document");
	if (pack_schema_known(f->schema))
		check_schema(c, f);
	c->d->file = f->path;
	document_load(c->a, f->doc, c->d);
}

static void take_forms(struct check *c, struct pack_file *f, str folder, struct service *s)
{
	const json *all = json_get(f->doc, "forms");
	struct service_form *list = NEWN(c->a, struct service_form, all ? all->count : 0);
	for (const json *v = all ? all->first : NULL; v; v = v->next) {
		struct pack_file *part = check_need(c, folder, json_text(v), f, v);
		c->d->file = part ? part->path : f->path;
		struct form *form = part && part->doc ? form_load(c->a, part->doc, c->d) : NULL;
		list[s->n_forms++] = (struct service_form){v->key, form};
	}
	s->forms = list;
}

static void take_scenarios(struct check *c, struct pack_file *f, struct service *s)
{
	f->schema = STR("scenario");
	check_schema(c, f);
	if (!f->invalid)
		s->scenarios = f->doc;
}

/* What the guide promises is what the case's clock counts (CAT-04). */
static void check_promise(struct check *c, const struct pack_file *f, const struct service *s)
{
	const json *due = json_get(f->doc, "due"), *promised = json_get(s->card, "process_time");
	if (due && (json_int(due, "value", 0) != json_int(promised, "value", 0) ||
	            !str_eq(json_str(due, "unit"), json_str(promised, "unit"))))
		check_error(c, f, due, "pack.service.promise",
		            "Write the same \"value\" and \"unit\" in both.",
		            "the card promises another time: \"process_time\"");
}

/* "appointment" names answers of the form. */
static void check_appointment(struct check *c, const struct pack_file *f, str folder)
{
	const json *all = json_get(f->doc, "appointment");
	const struct pack_file *form =
	    check_find(c, str_cat(c->a, folder, json_str(f->doc, "form")));
	const json *known = form ? json_path(form->doc, "schema.properties") : NULL;
	for (const json *v = all && known ? all->first : NULL; v; v = v->next)
		if (!json_get_str(known, json_text(v)))
			check_error(c, f, v, "pack.service.appointment",
			            "Name a property of the form's schema, or add it there.",
			            "the form has no answer \"%.*s\"", STRF(json_text(v)));
}

/* An input "fees.x" names a fee of the card, past, present or to come. */
static void check_fee_names(struct check *c, const struct pack_file *f, const struct service *s)
{
	const json *all = json_get(f->doc, "decisions"), *fees = json_get(s->card, "fees");
	for (const json *d = all ? all->first : NULL; d; d = d->next) {
		const json *inputs = json_get(d, "inputs");
		for (const json *v = inputs ? inputs->first : NULL; v; v = v->next) {
			str text = json_text(v), name = str_sub(text, STR("fees.").n, text.n);
			bool known = !str_starts(text, STR("fees."));
			for (const json *fee = fees ? fees->first : NULL; fee && !known; fee = fee->next) {
				int64_t day = 0;
				date_parse(json_str(fee, "valid_from"), &day);
				known = service_fee(s, name, day) != NULL;
			}
			if (!known)
				check_error(c, f, v, "pack.service.fee", "Write the fee's id with '_' for '-'.",
				            "the card has no fee \"%.*s\"", STRF(name));
		}
	}
}

static void take_definition(struct check *c, struct pack_file *f, str folder, struct service *s)
{
	const json *doc = s->definition = f->doc;
	static const struct {
		const char *member;
		void (*take)(struct check *c, struct pack_file *f, struct service *s);
	} parts[] = {{"form", take_form},
	             {"messages", take_messages},
	             {"document", take_document},
	             {"scenarios", take_scenarios}};
	size_t before = c->d->errors;
	s->version = json_int(doc, "version", 0);
	if (!str_eq(json_str(doc, "id"), s->id))
		check_error(c, f, json_get(doc, "id"), "pack.id.folder",
		            "The folder of a service has the service's id as its name.",
		            "the id is not the name of the folder");
	if (!c->trusted && !str_eq(json_str(doc, "entity"), s->entity))
		check_warning(c, f, json_get(doc, "entity"), "pack.service.entity",
		              "The body that decides is usually the card's provider.",
		              "the card names another body");
	if (!c->trusted) {
		check_promise(c, f, s);
		check_fee_names(c, f, s);
		check_appointment(c, f, folder);
	}
	for (size_t i = 0; i < COUNT(parts); i++) {
		const json *name = json_get(doc, parts[i].member);
		struct pack_file *part = name ? check_need(c, folder, json_text(name), f, name) : NULL;
		if (part)
			parts[i].take(c, part, s);
	}
	take_forms(c, f, folder, s);
	take_service_decisions(c, f, folder, s);
	take_eligibility(c, f, s);
	const json *name = json_get(doc, "process"), *tests = json_get(doc, "process_tests");
	struct pack_file *process = check_need(c, folder, json_text(name), f, name);
	if (process) {
		take_process(c, process, s);
		model_process_names(c, process, s);
		model_ends(c, f, s);
	}
	struct pack_file *examples = tests ? check_need(c, folder, json_text(tests), f, tests) : NULL;
	if (examples && process && s->process)
		model_process_examples(c, s->process_xml, examples);
	struct pack_file *lived =
	    s->scenarios ? check_find(c, str_cat(c->a, folder, json_str(doc, "scenarios"))) : NULL;
	if (lived && s->form && !c->trusted && c->d->errors == before)
		check_scenarios(c, lived, s);
}

static str folder_hash(struct check *c, str folder)
{
	arena_mark mark = arena_save(c->a);
	buf b = buf_make(c->a, PACK_MAX_BYTES);
	for (size_t i = 0; i < c->n; i++)
		if (str_starts(c->file[i].path, folder)) {
			str hash = pack_sha256(c->a, c->file[i].bytes);
			buf_fmt(&b, "%.*s %.*s\n", STRF(hash), STRF(c->file[i].path));
		}
	return pack_sha256_since(c->a, mark, buf_str(&b));
}

static void take_service(struct check *c, struct pack_file *card, str folder, struct service *s)
{
	struct pack_file *definition = check_find(c, str_cat(c->a, folder, STR("service.json")));
	*s = (struct service){.id = str_sub(folder, STR("services/").n, folder.n - 1),
	                      .version = json_int(card->doc, "version", 0),
	                      .hash = folder_hash(c, folder),
	                      .entity = json_str(card->doc, "provider"),
	                      .card = card->doc,
	                      .from = INT64_MIN,
	                      .to = INT64_MAX};
	date_parse(json_str(card->doc, "valid_from"), &s->from);
	date_parse(json_str(card->doc, "valid_to"), &s->to);
	if (definition && definition->doc && !definition->invalid)
		take_definition(c, definition, folder, s);
	if (s->definition)
		s->entity = json_str(s->definition, "entity");
}

/* A folder that has service.json but no card is a mistake; one file deeper too. */
static void check_lost(struct check *c, struct pack_file *f)
{
	str folder;
	if (!folder_of(f->path, "services/", "service.json", &folder))
		return;
	if (!check_find(c, str_cat(c->a, folder, STR("card.json"))))
		check_error(c, f, json_get(f->doc, "card"), "pack.file.missing",
		            "Every service has a card: it is its page in the guide.",
		            "there is no file %.*scard.json", STRF(folder));
}

static int by_service(const void *x, const void *y)
{
	return str_cmp(((const struct service *)x)->id, ((const struct service *)y)->id);
}

void check_services(struct check *c)
{
	struct pack_file *common = check_find(c, STR("messages.json"));
	if (common && common->doc)
		check_messages(c, common);
	str folder;
	struct service *list = NEWN(c->a, struct service, c->n);
	size_t n = 0;
	for (size_t i = 0; i < c->n; i++) {
		struct pack_file *f = &c->file[i];
		check_lost(c, f);
		if (!folder_of(f->path, "services/", "card.json", &folder) || !f->doc)
			continue;
		if (n == PACK_MAX_SERVICES) {
			check_error(c, f, NULL, "pack.services", "Split the pack.",
			            "a pack has at most %d services", PACK_MAX_SERVICES);
			break;
		}
		take_service(c, f, folder, &list[n++]);
	}
	if (n)
		qsort(list, n, sizeof *list, by_service);
	c->p->services = list;
	c->p->n_services = n;
}
