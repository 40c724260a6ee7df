#include "engine/bpmn/model.h"
void bpmn_check_profile(struct bpmn *b)
{
	(void)b;
}
