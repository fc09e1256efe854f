/* SPDX-License-Identifier: BSD-2-Clause */
/* TLS where hiredis has it (1.0 and later; Debian 13). Debian 12's has none: stunnel, or a Unix socket, is the way. */
#include <errno.h>

#include "user/adapters/redis_state.h"

#if REDIS_HAS_TLS
#include <hiredis/hiredis_ssl.h>

static const char *or_null(const char *text)
{
	return text[0] ? text : NULL;
}

int redis_tls_new(struct redis *redis, struct fault *fault)
{
	const struct fleet_settings *settings = &redis->settings;
	redisSSLContextError error = REDIS_SSL_CTX_NONE;

	if (!settings->tls)
		return 0;
	redisInitOpenSSL();
	redis->tls = redisCreateSSLContext(settings->tls_ca_file, NULL, or_null(settings->tls_certificate_file),
					   or_null(settings->tls_key_file), or_null(settings->tls_name), &error);
	if (!redis->tls)
		return fault_set(fault, EINVAL, "fleet: TLS: %s", redisSSLContextGetError(error));
	return 0;
}

void redis_tls_free(struct redis *redis)
{
	if (redis->tls)
		redisFreeSSLContext(redis->tls);
}

int redis_tls_start(struct redis_connection *connection)
{
	struct redis *redis = connection->redis;

	if (!redis->tls || redis->asking_sentinel)
		return 0;
	if (redisInitiateSSLWithContext(connection->context, redis->tls) == REDIS_OK)
		return 0;
	redis_drop(redis, "TLS: %s", connection->context->errstr);
	return -EPROTO;
}
#else
int redis_tls_new(struct redis *redis, struct fault *fault)
{
	if (!redis->settings.tls)
		return 0;
	return fault_set(fault, ENOTSUP,
			 "fleet: this hiredis has no TLS (Debian 13's does): let stunnel carry the connection, see "
			 "docs/fleet.md, and set tls = no");
}

void redis_tls_free(struct redis *redis)
{
	(void)redis;
}

int redis_tls_start(struct redis_connection *connection)
{
	(void)connection;
	return 0;
}
#endif
