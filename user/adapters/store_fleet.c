/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/adapters/store_fleet.h"

#include <errno.h>
#include <stdlib.h>

#include "user/adapters/store_file.h"

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

static const char schema[] = "BEGIN IMMEDIATE;"
			     "CREATE TABLE own ("
			     " target INTEGER NOT NULL, bits INTEGER NOT NULL, unban INTEGER NOT NULL,"
			     " entry BLOB NOT NULL," /* as it is signed: docs/fleet.md */
			     " floor_us INTEGER NOT NULL,"
			     " sent INTEGER NOT NULL,"
			     " decided_ns INTEGER NOT NULL,"
			     " until_ns INTEGER NOT NULL,"
			     " PRIMARY KEY (target, bits, unban)"
			     ") STRICT, WITHOUT ROWID;"
			     "CREATE INDEX own_until ON own (until_ns);"
			     "CREATE TABLE clock (id INTEGER PRIMARY KEY, ahead_us INTEGER NOT NULL) STRICT;"
			     "PRAGMA application_id = 0x47415446;"
			     "PRAGMA user_version = 1;"
			     "COMMIT;";

struct fleet_store {
	sqlite3 *db;
	sqlite3_stmt *statement[STATEMENTS];
};

int fleet_store_open(struct fleet_store **ret_store, const char *path, struct fault *fault)
{
	static const struct store_file file = {schema, NULL, 0x47415446 /* "GATF" */, 1, "what was untold"};
	struct fleet_store *store = calloc(1, sizeof(*store));
	int error;

	if (!store)
		return fault_set(fault, ENOMEM, "no memory for the store");
	error = store_file_open(&store->db, path, &file, statement_text, STATEMENTS, store->statement, fault);
	if (error) {
		fleet_store_free(store);
		return error;
	}
	*ret_store = store;
	return 0;
}

void fleet_store_free(struct fleet_store *store)
{
	if (!store)
		return;
	if (store->statement[COMMIT])
		fleet_store_commit(store);
	store_file_close(store->db, store->statement, STATEMENTS);
	free(store);
}

static int write(struct fleet_store *store, enum statement which)
{
	const int error = sqlite3_get_autocommit(store->db) ? store_run(store->statement[BEGIN]) : 0;

	if (!error)
		return store_run(store->statement[which]);
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
	return sqlite3_get_autocommit(store->db) ? 0 : store_run(store->statement[COMMIT]);
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
	return code == SQLITE_DONE ? senseless : store_error(code);
}

int64_t fleet_store_ahead_us(struct fleet_store *store)
{
	sqlite3_stmt *row = store->statement[AHEAD];
	const int64_t ahead_us = sqlite3_step(row) == SQLITE_ROW ? sqlite3_column_int64(row, 0) : 0;

	sqlite3_reset(row);
	return ahead_us;
}
