/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether a login waits for nothing but the word that it is right or wrong. */
#include "user/read/dialogue.h"

/* Who says more while the answer is out does not wait, or has had an answer that we have not seen. */
static bool has_said_more(const struct login *login)
{
	const uint8_t *bytes;

	return stream_peek(login->in, &bytes) > 0 || stream_stuck(login->in);
}

static bool is_complete(const struct exchange *exchange)
{
	const bool comparable = exchange->credential || exchange->challenge;

	return exchange->open && exchange->shown && !exchange->cancelled && !exchange->partial && !exchange->expects &&
	       comparable && (!exchange->mechanism || sasl_is_complete(exchange));
}

bool login_awaits(const struct login *login, struct attempt *ret_attempt)
{
	const struct exchange *exchange = &login->exchange;
	const bool certain =
		login->state == LOGIN_TALKING && login->greeted && !login->shaky && !login->doubted && !login->one_way;

	if (!certain || (login->gate != GATE_REPLY && login->gate != GATE_SASL) || !is_complete(exchange) ||
	    has_said_more(login) || stream_stuck(login->out))
		return false;
	*ret_attempt = (struct attempt){
		.basis = BASIS_REPLY,
		.account = exchange->account,
		.credential = exchange->credential,
		.challenge = exchange->challenge,
		.mechanism = exchange->name,
	};
	return true;
}
