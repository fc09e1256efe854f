/* SPDX-License-Identifier: BSD-2-Clause */
/* A login dialogue as text, played into the reader in every way a network may deliver it, and what must come out. */
#ifndef GATEPOST_TRANSCRIPT_H
#define GATEPOST_TRANSCRIPT_H

#include "user/read/login.h"

#define TRANSCRIPT_LINES_MAX 48

enum same { SAME_ANY, SAME_YES, SAME_NO };

struct transcript {
	const char *claim;
	enum gp_service service;
	/* "C:text" and "S:text" get a CRLF, "c:text" and "s:text" are sent as they stand */
	const char *lines[TRANSCRIPT_LINES_MAX];
	const char *outcomes; /* outcome_letter of each attempt */
	const char *mechanism; /* of the last attempt; NULL: any */
	const char *account; /* of the last attempt; NULL: any, "": none */
	enum same accounts, credentials; /* of the first two attempts */
	enum login_state state; /* in the end */
	const char *commands_only; /* outcomes when the server is not seen; NULL: as many attempts, all unknown */
	const char *replies_only; /* when the client is not seen; NULL: not said */
};

/* Plays every way and asserts (cmocka); names the row and the way when it fails. */
void transcript_check(const struct transcript *row);

struct digest transcript_digest(void); /* FNV-1a: not secret, but it tells bytes apart */

#endif
