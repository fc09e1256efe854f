/* SPDX-License-Identifier: BSD-2-Clause */
/* Three tables in one SQLite file, WAL journal, synchronous=NORMAL: a commit costs no fsync, a power cut may lose the
 * last commits but never damages the file (https://www.sqlite.org/wal.html). Targets and actions are stored as words,
 * so that `sqlite3 gatepost.db 'select * from ban'` can be read by a person at night. */
#include "user/adapters/store_state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/adapters/aside.h"

/* Another program that writes to the file may hold up the loop this long, no longer. */
#define STORE_BUSY_MS 100

static const char *const statement_text[STATEMENT_MAX] = {
	[STATEMENT_BAN] = "INSERT OR REPLACE INTO ban (target, action, shadow, evidence, offences, since_ns, until_ns,"
			  " rule, reason, origin) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[STATEMENT_UNBAN] = "DELETE FROM ban WHERE target = ?",
	[STATEMENT_ALLOW] = "INSERT OR REPLACE INTO allowed (prefix, comment) VALUES (?, ?)",
	[STATEMENT_DISALLOW] = "DELETE FROM allowed WHERE prefix = ?",
	[STATEMENT_FORGET] = "DELETE FROM ban WHERE until_ns < ?",
	[STATEMENT_BANS] = "SELECT target, action, shadow, evidence, offences, since_ns, until_ns, rule, reason, origin"
			   " FROM ban",
	[STATEMENT_ALLOWED] = "SELECT prefix, comment FROM allowed",
	[STATEMENT_WELCOME] = "INSERT OR REPLACE INTO welcome (source, last_ns) VALUES (?, ?)",
	[STATEMENT_PART] = "DELETE FROM welcome WHERE last_ns < ?",
	[STATEMENT_WELCOMED] = "SELECT * FROM (SELECT source, last_ns FROM welcome ORDER BY last_ns DESC LIMIT ?)"
			       " ORDER BY last_ns",
	[STATEMENT_BEGIN] = "BEGIN IMMEDIATE",
	[STATEMENT_COMMIT] = "COMMIT",
};

/* "GATE": file(1) and we can tell it from other programs' files. Version 1 is the first. */
#define STORE_APPLICATION 0x47415445
#define STORE_VERSION 1

static const char store_schema[] = "BEGIN IMMEDIATE;"
				   "CREATE TABLE ban ("
				   " target TEXT PRIMARY KEY,"
				   " action TEXT NOT NULL,"
				   " shadow INTEGER NOT NULL,"
				   " evidence INTEGER NOT NULL CHECK (evidence BETWEEN 0 AND 5),"
				   " offences INTEGER NOT NULL CHECK (offences BETWEEN 0 AND 4294967295),"
				   " since_ns INTEGER NOT NULL CHECK (since_ns >= 0)," /* since 1970 */
				   " until_ns INTEGER CHECK (until_ns >= 0)," /* NULL: until further notice */
				   " rule TEXT NOT NULL,"
				   " reason TEXT NOT NULL,"
				   " origin TEXT NOT NULL"
				   ") STRICT, WITHOUT ROWID;"
				   "CREATE INDEX ban_until ON ban (until_ns);"
				   "CREATE TABLE allowed ("
				   " prefix TEXT PRIMARY KEY,"
				   " comment TEXT NOT NULL"
				   ") STRICT, WITHOUT ROWID;"
				   "PRAGMA application_id = 0x47415445;"
				   "PRAGMA user_version = 1;"
				   "COMMIT;";

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

/* Came later than version 1; whoever does not know it leaves it alone. */
static const char store_schema_later[] = "CREATE TABLE IF NOT EXISTS welcome ("
					 " source INTEGER PRIMARY KEY," /* as in bpf/gatepost.h, signed */
					 " last_ns INTEGER NOT NULL CHECK (last_ns >= 0)" /* since 1970 */
					 ") STRICT";

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
static int store_check(sqlite3 *db, const char *path, struct fault *fault)
{
	sqlite3_int64 tables, application, version;
	bool whole = false;
	int err = store_ask(db, "SELECT count(*) FROM sqlite_schema", &tables);

	if (!err && !tables)
		err = store_error(sqlite3_exec(db, store_schema, NULL, NULL, NULL));
	if (!err)
		err = store_ask(db, "PRAGMA application_id", &application);
	if (!err)
		err = store_ask(db, "PRAGMA user_version", &version);
	if (!err)
		err = store_is_whole(db, &whole);
	if (err)
		return fault_set(fault, -err, "%s: %s", path, sqlite3_errmsg(db));
	if (application != STORE_APPLICATION)
		return fault_set(fault, EPROTO, "%s: belongs to another program", path);
	if (version != STORE_VERSION)
		return fault_set(fault, EPROTO,
				 "%s: made by another version of gatepost (schema %lld, this one has %d)", path,
				 (long long)version, STORE_VERSION);
	if (whole && sqlite3_exec(db, store_schema_later, NULL, NULL, NULL))
		return fault_set(fault, EIO, "%s: %s", path, sqlite3_errmsg(db));
	return whole ? 0 : fault_set(fault, EBADMSG, "%s: its tables are damaged", path);
}

