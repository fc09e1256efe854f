/* SPDX-License-Identifier: BSD-2-Clause */
/* The order of the questions. What a client may ask before it logs in comes first and on a connection of its own; then
 * each mechanism once; then the account, on a connection each. Servers hang up after some failures: whatever comes
 * next opens another connection. */
#include "user/probe/probe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/probe/mechanism.h"

struct plan {
	struct talk *talk;
	char short_name[32], long_name[48], password[PROBE_NONCE_CHARACTERS + 1];
	struct credential brief, lengthy; /* nobody's */
};

/* Names that cannot exist by chance, but for the server's administrator to read in the log. */
static void plan_names(struct plan *plan, const char *nonce)
{
	snprintf(plan->short_name, sizeof(plan->short_name), "gp%.8s", nonce);
	snprintf(plan->long_name, sizeof(plan->long_name), "gatepost-probe-%s", nonce);
	snprintf(plan->password, sizeof(plan->password), "%.12s", nonce + 4);
	plan->brief = (struct credential){plan->short_name, plan->password, true};
	plan->lengthy = (struct credential){plan->long_name, plan->password, true};
}

/* ---- before a login -------------------------------------------------------------------------------------------- */

static int ask_each(struct talk *talk, const char *const (*question)[2])
{
	int err = 0;

	for (; (*question)[0] && !err; question++)
		err = talk_ask(talk, (*question)[0], (*question)[1]);
	return err;
}

static void capabilities_keep(struct talk *talk)
{
	const struct span reply = talk_reply(talk);

	talk->capabilities_bytes =
		reply.length < sizeof(talk->capabilities) ? reply.length : sizeof(talk->capabilities);
	memcpy(talk->capabilities, reply.bytes, talk->capabilities_bytes);
}

static int ask_capabilities(struct talk *talk, const char *name, const char *line)
{
	int err = talk_ask_for(talk, FORM_LIST, name, line);

	if (!err && talk->answer == ANSWER_OK)
		capabilities_keep(talk);
	return err;
}

static int ask_first(struct talk *talk)
{
	static const char *const imap[][2] = {
		{"noop", "a1 NOOP"}, {"id", "a1 ID NIL"}, {"bad", "a1 XGATEPOST"}, {NULL, NULL}};
	static const char *const pop3[][2] = {{"noop", "NOOP"}, {"bad", "XGATEPOST"}, {NULL, NULL}};
	static const char *const smtp[][2] = {{"noop", "NOOP"}, {"rset", "RSET"}, {"bad", "XGATEPOST"}, {NULL, NULL}};
	int err;

	switch (talk->protocol) {
	case PROTOCOL_IMAP:
		err = ask_capabilities(talk, "cap", "a1 CAPABILITY");
		return err ? err : ask_each(talk, imap);
	case PROTOCOL_POP3:
		err = ask_capabilities(talk, "cap", "CAPA");
		return err ? err : ask_each(talk, pop3);
	default:
		/* Twenty longer than the first: does the server repeat the name? */
		err = ask_capabilities(talk, "cap:21", "EHLO xxxxxxxxxxxxxxxxxxxxx");
		return err ? err : ask_each(talk, smtp);
	}
}

/* ---- wrong logins ---------------------------------------------------------------------------------------------- */

static bool offers(const struct talk *talk, const char *mechanism)
{
	return offer_names(talk->protocol, talk_capabilities(talk), mechanism);
}

static bool takes_initial(const struct talk *talk)
{
	return talk->protocol != PROTOCOL_IMAP || offer_has(talk_capabilities(talk), "SASL-IR");
}

static int fail_both(struct talk *talk, const char *label,
		     int (*mechanism)(struct talk *talk, const char *label, const struct credential *credential),
		     const struct plan *plan)
{
	char name[24];
	int err;

	snprintf(name, sizeof(name), "%s:short", label);
	err = mechanism(talk, name, &plan->brief);
	snprintf(name, sizeof(name), "%s:long", label);
	return err ? err : mechanism(talk, name, &plan->lengthy);
}

static int plain_initial(struct talk *talk, const char *label, const struct credential *credential)
{
	return mechanism_plain(talk, label, credential, true);
}

static int fail_with_command(struct talk *talk, const struct plan *plan)
{
	if (talk->protocol == PROTOCOL_IMAP && !offer_has(talk_capabilities(talk), "LOGINDISABLED"))
		return fail_both(talk, "LOGIN", mechanism_login, plan);
	if (talk->protocol == PROTOCOL_POP3)
		return fail_both(talk, "PASS", mechanism_pass, plan);
	return 0;
}

