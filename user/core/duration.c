/* SPDX-License-Identifier: BSD-2-Clause */
/* Times as people write them: numbers with their units, the larger unit first ("1h30m"). A bare number is refused,
 * because nobody knows what it counts; so is the same unit twice. */
#include "user/core/duration.h"

#include <errno.h>
#include <string.h>

#include "user/judge/rules.h"
#include "user/core/sentence.h"

static const struct unit {
	const char *text;
	uint64_t ns;
} units[] = {
	{"d", NS_PER_DAY}, {"h", NS_PER_HOUR}, {"m", NS_PER_MINUTE}, {"s", NS_PER_S}, {"ms", NS_PER_MS},
};
#define UNITS (sizeof(units) / sizeof(units[0]))

/* Digits at *text; -EINVAL when there are none, -ERANGE when they are too many. */
static int number_parse(const char **text, uint64_t *ret_number)
{
	uint64_t number = 0;
	const char *digit = *text;

	for (; *digit >= '0' && *digit <= '9'; digit++)
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(*digit - '0'), &number))
			return -ERANGE;
	if (digit == *text)
		return -EINVAL;
	*text = digit;
	*ret_number = number;
	return 0;
}

/* The unit at *text, smaller than the one before it. */
static int unit_parse(const char **text, size_t *unit)
{
	const size_t length = strspn(*text, "abcdefghijklmnopqrstuvwxyz");

	for (size_t i = *unit; i < UNITS; i++) {
		if (length == strlen(units[i].text) && !strncmp(*text, units[i].text, length)) {
			*text += length;
			*unit = i + 1;
			return 0;
		}
	}
	return -EINVAL;
}

int duration_parse(const char *text, uint64_t *ret_ns)
{
	uint64_t total = 0, part;
	size_t unit = 0;

	do {
		int result = number_parse(&text, &part);

		if (!result)
			result = unit_parse(&text, &unit);
		if (result)
			return result;
		if (__builtin_mul_overflow(part, units[unit - 1].ns, &part) ||
		    __builtin_add_overflow(total, part, &total))
			return -ERANGE;
	} while (*text);
	*ret_ns = total;
	return 0;
}

const char *duration_text(uint64_t ns, char *buffer, size_t size)
{
	struct sentence sentence = sentence_start(buffer, size);

	for (size_t i = 0; i < UNITS; i++) {
		if (ns >= units[i].ns)
			sentence_add(&sentence, "%llu%s", (unsigned long long)(ns / units[i].ns), units[i].text);
		ns %= units[i].ns;
	}
	if (!sentence.length)
		sentence_add(&sentence, "0s");
	return buffer;
}
