/* SPDX-License-Identifier: BSD-2-Clause */
/* The subcommands. Each is called with its own argv[0] and returns the exit code of the program. */
#ifndef GATEPOST_CMD_H
#define GATEPOST_CMD_H

#include "user/core/fault.h"

enum exit_code {
	EXIT_OK,
	EXIT_NOT_FOUND, /* or a warning */
	EXIT_USAGE,
	EXIT_NO_DAEMON,
	EXIT_DENIED,
	EXIT_GUARDRAIL,
};

struct cmd {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *arguments;
	const char *what;
};

int cmd_run(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_detach(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_synth(int argc, char **argv);
int cmd_calibrate(int argc, char **argv);
int cmd_import(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_key(int argc, char **argv);
int cmd_ask(int argc, char **argv); /* every command that the daemon answers */

/* "gatepost: " and the words of the fault, on standard error. Returns the exit code for `error` (-errno). */
int cmd_fail(const struct fault *fault, int error);
int cmd_usage(const char *usage);

#endif
