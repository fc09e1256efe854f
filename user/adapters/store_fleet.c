/* SPDX-License-Identifier: BSD-2-Clause */
/* SQLite like store.c, with the journal and the durability explained there. */
#include "user/adapters/store_fleet.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "user/adapters/aside.h"
#include "user/core/duration.h"

#define BUSY_MS 100

enum statement { KEEP, FORGET, CLOCK, EACH, AHEAD, BEGIN, COMMIT, STATEMENTS };

static const char *const statement_text[STATEMENTS] = {
	[KEEP] = "INSERT INTO own (target, bits, unban, entry, floor_us, sent, decided_ns, until_ns) "
		 "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (target, bits, unban) DO UPDATE SET "
		 "entry = ?4, floor_us = ?5, sent = ?6, until_ns = ?8, "
		 /* it was decided once; only another one is decided now */
		 "decided_ns = CASE WHEN sent < ?6 THEN decided_ns ELSE ?7 END",
	[FORGET] = "DELETE FROM own WHERE until_ns < ?1",
	[CLOCK] = "INSERT OR REPLACE INTO clock (id, ahead_us) VALUES (0, ?1)",
	[EACH] = "SELECT entry, floor_us, sent, decided_ns FROM own ORDER BY sent DESC, decided_ns",
	[AHEAD] = "SELECT ahead_us FROM clock",
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
};

static const char schema[] =
	"CREATE TABLE IF NOT EXISTS own ("
	" target INTEGER NOT NULL, bits INTEGER NOT NULL, unban INTEGER NOT NULL,"
	" entry BLOB NOT NULL," /* as it is signed: docs/fleet.md */
	" floor_us INTEGER NOT NULL,"
	" sent INTEGER NOT NULL,"
	" decided_ns INTEGER NOT NULL,"
	" until_ns INTEGER NOT NULL,"
	" PRIMARY KEY (target, bits, unban)"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX IF NOT EXISTS own_until ON own (until_ns);"
	"CREATE TABLE IF NOT EXISTS clock (id INTEGER PRIMARY KEY, ahead_us INTEGER NOT NULL) STRICT;"
	"PRAGMA application_id = 0x47415446;" /* "GATF" */
	"PRAGMA user_version = 1;";

struct fleet_store {
	sqlite3 *db;
	sqlite3_stmt *statement[STATEMENTS];
};

static int error_of(int code)
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
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_PERM:
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
		return -EACCES;
	default:
		return -EIO;
	}
}

static int open_whole(struct fleet_store *store, const char *path)
{
	int code = sqlite3_open_v2(path, &store->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
				   NULL);

	if (code == SQLITE_OK) {
		sqlite3_busy_timeout(store->db, BUSY_MS);
		code = sqlite3_exec(
			store->db,
			"PRAGMA trusted_schema = OFF; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL", NULL,
			NULL, NULL);
	}
	if (code == SQLITE_OK)
		code = sqlite3_exec(store->db, schema, NULL, NULL, NULL);
	for (int i = 0; i < STATEMENTS && code == SQLITE_OK; i++)
		code = sqlite3_prepare_v3(store->db, statement_text[i], -1, SQLITE_PREPARE_PERSISTENT,
					  &store->statement[i], NULL);
	return error_of(code);
}

static void close_all(struct fleet_store *store)
{
	for (int i = 0; i < STATEMENTS; i++) {
		sqlite3_finalize(store->statement[i]);
		store->statement[i] = NULL;
	}
	sqlite3_close(store->db);
	store->db = NULL;
}

int fleet_store_open(struct fleet_store **ret_store, const char *path, struct fault *fault)
{
	struct fleet_store *store = calloc(1, sizeof(*store));
	char aside[ASIDE_PATH_BYTES];
	int error = store ? open_whole(store, path) : -ENOMEM;

	memset(fault, 0, sizeof(*fault));
	if (error == -EBADMSG) {
		close_all(store);
		error = aside_move(path, aside);
		if (!error)
			error = open_whole(store, path);
		if (!error)
			fault_set(fault, EBADMSG, "%s: damaged; kept as %s, started anew without what was untold", path,
				  aside);
	}
	if (error) {
		fault_set(fault, -error, "%s: %s", path,
			  store && store->db ? sqlite3_errmsg(store->db) : strerror(-error));
		if (store)
			close_all(store);
		free(store);
		return error;
	}
	*ret_store = store;
	return 0;
}

