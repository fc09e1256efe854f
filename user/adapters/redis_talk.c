/* SPDX-License-Identifier: BSD-2-Clause */
/* The protocol in Redis's words. One function on the server writes all of a batch or nothing; replies are taken apart
 * here, with nothing believed about their shape. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/adapters/redis_state.h"

#define PAGE_FIELDS "16" /* of a snapshot: a page is checked and merged in about ten milliseconds */
#define NEWS_ITEMS "16"
#define GOOD_ITEMS "2000" /* of up to 8 KiB */
#define GOOD_MS ((uint64_t)86400 * 1000) /* what is older is worth nothing */
#define NEWS_BLOCK_MS "500" /* less than a watch over silent connections waits */

/* KEYS batches ends log count  ARGV field batch for_ms stream_max. Without a field it only clears what is over and says
 * where things stand. A batch that comes again (its answer was lost) is not written again. */
const char redis_script_text[] =
	"if redis.replicate_commands then redis.replicate_commands() end\n" /* before 7.0 */
	"local time = redis.call('TIME')\n"
	"local now_ms = time[1] * 1000 + math.floor(time[2] / 1000)\n"
	"if redis.call('EXISTS', KEYS[4]) == 0 then\n"
	"  redis.call('SET', KEYS[4], time[1] .. string.format('%06d', time[2]))\n"
	"end\n"
	"local over = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now_ms, 'LIMIT', 0, 100)\n"
	"if #over > 0 then\n"
	"  redis.call('ZREM', KEYS[2], unpack(over))\n"
	"  redis.call('HDEL', KEYS[1], unpack(over))\n"
	"end\n"
	"if ARGV[1] ~= '' and redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2]) == 1 then\n"
	"  redis.call('ZADD', KEYS[2], string.format('%.0f', now_ms + ARGV[3]), ARGV[1])\n"
	"  redis.call('INCR', KEYS[4])\n"
	"  redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[4], '*', 'n', redis.call('GET', KEYS[4]), 'b', ARGV[2])\n"
	"end\n"
	"local last = redis.call('XREVRANGE', KEYS[3], '+', '-', 'COUNT', 1)\n"
	"return {time[1], time[2], redis.call('GET', KEYS[4]), last[1] and last[1][1] or '0-0'}\n";

/* ---- taking replies apart ---------------------------------------------------------------------------------------- */

static const redisReply *element(const redisReply *reply, size_t index)
{
	return reply && reply->type == REDIS_REPLY_ARRAY && index < reply->elements ? reply->element[index] : NULL;
}

static const char *text_of(const redisReply *reply)
{
	return reply && reply->type == REDIS_REPLY_STRING ? reply->str : NULL;
}

/* Whole, decimal, without sign. */
static bool number_of(const redisReply *reply, uint64_t *ret_number)
{
	const char *text = text_of(reply);
	char *end;

	if (!text || *text < '0' || *text > '9')
		return false;
	errno = 0;
	*ret_number = strtoull(text, &end, 10);
	return !*end && !errno;
}

static bool copy_text(const redisReply *reply, char *text, size_t size)
{
	const char *from = text_of(reply);

	return from && (size_t)snprintf(text, size, "%s", from) < size;
}

static void senseless(struct redis *redis, const char *what)
{
	redis_drop(redis, "the answer to %s makes no sense", what);
}

/* What the function returns. */
static bool read_state(const redisReply *reply, struct sync_mark *ret_mark)
{
	uint64_t seconds, us;

	if (!number_of(element(reply, 0), &seconds) || !number_of(element(reply, 1), &us) ||
	    !number_of(element(reply, 2), &ret_mark->counter) ||
	    !copy_text(element(reply, 3), ret_mark->last_id, sizeof(ret_mark->last_id)))
		return false;
	if (seconds > INT64_MAX / 1000000 - 1 || us >= 1000000)
		return false;
	ret_mark->redis_us = seconds * 1000000 + us;
	return true;
}

/* ---- the function ------------------------------------------------------------------------------------------------ */

static int call(struct redis *redis, bool whole, redis_answer_fn answer)
{
	char for_ms[24], most[24];
	const char *word[11] = {whole ? "EVAL" : "EVALSHA", whole ? redis_script_text : redis->script, "4"};
	size_t length[11];

	snprintf(for_ms, sizeof(for_ms), "%" PRIu64, redis->for_ms);
	snprintf(most, sizeof(most), "%" PRIu32, redis->settings.stream_max);
	for (int i = 0; i < 4; i++)
		word[3 + i] = redis->key[i];
	word[7] = redis->field;
	word[8] = (const char *)redis->batch;
	word[9] = for_ms;
	word[10] = most;
	for (int i = 0; i < 11; i++)
		length[i] = i == 8 ? redis->batch_bytes : strlen(word[i]);
	return redis_ask(&redis->commands, answer, NULL, 11, word, length, true);
}

