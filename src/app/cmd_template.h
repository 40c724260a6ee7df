/*
 * cmd_template.h - "diwan template": renders or checks the templates.
 *
 *     diwan template render NAME --data JSON [--lang en|ar] [--templates DIR]
 *     diwan template check [--templates DIR]
 * NAME is a template ("partials/button") or a path to a file of its own. JSON is
 * the view itself, a file that holds it, or "-" for standard input.
 * Exit status: 0 done, 1 the template or the data is wrong, 2 wrong arguments.
 */
#ifndef APP_CMD_TEMPLATE_H
#define APP_CMD_TEMPLATE_H

int cmd_template(int argc, char **argv);

#endif
