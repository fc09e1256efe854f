/* SPDX-License-Identifier: BSD-2-Clause */
/* Three tables in one file (store_file.h). Targets and actions are stored as words, so that
 * `sqlite3 gatepost.db 'select * from ban'` can be read by a person at night. */
#include "user/adapters/store_state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* Came later than version 1; whoever does not know it leaves it alone. */
static const char store_schema_later[] = "CREATE TABLE IF NOT EXISTS welcome ("
					 " source INTEGER PRIMARY KEY," /* as in bpf/gatepost.h, signed */
					 " last_ns INTEGER NOT NULL CHECK (last_ns >= 0)" /* since 1970 */
					 ") STRICT";

int store_open(struct store **ret_store, const char *path, struct fault *fault)
{
	static const struct store_file file = {store_schema, store_schema_later, 0x47415445 /* "GATE" */, 1,
					       "the bans of before"};
	struct store *store = calloc(1, sizeof(*store));
	int err;

	if (!store)
		return fault_set(fault, ENOMEM, "no memory for the store");
	err = store_file_open(&store->db, path, &file, statement_text, STATEMENT_MAX, store->statement, fault);
	if (err) {
		store_free(store);
		return err;
	}
	*ret_store = store;
	return 0;
}

void store_free(struct store *store)
{
	if (!store)
		return;
	if (store->statement[STATEMENT_COMMIT])
		store_commit(store);
	store_file_close(store->db, store->statement, STATEMENT_MAX);
	free(store);
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
