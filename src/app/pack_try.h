/*
 * pack_try.h - lives through a service's scenarios on a platform of its own.
 *
 * The pack comes into force in a fresh database in a temporary folder, with the
 * people of its demo.json; time is moved as the scenarios say. Officers are made
 * for the roles that the tasks ask for. At the end the journal must give the same
 * tables again.
 */
#ifndef APP_PACK_TRY_H
#define APP_PACK_TRY_H

#include "app/open.h"
#include "kernel/pack/pack.h"

struct trial_result {
	str service, scenario; /* its English name */
	str trouble;           /* empty: it went as written */
};

/* `service` empty: those of all services. `told` hears of each scenario. False when
 * one did not go as written, or the platform could not be made (*why). */
bool pack_try(arena *a, const struct config *c, const struct pack_source *s, const struct pack *p,
              str service, void (*told)(void *ctx, const struct trial_result *r), void *ctx,
              str *why);

#endif
