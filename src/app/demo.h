/*
 * demo.h - what a trial needs beside the platform: a mail catcher, a payment
 * provider that only plays, and people to sign in as.
 *
 * Both helpers are programs of their own, on free ports of this machine: Debian's
 * aiosmtpd, which keeps mail in DATA_DIR/mail, and "diwan simulator provider". A
 * setting that the operator gave is left as it is.
 */
#ifndef APP_DEMO_H
#define APP_DEMO_H

#include "app/children.h"
#include "app/open.h"

/* Starts them, and sets mail_url, mail_box, provider_url and the secret. What
 * cannot be started is told on standard error; the trial goes on without it. */
void demo_helpers(struct opened *o, struct children *c);
/* Prints the people of the pack's demo.json with their password. */
void demo_greet(const json *demo);

#endif
