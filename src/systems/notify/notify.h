/*
 * notify.h - official notices (spec 03): inbox and e-mail, from the record.
 *
 * A service's messages.json says which event sends which notice, to whom and by
 * which channels. A reactor composes the notice in the event's own transaction
 * (notice.queued, text sealed under the recipient's key); a job carries it by
 * SMTP afterwards and records what became of it. Every notice has a reference
 * that anyone can ask about, so that a false one is told from a true one.
 */
#ifndef SYSTEMS_NOTIFY_H
#define SYSTEMS_NOTIFY_H

#include "web/route.h"

extern const struct system notify_system;

#endif