static int store_connect(sqlite3 **ret_db, const char *path, struct fault *fault)
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
		err = store_check(db, path, fault);
	if (err) {
		sqlite3_close(db);
		return err;
	}
	*ret_db = db;
	return 0;
}

/* Called with the words about the damage in `fault`; puts into it what was done about it. */
static int store_start_over(sqlite3 **ret_db, const char *path, struct fault *fault)
{
	char aside[ASIDE_PATH_BYTES];
	int err = aside_move(path, aside);

	if (err)
		return fault_set(fault, -err, "%s: damaged, and cannot be moved aside: %s", path, strerror(-err));
	err = store_connect(ret_db, path, fault);
	if (!err)
		fault_set(fault, EBADMSG, "%s: damaged; kept as %s, started anew without the bans of before", path,
			  aside);
	return err;
}

static int store_prepare(struct store *store)
{
	int i, code;

	for (i = 0; i < STATEMENT_MAX; i++) {
		code = sqlite3_prepare_v3(store->db, statement_text[i], -1, SQLITE_PREPARE_PERSISTENT,
					  &store->statement[i], NULL);
		if (code != SQLITE_OK)
			return store_error(code);
	}
	return 0;
}

int store_open(struct store **ret_store, const char *path, struct fault *fault)
{
	struct store *store = calloc(1, sizeof(*store));
	int err;

	if (fault)
		memset(fault, 0, sizeof(*fault));
	if (!store)
		return fault_set(fault, ENOMEM, "no memory for the store");
	err = store_connect(&store->db, path, fault);
	if (err == -EBADMSG)
		err = store_start_over(&store->db, path, fault);
	if (!err) {
		err = store_prepare(store);
		if (err)
			fault_set(fault, -err, "%s: %s", path, sqlite3_errmsg(store->db));
	}
	if (err) {
		store_free(store);
		return err;
	}
	*ret_store = store;
	return 0;
}

void store_free(struct store *store)
{
	int i;

	if (!store)
		return;
	if (store->statement[STATEMENT_COMMIT])
		store_commit(store);
	for (i = 0; i < STATEMENT_MAX; i++)
		sqlite3_finalize(store->statement[i]);
	sqlite3_close(store->db);
	free(store);
}

/* Run a statement that returns no rows. Its texts were bound without a copy, so they are let go of here. */
static int store_run(sqlite3_stmt *statement)
{
	int code = sqlite3_step(statement);

	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	return code == SQLITE_DONE ? 0 : store_error(code);
}

/* Like store_run, within the gathering transaction. */
int store_write(struct store *store, enum statement which)
{
	int err = sqlite3_get_autocommit(store->db) ? store_run(store->statement[STATEMENT_BEGIN]) : 0;

	if (!err)
		return store_run(store->statement[which]);
	sqlite3_clear_bindings(store->statement[which]);
	return err;
}

static void bind_text(sqlite3_stmt *statement, int column, const char *text)
{
	sqlite3_bind_text(statement, column, text, -1, SQLITE_STATIC);
}

int store_ban(struct store *store, const struct ban *ban)
{
	sqlite3_stmt *statement = store->statement[STATEMENT_BAN];
	char target[ADDR_TEXT_BYTES];

	bind_text(statement, 1, prefix_text(&ban->target, target));
	bind_text(statement, 2, action_text(ban->action));
	sqlite3_bind_int(statement, 3, ban->shadow);
	sqlite3_bind_int(statement, 4, ban->evidence);
	sqlite3_bind_int64(statement, 5, ban->offences);
	sqlite3_bind_int64(statement, 6, (sqlite3_int64)ban->since_ns);
	/* NULL is never smaller than a time: what has no end is never forgotten. */
	if (ban->until_ns <= INT64_MAX)
		sqlite3_bind_int64(statement, 7, (sqlite3_int64)ban->until_ns);
	bind_text(statement, 8, ban->rule);
	bind_text(statement, 9, ban->reason);
	bind_text(statement, 10, ban->origin);
	return store_write(store, STATEMENT_BAN);
}

