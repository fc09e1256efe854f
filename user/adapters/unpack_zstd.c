/* SPDX-License-Identifier: BSD-2-Clause */
#include <zstd.h>

#include "user/adapters/unpack.h"

static void *zstd_new(void)
{
	return ZSTD_createDStream();
}

static void zstd_free(void *state)
{
	ZSTD_freeDStream(state);
}

static const char *zstd_step(void *state, const uint8_t *in, size_t *in_bytes, uint8_t *out, size_t *out_bytes,
			     bool *ret_ended)
{
	ZSTD_inBuffer from = {.src = in, .size = *in_bytes};
	ZSTD_outBuffer to = {.dst = out, .size = *out_bytes};
	const size_t code = ZSTD_decompressStream(state, &to, &from);

	*in_bytes = from.pos;
	*out_bytes = to.pos;
	*ret_ended = code == 0;
	return ZSTD_isError(code) ? ZSTD_getErrorName(code) : NULL;
}

const struct unpacker unpack_zstd = {.name = "zstd", .new = zstd_new, .free = zstd_free, .step = zstd_step};
