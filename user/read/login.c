/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads the two directions of a login dialogue in the order of cause and effect, whatever the order they came in:
 * the client's lines until one needs the server's answer, then the server's until that answer is there. What is
 * special to a protocol is behind struct dialogue. */
#include "user/read/login.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/read/dialogue.h"

#define ACCOUNT_BYTES_MAX 320 /* RFC 3696 errata 1690: 64 + 1 + 255 */
#define INFERRED_CONFIDENCE 0.9 /* the command was not seen, so which attempt this was is a conclusion */
/* CAPA of POP3 answers in lines that are no replies of their own; more than this is another protocol. */
#define STRANGE_REPLIES_MAX 64
#define TLS_HANDSHAKE 0x16
#define TLS_MAJOR 0x03

int login_new(struct login **ret_login, enum gp_service service, struct digest digest, login_attempt_fn on_attempt,
	      void *context)
{
	const struct dialogue *dialogue = service == GP_SERVICE_IMAP         ? &imap_dialogue
					  : service == GP_SERVICE_POP3       ? &pop3_dialogue
					  : service == GP_SERVICE_SUBMISSION ? &smtp_dialogue
									     : NULL;
	struct login *login;

	if (!dialogue)
		return -EINVAL;
	login = calloc(1, sizeof(*login));
	if (!login)
		return -ENOMEM;
	login->dialogue = dialogue;
	login->digest = digest;
	login->on_attempt = on_attempt;
	login->context = context;
	*ret_login = login;
	return 0;
}

void login_free(struct login *login)
{
	free(login);
}

void login_halfway(struct login *login)
{
	login->greeted = true;
	login->shaky = true;
}

void login_one_way(struct login *login, bool one_way)
{
	login->one_way = one_way;
	login->unseen &= one_way;
}

void login_doubt(struct login *login)
{
	login->shaky = true;
	login->doubted = true;
	if (login->state == LOGIN_TLS)
		login->state = LOGIN_TALKING; /* that was not so, either */
}

uint16_t login_greeting_bytes(const struct login *login)
{
	return login->greeting_bytes;
}

unsigned int login_attempts(const struct login *login)
{
	return login->attempts;
}

/* ---- the attempt ----------------------------------------------------------------------------------------------- */

static void attempt_report(struct login *login, const struct exchange *exchange, enum outcome outcome,
			   double confidence)
{
	const struct attempt attempt = {
		.n = ++login->attempts,
		.outcome = outcome,
		.basis = BASIS_REPLY,
		.confidence = confidence,
		.account = exchange->account,
		.credential = login->doubted ? 0 : exchange->credential,
		.challenge = !login->doubted && exchange->challenge,
		.unanswered = exchange->unanswered,
		.reply_bytes = outcome == OUTCOME_UNKNOWN ? 0 : login->reply_bytes,
		.mechanism = exchange->name,
	};

	login->on_attempt(login->context, &attempt);
	if (outcome == OUTCOME_SUCCESS)
		login->state = LOGIN_DONE;
}

void exchange_start(struct login *login, const char *name, const struct mechanism *mechanism)
{
	if (login->exchange.open)
		exchange_finish(login, OUTCOME_UNKNOWN);
	login->exchange = (struct exchange){.name = name, .mechanism = mechanism, .open = true};
}

void exchange_finish(struct login *login, enum outcome outcome)
{
	const struct exchange exchange = login->exchange;

	login->exchange = (struct exchange){0};
	login->gate = GATE_OPEN;
	if (!exchange.open)
		return;
	if (outcome == OUTCOME_FAILURE && !login->doubted && (!exchange.shown || exchange.cancelled))
		outcome = OUTCOME_UNKNOWN;
	attempt_report(login, &exchange, outcome, 1.0);
}

void exchange_infer(struct login *login, enum outcome outcome)
{
	const struct exchange unseen = {.name = "unknown"};

	attempt_report(login, &unseen, outcome, INFERRED_CONFIDENCE);
}

/* ASCII case is folded: nearly every server takes User@Example.com for user@example.com, and a guesser must not
 * become many accounts by shifting letters. Other bytes stand as they are; what case means for them differs. */
