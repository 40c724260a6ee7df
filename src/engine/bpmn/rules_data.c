/* rules_data.c - the standard's rules on data, messages, items and calls. */
#include "engine/bpmn/model.h"

static const struct xml_node *refer(struct bpmn *b, const struct xml_node *n, const char *name)
{
	return bpmn_node(b, xml_ref(xml_attr(n, name)));
}

/* The itemDefinition of data, a message, a signal, an error or an escalation. */
static const struct xml_node *item_of(struct bpmn *b, const struct xml_node *n)
{
	static const char *const names[] = {"itemSubjectRef", "itemRef", "structureRef"};

	if (xml_is(n, "dataObjectReference"))
		n = refer(b, n, "dataObjectRef");
	for (int i = 0; n && i < 3; i++) {
		const struct xml_node *item = refer(b, n, names[i]);
		if (xml_is(item, "itemDefinition"))
			return item;
	}
	return NULL;
}

/* The same definition, or two of the same structure. */
static bool same_item(const struct xml_node *x, const struct xml_node *y)
{
	if (x == y)
		return true;
	if (!x || !y)
		return false;
	str sx = xml_attr(x, "structureRef"), sy = xml_attr(y, "structureRef");
	return sx.n && str_eq(xml_ref(sx), xml_ref(sy));
}

static bool is_data(const struct xml_node *n)
{
	return xml_is(n, "dataInput") || xml_is(n, "dataOutput") || xml_is(n, "dataObject");
}

/* ---- single pieces of data --------------------------------------------- */

static void collections(struct bpmn *b, const struct xml_node *n)
{
	const struct xml_node *item = is_data(n) ? item_of(b, n) : NULL;

	if (item && xml_flag(item, "isCollection", false) != xml_flag(n, "isCollection", false))
		bpmn_refuse(b, n, "bpmn.data.collection", "set isCollection alike on both",
		            "this data and its item definition disagree on being a collection");
}

static void names_of_states(struct bpmn *b, const struct xml_node *n)
{
	if (!xml_is(n, "dataObjectReference"))
		return;
	const struct xml_node *object = refer(b, n, "dataObjectRef");
	const struct xml_node *state = xml_child(n, "dataState");
	if (!object || !xml_is(object, "dataObject"))
		bpmn_refuse(b, n, "bpmn.data.reference", "name a data object with dataObjectRef",
		            "this reference names no data object");
	else if (state && xml_has(n, "name") && xml_has(state, "name")) {
		str want = str_fmt(b->a, "%.*s [%.*s]", STRF(xml_attr(object, "name")),
		                   STRF(xml_attr(state, "name")));
		if (!str_eq(xml_attr(n, "name"), want))
			bpmn_refuse(b, n, "bpmn.data.state-name", "write: object name [state]",
			            "the reference should be named \"%.*s\"", STRF(want));
	}
}

static void properties(struct bpmn *b, const struct xml_node *n)
{
	if (xml_is(n, "property") && xml_is(n->parent, "definitions"))
		bpmn_refuse(b, n, "bpmn.data.property", "move it into a process, activity or event",
		            "a property cannot stand here");
}

/* Is `id` named by one of `list` children of any `set` below `owner`? */
static bool named(const struct xml_node *owner, const char *set, const char *list, str id)
{
	for (const struct xml_node *s = xml_child(owner, set); s; s = xml_next(s, set))
		for (const struct xml_node *r = xml_child(s, list); r; r = xml_next(r, list))
			if (str_eq(xml_ref(r->text), id))
				return true;
	return false;
}

static void subset(struct bpmn *b, const struct xml_node *set, const char *part, const char *whole)
{
	for (const struct xml_node *r = xml_child(set, part); r; r = xml_next(r, part)) {
		bool found = false;
		for (const struct xml_node *w = xml_child(set, whole); w; w = xml_next(w, whole))
			found |= str_eq(w->text, r->text);
		if (!found)
			bpmn_refuse(b, r, "bpmn.data.set", "list it in the same set",
			            "%s names \"%.*s\", which is not among its %s", part, STRF(r->text), whole);
	}
}

