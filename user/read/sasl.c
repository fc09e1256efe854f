/* SPDX-License-Identifier: BSD-2-Clause */
/* One row a mechanism: how to find the account in its messages, and whether what it shows repeats when the same
 * password is tried again. A challenge-response differs each time, so it has no credential. Decoded bytes live in
 * one buffer on the stack that is wiped before anything else happens. */
#include "user/read/sasl.h"

#include <string.h>

#include "user/read/base64.h"
#include "user/read/dialogue.h"

struct mechanism {
	const char *name;
	void (*read)(struct login *login, struct span message); /* NULL: nothing to see */
	uint8_t responses; /* at most, to tell responses from commands when prompts are not seen */
};

static struct span part_until(struct span *rest, uint8_t end)
{
	const size_t length = span_find(*rest, end);
	const struct span part = span_of(rest->bytes, length);

	*rest = span_from(*rest, length + 1);
	return part;
}

/* RFC 4616: authzid NUL authcid NUL passwd. Some clients put the name in the wrong one of the two. */
static void plain_read(struct login *login, struct span message)
{
	const struct span authzid = part_until(&message, 0);
	const struct span authcid = part_until(&message, 0);

	exchange_account(login, authcid.length ? authcid : authzid);
	exchange_credential(login, message);
}

static void login_read_step(struct login *login, struct span message)
{
	if (login->exchange.step == 0)
		exchange_account(login, message);
	else
		exchange_credential(login, message);
}

/* RFC 2195: the name, a blank, the digest. A name may have blanks. */
static void cram_read(struct login *login, struct span message)
{
	size_t length = message.length;

	while (length && message.bytes[length - 1] != ' ')
		length--;
	if (length)
		exchange_challenge(login, span_of(message.bytes, length - 1));
}

/* RFC 2831: username="chris",realm="elwood.innosoft.com",... */
static void digest_read(struct login *login, struct span message)
{
	static const char key[] = "username=\"";

	while (message.length && !span_begins(message, key))
		message = span_from(message, 1);
	message = span_from(message, sizeof(key) - 1);
	if (message.length)
		exchange_challenge(login, part_until(&message, '"'));
}

/* RFC 5802, 7: n,a=authzid,n=user,r=nonce with =2C and =3D for comma and equals sign. The name is in the first
 * message only. */
static void scram_read(struct login *login, struct span message)
{
	uint8_t name[256];
	size_t length = 0;
	struct span user;

	if (login->exchange.step)
		return;
	part_until(&message, ',');
	part_until(&message, ',');
	if (!span_begins(message, "n="))
		return;
	user = span_from(part_until(&message, ','), 2);
	while (user.length && length < sizeof(name)) {
		const bool comma = span_begins(user, "=2C"), equals = span_begins(user, "=3D");

		name[length++] = comma ? ',' : equals ? '=' : user.bytes[0];
		user = span_from(user, comma || equals ? 3 : 1);
	}
	exchange_challenge(login, span_of(name, length));
}

/* Fields between ^A: the token is the password here, and a dead token repeats like one. */
static void bearer_read(struct login *login, struct span message)
{
	while (message.length) {
		const struct span field = part_until(&message, 1);

		if (span_begins(field, "auth="))
			exchange_credential(login, span_from(field, 5));
	}
}

/* user=name ^A auth=Bearer token ^A ^A (Google's, never standardised) */
static void xoauth2_read(struct login *login, struct span message)
{
	const struct span first = part_until(&message, 1);

	if (span_begins(first, "user="))
		exchange_account(login, span_from(first, 5));
	bearer_read(login, message);
}

/* RFC 7628: n,a=name, ^A host=... ^A auth=Bearer token ^A ^A */
static void oauthbearer_read(struct login *login, struct span message)
{
	struct span header = part_until(&message, 1);

	part_until(&header, ',');
	if (span_begins(header, "a="))
		exchange_account(login, span_from(part_until(&header, ','), 2));
	bearer_read(login, message);
}

