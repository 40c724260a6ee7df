/*
 * cmd_form.h - diwan form: the author's and the judge's view of forms.
 *
 *     diwan form check FILE                 load a form or a schema, say what is wrong
 *     diwan form test DIR [--remotes DIR]   run a JSON Schema test suite; the remotes
 *                                           stand for http://localhost:1234/
 * A line a file and a line a failed case; last "N passed, M failed". Exit status 0 if
 * all is well, 1 if not, 2 for wrong usage.
 */
#ifndef APP_CMD_FORM_H
#define APP_CMD_FORM_H

/* argv[0] is "form". */
int cmd_form(int argc, char **argv);

#endif
