/* SPDX-License-Identifier: BSD-2-Clause */
/* A node's signing key (Ed25519, libsodium): the file is like that of secret.h, 64 hexadecimal digits that only its
 * owner can read, and is the seed of RFC 8032. The public key goes into the configuration of the other nodes. */
#ifndef GATEPOST_SECRET_SIGN_H
#define GATEPOST_SECRET_SIGN_H

#include "user/core/fault.h"
#include "user/fleet/batch.h"

#define SIGN_KEY_TEXT_BYTES (2 * PUBLIC_KEY_BYTES + 1)

struct signing_key;

/* `make`: make the file if there is none. -ENOENT, -EACCES, -EBADMSG */
int signing_key_new(struct signing_key **ret_key, const char *path, bool make, struct fault *fault);
void signing_key_free(struct signing_key *key); /* wipes */
const uint8_t *signing_key_public(const struct signing_key *key);
struct signer signing_key_signer(const struct signing_key *key);

/* A public key as 64 hexadecimal digits. */
int public_key_parse(const char *text, uint8_t ret_key[PUBLIC_KEY_BYTES]); /* -EINVAL */
const char *public_key_text(const uint8_t key[PUBLIC_KEY_BYTES], char buffer[SIGN_KEY_TEXT_BYTES]);

#endif