uint64_t account_digest(const struct login *login, struct span name)
{
	uint8_t folded[ACCOUNT_BYTES_MAX];
	const size_t length = name.length < sizeof(folded) ? name.length : sizeof(folded);
	uint64_t account;

	if (!length)
		return 0;
	for (size_t i = 0; i < length; i++)
		folded[i] = name.bytes[i] >= 'A' && name.bytes[i] <= 'Z' ? name.bytes[i] + ('a' - 'A') : name.bytes[i];
	account = login->digest.hash(login->digest.key, folded, length);
	/* people type their password into the wrong field */
	explicit_bzero(folded, length);
	return account;
}

void exchange_account(struct login *login, struct span name)
{
	login->exchange.account = account_digest(login, name);
}

/* Bound to the account: who finds the same password on two accounts in a dump of hashes must not see it here. */
void exchange_credential(struct login *login, struct span password)
{
	const uint64_t account = login->exchange.account;
	uint8_t bound[sizeof(account) + 1 + LINE_BYTES_MAX];

	if (login->exchange.partial || password.length > LINE_BYTES_MAX)
		return;
	memcpy(bound, &account, sizeof(account));
	bound[sizeof(account)] = 0;
	if (password.length)
		memcpy(bound + sizeof(account) + 1, password.bytes, password.length);
	login->exchange.credential =
		login->digest.hash(login->digest.key, bound, sizeof(account) + 1 + password.length);
	explicit_bzero(bound, sizeof(account) + 1 + password.length);
}

/* ---- the gate -------------------------------------------------------------------------------------------------- */

/* In doubt it may have been another command that the server agreed to: then TLS is when the server speaks it. */
void tls_agreed(struct login *login, bool agreed)
{
	login->gate = GATE_OPEN;
	if (agreed && !login->shaky)
		login->state = LOGIN_TLS;
}

/* Where a record of TLS begins, or may once another byte is here; `length` if nowhere. */
static size_t record_find(const uint8_t *bytes, size_t length)
{
	size_t at = 0;

	while (at < length && (bytes[at] != TLS_HANDSHAKE || (at + 1 < length && bytes[at + 1] != TLS_MAJOR)))
		at++;
	return at;
}

/* In the line under way, not behind it: what was said before TLS is to be read. In it, since a server throws away what
 * was slipped in behind STARTTLS without a line end. Whatever a login consists of, it has no such bytes. */
static bool client_speaks_tls(const struct stream *in)
{
	const uint8_t *bytes = NULL;
	const size_t length = stream_peek(in, &bytes);
	const size_t line = span_find(span_of(bytes, length), '\n');

	return record_find(bytes, line) + 1 < line;
}

/* ---- the client's bytes ---------------------------------------------------------------------------------------- */

static bool has_unread(const struct stream *stream)
{
	const uint8_t *bytes;

	return stream_peek(stream, &bytes) > 0;
}

static bool literal_step(struct login *login, struct stream *in)
{
	const uint8_t *bytes = NULL;
	size_t length = stream_peek(in, &bytes);

	if (!length || (login->imap.literal_wanted && length < login->imap.literal_left))
		return false;
	if (length > login->imap.literal_left)
		length = (size_t)login->imap.literal_left;
	imap_literal(login, span_of(bytes, length));
	stream_consume(in, length);
	return true;
}

static void commands_lost(struct login *login, size_t length)
{
	login->shaky = true;
	line_restart(&login->in_line);
	login->dialogue->lost(login, length);
	if (!login->exchange.expects)
		return;
	/* what was due is what was lost; the server will say what it was worth */
	login->exchange.expects = false;
	login->exchange.shown = true;
	login->exchange.partial = true;
	login->gate = GATE_SASL;
}

static bool command_step(struct login *login, struct stream *in)
{
	const size_t lost = stream_lost(in);
	struct line line;

	if (lost) {
		commands_lost(login, lost);
		return true;
	}
	if (login->one_way && client_speaks_tls(in)) {
		login->state = LOGIN_TLS;
		return false;
	}
	if (login->gate != GATE_OPEN)
		return false;
	if (login->dialogue == &imap_dialogue && login->imap.literal_left)
		return literal_step(login, in);
	if (!line_next(&login->in_line, in, &line))
		return false;
	if (!login->exchange.expects || !sasl_respond(login, &line))
		login->dialogue->command(login, &line);
	stream_consume(in, line.bytes);
	return true;
}

