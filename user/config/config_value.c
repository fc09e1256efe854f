/* SPDX-License-Identifier: BSD-2-Clause */
/* Every value carries its unit: a bare number for a time, a size or a rate is refused, because the one who reads the
 * file next would have to guess. Sizes, rates and shares are in config_measure.c. */
#include "user/config/config_value.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "user/config/config_digits.h"
#include "user/core/duration.h"
#include "user/judge/rules.h"

static int in_range(const struct config_key *key, uint64_t value)
{
	return value < key->least || value > key->most ? -ERANGE : 0;
}

/* ---- duration ---------------------------------------------------------------------------------------------------- */

static int duration_read(const struct config_key *key, const char *text, void *field)
{
	uint64_t ns = 0;
	int result = 0;

	if (strcmp(text, "no"))
		result = duration_parse(text, &ns);
	if (!result)
		result = in_range(key, ns);
	if (!result)
		*(uint64_t *)field = ns;
	return result;
}

static void duration_print(const struct config_key *key, const void *field, struct sentence *sentence)
{
	const uint64_t ns = *(const uint64_t *)field;

	(void)key;
	if (ns)
		sentence_add_duration(sentence, "", ns);
	else
		sentence_add(sentence, "no");
}

static void duration_expect(const struct config_key *key, struct sentence *sentence)
{
	sentence_add(sentence, "a time such as 10m or 1h30m");
	sentence_add_duration(sentence, ", from ", key->least ? key->least : NS_PER_S);
	sentence_add_duration(sentence, " to ", key->most);
	if (!key->least)
		sentence_add(sentence, ", or no");
}

const struct config_kind config_duration = {duration_read, duration_print, duration_expect};

/* ---- number ------------------------------------------------------------------------------------------------------ */

static int number_read(const struct config_key *key, const char *text, void *field)
{
	uint64_t number;
	int result = digits_whole(&text, &number);

	if (!result && *text)
		result = -EINVAL;
	if (!result)
		result = in_range(key, number);
	if (!result)
		*(uint32_t *)field = (uint32_t)number;
	return result;
}

static void number_print(const struct config_key *key, const void *field, struct sentence *sentence)
{
	(void)key;
	sentence_add(sentence, "%" PRIu32, *(const uint32_t *)field);
}

static void number_expect(const struct config_key *key, struct sentence *sentence)
{
	sentence_add(sentence, "a whole number from %" PRIu64 " to %" PRIu64, key->least, key->most);
}

const struct config_kind config_number = {number_read, number_print, number_expect};

/* ---- words and texts --------------------------------------------------------------------------------------------- */

static int word_find(const struct config_key *key, const char *text)
{
	for (int i = 0; key->words[i]; i++)
		if (!strcmp(key->words[i], text))
			return i;
	return -EINVAL;
}

static void word_expect(const struct config_key *key, struct sentence *sentence)
{
	for (int i = 0; key->words[i]; i++)
		sentence_add(sentence, "%s%s", i ? key->words[i + 1] ? ", " : " or " : "", key->words[i]);
}

static int flag_read(const struct config_key *key, const char *text, void *field)
{
	const int found = word_find(key, text);

	if (found < 0)
		return found;
	*(bool *)field = found != 0;
	return 0;
}

static void flag_print(const struct config_key *key, const void *field, struct sentence *sentence)
{
	sentence_add(sentence, "%s", key->words[*(const bool *)field ? 1 : 0]);
}

const struct config_kind config_flag = {flag_read, flag_print, word_expect};

static int word_read(const struct config_key *key, const char *text, void *field)
{
	const int found = word_find(key, text);
	const unsigned int value = (unsigned int)found;

	if (found < 0)
		return found;
	memcpy(field, &value, sizeof(value)); /* enums of gcc and clang are unsigned int unless they are packed */
	return 0;
}

static void word_print(const struct config_key *key, const void *field, struct sentence *sentence)
{
	unsigned int value;

	memcpy(&value, field, sizeof(value));
	sentence_add(sentence, "%s", key->words[value]);
}

const struct config_kind config_word = {word_read, word_print, word_expect};

static int text_read(const struct config_key *key, const char *text, void *field)
{
	const size_t length = strlen(text);

	if (length < key->least || length > key->most)
		return -ERANGE;
	memset(field, 0, key->most + 1);
	memcpy(field, text, length);
	return 0;
}

static void text_print(const struct config_key *key, const void *field, struct sentence *sentence)
{
	(void)key;
	sentence_add(sentence, "%s", (const char *)field);
}

static void text_expect(const struct config_key *key, struct sentence *sentence)
{
	sentence_add(sentence, "a text of %" PRIu64 " to %" PRIu64 " characters", key->least, key->most);
}

const struct config_kind config_text = {text_read, text_print, text_expect};