static int store_remove(struct store *store, enum statement which, const struct prefix *prefix)
{
	char text[ADDR_TEXT_BYTES];

	bind_text(store->statement[which], 1, prefix_text(prefix, text));
	return store_write(store, which);
}

int store_unban(struct store *store, const struct prefix *target)
{
	return store_remove(store, STATEMENT_UNBAN, target);
}

int store_allow(struct store *store, const struct prefix *prefix, const char *comment)
{
	char text[ADDR_TEXT_BYTES];

	bind_text(store->statement[STATEMENT_ALLOW], 1, prefix_text(prefix, text));
	bind_text(store->statement[STATEMENT_ALLOW], 2, comment ? comment : "");
	return store_write(store, STATEMENT_ALLOW);
}

int store_disallow(struct store *store, const struct prefix *prefix)
{
	return store_remove(store, STATEMENT_DISALLOW, prefix);
}

int store_commit(struct store *store)
{
	return sqlite3_get_autocommit(store->db) ? 0 : store_run(store->statement[STATEMENT_COMMIT]);
}

int store_forget(struct store *store, uint64_t ended_before_ns)
{
	uint64_t before_ns = ended_before_ns <= INT64_MAX ? ended_before_ns : INT64_MAX;

	sqlite3_bind_int64(store->statement[STATEMENT_FORGET], 1, (sqlite3_int64)before_ns);
	return store_write(store, STATEMENT_FORGET);
}

static const char *column_text(sqlite3_stmt *row, int column)
{
	const unsigned char *text = sqlite3_column_text(row, column);

	return text ? (const char *)text : "";
}

static int ban_read(sqlite3_stmt *row, struct ban *ret_ban)
{
	struct ban ban = {0};

	if (prefix_parse(column_text(row, 0), &ban.target) || action_parse(column_text(row, 1), &ban.action) ||
	    (ban.action != ACTION_BAN && ban.action != ACTION_LIMIT))
		return -EINVAL;
	ban.shadow = sqlite3_column_int(row, 2) != 0;
	ban.evidence = (uint8_t)sqlite3_column_int(row, 3);
	ban.offences = (uint32_t)sqlite3_column_int64(row, 4);
	ban.since_ns = (uint64_t)sqlite3_column_int64(row, 5);
	ban.until_ns = sqlite3_column_type(row, 6) == SQLITE_NULL ? UINT64_MAX : (uint64_t)sqlite3_column_int64(row, 6);
	snprintf(ban.rule, sizeof(ban.rule), "%s", column_text(row, 7));
	snprintf(ban.reason, sizeof(ban.reason), "%s", column_text(row, 8));
	snprintf(ban.origin, sizeof(ban.origin), "%s", column_text(row, 9));
	*ret_ban = ban;
	return 0;
}

int store_bans(struct store *store, void (*each)(void *context, const struct ban *ban), void *context)
{
	sqlite3_stmt *row = store->statement[STATEMENT_BANS];
	int code, senseless = 0;

	while ((code = sqlite3_step(row)) == SQLITE_ROW) {
		struct ban ban;

		if (ban_read(row, &ban))
			senseless++;
		else
			each(context, &ban);
	}
	sqlite3_reset(row);
	return code == SQLITE_DONE ? senseless : store_error(code);
}

int store_allowed(struct store *store, void (*each)(void *context, const struct prefix *prefix, const char *comment),
		  void *context)
{
	sqlite3_stmt *row = store->statement[STATEMENT_ALLOWED];
	int code, senseless = 0;

	while ((code = sqlite3_step(row)) == SQLITE_ROW) {
		struct prefix prefix;

		if (prefix_parse(column_text(row, 0), &prefix))
			senseless++;
		else
			each(context, &prefix, column_text(row, 1));
	}
	sqlite3_reset(row);
	return code == SQLITE_DONE ? senseless : store_error(code);
}
