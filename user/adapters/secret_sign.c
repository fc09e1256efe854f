/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/adapters/secret_sign.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "user/adapters/secret_file.h"

struct signing_key {
	uint8_t secret[crypto_sign_SECRETKEYBYTES];
	uint8_t public[PUBLIC_KEY_BYTES];
};

_Static_assert(PUBLIC_KEY_BYTES == crypto_sign_PUBLICKEYBYTES, "Ed25519");
_Static_assert(SIGNATURE_BYTES == crypto_sign_BYTES, "Ed25519");
_Static_assert(SECRET_FILE_KEY_BYTES == crypto_sign_SEEDBYTES, "a key file holds a seed");

int signing_key_new(struct signing_key **ret_key, const char *path, bool make, struct fault *fault)
{
	uint8_t seed[SECRET_FILE_KEY_BYTES];
	struct signing_key *key;
	int error;

	if (sodium_init() < 0)
		return fault_set(fault, ENOSYS, "libsodium finds no source of random numbers");
	key = sodium_malloc(sizeof(*key));
	if (!key)
		return fault_set(fault, ENOMEM, "no memory for the key");
	error = secret_file_load(seed, path, make, fault);
	if (error) {
		sodium_free(key);
		return error;
	}
	crypto_sign_seed_keypair(key->public, key->secret, seed);
	sodium_memzero(seed, sizeof(seed));
	*ret_key = key;
	return 0;
}

void signing_key_free(struct signing_key *key)
{
	sodium_free(key); /* wipes */
}

const uint8_t *signing_key_public(const struct signing_key *key)
{
	return key->public;
}

static void sign(const void *context, const uint8_t *bytes, size_t length, uint8_t ret_signature[SIGNATURE_BYTES])
{
	const struct signing_key *key = context;

	crypto_sign_detached(ret_signature, NULL, bytes, length, key->secret);
}

static bool check(const uint8_t public_key[PUBLIC_KEY_BYTES], const uint8_t *bytes, size_t length,
		  const uint8_t signature[SIGNATURE_BYTES])
{
	return !crypto_sign_verify_detached(signature, bytes, length, public_key);
}

struct signer signing_key_signer(const struct signing_key *key)
{
	return (struct signer){.sign = sign, .check = check, .key = key};
}

int public_key_parse(const char *text, uint8_t ret_key[PUBLIC_KEY_BYTES])
{
	size_t length;

	if (strlen(text) != 2 * PUBLIC_KEY_BYTES ||
	    sodium_hex2bin(ret_key, PUBLIC_KEY_BYTES, text, strlen(text), NULL, &length, NULL))
		return -EINVAL;
	return length == PUBLIC_KEY_BYTES ? 0 : -EINVAL;
}

const char *public_key_text(const uint8_t key[PUBLIC_KEY_BYTES], char buffer[SIGN_KEY_TEXT_BYTES])
{
	return sodium_bin2hex(buffer, SIGN_KEY_TEXT_BYTES, key, PUBLIC_KEY_BYTES);
}
