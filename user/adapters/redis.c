/* SPDX-License-Identifier: BSD-2-Clause */
/* Coming and going: connect, watch, drop, wait, connect again. */
#include "user/adapters/redis.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/adapters/clock.h"
#include "user/adapters/redis_state.h"
#include "user/adapters/secret.h"

#define NS_PER_US 1000
#define US_PER_S 1000000ULL
#define TICK_NS (US_PER_S / 10 * NS_PER_US)
#define SILENT_US (3 * US_PER_S) /* without an answer: the connection is dead */
#define BEAT_US (2 * US_PER_S)
#define BACK_OFF_MIN_US (US_PER_S / 10)
#define BACK_OFF_MAX_US (5 * US_PER_S)

uint64_t redis_mono_us(void)
{
	return clock_monotonic_ns() / NS_PER_US;
}

/* ---- down -------------------------------------------------------------------------------------------------------- */

/* Between half of the wait and all of it, so that a fleet does not come back as one. */
static uint64_t back_off(struct redis *redis)
{
	uint32_t dice;

	secret_random(&dice, sizeof(dice));
	redis->back_off_us = redis->back_off_us ? 2 * redis->back_off_us : BACK_OFF_MIN_US;
	if (redis->back_off_us > BACK_OFF_MAX_US)
		redis->back_off_us = BACK_OFF_MAX_US;
	return redis->back_off_us / 2 + dice % (redis->back_off_us / 2);
}

