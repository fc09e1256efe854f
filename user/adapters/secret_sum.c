/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/adapters/secret_sum.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>

struct sum {
	crypto_hash_sha256_state state;
};

int sum_new(struct sum **ret_sum)
{
	struct sum *sum = malloc(sizeof(*sum));

	if (!sum)
		return -ENOMEM;
	crypto_hash_sha256_init(&sum->state);
	*ret_sum = sum;
	return 0;
}

void sum_free(struct sum *sum)
{
	free(sum);
}

void sum_add(struct sum *sum, const void *bytes, size_t size)
{
	crypto_hash_sha256_update(&sum->state, bytes, size);
}

const char *sum_text(struct sum *sum, char text[SUM_TEXT_BYTES])
{
	unsigned char hash[crypto_hash_sha256_BYTES];

	_Static_assert(SUM_TEXT_BYTES == 2 * sizeof(hash) + 1, "two digits a byte");
	crypto_hash_sha256_final(&sum->state, hash);
	return sodium_bin2hex(text, SUM_TEXT_BYTES, hash, sizeof(hash));
}