/* The answer was lost, or never comes by here: go on with what the client most likely does. */
static void gate_guess(struct login *login, const struct stream *in)
{
	const enum gate gate = login->gate;
	const uint8_t *bytes = NULL;

	login->gate = GATE_OPEN;
	switch (gate) {
	case GATE_REPLY:
		exchange_finish(login, OUTCOME_UNKNOWN);
		break;
	case GATE_SASL:
		login->exchange.expects = true;
		login->exchange.guessed = true;
		break;
	case GATE_STARTTLS:
		tls_agreed(login, stream_peek(in, &bytes) && bytes[0] == TLS_HANDSHAKE);
		break;
	case GATE_DATA:
		login->smtp.body = true;
		break;
	case GATE_LITERAL:
	case GATE_OPEN:
		break;
	}
}

/* ---- the server's ---------------------------------------------------------------------------------------------- */

static void replies_lost(struct login *login, const struct stream *in)
{
	login->shaky = true;
	login->unseen = login->one_way;
	line_restart(&login->out_line);
	/* who has not gone on is still waiting: the answer is yet to come */
	if (login->gate != GATE_OPEN && has_unread(in))
		gate_guess(login, in);
}

/* The server speaks TLS, so TLS it is. Returns 1 if so, 0 if not, -EAGAIN if one more byte is needed to tell. */
static int server_speaks_tls(const struct login *login, const struct stream *out)
{
	const uint8_t *bytes = NULL;
	const size_t length = stream_peek(out, &bytes);

	if (login->out_line.skipping || !length || bytes[0] != TLS_HANDSHAKE)
		return 0;
	if (length < 2)
		return -EAGAIN;
	return bytes[1] == TLS_MAJOR;
}

static bool reply_step(struct login *login, struct stream *in, struct stream *out)
{
	struct line line;
	int tls;

	if (stream_lost(out)) {
		replies_lost(login, in);
		return true;
	}
	tls = server_speaks_tls(login, out);
	if (tls > 0)
		login->state = LOGIN_TLS;
	if (tls || !line_next(&login->out_line, out, &line))
		return false;
	if (!login->greeted)
		login->greeting_bytes = line.bytes < UINT16_MAX ? (uint16_t)line.bytes : 0;
	login->reply_bytes = line.bytes < UINT16_MAX ? (uint16_t)line.bytes : 0;
	login->strange = login->dialogue->reply(login, &line) ? 0 : login->strange + 1;
	if (login->strange > STRANGE_REPLIES_MAX)
		login->state = LOGIN_LOST;
	stream_consume(out, line.bytes);
	return true;
}

/* ---- both ------------------------------------------------------------------------------------------------------ */

/* Nothing can be read: is that because something will never come? */
static bool give_up_lost(struct login *login, struct stream *in, struct stream *out)
{
	if (login->gate != GATE_OPEN && has_unread(in)) {
		if (stream_give_up(out))
			return true;
		if (login->unseen) {
			gate_guess(login, in);
			return true;
		}
	}
	if (login->gate == GATE_OPEN && stream_stuck(in) && stream_give_up(in))
		return true;
	return stream_stuck(out) && stream_give_up(out);
}

/* The greeting first, then whatever the client says, then the answer to it. */
static bool step(struct login *login, struct stream *in, struct stream *out)
{
	if (!login->greeted && reply_step(login, in, out))
		return true;
	if (login->state != LOGIN_TALKING)
		return false;
	if (command_step(login, in))
		return true;
	/* a response was due, the server has it and answers, we do not */
	if (login->exchange.expects && has_unread(out) && stream_give_up(in))
		return true;
	return reply_step(login, in, out) || give_up_lost(login, in, out);
}

/* What a client slips in behind STARTTLS in clear text is thrown away by every server that heeds CVE-2011-0411; TLS
 * begins at the ClientHello. */
static void injected_drop(struct stream *in)
{
	const uint8_t *bytes = NULL;
	const size_t length = stream_peek(in, &bytes);

	stream_consume(in, record_find(bytes, length));
}

enum login_state login_read(struct login *login, struct stream *in, struct stream *out)
{
	login->in = in;
	login->out = out;
	if (login->state != LOGIN_TALKING)
		return login->state;
	while (login->state == LOGIN_TALKING && step(login, in, out))
		;
	if (login->state == LOGIN_TLS)
		injected_drop(in);
	return login->state;
}

void login_end(struct login *login)
{
	struct stream *in = login->in;

	while (in && login_read(login, in, login->out) == LOGIN_TALKING && login->gate != GATE_OPEN && has_unread(in))
		gate_guess(login, in);
	login->exchange.unanswered = true;
	exchange_finish(login, OUTCOME_UNKNOWN);
}
