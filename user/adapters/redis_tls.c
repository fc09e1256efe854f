/* SPDX-License-Identifier: BSD-2-Clause */
/* TLS where hiredis has it (1.0 and later; Debian 13). Debian 12's has none: stunnel, or a Unix socket, is the way.
 * hiredis moves the bytes; whom we talk to is checked by tls_verify.h, since hiredis compares no names. */
#include <errno.h>

#include "user/adapters/redis_state.h"

#if REDIS_HAS_TLS
#include <hiredis/hiredis_ssl.h>

int redis_tls_new(struct redis *redis, struct fault *fault)
{
	const struct fleet_settings *settings = &redis->settings;
	const struct tls_verify_options options = {settings->tls_ca_file, settings->tls_certificate_file,
						   settings->tls_key_file};

	return settings->tls ? tls_verify_new(&redis->tls, &options, fault) : 0;
}

int redis_tls_start(struct redis_connection *connection)
{
	struct redis *redis = connection->redis;
	struct ssl_st *session;

	if (!redis->tls || (redis->asking_sentinel && !redis->settings.sentinel_tls))
		return 0;
	session = tls_verify_session(redis->tls, redis->settings.tls_name, redis->address.host);
	if (!session) {
		redis_drop(redis, "TLS: set tls_name, as its certificate has it");
		return -EINVAL;
	}
	if (redisInitiateSSL(connection->context, session) != REDIS_OK) {
		tls_verify_end(session);
		redis_drop(redis, "TLS: %s", connection->context->errstr);
		return -EPROTO;
	}
	connection->session = session;
	return 0;
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

int redis_tls_start(struct redis_connection *connection)
{
	(void)connection;
	return 0;
}
#endif
