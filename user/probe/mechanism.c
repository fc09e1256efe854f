/* SPDX-License-Identifier: BSD-2-Clause */
/* What holds a password is wiped before its function returns. */
#include "user/probe/mechanism.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define NAME_BYTES_MAX PROBE_ACCOUNT_BYTES_MAX

/* A server that lets anybody in tells nothing, one that refuses the account nothing of success. */
static int judge(struct talk *talk, const char *label, const struct credential *credential)
{
	talk->transcript->wrong_logins += credential->wrong;
	switch (talk->answer) {
	case ANSWER_OK:
		if (credential->wrong)
			return talk_fault(talk, EPROTO, "the server let a user in that does not exist");
		talk_call(talk, "S", label);
		return 0;
	case ANSWER_REFUSED:
		talk_call(talk, credential->wrong ? "F" : "refused", label);
		break;
	case ANSWER_TEMPORARY:
		talk_call(talk, credential->wrong ? "T" : "refused", label);
		break;
	case ANSWER_NONE:
		break;
	default:
		talk_call(talk, "bad", label);
	}
	return credential->wrong ? 0 : talk_fault(talk, EACCES, "the account of --account does not get in");
}

/* ---- commands -------------------------------------------------------------------------------------------------- */

/* RFC 3501, 9: quoted */
static void quote(char *to, const char *text)
{
	*to++ = '"';
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			*to++ = '\\';
		*to++ = *text;
	}
	*to++ = '"';
	*to = '\0';
}

int mechanism_login(struct talk *talk, const char *label, const struct credential *credential)
{
	char name[2 * NAME_BYTES_MAX + 3], password[2 * NAME_BYTES_MAX + 3], line[TALK_LINE_BYTES];
	int err;

	if (credential->wrong) {
		snprintf(line, sizeof(line), "a1 LOGIN %s %s", credential->name, credential->password);
	} else {
		quote(name, credential->name);
		quote(password, credential->password);
		snprintf(line, sizeof(line), "a1 LOGIN %s %s", name, password);
		explicit_bzero(password, sizeof(password));
	}
	err = talk_ask(talk, "login", line);
	explicit_bzero(line, sizeof(line));
	return err ? err : judge(talk, label, credential);
}

int mechanism_pass(struct talk *talk, const char *label, const struct credential *credential)
{
	char line[TALK_LINE_BYTES];
	int err;

	snprintf(line, sizeof(line), "USER %s", credential->name);
	err = talk_ask(talk, "user", line);
	if (err || talk->answer != ANSWER_OK)
		return err;
	snprintf(line, sizeof(line), "PASS %s", credential->password);
	err = talk_go_on(talk, "pass", line);
	explicit_bzero(line, sizeof(line));
	return err ? err : judge(talk, label, credential);
}

/* ---- SASL ------------------------------------------------------------------------------------------------------ */

static void base64(char *to, const char *from, size_t length)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < length; i += 3) {
		const unsigned int left = length - i < 3 ? (unsigned int)(length - i) : 3;
		unsigned int word = 0;

		for (unsigned int k = 0; k < 3; k++)
			word = word << 8 | (k < left ? (unsigned char)from[i + k] : 0);
		*to++ = digit[word >> 18];
		*to++ = digit[word >> 12 & 63];
		*to++ = left > 1 ? digit[word >> 6 & 63] : '=';
		*to++ = left > 2 ? digit[word & 63] : '=';
	}
	*to = '\0';
}

static void plain_response(char *to, const struct credential *credential)
{
	char bytes[2 * NAME_BYTES_MAX + 2];
	const size_t name = strlen(credential->name), password = strlen(credential->password);

	bytes[0] = '\0';
	memcpy(bytes + 1, credential->name, name + 1);
	memcpy(bytes + 2 + name, credential->password, password);
	base64(to, bytes, 2 + name + password);
	explicit_bzero(bytes, sizeof(bytes));
}

/* The command, and the prompt that must follow: without, the server does not want it and *ret_go is false. */
static int begin(struct talk *talk, const char *name, const char *mechanism, const char *initial, bool *ret_go)
{
	char line[TALK_LINE_BYTES];
	int err;

	snprintf(line, sizeof(line), "%s %s%s%s", talk->protocol == PROTOCOL_IMAP ? "a1 AUTHENTICATE" : "AUTH",
		 mechanism, initial ? " " : "", initial ? initial : "");
	err = talk_ask(talk, name, line);
	explicit_bzero(line, sizeof(line));
	*ret_go = !err && talk->answer == ANSWER_MORE;
	return err;
}

int mechanism_plain(struct talk *talk, const char *label, const struct credential *credential, bool initial)
{
	char response[TALK_LINE_BYTES / 2];
	bool go;
	int err;

	plain_response(response, credential);
	err = begin(talk, initial ? "plain" : "cont", "PLAIN", initial ? response : NULL, &go);
	if (!err && !initial && go)
		err = talk_go_on(talk, "plain", response);
	explicit_bzero(response, sizeof(response));
	if (err || (!initial && !go))
		return err;
	return judge(talk, label, credential);
}

int mechanism_auth_login(struct talk *talk, const struct credential *credential)
{
	char response[TALK_LINE_BYTES / 2];
	bool go;
	int err = begin(talk, "cont", "LOGIN", NULL, &go);

	if (err || !go)
		return err;
	base64(response, credential->name, strlen(credential->name));
	err = talk_go_on(talk, "cont1", response);
	if (err || talk->answer != ANSWER_MORE)
		return err;
	base64(response, credential->password, strlen(credential->password));
	err = talk_go_on(talk, "login", response);
	explicit_bzero(response, sizeof(response));
	return err ? err : judge(talk, "AUTH-LOGIN", credential);
}

int mechanism_cram(struct talk *talk, const struct credential *credential)
{
	char answer[2 * NAME_BYTES_MAX + 2], response[TALK_LINE_BYTES];
	bool go;
	int err = begin(talk, "cont2", "CRAM-MD5", NULL, &go);

	if (err || !go)
		return err;
	/* RFC 2195, 2: the name and 32 hexadecimal digits. Any will do, they are to be wrong. */
	snprintf(answer, sizeof(answer), "%s %.16s%.16s", credential->name, talk->options->nonce, talk->options->nonce);
	base64(response, answer, strlen(answer));
	err = talk_go_on(talk, "cram", response);
	return err ? err : judge(talk, "CRAM-MD5", credential);
}

int mechanism_abort(struct talk *talk, uint32_t *ret_bytes)
{
	bool go;
	int err = begin(talk, "cont", "PLAIN", NULL, &go);

	if (!err && go)
		err = talk_go_on(talk, "bad:abort", "*");
	if (!err && go && talk->answer != ANSWER_NONE)
		*ret_bytes = talk->step->total_bytes;
	return err;
}

int mechanism_malformed(struct talk *talk, uint32_t aborted_bytes)
{
	const struct credential nobody = {.wrong = true};
	bool go;
	int err = begin(talk, "cont", "PLAIN", NULL, &go);

	if (!err && go)
		err = talk_go_on(talk, "malformed", "*!*");
	if (err || !go || talk->answer == ANSWER_NONE)
		return err;
	if (talk->answer == ANSWER_OK ||
	    (answer_is_refusal(talk->protocol, talk_reply(talk)) && talk->step->total_bytes != aborted_bytes))
		return judge(talk, "malformed", &nobody);
	talk_call(talk, "bad", "malformed");
	return 0;
}
