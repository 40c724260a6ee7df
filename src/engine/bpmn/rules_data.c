#include "engine/bpmn/model.h"
void bpmn_check_data(struct bpmn *b)
{
	(void)b;
}
