/* cmd_bpmn.h - `diwan bpmn`: lint, draw and test processes. */
#ifndef APP_CMD_BPMN_H
#define APP_CMD_BPMN_H

int cmd_bpmn(int argc, char **argv);

#endif
