/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/read/gather.h"

#include <stdlib.h>
#include <string.h>

#include "user/read/hello.h"

/* The header is complete: make room if somebody wants what follows. */
static void gather_begin(struct gather *gather)
{
	const uint8_t *header = gather->header;

	gather->seen |= header[0] < 32 ? 1u << header[0] : 0;
	gather->left = (uint32_t)header[1] << 16 | (uint32_t)header[2] << 8 | header[3];
	if (header[0] != gather->wanted || gather->left > HELLO_MESSAGE_MAX - sizeof(gather->header))
		return;
	gather->message = malloc(sizeof(gather->header) + gather->left);
	if (!gather->message)
		return;
	memcpy(gather->message, header, sizeof(gather->header));
	gather->have = sizeof(gather->header);
}

static size_t header_add(struct gather *gather, const uint8_t *bytes, size_t length)
{
	const size_t missing = sizeof(gather->header) - gather->header_have;

	length = length < missing ? length : missing;
	memcpy(gather->header + gather->header_have, bytes, length);
	gather->header_have = (uint8_t)(gather->header_have + length);
	if (gather->header_have == sizeof(gather->header))
		gather_begin(gather);
	return length;
}

static size_t body_add(struct gather *gather, const uint8_t *bytes, size_t length)
{
	length = length < gather->left ? length : gather->left;
	if (gather->message) {
		memcpy(gather->message + gather->have, bytes, length);
		gather->have = (uint16_t)(gather->have + length);
	}
	gather->left -= (uint32_t)length;
	return length;
}

size_t gather_add(struct gather *gather, const uint8_t *bytes, size_t length, uint8_t **ret_message, size_t *ret_length)
{
	size_t at = 0;

	*ret_message = NULL;
	while (at < length) {
		if (gather->header_have < sizeof(gather->header))
			at += header_add(gather, bytes + at, length - at);
		else
			at += body_add(gather, bytes + at, length - at);
		if (gather->header_have < sizeof(gather->header) || gather->left)
			continue;
		gather->header_have = 0;
		if (!gather->message)
			continue;
		*ret_message = gather->message;
		*ret_length = gather->have;
		gather->message = NULL;
		return at;
	}
	return at;
}

void gather_drop(struct gather *gather)
{
	free(gather->message);
	*gather = (struct gather){.wanted = gather->wanted};
}