static int fail_with_plain(struct talk *talk, const struct plan *plan)
{
	uint32_t aborted_bytes = 0;
	int err = 0;

	if (talk->protocol == PROTOCOL_SMTP)
		err = fail_both(talk, "PLAIN-IR", plain_initial, plan);
	else if (takes_initial(talk))
		err = plain_initial(talk, "PLAIN-IR", &plan->brief);
	if (!err)
		err = mechanism_plain(talk, "PLAIN", &plan->brief, false);
	if (!err)
		err = mechanism_abort(talk, &aborted_bytes);
	return err ? err : mechanism_malformed(talk, aborted_bytes);
}

static int fail(struct talk *talk, const struct plan *plan)
{
	int err = fail_with_command(talk, plan);

	if (!err)
		err = talk_leave(talk, "logout");
	if (!err && offers(talk, "PLAIN"))
		err = fail_with_plain(talk, plan);
	if (!err && offers(talk, "LOGIN"))
		err = mechanism_auth_login(talk, &plan->brief);
	if (!err && offers(talk, "CRAM-MD5"))
		err = mechanism_cram(talk, &plan->brief);
	return err ? err : talk_leave(talk, "logout");
}

/* ---- the account ----------------------------------------------------------------------------------------------- */

static int succeed(struct talk *talk, const struct credential *credential, unsigned int way, bool *ret_tried)
{
	const bool plain = offers(talk, "PLAIN"), initial = takes_initial(talk);

	*ret_tried = true;
	if (way == 0 && talk->protocol == PROTOCOL_IMAP && !offer_has(talk_capabilities(talk), "LOGINDISABLED"))
		return mechanism_login(talk, "LOGIN", credential);
	if (way == 0 && talk->protocol == PROTOCOL_POP3)
		return mechanism_pass(talk, "PASS", credential);
	if (way == 1 && plain)
		return mechanism_plain(talk, initial ? "PLAIN-IR" : "PLAIN", credential, initial);
	if (way == 2 && offers(talk, "LOGIN"))
		return mechanism_auth_login(talk, credential);
	*ret_tried = false;
	return 0;
}

/* Each way on a connection of its own, with a harmless command behind it. */
static int enter(struct talk *talk, const struct probe_account *account)
{
	const struct credential credential = {account->name, account->password, false};
	int err = 0;

	talk->entering = true;
	for (unsigned int way = 0; way < 3 && !err; way++) {
		bool tried;

		talk->confidential = true;
		err = succeed(talk, &credential, way, &tried);
		talk->confidential = false;
		if (!err && tried && talk->answer == ANSWER_OK)
			err = talk_ask(talk, "after:noop", talk->protocol == PROTOCOL_IMAP ? "a1 NOOP" : "NOOP");
		if (!err && tried)
			err = talk_leave(talk, "logout2");
	}
	return err;
}

/* ---- all ------------------------------------------------------------------------------------------------------- */

static bool saw(const struct probe_transcript *transcript, const char *kind)
{
	for (uint32_t i = 0; i < transcript->steps; i++)
		if (!strncmp(transcript->step[i].name, kind, strlen(kind)))
			return true;
	return false;
}

static int probe_all(struct talk *talk, const struct plan *plan)
{
	const struct probe_account *account = talk->options->account;
	int err = ask_first(talk);

	if (!err)
		err = fail(talk, plan);
	if (!err && !saw(talk->transcript, "F:"))
		err = talk_fault(talk, EPROTO, "the server refused no login, or offers no way that could be tried");
	if (!err && account)
		err = enter(talk, account);
	if (!err && account && !saw(talk->transcript, "S:"))
		err = talk_fault(talk, EACCES, "the account of --account did not get in");
	return err;
}

static bool is_sendable(const char *text)
{
	return *text && strlen(text) <= PROBE_ACCOUNT_BYTES_MAX && !strpbrk(text, "\r\n");
}

int probe_run(const struct wire *wire, const struct probe_options *options, struct probe_transcript *ret_transcript,
	      struct fault *fault)
{
	const struct probe_account *account = options->account;
	struct talk *talk;
	struct plan plan;
	int err;

	if (account && (!is_sendable(account->name) || !is_sendable(account->password)))
		return fault_set(fault, EINVAL, "the account wants a name and a password of 1 to 255 bytes each");
	talk = calloc(1, sizeof(*talk) + sizeof(*talk->transcript));
	if (!talk)
		return fault_set(fault, ENOMEM, "no memory for the probe");
	talk->wire = wire;
	talk->options = options;
	talk->fault = fault;
	talk->protocol = protocol_of((enum gp_service)options->target.service);
	talk->transcript = (struct probe_transcript *)(talk + 1);
	talk->transcript->protocol = (uint8_t)talk->protocol;
	memcpy(talk->transcript->host, options->target.host, sizeof(talk->transcript->host));
	plan_names(&plan, options->nonce);
	err = probe_all(talk, &plan);
	talk_close(talk);
	if (!err)
		*ret_transcript = *talk->transcript;
	explicit_bzero(talk->reply, sizeof(talk->reply));
	free(talk);
	return err;
}
