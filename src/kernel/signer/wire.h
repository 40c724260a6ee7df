/* What the signer's two ends say to each other. Private to kernel/signer. */
#ifndef KERNEL_SIGNER_WIRE_H
#define KERNEL_SIGNER_WIRE_H

#include "kernel/signer/signer.h"

#define CHECKPOINT_KEY "checkpoint.key"
#define CHECKPOINT_PUB "checkpoint.pub"
#define DOCUMENT_KEY   "document.pem"

enum signer_request { SIGN_CHECKPOINT = 1, SIGN_DOCUMENT };

struct tree_head {
	int64_t size;
	unsigned char root[32];
};

/* "ready" comes with this. */
struct signer_hello {
	unsigned char public_key[SIGNER_PUBLIC_BYTES];
	unsigned char certificate[SIGNER_DIGEST_BYTES]; /* its SHA-256 */
};

#define SIGNER_DER_MAX ((size_t)8 * 1024)

#endif
