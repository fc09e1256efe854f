/* SPDX-License-Identifier: BSD-2-Clause */
/* The words and letters in which attempts are told: one spelling for JSON lines, logs and counters. */
#include "user/core/attempt.h"

#include <errno.h>
#include <string.h>

const char *outcome_text(enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_SUCCESS:
		return "success";
	case OUTCOME_FAILURE:
		return "failure";
	case OUTCOME_UNKNOWN:
		break;
	}
	return "unknown";
}

char outcome_letter(enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_SUCCESS:
		return 'S';
	case OUTCOME_FAILURE:
		return 'F';
	case OUTCOME_UNKNOWN:
		break;
	}
	return 'U';
}

const char *basis_text(enum basis basis)
{
	switch (basis) {
	case BASIS_SHAPE:
		return "shape";
	case BASIS_POLICY:
		return "policy";
	case BASIS_SILENCE:
		return "silence";
	case BASIS_REPLY:
		break;
	}
	return "reply";
}

const char *transport_text(enum transport transport)
{
	switch (transport) {
	case TRANSPORT_TLS:
		return "tls";
	case TRANSPORT_STARTTLS:
		return "starttls";
	case TRANSPORT_PLAIN:
		break;
	}
	return "plain";
}

static const char *const service_texts[GP_SERVICE_MAX] = {
#define SERVICE_TEXT(name, text) [GP_SERVICE_##name] = text,
	GP_SERVICES(SERVICE_TEXT)
#undef SERVICE_TEXT
};

const char *service_text(enum gp_service service)
{
	/* the value may come straight out of a sample or a map: anything else is no service */
	return (unsigned int)service < GP_SERVICE_MAX ? service_texts[service] : service_texts[GP_SERVICE_NONE];
}

int service_parse(const char *text, enum gp_service *ret_service)
{
	for (unsigned int service = GP_SERVICE_NONE + 1; service < GP_SERVICE_MAX; service++) {
		if (!strcmp(text, service_texts[service])) {
			*ret_service = (enum gp_service)service;
			return 0;
		}
	}
	return -EINVAL;
}

uint16_t service_port(enum gp_service service)
{
	static const uint16_t port[GP_SERVICE_MAX] = {
		[GP_SERVICE_IMAP] = 143,  [GP_SERVICE_IMAPS] = 993,      [GP_SERVICE_POP3] = 110,
		[GP_SERVICE_POP3S] = 995, [GP_SERVICE_SUBMISSION] = 587, [GP_SERVICE_SUBMISSIONS] = 465,
	};

	return port[service];
}
