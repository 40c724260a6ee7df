#include "engine/bpmn/model.h"
void bpmn_check_flow(struct bpmn *b)
{
	(void)b;
}
