/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/probe/target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HOST_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"
#define V6_CHARACTERS "0123456789abcdefABCDEF:."

static const struct scheme {
	const char *name;
	enum gp_service service;
	uint16_t port;
} schemes[] = {
	{"imap", GP_SERVICE_IMAP, 143},
	{"imaps", GP_SERVICE_IMAPS, 993},
	{"pop3", GP_SERVICE_POP3, 110},
	{"pop3s", GP_SERVICE_POP3S, 995},
	{"submission", GP_SERVICE_SUBMISSION, 587},
	{"submissions", GP_SERVICE_SUBMISSIONS, 465},
	{"smtp", GP_SERVICE_SUBMISSION, 587},
	{"smtps", GP_SERVICE_SUBMISSIONS, 465},
};

static const struct scheme *scheme_find(const char *url, size_t length)
{
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (strlen(schemes[i].name) == length && !strncmp(schemes[i].name, url, length))
			return &schemes[i];
	return NULL;
}

/* Takes the host off `at`; returns what is behind it, or NULL. */
static const char *host_take(const char *at, char *host)
{
	const bool bracket = *at == '[';
	size_t length;

	at += bracket;
	length = strspn(at, bracket ? V6_CHARACTERS : HOST_CHARACTERS);
	if (!length || length >= TARGET_HOST_BYTES || (bracket && at[length] != ']'))
		return NULL;
	memcpy(host, at, length);
	host[length] = '\0';
	return at + length + bracket;
}

/* A port, or nothing; then the end, or a slash and the end. */
static bool port_take(const char *at, uint16_t *port)
{
	unsigned long number;
	char *end = NULL;

	if (*at == ':') {
		number = at[1] >= '0' && at[1] <= '9' ? strtoul(at + 1, &end, 10) : 0;
		if (number < 1 || number > UINT16_MAX)
			return false;
		*port = (uint16_t)number;
		at = end;
	}
	return !*at || !strcmp(at, "/");
}

int target_parse(const char *url, struct probe_target *ret_target, struct fault *fault)
{
	const char *separator = strstr(url, "://"), *rest;
	const struct scheme *scheme = separator ? scheme_find(url, (size_t)(separator - url)) : NULL;
	struct probe_target target = {.host = ""};

	if (!scheme)
		return fault_set(fault, EINVAL,
				 "a server is written as imap, imaps, pop3, pop3s, submission or submissions, then "
				 "://NAME or ://NAME:PORT, such as imaps://mail.example");
	target.service = (uint8_t)scheme->service;
	target.port = scheme->port;
	rest = host_take(separator + 3, target.host);
	if (!rest)
		return fault_set(fault, EINVAL, "after %s:// comes a name, an IPv4 address or an [IPv6 address]",
				 scheme->name);
	if (!port_take(rest, &target.port))
		return fault_set(fault, EINVAL, "after the name comes nothing, or ':' and a port from 1 to 65535");
	*ret_target = target;
	return 0;
}

bool target_starts_tls(const struct probe_target *target)
{
	return target->service == GP_SERVICE_IMAP || target->service == GP_SERVICE_POP3 ||
	       target->service == GP_SERVICE_SUBMISSION;
}
