/* SPDX-License-Identifier: BSD-2-Clause */
/* What mail servers say, word for word: of the transcripts that probes of stock Debian 12 packages gave, and checked
 * against rules/profiles/ in test_synth_dialogue.c. */
#ifndef GATEPOST_SYNTH_SOFTWARE_H
#define GATEPOST_SYNTH_SOFTWARE_H

#include "user/shape/profile.h"
#include "user/synth/scenario.h"

/* In all texts: '~' is the tag of IMAP, '^' is where STARTTLS is offered (with a '|' before the line of it where it has
 * one), '\f' begins another TLS record. */
struct software {
	const char *greeting, *capability;
	const char *starts_tls;
	const char *user; /* POP3 */
	const char *failure; /* LOGIN, PASS, AUTH of SMTP */
	const char *failure_sasl; /* AUTHENTICATE, AUTH of POP3; NULL: the same */
	const char *success;
	const char *logout; /* after a login */
	const char *logout_early; /* before one; NULL: the same */
	bool initial_response; /* takes SASL's first response in the command */
	bool login; /* offers LOGIN with its two prompts */
};

/* The protocol's words, in `software`'s mouth. */
const struct software *software_words(enum synth_software software, enum protocol protocol);
/* Which software answers for this service. */
enum synth_software software_of(const struct scenario_server *server, enum gp_service service);

/* Its TLS: sizes of records as they were measured in captures of these servers (ECDSA certificate and its CA's). */
struct software_tls {
	uint16_t extensions, certificate, verify; /* EncryptedExtensions, Certificate, CertificateVerify */
	uint8_t tickets; /* NewSessionTickets of TLS 1.3 */
	uint16_t ticket_bytes;
};
const struct software_tls *software_tls(enum synth_software software);

#endif
