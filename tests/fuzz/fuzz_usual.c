/* SPDX-License-Identifier: BSD-2-Clause */
/* The usual way of reading a frame and the general one: where the first reads a frame at all, both say the same of it.
 * The native build of the kernel half is compiled in once more, for its insides. */
#define native_new native_new_with_insides
#include "user/datapath/native.c"

static void require(bool holds)
{
	if (!holds)
		abort();
}

/* The frame twice, each with nothing behind it that is ours. */
static bool read_usual(const uint8_t *frame, size_t length, struct packet *ret_packet)
{
	uint8_t *copy = malloc(NATIVE_ALIGN_BYTES + length);
	struct usual usual = {0};
	bool is_usual;

	if (!copy)
		abort();
	memcpy(copy + NATIVE_ALIGN_BYTES, frame, length);
	is_usual = usual_find(&usual, copy + NATIVE_ALIGN_BYTES, copy + NATIVE_ALIGN_BYTES + length);
	if (is_usual)
		usual_read(&usual, ret_packet);
	free(copy);
	return is_usual;
}

static bool read_general(const uint8_t *frame, size_t length, struct packet *ret_packet)
{
	uint8_t *copy = malloc(NATIVE_ALIGN_BYTES + length);
	struct xdp_md ctx;
	bool is_tcp;

	if (!copy)
		abort();
	memcpy(copy + NATIVE_ALIGN_BYTES, frame, length);
	ctx.data = (unsigned long)(copy + NATIVE_ALIGN_BYTES);
	ctx.data_end = ctx.data + length;
	is_tcp = parse_in(&ctx, ret_packet);
	free(copy);
	return is_tcp;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct packet usual = {0}, general = {0};

	if (size < ETH_HLEN || !read_usual(bytes, size, &usual))
		return 0;
	require(read_general(bytes, size, &general));
	require(!memcmp(&usual, &general, sizeof(usual)));
	return 0;
}
