/*
 * document_key.h - the key that signs documents, and the signature it makes.
 *
 * A P-256 key and its self-signed certificate, in one file, so that no crash and no
 * second process can part them. Held by the signer's process alone.
 */
#ifndef KERNEL_SIGNER_DOCUMENT_KEY_H
#define KERNEL_SIGNER_DOCUMENT_KEY_H

#include "base/err.h"
#include "base/time.h"

struct document_key;

/* Reads the key and certificate at `path`, or makes them (0600), valid from `now`. Give
 * back with document_key_close. ERR_keys_missing and *why. */
err document_key_open(arena *a, str path, instant now, struct document_key **out, str *why);
void document_key_close(struct document_key *k);
str document_key_certificate(const struct document_key *k); /* DER */

/* A CMS signature (RFC 5652) over a document with this SHA-256: signed attributes
 * content-type, message-digest and signing-certificate-v2. False: OpenSSL failed. */
bool document_key_sign(const struct document_key *k, arena *a, str digest, str *der);

#endif