/* The same call for a mark and a beat, without a batch; one that is being published is put by for it. */
static int call_empty(struct redis *redis, redis_answer_fn answer)
{
	char field[sizeof(redis->field)];
	const size_t bytes = redis->batch_bytes;
	int error;

	memcpy(field, redis->field, sizeof(field));
	redis->field[0] = '\0';
	redis->batch_bytes = 0;
	error = call(redis, false, answer);
	memcpy(redis->field, field, sizeof(field));
	redis->batch_bytes = bytes;
	return error;
}

static bool is_error(const redisReply *reply, const char *code)
{
	return reply->type == REDIS_REPLY_ERROR && !strncmp(reply->str, code, strlen(code));
}

static void answer_published(struct redis *redis, const redisReply *reply, void *context)
{
	(void)context;
	if (is_error(reply, "NOSCRIPT")) {
		redis->failed |= call(redis, true, answer_published) != 0; /* which makes it known again */
		return;
	}
	if (reply->type == REDIS_REPLY_ERROR) {
		redis_refused(redis, reply->str);
		return;
	}
	sync_published(redis->sync, true, redis_mono_us());
	redis_pump(redis);
}

static void answer_loaded(struct redis *redis, const redisReply *reply, void *context)
{
	(void)context;
	if (!copy_text(reply, redis->script, sizeof(redis->script)))
		senseless(redis, "SCRIPT LOAD");
	else
		redis_connection_open(&redis->news, &redis->address);
}

void redis_load_script(struct redis *redis)
{
	const char *word[] = {"SCRIPT", "LOAD", redis_script_text};

	redis_ask(&redis->commands, answer_loaded, NULL, 3, word, NULL, false);
}

/* ---- what the sync asks ------------------------------------------------------------------------------------------ */

static void answer_mark(struct redis *redis, const redisReply *reply, void *context)
{
	struct sync_mark mark = {.redis_us = 0};

	(void)context;
	if (reply->type == REDIS_REPLY_ERROR) {
		redis_refused(redis, reply->str);
		return;
	}
	if (!read_state(reply, &mark)) {
		senseless(redis, "EVALSHA");
		return;
	}
	memcpy(mark.run, redis->run, sizeof(mark.run));
	sync_marked(redis->sync, &mark, redis_mono_us());
	redis_pump(redis);
}

static void link_mark(void *context)
{
	struct redis *redis = context;

	redis->failed |= call_empty(redis, answer_mark) != 0;
}

static void answer_page(struct redis *redis, const redisReply *reply, void *context)
{
	const redisReply *fields = element(reply, 1);
	char cursor[32];

	(void)context;
	if (!copy_text(element(reply, 0), cursor, sizeof(cursor)) || !fields || fields->type != REDIS_REPLY_ARRAY) {
		senseless(redis, "HSCAN");
		return;
	}
	for (size_t i = 1; i < fields->elements; i += 2)
		if (fields->element[i]->type == REDIS_REPLY_STRING)
			sync_batch(redis->sync, (const uint8_t *)fields->element[i]->str,
				   (size_t)fields->element[i]->len, redis_mono_us());
	sync_paged(redis->sync, cursor, redis_mono_us());
	redis_pump(redis);
}

static void link_page(void *context, const char *cursor)
{
	struct redis *redis = context;
	const char *word[] = {"HSCAN", redis->key[KEY_BATCHES], cursor, "COUNT", PAGE_FIELDS};

	redis->failed |= redis_ask(&redis->commands, answer_page, NULL, 5, word, NULL, false) != 0;
}

static void link_follow(void *context, const char *after_id)
{
	struct redis *redis = context;

	snprintf(redis->place, sizeof(redis->place), "%s", after_id);
	redis->generation++;
	redis_ask_news(redis);
}

static void link_publish(void *context, const char *field, const uint8_t *bytes, size_t length, uint64_t for_ms)
{
	struct redis *redis = context;

	snprintf(redis->field, sizeof(redis->field), "%s", field);
	memcpy(redis->batch, bytes, length);
	redis->batch_bytes = length;
	redis->for_ms = for_ms;
	redis->failed |= call(redis, false, answer_published) != 0;
}

struct sync_link redis_link(struct redis *redis)
{
	return (struct sync_link){redis, link_mark, link_page, link_follow, link_publish};
}

/* ---- news -------------------------------------------------------------------------------------------------------- */

/* {id, {"n", number, "b", batch}}. Something else in our stream is refused like a batch that is none. */
static bool hear_item(struct redis *redis, const redisReply *item)
{
	const redisReply *fields = element(item, 1), *batch = element(fields, 3);
	uint64_t number;

	if (!copy_text(element(item, 0), redis->place, sizeof(redis->place)))
		return false;
	if (!number_of(element(fields, 1), &number))
		number = 0; /* a gap */
	if (!text_of(batch))
		sync_heard(redis->sync, redis->place, number, (const uint8_t *)"", 0, redis_mono_us());
	else
		sync_heard(redis->sync, redis->place, number, (const uint8_t *)batch->str, (size_t)batch->len,
			   redis_mono_us());
	return true;
}

