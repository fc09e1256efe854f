/* SPDX-License-Identifier: BSD-2-Clause */
/* The kinds of values and how each is written: "10m", "20/s burst 50", "64MiB", "/24,/48", "0.5%", a word. What is
 * printed reads back as the same value. */
#ifndef GATEPOST_CONFIG_VALUE_H
#define GATEPOST_CONFIG_VALUE_H

#include <stddef.h>
#include <stdint.h>

#include "user/core/sentence.h"

#define CONFIG_VALUE_BYTES 320 /* any value as text */

struct config_key;

struct config_kind {
	/* -EINVAL, -ERANGE; the field is only written on success */
	int (*parse)(const struct config_key *key, const char *text, void *field);
	void (*print)(const struct config_key *key, const void *field, struct sentence *sentence);
	void (*expect)(const struct config_key *key, struct sentence *sentence); /* "a time such as 10m, ..." */
};

/* One setting: where it stands in the file and in memory, what it may be, and what it is when nobody says. */
struct config_key {
	const char *section, *key; /* section "": outside of all */
	const struct config_kind *kind;
	size_t offset;
	const char *fallback; /* as written; NULL: it must be given */
	uint64_t least, most; /* inclusive; of a text: its length */
	const char *const *words; /* ends with NULL; their order is that of the values */
};

extern const struct config_kind config_duration; /* uint64_t nanoseconds; 0 is written "no" */
extern const struct config_kind config_number; /* uint32_t */
extern const struct config_kind config_size; /* uint64_t bytes */
extern const struct config_kind config_rate; /* struct rate_settings; 0 is written "off" */
extern const struct config_kind config_lengths; /* two uint8_t: of IPv4, of IPv6 */
extern const struct config_kind config_share; /* uint32_t parts in a million; 0 is written "off" */
extern const struct config_kind config_flag; /* bool, one of two words: false, true */
extern const struct config_kind config_word; /* an enum, one of the words */
extern const struct config_kind config_text; /* a character array of most + 1 bytes */

#endif