/* An input set and an output set that belong together name one another. */
static void paired(struct bpmn *b, const struct xml_node *set)
{
	bool in = xml_is(set, "inputSet");
	const char *forth = in ? "outputSetRefs" : "inputSetRefs";
	const char *back = in ? "inputSetRefs" : "outputSetRefs";

	if (!in && !xml_is(set, "outputSet"))
		return;
	for (const struct xml_node *r = xml_child(set, forth); r; r = xml_next(r, forth)) {
		const struct xml_node *other = bpmn_node(b, xml_ref(r->text)), *x = xml_child(other, back);
		while (x && !str_eq(xml_ref(x->text), xml_attr(set, "id")))
			x = xml_next(x, back);
		if (!x)
			bpmn_refuse(b, r, "bpmn.data.set-pair", "let both sets name one another",
			            "the set \"%.*s\" does not name this one", STRF(r->text));
	}
}

static void sets(struct bpmn *b, const struct xml_node *n)
{
	if (xml_is(n, "inputSet")) {
		subset(b, n, "optionalInputRefs", "dataInputRefs");
		subset(b, n, "whileExecutingInputRefs", "dataInputRefs");
	} else if (xml_is(n, "outputSet")) {
		subset(b, n, "optionalOutputRefs", "dataOutputRefs");
		subset(b, n, "whileExecutingOutputRefs", "dataOutputRefs");
	}
	paired(b, n);
	if (xml_is(n, "ioSpecification")) {
		for (const struct xml_node *x = xml_child(n, NULL); x; x = xml_next(x, NULL)) {
			bool in = xml_is(x, "dataInput");
			if ((in || xml_is(x, "dataOutput")) &&
			    !named(n, in ? "inputSet" : "outputSet", in ? "dataInputRefs" : "dataOutputRefs",
			           xml_attr(x, "id")))
				bpmn_refuse(b, x, "bpmn.data.set", "list it in a set", "this %.*s is in no set",
				            STRF(x->name));
		}
	}
}

/* ---- associations ------------------------------------------------------ */

/* An assignment writes a whole variable; parts of one are not addressed. */
static void assignments(struct bpmn *b, const struct xml_node *n)
{
	for (const struct xml_node *x = xml_child(n, "assignment"); x; x = xml_next(x, "assignment")) {
		const struct xml_node *from = xml_child(x, "from"), *to = xml_child(x, "to");
		bool name = to && to->text.n;
		for (size_t i = 0; name && i < to->text.n; i++) {
			unsigned char c = (unsigned char)to->text.p[i];
			name = c == '_' || c == '-' || c >= 128 || (c >= '0' && c <= '9') ||
			       ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
		}
		if (!from || !name)
			bpmn_refuse(b, x, "bpmn.data.assignment", "write from: an expression, to: a name",
			            "this assignment does not name the variable it writes");
	}
}

static void associations(struct bpmn *b, const struct xml_node *n)
{
	bool in = xml_is(n, "dataInputAssociation");
	const struct xml_node *src = xml_child(n, "sourceRef"), *dst = xml_child(n, "targetRef");

	if (!in && !xml_is(n, "dataOutputAssociation"))
		return;
	assignments(b, n);
	bool made = xml_child(n, "transformation") || xml_child(n, "assignment");
	if (src && xml_next(src, "sourceRef") && !xml_child(n, "transformation"))
		bpmn_refuse(b, n, "bpmn.data.sources", "add a transformation",
		            "an association of several sources needs a transformation");
	const struct xml_node *from = src ? bpmn_node(b, xml_ref(src->text)) : NULL;
	const struct xml_node *to = dst ? bpmn_node(b, xml_ref(dst->text)) : NULL;
	if ((src && !from) || !to) {
		bpmn_refuse(b, n, "bpmn.data.reference", "name data that exists",
		            "this association refers to nothing");
		return;
	}
	if (in && from && xml_is(from, "dataOutput"))
		bpmn_refuse(b, n, "bpmn.data.direction", "read from a data object or input",
		            "an input cannot be fed from a data output");
	if (!in && xml_is(to, "dataInput"))
		bpmn_refuse(b, n, "bpmn.data.direction", "write to a data object or output",
		            "an output cannot be written to a data input");
	const struct xml_node *x = from ? item_of(b, from) : NULL, *y = item_of(b, to);
	if (!made && x && y && !same_item(x, y))
		bpmn_refuse(b, n, "bpmn.data.item", "use the same item, or a transformation",
		            "the two sides of this association are of different types");
}