/* MS-NLMP 2.2.1.3: an AUTHENTICATE message has the name as UTF-16LE, or in the OEM code page. */
static void ntlm_read(struct login *login, struct span message)
{
	uint8_t name[256];
	size_t length = 0;
	uint64_t bytes, offset;
	bool wide;

	if (message.length < 64 || memcmp(message.bytes, "NTLMSSP", 8) || message.bytes[8] != 3)
		return;
	bytes = (uint64_t)message.bytes[36] | (uint64_t)message.bytes[37] << 8;
	offset = (uint64_t)message.bytes[40] | (uint64_t)message.bytes[41] << 8 | (uint64_t)message.bytes[42] << 16;
	wide = message.bytes[60] & 1;
	if (offset + bytes > message.length)
		return;
	for (uint64_t i = 0; i < bytes && length < sizeof(name); i += wide ? 2 : 1)
		name[length++] = message.bytes[offset + i];
	exchange_challenge(login, span_of(name, length));
}

static void external_read(struct login *login, struct span message)
{
	exchange_account(login, message);
}

static const struct mechanism mechanisms[] = {
	{"PLAIN", plain_read, 1},         {"LOGIN", login_read_step, 2},
	{"CRAM-MD5", cram_read, 1},       {"CRAM-SHA1", cram_read, 1},
	{"CRAM-SHA256", cram_read, 1},    {"DIGEST-MD5", digest_read, 2},
	{"SCRAM-SHA-1", scram_read, 3},   {"SCRAM-SHA-1-PLUS", scram_read, 3},
	{"SCRAM-SHA-256", scram_read, 3}, {"SCRAM-SHA-256-PLUS", scram_read, 3},
	{"SCRAM-SHA-512", scram_read, 3}, {"SCRAM-SHA-512-PLUS", scram_read, 3},
	{"XOAUTH2", xoauth2_read, 2},     {"OAUTHBEARER", oauthbearer_read, 2},
	{"NTLM", ntlm_read, 2},           {"GSSAPI", NULL, 4},
	{"GSS-SPNEGO", NULL, 4},          {"EXTERNAL", external_read, 1},
	{"ANONYMOUS", NULL, 1},
};
static const struct mechanism other = {"other", NULL, 1};

static const struct mechanism *mechanism_find(struct span name)
{
	for (size_t i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++)
		if (span_is(name, mechanisms[i].name))
			return &mechanisms[i];
	return &other;
}

static void message_read(struct login *login, struct span text)
{
	const struct mechanism *mechanism = login->exchange.mechanism;
	uint8_t message[LINE_BYTES_MAX];
	size_t length = 0;

	login->exchange.shown = true;
	/* of a line that was cut, whole groups can still be decoded */
	if (login->exchange.partial)
		text.length -= text.length % 4;
	if (mechanism->read && !base64_decode(text, message, &length))
		mechanism->read(login, span_of(message, length));
	explicit_bzero(message, length);
	login->exchange.step++;
}

bool sasl_start(struct login *login, struct span arguments, bool cut)
{
	const struct span name = span_token(&arguments);
	const struct span initial = span_token(&arguments);
	const struct mechanism *mechanism;

	if (!name.length)
		return false;
	mechanism = mechanism_find(name);
	exchange_start(login, mechanism->name, mechanism);
	login->exchange.partial = cut;
	/* RFC 4954, 4: "=" is an empty response (and decodes to one), nothing at all is none */
	if (initial.length)
		message_read(login, initial);
	login->gate = GATE_SASL;
	return true;
}

static bool looks_like_response(const struct exchange *exchange, const struct line *line)
{
	return span_is(line->text, "*") ||
	       (exchange->step < exchange->mechanism->responses && (line->cut || base64_is_valid(line->text)));
}

bool sasl_respond(struct login *login, const struct line *line)
{
	struct exchange *exchange = &login->exchange;

	exchange->expects = false;
	if (exchange->guessed && !looks_like_response(exchange, line)) {
		exchange_finish(login, OUTCOME_UNKNOWN);
		return false;
	}
	exchange->guessed = false;
	login->gate = GATE_SASL;
	if (span_is(line->text, "*")) {
		exchange->cancelled = true;
		return true;
	}
	exchange->partial |= line->cut;
	message_read(login, line->text);
	return true;
}

bool sasl_is_complete(const struct exchange *exchange)
{
	return exchange->step >= exchange->mechanism->responses;
}
