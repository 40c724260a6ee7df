/* What signing and checking share. Private to kernel/documents. */
#ifndef KERNEL_DOCUMENTS_SIGN_IN_H
#define KERNEL_DOCUMENTS_SIGN_IN_H

#include "kernel/documents/sign.h"

#include <openssl/objects.h>

/* The attribute that holds the proof: 2.25 and a UUID that was drawn for it. */
#define PROOF_OID "2.25.168958262485953549088777769916158436051"

str sha256_hex(arena *a, str bytes);

#endif