void fleet_store_free(struct fleet_store *store)
{
	if (!store)
		return;
	fleet_store_commit(store);
	close_all(store);
	free(store);
}

static int run(sqlite3_stmt *statement)
{
	const int code = sqlite3_step(statement);

	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	return error_of(code);
}

static int write(struct fleet_store *store, enum statement which)
{
	const int error = sqlite3_get_autocommit(store->db) ? run(store->statement[BEGIN]) : 0;

	if (!error)
		return run(store->statement[which]);
	sqlite3_clear_bindings(store->statement[which]);
	return error;
}

int fleet_store_keep(struct fleet_store *store, const struct entry *entry, bool sent, uint64_t decided_ns)
{
	sqlite3_stmt *statement = store->statement[KEEP];
	uint8_t bytes[ENTRY_BYTES_MAX];
	const size_t length = entry_encode(entry, bytes);

	sqlite3_bind_int64(statement, 1, (sqlite3_int64)entry->target.source);
	sqlite3_bind_int(statement, 2, entry->target.bits);
	sqlite3_bind_int(statement, 3, entry->kind == ENTRY_UNBAN);
	sqlite3_bind_blob(statement, 4, bytes, (int)length, SQLITE_TRANSIENT);
	sqlite3_bind_int64(statement, 5, (sqlite3_int64)entry->floor_us);
	sqlite3_bind_int(statement, 6, sent);
	sqlite3_bind_int64(statement, 7, (sqlite3_int64)decided_ns);
	sqlite3_bind_int64(statement, 8, (sqlite3_int64)(decided_ns + entry->for_us * 1000));
	return write(store, KEEP);
}

int fleet_store_forget(struct fleet_store *store, uint64_t ended_before_ns)
{
	sqlite3_bind_int64(store->statement[FORGET], 1, (sqlite3_int64)ended_before_ns);
	return write(store, FORGET);
}

int fleet_store_clock(struct fleet_store *store, int64_t ahead_us)
{
	sqlite3_bind_int64(store->statement[CLOCK], 1, ahead_us);
	return write(store, CLOCK);
}

int fleet_store_commit(struct fleet_store *store)
{
	return sqlite3_get_autocommit(store->db) ? 0 : run(store->statement[COMMIT]);
}

static bool row_read(sqlite3_stmt *row, struct entry *ret_entry)
{
	const void *bytes = sqlite3_column_blob(row, 0);
	const int length = sqlite3_column_bytes(row, 0);

	if (!bytes || entry_decode(bytes, (size_t)length, ret_entry) != (size_t)length)
		return false;
	ret_entry->floor_us = (uint64_t)sqlite3_column_int64(row, 1);
	return true;
}

int fleet_store_each(struct fleet_store *store, fleet_store_each_fn each, void *context)
{
	sqlite3_stmt *row = store->statement[EACH];
	struct entry entry;
	int code, senseless = 0;

	while ((code = sqlite3_step(row)) == SQLITE_ROW) {
		if (row_read(row, &entry))
			each(context, &entry, sqlite3_column_int(row, 2) != 0, (uint64_t)sqlite3_column_int64(row, 3));
		else
			senseless++;
	}
	sqlite3_reset(row);
	return code == SQLITE_DONE ? senseless : error_of(code);
}

int64_t fleet_store_ahead_us(struct fleet_store *store)
{
	sqlite3_stmt *row = store->statement[AHEAD];
	const int64_t ahead_us = sqlite3_step(row) == SQLITE_ROW ? sqlite3_column_int64(row, 0) : 0;

	sqlite3_reset(row);
	return ahead_us;
}
