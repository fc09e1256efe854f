/* SPDX-License-Identifier: BSD-2-Clause */
/* A SQLite file of ours: WAL journal, synchronous=NORMAL: a commit costs no fsync, a power cut may lose the last
 * commits but never damages the file (https://www.sqlite.org/wal.html). */
#ifndef GATEPOST_STORE_FILE_H
#define GATEPOST_STORE_FILE_H

#include <sqlite3.h>

#include "user/core/fault.h"

struct store_file {
	const char *schema; /* of a new one; it sets both numbers */
	const char *later; /* what came later than that version, and may be there already; NULL: nothing */
	int application, version; /* file(1) and we can tell it from other programs' files */
	const char *without; /* what is gone when it is started anew, in words */
};

/* Opens it and prepares `count` statements. A damaged one is moved aside, said in `fault`, and started anew: 0. One of
 * another program or version is left alone: -EPROTO. What was opened when it fails is to be closed all the same. */
int store_file_open(sqlite3 **ret_db, const char *path, const struct store_file *file, const char *const *text,
		    int count, sqlite3_stmt **ret_statement, struct fault *fault);
void store_file_close(sqlite3 *db, sqlite3_stmt **statement, int count); /* NULL is fine */

int store_error(int code); /* of SQLite, as -errno */
int store_run(sqlite3_stmt *statement); /* one that returns no rows; lets go of what was bound to it */

#endif