/* ---- operations and messages ------------------------------------------- */

static size_t count(const struct xml_node *n, const char *name)
{
	size_t k = 0;

	for (const struct xml_node *x = xml_child(n, name); x; x = xml_next(x, name))
		k++;
	return k;
}

static const struct xml_node *message_item(struct bpmn *b, const struct xml_node *operation,
                                           const char *ref)
{
	const struct xml_node *r = xml_child(operation, ref);

	return r ? item_of(b, bpmn_node(b, xml_ref(r->text))) : NULL;
}

/* A task's data must be the message's: one set, one piece, the same item. */
static void task_data(struct bpmn *b, const struct xml_node *task, bool input,
                      const struct xml_node *item)
{
	const struct xml_node *io = xml_child(task, "ioSpecification");
	const char *set = input ? "inputSet" : "outputSet", *data = input ? "dataInput" : "dataOutput";

	if (count(io, set) != 1 || count(io, data) != 1)
		bpmn_refuse(b, task, "bpmn.operation.data", "describe one set with one piece of data",
		            "the task's %s must be exactly what the message carries",
		            input ? "input" : "output");
	else if (!same_item(item_of(b, xml_child(io, data)), item))
		bpmn_refuse(b, task, "bpmn.operation.item", "use the message's item",
		            "the task's %s is of another type than the message",
		            input ? "input" : "output");
}

static void tasks(struct bpmn *b, const struct bpmn_el *e)
{
	const struct xml_node *n = e->node, *io = xml_child(n, "ioSpecification");
	const struct xml_node *operation = refer(b, n, "operationRef");
	const struct xml_node *message = refer(b, n, "messageRef");

	if (xml_has(n, "operationRef") && !xml_is(operation, "operation") &&
	    str_chr(xml_attr(n, "operationRef"), '#') < 0)
		bpmn_refuse(b, n, "bpmn.operation.reference", "name an operation of the file",
		            "operationRef names no operation");
	if (e->kind == K_SERVICE && xml_is(operation, "operation")) {
		if (xml_child(operation, "inMessageRef"))
			task_data(b, n, true, message_item(b, operation, "inMessageRef"));
		if (xml_child(operation, "outMessageRef"))
			task_data(b, n, false, message_item(b, operation, "outMessageRef"));
		if (count(io, "inputSet") > 1 || count(io, "outputSet") > 1)
			bpmn_refuse(b, n, "bpmn.operation.data", "describe one set of each",
			            "a task that calls an operation has one set of inputs and of outputs");
	}
	if (io && message && (e->kind == K_SEND || e->kind == K_RECEIVE))
		task_data(b, n, e->kind == K_SEND, item_of(b, message));
	if ((e->kind == K_SEND || e->kind == K_RECEIVE) && xml_has(n, "messageRef") && !message)
		bpmn_refuse(b, n, "bpmn.message.reference", "name a message of the file",
		            "messageRef names no message");
}

/* What a definition throws or catches; NULL where it carries nothing. */
static const struct xml_node *carried(struct bpmn *b, const struct xml_node *def)
{
	static const char *const refs[] = {"messageRef", "signalRef", "errorRef", "escalationRef"};
	const struct xml_node *what = NULL;

	for (int i = 0; i < 4; i++) {
		if (!xml_has(def, refs[i]))
			continue;
		what = refer(b, def, refs[i]);
		if (!what)
			bpmn_refuse(b, def, "bpmn.event.reference", "name what the file defines",
			            "%s names nothing", refs[i]);
	}
	return what;
}

/* An event's data: one piece for each definition that carries something, in the
 * same order and of its type. */