static bool hear_good(struct redis *redis, const redisReply *item)
{
	const redisReply *bytes = element(element(item, 1), 1);

	if (!copy_text(element(item, 0), redis->good_place, sizeof(redis->good_place)))
		return false;
	if (text_of(bytes) && redis->sink.good)
		redis->sink.good(redis->sink.context, (const uint8_t *)bytes->str, (size_t)bytes->len);
	return true;
}

/* {key, {item, ...}} of each stream that has some. */
static bool hear_stream(struct redis *redis, const redisReply *stream)
{
	const redisReply *items = element(stream, 1);
	const char *key = text_of(element(stream, 0));
	const bool good = key && !strcmp(key, redis->key[KEY_GOOD]);
	bool sensible = key && items && items->type == REDIS_REPLY_ARRAY;

	for (size_t i = 0; sensible && i < items->elements; i++) {
		if (good)
			sensible = hear_good(redis, items->element[i]);
		else if (redis->asked_generation == redis->generation)
			sensible = hear_item(redis, items->element[i]);
	}
	return sensible;
}

static void answer_news(struct redis *redis, const redisReply *reply, void *context)
{
	bool sensible = reply->type == REDIS_REPLY_NIL || reply->type == REDIS_REPLY_ARRAY;

	(void)context;
	redis->news_asked = false;
	for (size_t i = 0; sensible && reply->type == REDIS_REPLY_ARRAY && i < reply->elements; i++)
		sensible = hear_stream(redis, reply->element[i]);
	if (!sensible) {
		senseless(redis, "XREAD");
		return;
	}
	redis_ask_news(redis);
	redis_pump(redis);
}

/* The last day of it, to begin with. */
static void find_good_place(struct redis *redis)
{
	const uint64_t now_ms = sync_now_us(redis->sync, redis_mono_us()) / 1000;

	if (!redis->good_place[0])
		snprintf(redis->good_place, sizeof(redis->good_place), "%" PRIu64 "-0",
			 now_ms > GOOD_MS ? now_ms - GOOD_MS : 0);
}

void redis_ask_news(struct redis *redis)
{
	const char *word[] = {"XREAD",       "COUNT",          NEWS_ITEMS,          "BLOCK",
			      NEWS_BLOCK_MS, "STREAMS",        redis->key[KEY_LOG], redis->key[KEY_GOOD],
			      redis->place,  redis->good_place};

	if (redis->news_asked || !redis->place[0] || !redis->news.greeted)
		return;
	find_good_place(redis);
	redis->asked_generation = redis->generation;
	redis->news_asked = !redis_ask(&redis->news, answer_news, NULL, 10, word, NULL, false);
}

/* ---- beats ------------------------------------------------------------------------------------------------------- */

static void answer_clock(struct redis *redis, const redisReply *reply, void *context)
{
	struct sync_mark mark;

	(void)context;
	if (reply->type == REDIS_REPLY_ERROR && !is_error(reply, "NOSCRIPT"))
		redis_refused(redis, reply->str);
	else if (reply->type != REDIS_REPLY_ERROR && !read_state(reply, &mark))
		senseless(redis, "EVALSHA");
	else if (reply->type == REDIS_REPLY_ERROR)
		redis_drop(redis, "it lost our function"); /* is loaded anew with the next connection */
	else
		sync_clock(redis->sync, mark.redis_us, mark.counter, redis_mono_us());
}

static void answer_set(struct redis *redis, const redisReply *reply, void *context)
{
	(void)redis;
	(void)reply;
	(void)context;
}

int redis_tell_good(struct redis *redis, const uint8_t *bytes, size_t length)
{
	const char *word[] = {"XADD", redis->key[KEY_GOOD], "MAXLEN", "~", GOOD_ITEMS, "*", "b", (const char *)bytes};
	size_t lengths[8];

	if (!redis->up)
		return -ENOTCONN;
	for (int i = 0; i < 7; i++)
		lengths[i] = strlen(word[i]);
	lengths[7] = length;
	return redis_ask(&redis->commands, answer_set, NULL, 8, word, lengths, false);
}

static void answer_nodes(struct redis *redis, const redisReply *reply, void *context)
{
	(void)context;
	for (size_t i = 1; reply->type == REDIS_REPLY_ARRAY && i < reply->elements; i += 2)
		if (reply->element[i]->type == REDIS_REPLY_STRING)
			redis->sink.heard(redis->sink.context, (const uint8_t *)reply->element[i]->str,
					  (size_t)reply->element[i]->len);
}

void redis_beat(struct redis *redis)
{
	uint8_t beat[REDIS_BEAT_BYTES_MAX];
	const char *set[] = {"HSET", redis->key[KEY_NODES], redis->settings.node, (const char *)beat};
	const char *get[] = {"HGETALL", redis->key[KEY_NODES]};
	size_t length[4];

	for (int i = 0; i < 3; i++)
		length[i] = strlen(set[i]);
	length[3] = redis->sink.beat(redis->sink.context, beat);
	call_empty(redis, answer_clock);
	redis_ask(&redis->commands, answer_set, NULL, 4, set, length, false);
	redis_ask(&redis->commands, answer_nodes, NULL, 2, get, NULL, false);
}
