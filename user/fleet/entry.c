/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/fleet/entry.h"

#include <string.h>

#include "user/fleet/bytes.h"

uint64_t entry_until_us(const struct entry *entry)
{
	return entry->revision_us + entry->for_us;
}

size_t entry_encode(const struct entry *entry, uint8_t *buffer)
{
	uint8_t *at = buffer;

	at = write_number(at, entry->kind, 1);
	at = write_number(at, entry->evidence, 1);
	at = write_number(at, entry->target.bits, 1);
	at = write_number(at, entry->target.source, 8);
	at = write_number(at, entry->revision_us, 8);
	at = write_number(at, entry->for_us, 8);
	at = write_number(at, entry->first_ago_s, 4);
	at = write_number(at, entry->last_ago_s, 4);
	at = write_number(at, entry->count, 4);
	at = write_text(at, entry->rule, sizeof(entry->rule));
	at = write_text(at, entry->reason, sizeof(entry->reason));
	return (size_t)(at - buffer);
}

/* Bits beyond the prefix would be a second way to write it. A length of 0 is no target: everything and nothing. */
static bool is_target(const struct prefix *target)
{
	if (!target->bits || target->bits > GP_SOURCE_BITS)
		return false;
	return target->bits == GP_SOURCE_BITS || !(target->source << target->bits);
}

static bool makes_sense(const struct entry *entry)
{
	return is_target(&entry->target) && entry->kind >= ENTRY_LIMIT && entry->kind <= ENTRY_UNBAN &&
	       entry->evidence <= GP_E5_OUTCOME && entry->revision_us && entry->revision_us <= INT64_MAX &&
	       entry->for_us && entry->for_us <= ENTRY_FOR_MAX_US && entry->rule[0];
}

size_t entry_decode(const uint8_t *bytes, size_t length, struct entry *ret_entry)
{
	struct reader reader = {.at = bytes, .left = length};
	struct entry entry;

	memset(&entry, 0, sizeof(entry));
	entry.kind = (enum entry_kind)read_number(&reader, 1);
	entry.evidence = (uint8_t)read_number(&reader, 1);
	entry.target.bits = (uint8_t)read_number(&reader, 1);
	entry.target.source = read_number(&reader, 8);
	entry.revision_us = read_number(&reader, 8);
	entry.for_us = read_number(&reader, 8);
	entry.first_ago_s = (uint32_t)read_number(&reader, 4);
	entry.last_ago_s = (uint32_t)read_number(&reader, 4);
	entry.count = (uint32_t)read_number(&reader, 4);
	read_text(&reader, entry.rule, sizeof(entry.rule));
	read_text(&reader, entry.reason, sizeof(entry.reason));
	if (reader.bad || !makes_sense(&entry))
		return 0;
	*ret_entry = entry;
	return length - reader.left;
}
