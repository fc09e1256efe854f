/* SPDX-License-Identifier: BSD-2-Clause */
/* The sources from which somebody logged in. Only a right password makes a row, so hostile traffic cannot fill the
 * disk. */
#include "user/adapters/store_state.h"

#include <errno.h>

static sqlite3_int64 time_of(uint64_t ns)
{
	return (sqlite3_int64)(ns <= INT64_MAX ? ns : INT64_MAX);
}

int store_welcome(struct store *store, uint64_t source, uint64_t last_ns)
{
	sqlite3_bind_int64(store->statement[STATEMENT_WELCOME], 1, (sqlite3_int64)source);
	sqlite3_bind_int64(store->statement[STATEMENT_WELCOME], 2, time_of(last_ns));
	return store_write(store, STATEMENT_WELCOME);
}

int store_part(struct store *store, uint64_t before_ns)
{
	sqlite3_bind_int64(store->statement[STATEMENT_PART], 1, time_of(before_ns));
	return store_write(store, STATEMENT_PART);
}

int store_welcomed(struct store *store, uint32_t most, void (*each)(void *context, uint64_t source, uint64_t last_ns),
		   void *context)
{
	sqlite3_stmt *row = store->statement[STATEMENT_WELCOMED];
	int code;

	sqlite3_bind_int64(row, 1, most);
	while ((code = sqlite3_step(row)) == SQLITE_ROW)
		each(context, (uint64_t)sqlite3_column_int64(row, 0), (uint64_t)sqlite3_column_int64(row, 1));
	sqlite3_reset(row);
	return code == SQLITE_DONE ? 0 : store_error(code);
}