static void events(struct bpmn *b, const struct bpmn_el *e)
{
	const struct xml_node *n = e->node;
	bool throws = e->kind == K_THROW || e->kind == K_END;
	const char *name = throws ? "dataInput" : "dataOutput";
	const struct xml_node *data = xml_child(n, name);
	bool any = data != NULL;

	if (!bpmn_is_event(e) || !e->events)
		return;
	if (any && count(n, name) != e->events)
		bpmn_refuse(b, n, "bpmn.event.data", "describe one piece of data for each definition",
		            "the event has %zu definitions and %zu pieces of data", e->events,
		            count(n, name));
	for (const struct bpmn_evdef *ev = &e->ev; ev; ev = ev->next) {
		const struct xml_node *what = ev->node ? carried(b, ev->node) : NULL;
		const struct xml_node *item = what ? item_of(b, what) : NULL;
		if (data && what && !same_item(item_of(b, data), item))
			bpmn_refuse(b, data, "bpmn.event.item", "use the same item",
			            "the event's data is of another type than what it carries");
		data = data ? xml_next(data, name) : NULL;
		if (ev->kind == E_MESSAGE && item && !xml_child(ev->node, "operationRef"))
			bpmn_refuse(b, ev->node, "bpmn.message.operation",
			            "add operationRef, or drop the itemRef",
			            "an event with a typed message must name the operation");
	}
}

/* ---- services others call ----------------------------------------------- */

/* The item of what a binding names: a piece of data, or a set that holds one. */
static const struct xml_node *bound_item(struct bpmn *b, const struct xml_node *n, const char *ref,
                                         const char *part)
{
	const struct xml_node *to = refer(b, n, ref), *first = xml_child(to, part);

	if (first)
		to = bpmn_node(b, xml_ref(first->text));
	return to ? item_of(b, to) : NULL;
}

static void bindings(struct bpmn *b, const struct xml_node *n)
{
	const struct xml_node *x = xml_child(n, "ioBinding");

	if (xml_child(n, "supportedInterfaceRef") && !x)
		bpmn_refuse(b, n, "bpmn.interface.binding", "add an ioBinding",
		            "what offers an interface must bind its data to the operations");
	for (; x; x = xml_next(x, "ioBinding")) {
		const struct xml_node *op = refer(b, x, "operationRef");
		bool good = xml_is(op, "operation") &&
		            same_item(bound_item(b, x, "inputDataRef", "dataInputRefs"),
		                      message_item(b, op, "inMessageRef")) &&
		            (!xml_child(op, "outMessageRef") ||
		             same_item(bound_item(b, x, "outputDataRef", "dataOutputRefs"),
		                       message_item(b, op, "outMessageRef")));
		if (!good)
			bpmn_refuse(b, x, "bpmn.interface.binding", "bind the operation's own messages",
			            "this binding does not fit the operation it names");
	}
}

/* ---- loops, calls ------------------------------------------------------ */

static void loop_side(struct bpmn *b, const struct xml_node *loop, const char *ref,
                      const char *item_name)
{
	const struct xml_node *r = xml_child(loop, ref), *item = xml_child(loop, item_name);
	const struct xml_node *data = r ? bpmn_node(b, xml_ref(r->text)) : NULL;

	if (!data)
		return; /* then it is the name of a variable */
	if (!is_data(data) && !xml_is(data, "dataObjectReference") && !xml_is(data, "property")) {
		bpmn_refuse(b, r, "bpmn.loop.data", "name a data input, output or object",
		            "%s refers to something that is not data", ref);
		return;
	}
	const struct xml_node *x = item_of(b, data), *y = item ? item_of(b, item) : NULL;
	if (!x || !y)
		return;
	if (xml_flag(y, "isCollection", false))
		bpmn_refuse(b, item, "bpmn.loop.item", "use an item that is not a collection",
		            "%s must be a single item", item_name);
	else if (!same_item(x, y))
		bpmn_refuse(b, item, "bpmn.loop.item", "use the same structure",
		            "%s is of another type than the collection", item_name);
}

/* What single completions throw must be named. */
static void behaviours(struct bpmn *b, const struct xml_node *loop)
{
	str behavior = xml_attr(loop, "behavior");
	bool none = str_eq_nocase(behavior, STR("none")), one = str_eq_nocase(behavior, STR("one"));

	if ((none && !refer(b, loop, "noneBehaviorEventRef")) ||
	    (one && !refer(b, loop, "oneBehaviorEventRef")))
		bpmn_refuse(b, loop, "bpmn.loop.behavior", "name the event definition that is thrown",
		            "this behaviour throws an event, and names none");
}

