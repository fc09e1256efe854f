/* SPDX-License-Identifier: BSD-2-Clause */
/* Bad input loses nothing: a damaged database is kept beside the new one, not deleted. */
#ifndef GATEPOST_ASIDE_H
#define GATEPOST_ASIDE_H

#define ASIDE_PATH_BYTES 512

/* Rename `path` to the first free of path.damaged-1, -2, ..., written to `ret_aside`. SQLite's journal goes along: with
 * it, sqlite3's .recover may still save what is in the file. -EEXIST: enough are kept already; -ENAMETOOLONG. */
int aside_move(const char *path, char ret_aside[ASIDE_PATH_BYTES]);

#endif
