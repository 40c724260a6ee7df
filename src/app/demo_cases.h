/*
 * demo_cases.h - diwan demo cases: a country at work, for demonstrations.
 *
 * Makes a new database, puts a pack and its invented people into it, and lives through
 * applications of all services over a time that ends today: each goes as one of the
 * service's scenarios says, with dates moved along and people, delays and what they pay
 * by drawn from a seed. Nothing is written but by the commands that pages and jobs give.
 */
#ifndef APP_DEMO_CASES_H
#define APP_DEMO_CASES_H

/* An exit code. */
int demo_cases(int argc, char **argv);

#endif
