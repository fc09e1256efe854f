/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside of login: what the three dialogues share. Only login.c, awaits.c, sasl.c, imap.c, pop3.c and smtp.c include
 * this.
 *
 * Stop and wait: one command is open at a time, and while its answer is out the client's further bytes stay in their
 * stream, since their meaning hangs on it. That makes pipelined commands with one tag, rejected literals and refused
 * mechanisms come out as the server saw them, and leaves no count of replies to get out of step. */
#ifndef GATEPOST_DIALOGUE_H
#define GATEPOST_DIALOGUE_H

#include "user/read/login.h"
#include "user/read/sasl.h"

/* Whether the client's next bytes may be read, and if not, what they wait for. */
enum gate {
	GATE_OPEN,
	GATE_REPLY, /* the final reply to a command */
	GATE_SASL, /* a prompt, or the final reply to the attempt */
	GATE_LITERAL, /* IMAP: will the server take it */
	GATE_STARTTLS,
	GATE_DATA, /* SMTP: will the text of a mail follow */
};

struct exchange {
	const char *name; /* of the mechanism, for the attempt */
	const struct mechanism *mechanism; /* NULL: not SASL */
	uint64_t account, credential;
	uint8_t step; /* responses so far */
	bool open;
	bool shown; /* something was handed over that can be right or wrong */
	bool cancelled;
	bool expects; /* the next line is a response */
	bool guessed; /* ... as far as one can tell without the server's prompt */
	bool partial; /* what was shown is not all here: no credential */
	bool challenge, unanswered; /* see struct attempt */
};

enum imap_command {
	IMAP_NONE,
	IMAP_LOGIN,
	IMAP_OTHER,
};
struct imap {
	uint64_t tag; /* hash of the last command's */
	enum imap_command command; /* under way: its line goes on behind a literal */
	uint8_t argument; /* of LOGIN: how many are read */
	bool literal_wanted; /* the literal is an argument of LOGIN and short enough to be one */
	uint64_t literal_left; /* bytes of it to come */
};
struct pop3 {
	uint64_t account; /* of the last USER */
	bool named;
};
struct smtp {
	bool body; /* the text of a mail is passing */
};

struct login {
	const struct dialogue *dialogue;
	struct digest digest;
	login_attempt_fn on_attempt;
	void *context;
	struct stream *in, *out; /* of the last login_read, not owned */
	enum login_state state;
	enum gate gate;
	unsigned int attempts;
	uint16_t greeting_bytes; /* 0: not seen */
	uint16_t reply_bytes; /* of the line that is read, without a tag */
	unsigned int strange; /* replies in a row that are none */
	bool greeted;
	bool shaky; /* bytes were lost: a reply may belong to a command that was not seen */
	bool doubted; /* ... or the server may have read others */
	bool one_way; /* the server has not been seen */
	bool unseen; /* ... and has answered all the same: there is nothing to wait for */
	struct line_reader in_line, out_line;
	struct exchange exchange;
	union {
		struct imap imap;
		struct pop3 pop3;
		struct smtp smtp;
	};
};

struct dialogue {
	void (*command)(struct login *login, const struct line *line);
	bool (*reply)(struct login *login, const struct line *line); /* false: that is no reply */
	void (*lost)(struct login *login, size_t length); /* bytes of the client */
};
extern const struct dialogue imap_dialogue, pop3_dialogue, smtp_dialogue;

/* IMAP only. How many bytes of a literal are due, and taking them: `bytes` is all of it or any part, as wanted. */
void imap_literal(struct login *login, struct span bytes);

/* Opens an attempt; one still open is reported as unknown. */
void exchange_start(struct login *login, const char *name, const struct mechanism *mechanism);
void exchange_account(struct login *login, struct span name);
void exchange_credential(struct login *login, struct span password);
/* The account, with a digest that differs each time. */
static inline void exchange_challenge(struct login *login, struct span name)
{
	exchange_account(login, name);
	login->exchange.challenge = true;
}
/* Reports the open attempt and opens the gate. A failure counts as one only when something was shown. */
void exchange_finish(struct login *login, enum outcome outcome);
/* The server tells of an attempt that we did not see. */
void exchange_infer(struct login *login, enum outcome outcome);
uint64_t account_digest(const struct login *login, struct span name);

void tls_agreed(struct login *login, bool agreed);

#endif
