/* SPDX-License-Identifier: BSD-2-Clause */
/* `gatepost replay --out DIR`: all that a replay found, as files: attempts.jsonl, flows.jsonl, decisions.jsonl, the
 * frames with their verdicts (annotated.pcapng), tables to plot (over_time.tsv, time_to_ban.tsv) and, when all of these
 * are whole, summary.json with the hash of each. No clock of the machine is in any of them: the same frames and the
 * same configuration give the same bytes. */
#ifndef GATEPOST_DIRECTORY_H
#define GATEPOST_DIRECTORY_H

#include "user/replay/replay.h"
#include "user/results/tally.h"

struct directory;

struct directory_options {
	const char *path; /* is made if it is not there; must be empty */
	const char *const *files; /* that are read, NULL at the end */
	const char *profiles; /* as in replay_options */
};

/* Listens to `replay`, which must outlive it. -EEXIST (there is something in it), -EACCES, -ENOTDIR, -ENOMEM, ... */
int directory_new(struct directory **ret_directory, const struct directory_options *options, struct replay *replay,
		  struct fault *fault);
const struct tally *directory_tally(const struct directory *directory); /* owned by it */
/* One file more, whole; what goes wrong is told by directory_close. Nothing else has its name. */
int directory_file(void *directory, const char *name, const char *text, size_t length);
/* After replay_end: writes what is known only then, closes all. -ENOSPC, -EIO, ...: of the first file that is not
 * whole; then there is no summary.json. */
int directory_close(struct directory *directory, struct fault *fault);
/* After directory_close: every script to a PNG and an SVG. -ENOENT: there is no gnuplot; -EIO: it failed. */
int directory_draw(const struct directory *directory, struct fault *fault);
void directory_free(struct directory *directory);

#endif