/* What a server says goes to terminals and into JSON. */
static void make_printable(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

void redis_drop(struct redis *redis, const char *format, ...)
{
	char why[sizeof(redis->why)];
	const bool was_up = redis->up;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(why, sizeof(why), format, arguments);
	va_end(arguments);
	make_printable(why);
	redis->up = redis->failed = false;
	redis->news_asked = false;
	redis->place[0] = '\0';
	redis_connection_close(&redis->commands);
	redis_connection_close(&redis->news);
	/* Another sentinel may know better, and Redis may have moved. */
	redis->sentinel++;
	redis->asking_sentinel = redis->settings.sentinels > 0;
	if (!redis->asking_sentinel && !was_up)
		redis->address = redis->settings.redis;
	redis->retry_us = redis_mono_us() + back_off(redis);
	if (was_up)
		sync_lost(redis->sync, redis_mono_us());
	if (was_up || strcmp(why, redis->why))
		redis->sink.down(redis->sink.context, why);
	snprintf(redis->why, sizeof(redis->why), "%s", why);
}

/* "MOVED 3999 192.0.2.1:6381": Redis Cluster keeps our keys, which share one slot, there. */
static bool follow_move(struct redis *redis, const char *error)
{
	struct fleet_address address;
	const char *at = strrchr(error, ' ');

	if (strncmp(error, "MOVED ", 6) || !at || fleet_address_parse(at + 1, &address))
		return false;
	redis_drop(redis, "moved to %s", at + 1);
	redis->address = address;
	redis->asking_sentinel = false;
	return true;
}

void redis_refused(struct redis *redis, const char *error)
{
	const bool sentinel = redis->asking_sentinel;
	const char *who = sentinel ? "Sentinel: " : "";

	if (!sentinel && follow_move(redis, error))
		return;
	if (!strncmp(error, "NOPERM", 6))
		redis_drop(redis, "%sa right is missing:%s (docs/fleet.md has the ACL line)", who, error + 6);
	else if (!strncmp(error, "WRONGPASS", 9) || strstr(error, "without any password"))
		redis_drop(redis, "%swrong user or password: %s", who, error);
	else if (!strncmp(error, "NOAUTH", 6))
		redis_drop(redis, "%sit wants a password: set %spassword_file", who, sentinel ? "sentinel_" : "");
	else if (strstr(error, "number of arguments for 'auth'"))
		redis_drop(redis, "%sit knows no users: Redis 6.0 or newer is wanted", who);
	else if (!strncmp(error, "READONLY", 8))
		redis_drop(redis, "it is a replica by now");
	else
		redis_drop(redis, "%s%s", who, error);
}

/* ---- up ---------------------------------------------------------------------------------------------------------- */

void redis_greeted(struct redis_connection *connection)
{
	struct redis *redis = connection->redis;

	connection->greeted = true;
	if (connection == &redis->commands) {
		redis_load_script(redis);
		return;
	}
	redis->up = true;
	redis->why[0] = '\0';
	redis->back_off_us = 0;
	redis->beat_us = 0;
	redis->sink.up(redis->sink.context, redis_address(redis));
	sync_connected(redis->sync, redis_mono_us());
}

static void connect(struct redis *redis)
{
	const struct fleet_settings *settings = &redis->settings;

	if (redis->asking_sentinel)
		redis->address = settings->sentinel[redis->sentinel % settings->sentinels];
	redis_connection_open(&redis->commands, &redis->address);
}

static bool is_silent(const struct redis_connection *connection, uint64_t now_us)
{
	return connection->context && connection->asked_us && now_us - connection->asked_us > SILENT_US;
}

static void on_tick(void *context)
{
	struct redis *redis = context;
	const uint64_t now_us = redis_mono_us();

	if (!redis->commands.context) {
		if (now_us >= redis->retry_us)
			connect(redis);
	} else if (is_silent(&redis->commands, now_us) || is_silent(&redis->news, now_us)) {
		redis_drop(redis, "no answer for %d s", (int)(SILENT_US / US_PER_S));
	} else if (redis->failed) {
		redis_drop(redis, "out of memory");
	} else if (redis->up && now_us >= redis->beat_us) {
		redis->beat_us = now_us + BEAT_US;
		redis_beat(redis);
	}
	sync_tick(redis->sync, redis_mono_us());
	redis_pump(redis);
}

static void on_pace(void *context)
{
	struct redis *redis = *(struct redis **)context;

	redis->pacing = false;
	loop_remove_timers(redis->loop, context);
	redis_pump(redis);
}

void redis_pump(struct redis *redis)
{
	if (!sync_pump(redis->sync, redis_mono_us()) || redis->pacing)
		return;
	redis->pacing = !loop_add_timer(redis->loop, SYNC_PACE_US * NS_PER_US, on_pace, &redis->self);
}

/* ---- making ------------------------------------------------------------------------------------------------------ */

static void make_keys(struct redis *redis)
{
	static const char *const name[KEYS] = {"batches", "ends", "log", "count", "nodes", "good"};

	/* What stands in braces decides the slot: all in one (Redis Cluster specification, hash tags). */
	for (int i = 0; i < KEYS; i++)
		snprintf(redis->key[i], sizeof(redis->key[i]), "{%s}:%s", redis->settings.name, name[i]);
}

int redis_new(struct redis **ret_redis, struct loop *loop, const struct fleet_settings *settings,
	      const struct redis_passwords *passwords, const struct redis_sink *sink, struct fault *fault)
{
	struct redis *redis = calloc(1, sizeof(*redis));
	int error;

	if (!redis)
		return fault_set(fault, ENOMEM, "no memory for the fleet");
	redis->loop = loop;
	redis->self = redis;
	redis->settings = *settings;
	redis->sink = *sink;
	redis->address = settings->redis;
	redis->asking_sentinel = settings->sentinels > 0;
	redis->commands.redis = redis->news.redis = redis;
	if (passwords)
		redis->passwords = *passwords;
	make_keys(redis);
	redis->batch = malloc(BATCH_BYTES_MAX);
	error = redis->batch ? redis_tls_new(redis, fault) : fault_set(fault, ENOMEM, "no memory for the fleet");
	if (error) {
		redis_free(redis);
		return error;
	}
	signal(SIGPIPE, SIG_IGN); /* hiredis writes to sockets that may be closed */
	*ret_redis = redis;
	return 0;
}

void redis_free(struct redis *redis)
{
	if (!redis)
		return;
	loop_remove_timers(redis->loop, redis);
	loop_remove_timers(redis->loop, &redis->self);
	redis_connection_close(&redis->commands);
	redis_connection_close(&redis->news);
	tls_verify_free(redis->tls);
	explicit_bzero(&redis->passwords, sizeof(redis->passwords));
	free(redis->batch);
	free(redis);
}

int redis_start(struct redis *redis, struct sync *sync)
{
	const int error = loop_add_timer(redis->loop, TICK_NS, on_tick, redis);

	redis->sync = sync;
	if (!error)
		connect(redis);
	return error;
}

const char *redis_address(const struct redis *redis)
{
	return redis->address.text;
}

int redis_password_read(const char *path, char ret_password[REDIS_PASSWORD_BYTES], struct fault *fault)
{
	FILE *file = fopen(path, "re");
	struct stat status;
	char *read;

	if (!file)
		return fault_set(fault, errno, "%s: %s", path, strerror(errno));
	if (fstat(fileno(file), &status) || !S_ISREG(status.st_mode) || status.st_mode & (S_IWGRP | S_IRWXO)) {
		fclose(file);
		return fault_set(fault, EACCES, "%s: a password must be a file that others cannot read (chmod 600)",
				 path);
	}
	read = fgets(ret_password, REDIS_PASSWORD_BYTES, file);
	fclose(file);
	if (read)
		ret_password[strcspn(ret_password, "\r\n")] = '\0';
	if (!read || !ret_password[0])
		return fault_set(fault, EINVAL, "%s: a password wanted in its first line", path);
	return 0;
}
