/*
 * cmd_dmn.h - diwan dmn: decision models on the command line.
 *
 *     diwan dmn check FILE                      errors, gaps, overlaps
 *     diwan dmn eval FILE DECISION [-c FILE]    inputs as JSON ('-' or absent: {})
 *     diwan dmn trace FILE DECISION [-c FILE]   the same, with what happened
 *     diwan dmn graph FILE                      requirements graph as SVG
 *     diwan dmn test DIR [--only GLOB] [--level N] [--strict] [--json OUT]
 */
#ifndef APP_CMD_DMN_H
#define APP_CMD_DMN_H

int cmd_dmn(int argc, char **argv);

#endif
