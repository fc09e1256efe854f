/* SPDX-License-Identifier: BSD-2-Clause */
/* Keyed hashes and random seeds (libsodium). The key of the account hashes lives in a file of the state directory,
 * so that reports of different days can be joined by those who hold it. */
#ifndef GATEPOST_SECRET_H
#define GATEPOST_SECRET_H

#include "user/core/digest.h"
#include "user/core/fault.h"

struct secret;

/* Read or make the key file (0600). path NULL: a random key for this process; seed != 0 with path NULL: a fixed
 * key, for replays. */
int secret_new(struct secret **ret_secret, const char *path, uint64_t seed, struct fault *fault);
void secret_free(struct secret *secret); /* wipes */
struct digest secret_digest(const struct secret *secret);
void secret_random(void *bytes, size_t length);
/* No secret in it: for fingerprints that others compute too. */
#define SECRET_SHA256_BYTES 32
void secret_sha256(uint8_t ret_hash[SECRET_SHA256_BYTES], const void *bytes, size_t length);

#endif
