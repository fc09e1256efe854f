/* SPDX-License-Identifier: BSD-2-Clause */
/* Word lists from the texts of Dovecot, Cyrus, Courier, Exim, Postfix, Exchange, nginx and UW. A client has no say
 * in them: none of these servers echoes what it was sent in the reply to a login. */
#include "user/read/wording.h"

static bool contains_any(struct span text, const char *const *words)
{
	for (; *words; words++)
		if (span_contains(text, *words))
			return true;
	return false;
}

bool wording_unchecked(struct span text)
{
	static const char *const words[] = {
		"disallowed", /* Dovecot: Plaintext authentication disallowed on non-secure connections */
		"under a layer", /* Cyrus: Login only available under a layer */
		"plaintext",
		"non-secure",
		"encrypt",
		"must issue",
		"starttls",
		"unsupported",
		"not supported",
		"no mechanism",
		"invalid authentication mechanism",
		"temporar", /* Temporary authentication failure */
		"try again later",
		"try later",
		"too many",
		"service unavailable", /* alone it may be Postfix saying "(reason unavailable)" of a wrong password */
		"timed out",
		"timeout",
		"internal error",
		"server error",
		"no username",
		"unknown command",
		"protocol error",
		"connection lost", /* Postfix: Connection lost to authentication server */
		NULL,
	};
	return contains_any(text, words);
}

bool wording_refused(struct span text)
{
	static const char *const words[] = {
		"authentication failed",
		"authentication failure",
		"authentication unsuccessful",
		"authorization failed",
		"login failed",
		"login failure",
		"logon failure",
		"invalid login",
		"login incorrect",
		"login invalid",
		"invalid credentials",
		"incorrect authentication",
		"incorrect password",
		"invalid password",
		"bad password",
		"wrong password",
		"password incorrect",
		"invalid user",
		NULL,
	};
	return contains_any(text, words) && !wording_unchecked(text);
}

bool wording_welcomed(struct span text)
{
	static const char *const words[] = {
		"logged in", /* Dovecot, Cyrus */
		"login ok", /* Courier */
		"login completed", /* Exchange, UW */
		"login successful",
		"authentication succ", /* successful, succeeded */
		"user authenticated",
		"success (", /* Cyrus: Success (no protection) */
		"mailbox open", /* UW */
		"maildrop ready",
		"mailbox locked and ready", /* Cyrus POP3 */
		NULL,
	};
	return contains_any(text, words);
}