static void calls(struct bpmn *b, const struct bpmn_el *e)
{
	static const char *const sides[] = {"dataInput", "dataOutput"};
	const struct xml_node *mine = xml_child(e->node, "ioSpecification");
	const struct xml_node *theirs =
	    e->callee ? xml_child(e->callee->node, "ioSpecification") : NULL;

	if (e->kind != K_CALL || !e->callee || (!mine && !theirs))
		return;
	for (int i = 0; i < 2; i++) {
		const struct xml_node *x = xml_child(mine, sides[i]), *y = xml_child(theirs, sides[i]);
		for (; x && y; x = xml_next(x, sides[i]), y = xml_next(y, sides[i]))
			if (!same_item(item_of(b, x), item_of(b, y)))
				bpmn_refuse(b, x, "bpmn.call.item", "use the called element's item",
				            "this %s is of another type than the called element's", sides[i]);
		if (x || y)
			bpmn_refuse(b, e->node, "bpmn.call.data", "describe the same data on both sides",
			            "the call has %s %s than the called element", x ? "more" : "fewer",
			            i ? "outputs" : "inputs");
	}
}

/* ---- message flows ----------------------------------------------------- */

/* The process an end of a message flow belongs to; NULL for an empty pool. */
static const struct bpmn_el *pool_of(struct bpmn *b, const struct xml_node *n)
{
	const struct bpmn_el *e = bpmn_el(b, xml_attr(n, "id"));

	if (xml_is(n, "participant"))
		return bpmn_el(b, xml_ref(xml_attr(n, "processRef")));
	while (e && e->scope)
		e = e->scope;
	return e;
}

static bool message_end(struct bpmn *b, const struct xml_node *n, bool source)
{
	const struct bpmn_el *e = n ? bpmn_el(b, xml_attr(n, "id")) : NULL;

	if (xml_is(n, "participant"))
		return true;
	if (!e || (!bpmn_is_activity(e) && !bpmn_is_event(e)))
		return false;
	if (bpmn_is_activity(e))
		return true;
	bool message = false;
	for (const struct bpmn_evdef *ev = &e->ev; ev; ev = ev->next)
		message |= ev->kind == E_MESSAGE;
	return message && (source ? e->kind == K_END || e->kind == K_THROW
	                          : e->kind == K_START || e->kind == K_CATCH || e->kind == K_BOUNDARY);
}

static void message_flows(struct bpmn *b, const struct xml_node *n)
{
	if (!xml_is(n, "messageFlow"))
		return;
	const struct xml_node *from = refer(b, n, "sourceRef"), *to = refer(b, n, "targetRef");
	if (!message_end(b, from, true) || !message_end(b, to, false)) {
		bpmn_refuse(b, n, "bpmn.message-flow.endpoint",
		            "connect pools, activities and message events in their direction",
		            "a message flow cannot %s there", message_end(b, from, true) ? "end" : "begin");
		return;
	}
	const struct bpmn_el *x = pool_of(b, from), *y = pool_of(b, to);
	if (from == to || (x && x == y))
		bpmn_refuse(b, n, "bpmn.message-flow.pool", "use a sequence flow within a pool",
		            "a message flow must lead to another pool");
}

void bpmn_check_data(struct bpmn *b)
{
	for (const struct xml_node *n = b->root; n; n = xml_walk(b->root, n)) {
		if (n->ns != NS_BPMN)
			continue;
		collections(b, n);
		names_of_states(b, n);
		properties(b, n);
		sets(b, n);
		associations(b, n);
		message_flows(b, n);
		bindings(b, n);
	}
	for (size_t i = 0; i < b->n_els; i++) {
		const struct bpmn_el *e = b->els[i];
		const struct xml_node *loop = xml_child(e->node, "multiInstanceLoopCharacteristics");
		tasks(b, e);
		events(b, e);
		calls(b, e);
		if (loop) {
			loop_side(b, loop, "loopDataInputRef", "inputDataItem");
			loop_side(b, loop, "loopDataOutputRef", "outputDataItem");
			behaviours(b, loop);
		}
	}
}
