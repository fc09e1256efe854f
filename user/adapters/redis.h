/* SPDX-License-Identifier: BSD-2-Clause */
/* Redis (or Valkey) for the fleet, asynchronous in our loop, through hiredis: two connections, one for what is asked
 * and one that waits for news. Nothing here blocks, and whatever Redis says, or fails to say, ends at worst in a new
 * connection later. What is said and when is decided by sync.h; docs/fleet.md has the protocol. */
#ifndef GATEPOST_REDIS_H
#define GATEPOST_REDIS_H

#include "user/adapters/loop.h"
#include "user/core/fault.h"
#include "user/fleet/fleet_settings.h"
#include "user/fleet/sync.h"

#define REDIS_PASSWORD_BYTES 512
#define REDIS_BEAT_BYTES_MAX 512

/* What happens beside the protocol. */
struct redis_sink {
	void *context;
	void (*up)(void *context, const char *address); /* and ready: its version, role and rights are as wanted */
	void (*down)(void *context, const char *why); /* once for each time it was up, and for each new reason */
	/* Our beat, for the others: bytes written to `buffer` of REDIS_BEAT_BYTES_MAX. And one of theirs. */
	size_t (*beat)(void *context, uint8_t *buffer);
	void (*heard)(void *context, const uint8_t *bytes, size_t length);
	void (*good)(void *context, const uint8_t *bytes, size_t length); /* good.h; ours come back, too */
	void (*counted)(void *context, const uint64_t *seen, uint32_t count); /* as redis_count has asked */
};

struct redis_passwords { /* "": none */
	char redis[REDIS_PASSWORD_BYTES], sentinel[REDIS_PASSWORD_BYTES];
};

struct redis;

/* `passwords` are copied; NULL for none. The sync is given later, since it wants our link. -ENOMEM; -ENOTSUP with words
 * in `fault`: TLS is wanted and this hiredis has none. */
int redis_new(struct redis **ret_redis, struct loop *loop, const struct fleet_settings *settings,
	      const struct redis_passwords *passwords, const struct redis_sink *sink, struct fault *fault);
void redis_free(struct redis *redis);
struct sync_link redis_link(struct redis *redis);
int redis_start(struct redis *redis, struct sync *sync); /* connects, and again whenever it must */
/* There may be something to send. */
void redis_pump(struct redis *redis);
/* A value into a HyperLogLog, and how many different ones there are in this one and the one before. */
#define REDIS_VALUES_MAX 32
struct redis_value {
	char current[100], before[100]; /* names, after the fleet's own */
	uint64_t value, keep_ms;
};
int redis_count(struct redis *redis, const struct redis_value *value, uint32_t count); /* -ENOTCONN, -ENOMEM */
int redis_tell_good(struct redis *redis, const uint8_t *bytes, size_t length); /* -ENOTCONN, -ENOMEM */
const char *redis_address(const struct redis *redis); /* of the connection, or of the next one */

/* Reads the first line of a file that only its owner (or root) can write. -ENOENT, -EACCES, -EINVAL */
int redis_password_read(const char *path, char ret_password[REDIS_PASSWORD_BYTES], struct fault *fault);

#endif
