/* SPDX-License-Identifier: BSD-2-Clause */
/* What is said first on a connection, and what is to be heard before it is of use. Each thing that is wrong there has
 * one clear line: these are what an operator meets on the first day. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/adapters/redis_state.h"

#define VERSION_MAJOR_MIN 6 /* ACLs; functions that write and read the time, streams */

static void answer_nothing(struct redis *redis, const redisReply *reply, void *context)
{
	(void)redis;
	(void)reply;
	(void)context;
}

static void say_password(struct redis_connection *connection, const char *user, const char *password)
{
	if (!password[0])
		return;
	if (user[0])
		redis_ask(connection, answer_nothing, NULL, 3, (const char *[]){"AUTH", user, password}, NULL, false);
	else
		redis_ask(connection, answer_nothing, NULL, 2, (const char *[]){"AUTH", password}, NULL, false);
}

/* "name:value\r\n" of INFO; "" when it is not there. */
static void info_value(const char *info, const char *name, char *value, size_t size)
{
	const char *at = strstr(info, name);

	value[0] = '\0';
	if (at && (at == info || at[-1] == '\n'))
		snprintf(value, size, "%.*s", (int)strcspn(at + strlen(name), "\r\n"), at + strlen(name));
}

static void answer_info(struct redis *redis, const redisReply *reply, void *context)
{
	char version[32], role[32];

	(void)context;
	if (reply->type != REDIS_REPLY_STRING) {
		redis_drop(redis, "this is not Redis: INFO has no answer");
		return;
	}
	info_value(reply->str, "redis_version:", version, sizeof(version));
	info_value(reply->str, "role:", role, sizeof(role));
	info_value(reply->str, "run_id:", redis->run, sizeof(redis->run));
	if (!version[0] || !redis->run[0])
		redis_drop(redis, "this is not Redis: INFO names no version");
	else if (atoi(version) < VERSION_MAJOR_MIN)
		redis_drop(redis, "Redis %s is too old, 6.0 or newer is wanted", version);
	else if (strcmp(role, "master"))
		redis_drop(redis, "it is a %s: only a master takes bans (name the master, or `sentinels`)", role);
	else
		redis_greeted(&redis->commands);
}

static void answer_ping(struct redis *redis, const redisReply *reply, void *context)
{
	(void)reply;
	redis_greeted(context);
	(void)redis;
}

void redis_greet(struct redis_connection *connection)
{
	const struct redis *redis = connection->redis;

	say_password(connection, redis->settings.user, redis->passwords.redis);
	if (connection == &redis->commands)
		redis_ask(connection, answer_info, NULL, 1, (const char *[]){"INFO"}, NULL, false);
	else
		redis_ask(connection, answer_ping, connection, 1, (const char *[]){"PING"}, NULL, false);
}

/* ---- Sentinel ---------------------------------------------------------------------------------------------------- */

static void answer_master(struct redis *redis, const redisReply *reply, void *context)
{
	struct fleet_address address;

	(void)context;
	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 || reply->element[0]->type != REDIS_REPLY_STRING ||
	    reply->element[1]->type != REDIS_REPLY_STRING) {
		redis_drop(redis, "Sentinel knows no master '%s'", redis->settings.sentinel_master);
		return;
	}
	if (fleet_address_of(reply->element[0]->str, (uint16_t)atoi(reply->element[1]->str), &address)) {
		redis_drop(redis, "Sentinel names '%.64s' as the master, which is no address", reply->element[0]->str);
		return;
	}
	redis_connection_close(&redis->commands);
	redis->asking_sentinel = false;
	redis->address = address;
	redis_connection_open(&redis->commands, &redis->address);
}

void redis_ask_sentinel(struct redis_connection *connection)
{
	const struct redis *redis = connection->redis;
	const char *word[] = {"SENTINEL", "get-master-addr-by-name", redis->settings.sentinel_master};

	say_password(connection, redis->settings.sentinel_user, redis->passwords.sentinel);
	redis_ask(connection, answer_master, NULL, 3, word, NULL, false);
}
