/* SPDX-License-Identifier: BSD-2-Clause */
/* Hostile records. Turns as in fuzz_login: a byte that says who speaks and how long, then that many bytes. The state
 * must not depend on how the turns are cut, and what is established stays so. */
#include <stdlib.h>

#include "user/read/tls.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static enum tls_state play(const uint8_t *bytes, size_t size, size_t cut)
{
	struct stream *stream[2];
	uint32_t seq[2] = {0, 0};
	enum tls_state state = TLS_HELLO, next;
	struct tls *tls;

	if (stream_new(&stream[0]) || stream_new(&stream[1]) || tls_new(&tls))
		abort();
	stream_begin(stream[0], 0);
	stream_begin(stream[1], 0);
	while (size) {
		const int from = bytes[0] >> 7;
		size_t length = bytes[0] & 0x7f;

		bytes++;
		size--;
		length = length < size ? length : size;
		for (size_t at = 0; at < length; at += cut) {
			const size_t piece = length - at < cut ? length - at : cut;

			stream_add(stream[from], seq[from], bytes + at, piece, piece);
			seq[from] += (uint32_t)piece;
			next = tls_read(tls, stream[0], stream[1]);
			if (state != TLS_HELLO && next != state)
				abort();
			state = next;
		}
		bytes += length;
		size -= length;
	}
	tls_free(tls);
	stream_free(stream[0]);
	stream_free(stream[1]);
	return state;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	if (play(bytes, size, 128) != play(bytes, size, 1))
		abort();
	return 0;
}
