/* SPDX-License-Identifier: BSD-2-Clause */
/* What nodes tell each other: one decision on one target, as bytes. docs/fleet.md has the layout for those who write a
 * peer. There is one encoding of an entry and no other is read, so that bytes that were signed are the entry.
 *
 * Time: microseconds of Redis's clock (TIME), the only one that all nodes share. No node's own clock is ever sent. */
#ifndef GATEPOST_ENTRY_H
#define GATEPOST_ENTRY_H

#include "user/ban/ban.h"

enum entry_kind {
	ENTRY_LIMIT = 1,
	ENTRY_BAN = 2,
	ENTRY_UNBAN = 3, /* a tombstone: decisions on the target that are not newer than it are void while it lasts */
};

struct entry {
	struct prefix target;
	enum entry_kind kind;
	uint8_t evidence; /* enum gp_evidence */
	/* When it was decided, made greater than every revision of the same target that its node knew of: what comes
	 * after something is always greater than it, whatever the clocks say. 1..2^63-1 */
	uint64_t revision_us;
	/* Not in the bytes: the revision that it must stay above. Redis's clock may turn out to be another than was
	 * guessed while it was away, and what comes after something must still do so. */
	uint64_t floor_us;
	uint64_t for_us; /* from the revision on; 1..ENTRY_FOR_MAX_US */
	uint32_t first_ago_s, last_ago_s; /* before the revision: when the target was first and last seen at fault */
	uint32_t count; /* what the rule had counted */
	char rule[RULE_NAME_BYTES]; /* "manual" when an operator said so */
	char reason[BAN_REASON_BYTES];
};

#define ENTRY_FOR_MAX_US (366ULL * 86400 * 1000000)
#define ENTRY_BYTES_MIN (1 + 1 + 1 + 8 + 8 + 8 + 4 + 4 + 4 + 1 + 1)
#define ENTRY_BYTES_MAX (ENTRY_BYTES_MIN + RULE_NAME_BYTES - 1 + BAN_REASON_BYTES - 1)

uint64_t entry_until_us(const struct entry *entry);
/* Bytes written to `buffer` of ENTRY_BYTES_MAX. The texts are cut to what entry_decode takes: printable ASCII. */
size_t entry_encode(const struct entry *entry, uint8_t *buffer);
/* Bytes read, or 0: this is no entry. */
size_t entry_decode(const uint8_t *bytes, size_t length, struct entry *ret_entry);

#endif
