/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes the filter expression. `vlan` shifts every offset to the right of it (pcap-filter(7)), so the same words are
 * said three times: ours or (vlan and (ours or (vlan and (ours)))). */
#include "user/adapters/capture_filter.h"

#include <errno.h>
#include <stdio.h>

#define TAGS_MAX 2

int capture_filter_text(const uint16_t *ports, size_t count, char *buffer, size_t size)
{
	FILE *text;
	unsigned int tags;
	size_t i;

	if (!count)
		return -EINVAL;
	text = fmemopen(buffer, size, "w");
	if (!text)
		return -errno;
	setbuf(text, NULL); /* so that a write beyond the end fails at once */
	for (tags = 0; tags <= TAGS_MAX; tags++) {
		fprintf(text, "%s(tcp and (", tags ? " or (vlan and (" : "");
		for (i = 0; i < count; i++)
			fprintf(text, "%sport %u", i ? " or " : "", ports[i]);
		fputs(")) or (ip6 and ip6[6] != 6 and ip6[6] != 17 and ip6[6] != 58)", text);
	}
	for (tags = 0; tags < TAGS_MAX; tags++)
		fputs("))", text);
	i = ferror(text) || (size_t)ftell(text) >= size;
	fclose(text);
	return i ? -E2BIG : 0;
}
