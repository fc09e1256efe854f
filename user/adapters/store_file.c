/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/adapters/store_file.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "user/adapters/aside.h"

/* Another program that writes to the file may hold up the loop this long, no longer. */
#define STORE_BUSY_MS 100

int store_error(int code)
{
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_DONE:
		return 0;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EBADMSG;
	case SQLITE_CONSTRAINT:
		return -EINVAL;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_PERM:
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_AUTH:
		return -EACCES;
	default:
		return -EIO;
	}
}

/* The first column of the first row of `query`, as a number; 0 when there is none. */
static int store_ask(sqlite3 *db, const char *query, sqlite3_int64 *ret_number)
{
	sqlite3_stmt *row;
	int code = sqlite3_prepare_v2(db, query, -1, &row, NULL);

	if (code != SQLITE_OK)
		return store_error(code);
	code = sqlite3_step(row);
	if (code == SQLITE_ROW || code == SQLITE_DONE)
		*ret_number = code == SQLITE_ROW ? sqlite3_column_int64(row, 0) : 0;
	sqlite3_finalize(row);
	return code == SQLITE_ROW ? 0 : store_error(code);
}

/* Not as a table-valued function: from SQLite 3.46 on (Debian 13) that takes its argument for the name of a table. */
static int store_is_whole(sqlite3 *db, bool *ret_whole)
{
	const char *verdict;
	sqlite3_stmt *row;
	int code = sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &row, NULL);

	if (code != SQLITE_OK)
		return store_error(code);
	code = sqlite3_step(row);
	verdict = code == SQLITE_ROW ? (const char *)sqlite3_column_text(row, 0) : NULL;
	*ret_whole = verdict && !strcmp(verdict, "ok");
	sqlite3_finalize(row);
	return code == SQLITE_ROW ? 0 : store_error(code);
}

/* Is it ours, of a version that we know, and whole? A new file gets its tables. */
static int store_check(sqlite3 *db, const char *path, const struct store_file *file, struct fault *fault)
{
	sqlite3_int64 tables, application, version;
	bool whole = false;
	int err = store_ask(db, "SELECT count(*) FROM sqlite_schema", &tables);

	if (!err && !tables)
		err = store_error(sqlite3_exec(db, file->schema, NULL, NULL, NULL));
	if (!err)
		err = store_ask(db, "PRAGMA application_id", &application);
	if (!err)
		err = store_ask(db, "PRAGMA user_version", &version);
	if (!err)
		err = store_is_whole(db, &whole);
	if (err)
		return fault_set(fault, -err, "%s: %s", path, sqlite3_errmsg(db));
	if (application != file->application)
		return fault_set(fault, EPROTO, "%s: belongs to another program", path);
	if (version != file->version)
		return fault_set(fault, EPROTO,
				 "%s: made by another version of gatepost (schema %lld, this one has %d)", path,
				 (long long)version, file->version);
	if (whole && file->later && sqlite3_exec(db, file->later, NULL, NULL, NULL))
		return fault_set(fault, EIO, "%s: %s", path, sqlite3_errmsg(db));
	return whole ? 0 : fault_set(fault, EBADMSG, "%s: its tables are damaged", path);
}

static int store_connect(sqlite3 **ret_db, const char *path, const struct store_file *file, struct fault *fault)
{
	sqlite3 *db = NULL;
	int code = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
	int err;

	if (code == SQLITE_OK) {
		sqlite3_busy_timeout(db, STORE_BUSY_MS);
		code = sqlite3_exec(
			db, "PRAGMA trusted_schema = OFF; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL", NULL,
			NULL, NULL);
	}
	if (code != SQLITE_OK)
		err = fault_set(fault, -store_error(code), "%s: %s", path, sqlite3_errmsg(db));
	else
		err = store_check(db, path, file, fault);
	if (err) {
		sqlite3_close(db);
		return err;
	}
	*ret_db = db;
	return 0;
}

/* Called with the words about the damage in `fault`; puts into it what was done about it. */
static int store_start_over(sqlite3 **ret_db, const char *path, const struct store_file *file, struct fault *fault)
{
	char aside[ASIDE_PATH_BYTES];
	int err = aside_move(path, aside);

	if (err)
		return fault_set(fault, -err, "%s: damaged, and cannot be moved aside: %s", path, strerror(-err));
	err = store_connect(ret_db, path, file, fault);
	if (!err)
		fault_set(fault, EBADMSG, "%s: damaged; kept as %s, started anew without %s", path, aside,
			  file->without);
	return err;
}

static int store_prepare(sqlite3 *db, const char *const *text, int count, sqlite3_stmt **ret_statement)
{
	int code = SQLITE_OK;

	for (int i = 0; i < count && code == SQLITE_OK; i++)
		code = sqlite3_prepare_v3(db, text[i], -1, SQLITE_PREPARE_PERSISTENT, &ret_statement[i], NULL);
	return store_error(code);
}

int store_file_open(sqlite3 **ret_db, const char *path, const struct store_file *file, const char *const *text,
		    int count, sqlite3_stmt **ret_statement, struct fault *fault)
{
	int err;

	if (fault)
		memset(fault, 0, sizeof(*fault));
	err = store_connect(ret_db, path, file, fault);
	if (err == -EBADMSG)
		err = store_start_over(ret_db, path, file, fault);
	if (err)
		return err;
	err = store_prepare(*ret_db, text, count, ret_statement);
	return err ? fault_set(fault, -err, "%s: %s", path, sqlite3_errmsg(*ret_db)) : 0;
}

void store_file_close(sqlite3 *db, sqlite3_stmt **statement, int count)
{
	for (int i = 0; i < count; i++)
		sqlite3_finalize(statement[i]);
	sqlite3_close(db);
}

/* Run a statement that returns no rows. Its texts were bound without a copy, so they are let go of here. */
int store_run(sqlite3_stmt *statement)
{
	int code = sqlite3_step(statement);

	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	return code == SQLITE_DONE ? 0 : store_error(code);
}
