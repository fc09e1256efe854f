/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/adapters/sum.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define HASH_BYTES 32

struct sum {
	EVP_MD_CTX *state;
};

int sum_new(struct sum **ret_sum)
{
	struct sum *sum = calloc(1, sizeof(*sum));

	if (!sum)
		return -ENOMEM;
	sum->state = EVP_MD_CTX_new();
	if (!sum->state || !EVP_DigestInit_ex(sum->state, EVP_sha256(), NULL)) {
		sum_free(sum);
		return -ENOMEM;
	}
	*ret_sum = sum;
	return 0;
}

void sum_free(struct sum *sum)
{
	if (!sum)
		return;
	EVP_MD_CTX_free(sum->state);
	free(sum);
}

void sum_add(struct sum *sum, const void *bytes, size_t size)
{
	EVP_DigestUpdate(sum->state, bytes, size);
}

const char *sum_text(struct sum *sum, char text[SUM_TEXT_BYTES])
{
	uint8_t hash[HASH_BYTES];

	_Static_assert(SUM_TEXT_BYTES == 2 * HASH_BYTES + 1, "two digits a byte");
	EVP_DigestFinal_ex(sum->state, hash, NULL);
	for (size_t i = 0; i < HASH_BYTES; i++)
		snprintf(text + 2 * i, 3, "%02x", hash[i]);
	return text;
}
