/* SPDX-License-Identifier: BSD-2-Clause */
/* The kinds of values that measure something: sizes, rates, prefix lengths, shares. */
#include "user/config/config_value.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "user/config/config_digits.h"
#include "user/core/settings.h"

/* GCRA in microseconds: one packet a microsecond, and a burst that is refilled in 32 bits of them. */
#define RATE_MAX_MILLI 1000000000u
#define RATE_REFILL_MAX_US UINT32_MAX

/* ---- size -------------------------------------------------------------------------------------------------------- */

static const struct size_unit {
	const char *text;
	uint64_t bytes;
} size_units[] = {{"GiB", 1ULL << 30}, {"MiB", 1ULL << 20}, {"KiB", 1ULL << 10}};
#define SIZE_UNITS (sizeof(size_units) / sizeof(size_units[0]))

static int size_read(const struct config_key *key, const char *text, void *field)
{
	uint64_t size;
	int result = digits_whole(&text, &size);
	size_t unit = 0;

	while (unit < SIZE_UNITS && strcmp(text, size_units[unit].text))
		unit++;
	if (!result && unit == SIZE_UNITS)
		result = -EINVAL;
	if (!result && __builtin_mul_overflow(size, size_units[unit].bytes, &size))
		result = -ERANGE;
	if (!result)
		result = size < key->least || size > key->most ? -ERANGE : 0;
	if (!result)
		*(uint64_t *)field = size;
	return result;
}

static void print_size(uint64_t size, struct sentence *sentence)
{
	size_t unit = 0;

	while (unit < SIZE_UNITS - 1 && size % size_units[unit].bytes)
		unit++;
	sentence_add(sentence, "%" PRIu64 "%s", size / size_units[unit].bytes, size_units[unit].text);
}

static void size_print(const struct config_key *key, const void *field, struct sentence *sentence)
{
	(void)key;
	print_size(*(const uint64_t *)field, sentence);
}

static void size_expect(const struct config_key *key, struct sentence *sentence)
{
	sentence_add(sentence, "a size such as 512MiB or 1GiB, from ");
	print_size(key->least, sentence);
	sentence_add(sentence, " to ");
	print_size(key->most, sentence);
}

const struct config_kind config_size = {size_read, size_print, size_expect};

/* ---- rate -------------------------------------------------------------------------------------------------------- */

/* "/s", "/m" or "/h" at *text, in seconds. */
static int rate_unit_parse(const char **text, uint64_t *ret_seconds)
{
	static const struct {
		const char *text;
		uint64_t seconds;
	} units[] = {{"/s ", 1}, {"/m ", 60}, {"/h ", 3600}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (!strncmp(*text, units[i].text, 3)) {
			*ret_seconds = units[i].seconds;
			*text += 3;
			return 0;
		}
	}
	return -EINVAL;
}

static int rate_check(uint64_t milli, uint64_t burst)
{
	if (!milli || milli > RATE_MAX_MILLI || !burst || burst > UINT32_MAX)
		return -ERANGE;
	return (burst - 1) > RATE_REFILL_MAX_US / (1000000000u / milli + 1) ? -ERANGE : 0;
}

static int rate_read(const struct config_key *key, const char *text, void *field)
{
	static const char burst_word[] = "burst ";
	struct rate_settings *rate = field;
	uint64_t milli = 0, seconds = 1, burst = 0;
	int result;

	if (!strcmp(text, "off") && !key->least) {
		*rate = (struct rate_settings){0};
		return 0;
	}
	result = digits_decimal(&text, 3, &milli);
	if (!result)
		result = rate_unit_parse(&text, &seconds);
	if (!result && strncmp(text, burst_word, strlen(burst_word)))
		result = -EINVAL;
	if (!result) {
		text += strlen(burst_word);
		result = digits_whole(&text, &burst);
	}
	if (!result && *text)
		result = -EINVAL;
	milli = (milli + seconds / 2) / seconds;
	if (!result)
		result = rate_check(milli, burst);
	if (!result)
		*rate = (struct rate_settings){.per_second_milli = (uint32_t)milli, .burst = (uint32_t)burst};
	return result;
}

static void rate_print(const struct config_key *key, const void *field, struct sentence *sentence)
{
	const struct rate_settings *rate = field;

	(void)key;
	if (!rate->per_second_milli) {
		sentence_add(sentence, "off");
		return;
	}
	digits_print(rate->per_second_milli, 3, sentence);
	sentence_add(sentence, "/s burst %" PRIu32, rate->burst);
}

static void rate_expect(const struct config_key *key, struct sentence *sentence)
{
	sentence_add(sentence,
		     "a rate such as 20/s burst 50 or 6/m burst 3, at most 1000000/s, "
		     "with a burst that is refilled within 71m%s",
		     key->least ? "" : ", or off");
}

const struct config_kind config_rate = {rate_read, rate_print, rate_expect};

/* ---- prefix lengths ---------------------------------------------------------------------------------------------- */

static int lengths_read(const struct config_key *key, const char *text, void *field)
{
	uint8_t *bits = field;
	uint64_t v4 = 0, v6 = 0;
	int result = -EINVAL;

	(void)key;
	if (*text++ == '/')
		result = digits_whole(&text, &v4);
	if (!result && (text[0] != ',' || text[1] != '/'))
		result = -EINVAL;
	if (!result) {
		text += 2;
		result = digits_whole(&text, &v6);
	}
	if (!result && *text)
		result = -EINVAL;
	if (!result && (!v4 || v4 > 32 || !v6 || v6 > GP_SOURCE_BITS))
		result = -ERANGE;
	if (!result) {
		bits[0] = (uint8_t)v4;
		bits[1] = (uint8_t)v6;
	}
	return result;
}

static void lengths_print(const struct config_key *key, const void *field, struct sentence *sentence)
{
	const uint8_t *bits = field;

	(void)key;
	sentence_add(sentence, "/%u,/%u", bits[0], bits[1]);
}

static void lengths_expect(const struct config_key *key, struct sentence *sentence)
{
	(void)key;
	sentence_add(sentence, "two prefix lengths such as /24,/48, from /1,/1 to /32,/64");
}

const struct config_kind config_lengths = {lengths_read, lengths_print, lengths_expect};

/* ---- share ------------------------------------------------------------------------------------------------------- */

static int share_read(const struct config_key *key, const char *text, void *field)
{
	uint64_t ppm = 0;
	int result = 0;

	if (strcmp(text, "off")) {
		result = digits_decimal(&text, 4, &ppm);
		if (!result && strcmp(text, "%"))
			result = -EINVAL;
		if (!result && !ppm)
			result = -ERANGE;
	}
	if (!result && ppm > 1000000)
		result = -ERANGE;
	if (!result)
		*(uint32_t *)field = (uint32_t)ppm;
	(void)key;
	return result;
}

static void share_print(const struct config_key *key, const void *field, struct sentence *sentence)
{
	const uint32_t ppm = *(const uint32_t *)field;

	(void)key;
	if (!ppm) {
		sentence_add(sentence, "off");
		return;
	}
	digits_print(ppm, 4, sentence);
	sentence_add(sentence, "%%");
}

static void share_expect(const struct config_key *key, struct sentence *sentence)
{
	(void)key;
	sentence_add(sentence, "a share such as 0.5%%, from 0.0001%% to 100%%, or off");
}

const struct config_kind config_share = {share_read, share_print, share_expect};
