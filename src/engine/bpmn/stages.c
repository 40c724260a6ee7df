#include "engine/bpmn/bpmn.h"
str bpmn_from_stages(arena *a, const json *table, struct diags *d)
{
	(void)a, (void)table, (void)d;
	return (str){0};
}
