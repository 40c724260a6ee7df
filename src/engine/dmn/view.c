#include "engine/dmn/model.h"

/* What people see of a model: its contents, a table as rows of text, its graph. */

enum { BOX_W = 180, BOX_H = 50, GAP_X = 40, GAP_Y = 60, SVG_MAX = 8 * 1024 * 1024 };

static json *summary(arena *a, const struct dmn *m, const struct element *el)
{
	json *o = json_object(a), *needs = json_array(a);
	json_set_str(a, o, "name", el->name);
	json_set_str(a, o, "id", el->id);
	json_set_str(a, o, "type", el->type ? el->type->name : (str){0});
	if (el->kind == ELEMENT_INPUT)
		return o;
	json_set_str(a, o, "question", dxml_text(el->src, "question"));
	for (size_t i = 0; i < el->n_needs; i++)
		json_push(needs, json_string(a, m->element[el->needs[i]]->name));
	json_set(a, o, "requires", needs);
	json_set_bool(a, o, "table", el->table != NULL);
	return o;
}

json *dmn_describe(arena *a, const struct dmn *m)
{
	json *o = json_object(a);
	json *lists[4] = {json_array(a), json_array(a), json_array(a), json_array(a)};
	static const char *const names[4] = {"inputs", "decisions", "models", "services"};
	json_set_str(a, o, "name", m->parts->name);
	json_set_str(a, o, "namespace", m->parts->ns);
	for (size_t i = 0; i < m->n; i++)
		if (m->element[i]->kind != ELEMENT_VIEW && m->element[i]->part == m->parts)
			json_push(lists[m->element[i]->kind], summary(a, m, m->element[i]));
	for (size_t i = 0; i < 4; i++)
		json_set(a, o, names[i], lists[i]);
	return o;
}

json *dmn_table_view(arena *a, const struct dmn *m, str key)
{
	const struct element *el = dmn_find(m, NULL, key);
	const struct table *t = el ? el->table : NULL;
	if (!t)
		return NULL;
	json *o = json_object(a), *in = json_array(a), *out = json_array(a), *rules = json_array(a);
	str hit = dxml_get(t->src, "hitPolicy");
	json_set_str(a, o, "name", el->name);
	json_set_str(a, o, "hit", hit.n ? hit : STR("UNIQUE"));
	json_set_str(a, o, "aggregation", dxml_get(t->src, "aggregation"));
	for (size_t i = 0; i < t->n_in; i++)
		json_push(in, json_string(a, t->in[i].label));
	for (size_t i = 0; i < t->n_out; i++)
		json_push(out, json_string(a, t->out[i].name.n ? t->out[i].name : el->name));
	for (size_t r = 0; r < t->n_rules; r++) {
		const struct rule *rule = &t->rule[r];
		json *x = json_object(a), *ci = json_array(a), *co = json_array(a);
		for (size_t i = 0; i < t->n_in; i++)
			json_push(ci, json_string(a, rule->in[i].text.n ? rule->in[i].text : STR("-")));
		for (size_t i = 0; i < t->n_out; i++)
			json_push(co, json_string(a, rule->out_text[i]));
		json_set_str(a, x, "id", rule->id);
		json_set(a, x, "inputs", ci);
		json_set(a, x, "outputs", co);
		json_set_str(a, x, "annotation", rule->annotation);
		json_push(rules, x);
	}
	json_set(a, o, "inputs", in);
	json_set(a, o, "outputs", out);
	json_set(a, o, "rules", rules);
	return o;
}

/* --- the graph: an element stands one row below what it requires ------------------------ */

static void escape(buf *b, str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c == '<')
			buf_puts(b, "&lt;");
		else if (c == '&')
			buf_puts(b, "&amp;");
		else if (c == '"')
			buf_puts(b, "&quot;");
		else
			buf_putc(b, c);
	}
}

static size_t row_of(const struct dmn *m, size_t *row, size_t i, size_t depth)
{
	if (row[i] || depth > 64)
		return row[i];
	size_t most = 0;
	const struct element *el = m->element[i];
	for (size_t k = 0; k < el->n_needs; k++) {
		size_t r = row_of(m, row, el->needs[k], depth + 1);
		most = r > most ? r : most;
	}
	return row[i] = most + 1;
}

static void draw_box(buf *b, const struct element *el, size_t x, size_t y)
{
	static const char *const kinds[] = {"input", "decision", "knowledge model", "service"};
	size_t round = el->kind == ELEMENT_INPUT ? 25 : el->kind == ELEMENT_SERVICE ? 12 : 0;
	buf_puts(b, "<g role=\"listitem\"><title>");
	escape(b, el->name);
	buf_fmt(b,
	        " (%s)</title><rect x=\"%zu\" y=\"%zu\" width=\"%d\" height=\"%d\" rx=\"%zu\" "
	        "fill=\"none\" stroke=\"currentColor\"/><text x=\"%zu\" y=\"%zu\" "
	        "text-anchor=\"middle\" font-size=\"13\" fill=\"currentColor\">",
	        kinds[el->kind], x, y, BOX_W, BOX_H, round, x + BOX_W / 2, y + BOX_H / 2 + 4);
	escape(b, el->name);
	buf_puts(b, "</text></g>\n");
}

str dmn_graph_svg(arena *a, const struct dmn *m)
{
	size_t *row = NEWN(a, size_t, m->n), *x = NEWN(a, size_t, m->n), *used = NEWN(a, size_t, 80);
	size_t rows = 0, width = 0;
	for (size_t i = 0; i < m->n; i++) {
		if (m->element[i]->kind == ELEMENT_VIEW)
			continue;
		size_t r = row_of(m, row, i, 0);
		x[i] = used[r]++ * (BOX_W + GAP_X);
		rows = r > rows ? r : rows;
		width = x[i] + BOX_W > width ? x[i] + BOX_W : width;
	}
	buf b = buf_make(a, SVG_MAX);
	buf_fmt(&b,
	        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"list\" viewBox=\"-10 -10 %zu %zu\">"
	        "<title>",
	        width + 20, rows * (BOX_H + GAP_Y) + 20);
	escape(&b, m->parts->name);
	buf_puts(&b, "</title>\n");
	for (size_t i = 0; i < m->n; i++) {
		const struct element *el = m->element[i];
		if (el->kind == ELEMENT_VIEW)
			continue;
		size_t y = (rows - row[i]) * (BOX_H + GAP_Y);
		for (size_t k = 0; k < el->n_needs; k++) {
			uint32_t n = el->needs[k];
			buf_fmt(
			    &b, "<line x1=\"%zu\" y1=\"%zu\" x2=\"%zu\" y2=\"%zu\" stroke=\"currentColor\"/>\n",
			    x[n] + BOX_W / 2, (rows - row[n]) * (BOX_H + GAP_Y), x[i] + BOX_W / 2, y + BOX_H);
		}
		draw_box(&b, el, x[i], y);
	}
	buf_puts(&b, "</svg>\n");
	return buf_str(&b);
}
