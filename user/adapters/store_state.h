/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the store share. */
#ifndef GATEPOST_STORE_STATE_H
#define GATEPOST_STORE_STATE_H

#include "user/adapters/store.h"
#include "user/adapters/store_file.h"

enum statement {
	STATEMENT_BAN,
	STATEMENT_UNBAN,
	STATEMENT_ALLOW,
	STATEMENT_DISALLOW,
	STATEMENT_FORGET,
	STATEMENT_BANS,
	STATEMENT_ALLOWED,
	STATEMENT_WELCOME,
	STATEMENT_PART,
	STATEMENT_WELCOMED,
	STATEMENT_BEGIN,
	STATEMENT_COMMIT,
	STATEMENT_MAX,
};

struct store {
	sqlite3 *db;
	sqlite3_stmt *statement[STATEMENT_MAX];
};

/* Run a statement that returns no rows, within the gathering transaction, and let go of what was bound to it. */
int store_write(struct store *store, enum statement which);

#endif
