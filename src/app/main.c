#include "app/cmd_bpmn.h"
#include "app/cmd_dmn.h"
#include "app/cmd_feel.h"
#include "app/cmd_form.h"
#include "app/cmd_template.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "template") == 0)
		return cmd_template(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "bpmn") == 0)
		return cmd_bpmn(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "dmn") == 0)
		return cmd_dmn(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "feel") == 0)
		return cmd_feel(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "form") == 0)
		return cmd_form(argc - 1, argv + 1);
	puts("diwan " DIWAN_VERSION);
	return 0;
}
