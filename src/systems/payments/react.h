/* react.h - what payments does when other rooms' events happen. */
#ifndef SYSTEMS_PAYMENTS_REACT_H
#define SYSTEMS_PAYMENTS_REACT_H

#include "kernel/organ.h"

err react_work_requested(struct tx *tx, const struct event *e);
err react_work_cancelled(struct tx *tx, const struct event *e);
/* Of payments' own events: what a body's program has to know (agency.c). */
err react_agency_news(struct tx *tx, const struct event *e);

#endif
