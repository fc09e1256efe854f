/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/adapters/unpack.h"

#include <errno.h>
#include <stdlib.h>

#define PACKED_BYTES 65536
#define UNPACKED_BUFFER_BYTES 65536

struct unpack {
	const struct unpacker *unpacker;
	void *state;
	FILE *packed;
	uint64_t unpacked_bytes; /* so far */
	const char *wrong;
	bool inside; /* a member or frame has begun and not ended */
	bool may_hold_more; /* the decoder filled what it was given: it may have more without being fed */
	size_t at, bytes; /* what of the buffer is not decoded yet */
	uint8_t buffer[PACKED_BYTES];
};

static const struct unpacker *unpacker_of(FILE *stream)
{
	const int first = getc(stream);

	ungetc(first, stream);
	if (first == 0x1f)
		return &unpack_gzip;
	/* Little endian: a frame 0xfd2fb528, or one to be skipped 0x184d2a5? as pzstd starts with. No capture does. */
	return first == 0x28 || first >> 4 == 5 ? &unpack_zstd : NULL;
}

static void feed(struct unpack *unpack)
{
	unpack->at = 0;
	unpack->bytes = fread(unpack->buffer, 1, sizeof(unpack->buffer), unpack->packed);
	if (unpack->bytes)
		return;
	if (ferror(unpack->packed))
		unpack->wrong = "the file cannot be read";
	else if (unpack->inside)
		unpack->wrong = "the compressed stream is cut short";
}

static size_t decode(struct unpack *unpack, uint8_t *to, size_t size)
{
	size_t used = unpack->bytes, made = size;
	bool ended = false;

	unpack->wrong = unpack->unpacker->step(unpack->state, unpack->buffer + unpack->at, &used, to, &made, &ended);
	if (!unpack->wrong && unpack->bytes && !used && !made && !ended)
		unpack->wrong = "the compressed stream leads nowhere";
	unpack->inside = !ended && (unpack->inside || used);
	unpack->at += used;
	unpack->bytes -= used;
	unpack->may_hold_more = made == size;
	return made;
}

/* For fopencookie(): what was decoded before something went wrong is given out first. */
static ssize_t unpack_read(void *cookie, char *to, size_t size)
{
	struct unpack *unpack = cookie;
	size_t made = 0;

	while (!made && size && !unpack->wrong) {
		if (!unpack->bytes && !unpack->may_hold_more)
			feed(unpack);
		if (unpack->wrong || (!unpack->bytes && !unpack->may_hold_more))
			break;
		made = decode(unpack, (uint8_t *)to, size);
	}
	unpack->unpacked_bytes += made;
	if (made || !unpack->wrong)
		return (ssize_t)made;
	errno = EBADMSG;
	return -1;
}

/* For ftello() only: a compressed stream is read once, from its beginning. */
static int unpack_seek(void *cookie, off64_t *offset, int whence)
{
	const struct unpack *unpack = cookie;

	if (whence != SEEK_CUR || *offset)
		return -1;
	*offset = (off64_t)unpack->unpacked_bytes;
	return 0;
}

static int unpack_close(void *cookie)
{
	struct unpack *unpack = cookie;

	unpack->unpacker->free(unpack->state);
	if (unpack->packed != stdin)
		fclose(unpack->packed);
	free(unpack);
	return 0;
}

static FILE *unpack_stream(struct unpack *unpack)
{
	const cookie_io_functions_t functions = {.read = unpack_read, .seek = unpack_seek, .close = unpack_close};
	FILE *stream = fopencookie(unpack, "rb", functions);

	if (stream)
		setvbuf(stream, NULL, _IOFBF, UNPACKED_BUFFER_BYTES);
	return stream;
}

int unpack_open(FILE **stream, struct unpack **ret_unpack)
{
	const struct unpacker *unpacker = unpacker_of(*stream);
	struct unpack *unpack;
	FILE *unpacked = NULL;

	*ret_unpack = NULL;
	if (!unpacker)
		return 0;
	unpack = calloc(1, sizeof(*unpack));
	if (!unpack)
		return -ENOMEM;
	unpack->unpacker = unpacker;
	unpack->packed = *stream;
	unpack->state = unpacker->new ();
	if (unpack->state)
		unpacked = unpack_stream(unpack);
	if (!unpacked) {
		unpacker->free(unpack->state);
		free(unpack);
		return -ENOMEM;
	}
	*stream = unpacked;
	*ret_unpack = unpack;
	return 0;
}

const char *unpack_wrong(const struct unpack *unpack)
{
	return unpack ? unpack->wrong : NULL;
}
