/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/synth/scenario_kinds.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "user/config/config_digits.h"
#include "user/synth/scenario.h"

#define DECIMALS 3
#define V4_BITS 96
#define SECONDS_A_DAY 86400

/* ---- how often -------------------------------------------------------------------------------------------------- */

static int frequency_read(const struct config_key *key, const char *text, void *field)
{
	static const struct {
		const char *text;
		uint64_t times; /* a day */
	} units[] = {{"/s", SECONDS_A_DAY}, {"/m", 24 * 60}, {"/h", 24}, {"/d", 1}};
	uint64_t milli;
	int result;

	if (!strcmp(text, "no")) {
		*(uint64_t *)field = 0;
		return 0;
	}
	result = digits_decimal(&text, DECIMALS, &milli);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]) && !result; i++) {
		if (strcmp(text, units[i].text))
			continue;
		if (!milli || milli > key->most / units[i].times)
			return -ERANGE;
		*(uint64_t *)field = milli * units[i].times;
		return 0;
	}
	return result ? result : -EINVAL;
}

static void frequency_expect(const struct config_key *key, struct sentence *sentence)
{
	(void)key;
	sentence_add(sentence, "how often, such as 6/d, 0.5/h, 3/m or 20/s, or no");
}

const struct config_kind scenario_frequency = {.parse = frequency_read, .expect = frequency_expect};

/* ---- how many on average ---------------------------------------------------------------------------------------- */

static int average_read(const struct config_key *key, const char *text, void *field)
{
	uint64_t milli = 0;
	int result = 0;

	if (strcmp(text, "no")) {
		result = digits_decimal(&text, DECIMALS, &milli);
		if (!result && *text)
			result = -EINVAL;
		if (!result && (milli < key->least || milli > key->most))
			result = -ERANGE;
	}
	if (!result)
		*(uint32_t *)field = (uint32_t)milli;
	return result;
}

static void average_expect(const struct config_key *key, struct sentence *sentence)
{
	sentence_add(sentence, "a number such as 1.18 from ");
	digits_print(key->least, DECIMALS, sentence);
	sentence_add(sentence, " to ");
	digits_print(key->most, DECIMALS, sentence);
	sentence_add(sentence, ", or no");
}

const struct config_kind scenario_average = {.parse = average_read, .expect = average_expect};

/* ---- where ------------------------------------------------------------------------------------------------------ */

static int prefix_read(const struct config_key *key, const char *text, void *field)
{
	struct scenario_place *place = field;
	struct prefix prefix;
	uint64_t source;

	(void)key;
	if (!strchr(text, '/') || prefix_parse(text, &prefix))
		return -EINVAL;
	memset(place, 0, sizeof(*place));
	source = prefix.source;
	if (source_is_v4(source)) {
		addr_parse("0.0.0.0", &place->prefix);
		for (int i = 15; i >= 12; i--, source >>= 8)
			place->prefix.byte[i] = (uint8_t)source;
		place->bits = (uint8_t)(prefix.bits - GP_V4_BITS + V4_BITS);
	} else {
		for (int i = 7; i >= 0; i--, source >>= 8)
			place->prefix.byte[i] = (uint8_t)source;
		place->bits = prefix.bits;
	}
	return 0;
}

static void prefix_expect(const struct config_key *key, struct sentence *sentence)
{
	(void)key;
	sentence_add(sentence, "a prefix such as 198.18.0.0/15 or 2001:db8:100::/40");
}

const struct config_kind scenario_prefix = {.parse = prefix_read, .expect = prefix_expect};

static int length_read(const struct config_key *key, const char *text, void *field)
{
	uint64_t length;
	int result = *text++ == '/' ? digits_whole(&text, &length) : -EINVAL;

	if (!result && *text)
		result = -EINVAL;
	if (!result && (length < key->least || length > key->most))
		result = -ERANGE;
	if (!result)
		*(uint8_t *)field = (uint8_t)length;
	return result;
}

static void length_expect(const struct config_key *key, struct sentence *sentence)
{
	sentence_add(sentence, "a length from /%" PRIu64 " to /%" PRIu64, key->least, key->most);
}

const struct config_kind scenario_length = {.parse = length_read, .expect = length_expect};

static int address_read(const struct config_key *key, const char *text, void *field)
{
	struct addr addr = {{0}};

	if (*text && (addr_parse(text, &addr) || addr_is_v4(&addr) != (key->most == 4)))
		return -EINVAL;
	*(struct addr *)field = addr;
	return 0;
}

static void address_expect(const struct config_key *key, struct sentence *sentence)
{
	sentence_add(sentence, key->most == 4 ? "an address such as 192.0.2.10" : "an address such as 2001:db8:fa::10");
}

const struct config_kind scenario_address = {.parse = address_read, .expect = address_expect};

/* ---- at which hours --------------------------------------------------------------------------------------------- */

static int hours_read(const struct config_key *key, const char *text, void *field)
{
	uint16_t hours[SCENARIO_HOURS];
	uint64_t weight, sum = 0;

	for (int i = 0; i < SCENARIO_HOURS; i++) {
		text += strspn(text, " ");
		if (digits_whole(&text, &weight) || weight > key->most)
			return -EINVAL;
		hours[i] = (uint16_t)weight;
		sum += weight;
	}
	if (*text || !sum)
		return -EINVAL;
	memcpy(field, hours, sizeof(hours));
	return 0;
}

static void hours_expect(const struct config_key *key, struct sentence *sentence)
{
	sentence_add(sentence, "24 numbers up to %" PRIu64 ", one an hour from midnight UTC on, not all of them 0",
		     key->most);
}

const struct config_kind scenario_hours = {.parse = hours_read, .expect = hours_expect};
