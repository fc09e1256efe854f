/* SPDX-License-Identifier: BSD-2-Clause */
/* What to probe, as an operator writes it: imaps://mail.example, submission://192.0.2.10:2587, pop3s://[2001:db8::1].
 */
#ifndef GATEPOST_PROBE_TARGET_H
#define GATEPOST_PROBE_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/gatepost.h"
#include "user/core/fault.h"

#define TARGET_HOST_BYTES 256 /* RFC 1035, 2.3.4, with its end */

struct probe_target {
	char host[TARGET_HOST_BYTES]; /* name or address, without brackets */
	uint16_t port;
	uint8_t service; /* enum gp_service */
};

/* smtp and smtps are submission and submissions: port 25 is not for users. -EINVAL */
int target_parse(const char *url, struct probe_target *ret_target, struct fault *fault);
bool target_starts_tls(const struct probe_target *target); /* after a command: STARTTLS, STLS */

#endif
