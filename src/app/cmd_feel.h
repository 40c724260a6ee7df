/*
 * cmd_feel.h - diwan feel 'EXPR' [-c context.json]: evaluates one expression, or,
 * without one, each line of the input.
 */
#ifndef APP_CMD_FEEL_H
#define APP_CMD_FEEL_H

int cmd_feel(int argc, char **argv);

#endif
