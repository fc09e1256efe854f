/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include <zlib.h>

#include "user/adapters/unpack.h"

#define GZIP_ONLY (MAX_WBITS + 16)

static void gzip_free(void *state)
{
	if (state)
		inflateEnd(state);
	free(state);
}

static void *gzip_new(void)
{
	z_stream *z = calloc(1, sizeof(*z));

	if (z && inflateInit2(z, GZIP_ONLY) != Z_OK) {
		free(z);
		z = NULL;
	}
	return z;
}

static const char *gzip_step(void *state, const uint8_t *in, size_t *in_bytes, uint8_t *out, size_t *out_bytes,
			     bool *ret_ended)
{
	z_stream *z = state;
	int code;

	z->next_in = (Bytef *)in;
	z->avail_in = (uInt)*in_bytes;
	z->next_out = out;
	z->avail_out = (uInt)*out_bytes;
	code = inflate(z, Z_NO_FLUSH);
	*in_bytes -= z->avail_in;
	*out_bytes -= z->avail_out;
	*ret_ended = code == Z_STREAM_END;
	if (*ret_ended)
		inflateReset(z);
	if (code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR)
		return NULL;
	return z->msg ? z->msg : zError(code);
}

const struct unpacker unpack_gzip = {.name = "gzip", .new = gzip_new, .free = gzip_free, .step = gzip_step};
