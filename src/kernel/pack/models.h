/* Private to kernel/pack: expressions, decisions and processes of a pack. */
#ifndef KERNEL_PACK_MODELS_H
#define KERNEL_PACK_MODELS_H

#include "kernel/pack/pack_in.h"

/* A string value as FEEL; NULL after telling. */
const struct feel_expr *model_expr(struct check *c, const struct pack_file *f, const json *v);

/* A .dmn file that holds the decision `name` (a value of `owner`). */
const struct dmn *model_decision(struct check *c, struct pack_file *f,
                                 const struct pack_file *owner, const json *name);
void model_decision_examples(struct check *c, const struct dmn *m, const struct pack_file *f);

/* `process` is BPMN text, `f` the file of cases. */
void model_process_examples(struct check *c, str process, const struct pack_file *f);
/* Do roles, decisions, documents and messages that the process names exist? */
void model_process_names(struct check *c, const struct pack_file *f, const struct service *s);
/* Does "ends" of service.json (`f`) name what cases end as, and all of it? */
void model_ends(struct check *c, const struct pack_file *f, const struct service *s);

#endif
