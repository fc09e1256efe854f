/* SPDX-License-Identifier: BSD-2-Clause */
/* Distinct counts over the fleet: many values in one call of a function, so that adding and counting are one question.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "user/adapters/redis_state.h"

#define NAME_BYTES (REDIS_KEY_BYTES + 100)
#define WORDS_MAX (3 + 4 * REDIS_VALUES_MAX)

/* KEYS current before ...  ARGV value keep_ms ... */
static const char script[] = "local seen = {}\n"
			     "for i = 1, #KEYS / 2 do\n"
			     "  redis.call('PFADD', KEYS[2 * i - 1], ARGV[2 * i - 1])\n"
			     "  redis.call('PEXPIRE', KEYS[2 * i - 1], ARGV[2 * i])\n"
			     "  seen[i] = redis.call('PFCOUNT', KEYS[2 * i - 1], KEYS[2 * i])\n"
			     "end\n"
			     "return seen\n";

static void answer_counts(struct redis *redis, const redisReply *reply, void *context)
{
	uint64_t seen[REDIS_VALUES_MAX];
	uint32_t count = 0;

	(void)context;
	for (size_t i = 0; reply->type == REDIS_REPLY_ARRAY && i < reply->elements && count < REDIS_VALUES_MAX; i++) {
		const redisReply *number = reply->element[i];

		seen[count++] =
			number->type == REDIS_REPLY_INTEGER && number->integer > 0 ? (uint64_t)number->integer : 0;
	}
	redis->sink.counted(redis->sink.context, seen, count);
}

int redis_count(struct redis *redis, const struct redis_value *value, uint32_t count)
{
	char name[2 * REDIS_VALUES_MAX][NAME_BYTES], number[2 * REDIS_VALUES_MAX][24], keys[12];
	const char *word[WORDS_MAX] = {"EVAL", script, keys};
	int words = 3;

	if (!redis->up)
		return -ENOTCONN;
	snprintf(keys, sizeof(keys), "%u", 2 * count);
	for (uint32_t i = 0; i < count; i++) {
		snprintf(name[2 * i], NAME_BYTES, "{%s}:hll:%s", redis->settings.name, value[i].current);
		snprintf(name[2 * i + 1], NAME_BYTES, "{%s}:hll:%s", redis->settings.name, value[i].before);
		snprintf(number[2 * i], sizeof(number[0]), "%016" PRIx64, value[i].value);
		snprintf(number[2 * i + 1], sizeof(number[0]), "%" PRIu64, value[i].keep_ms);
	}
	for (uint32_t i = 0; i < 2 * count; i++)
		word[words++] = name[i];
	for (uint32_t i = 0; i < 2 * count; i++)
		word[words++] = number[i];
	return redis_ask(&redis->commands, answer_counts, NULL, words, word, NULL, false);
}
