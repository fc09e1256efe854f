/* SPDX-License-Identifier: BSD-2-Clause */
/* gatepost run and gatepost detach. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/adapters/log.h"
#include "user/config/config.h"
#include "user/cmd/cmd.h"
#include "user/daemon/daemon.h"

static int run_daemon(const struct daemon_options *wanted)
{
	struct daemon *daemon = NULL;
	struct fault fault = {0};
	int error = daemon_new(&daemon, wanted, &fault);

	if (error)
		return cmd_fail(&fault, error);
	error = daemon_run(daemon);
	daemon_free(daemon);
	return error ? EXIT_NOT_FOUND : EXIT_OK;
}

static int detach(const char *config)
{
	struct settings *settings = NULL;
	struct fault fault = {0};
	int error = config_load(config, &settings, &fault);

	if (!error)
		error = datapath_detach(settings->pin_dir, &fault);
	config_free(settings);
	return error ? cmd_fail(&fault, error) : EXIT_OK;
}

/* The daemon gives up its privileges and could not take itself off the interfaces, so somebody stays behind for that:
 * this process, which does nothing else, and does it however the daemon ends. */
static int run_and_detach(const struct daemon_options *wanted)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	sigset_t mask;
	pid_t child;
	int status = 0, number;

	sigemptyset(&mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaddset(&mask, signals[i]);
	sigaddset(&mask, SIGCHLD);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	child = fork();
	if (child < 0) {
		fprintf(stderr, "gatepost: cannot start: %s\n", strerror(errno));
		return EXIT_NOT_FOUND;
	}
	if (!child) {
		setpgid(0, 0); /* a terminal's Ctrl-C reaches it once, through us */
		sigprocmask(SIG_UNBLOCK, &mask, NULL);
		_exit(run_daemon(wanted));
	}
	while (waitpid(child, &status, WNOHANG) == 0)
		if (!sigwait(&mask, &number) && number != SIGCHLD)
			kill(child, number);
	number = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_NOT_FOUND;
	/* Refused, perhaps because another gatepost runs here: what is there is not ours. */
	if (WIFEXITED(status) && number != EXIT_OK)
		return number;
	status = detach(wanted->config);
	return number ? number : status;
}

int cmd_run(int argc, char **argv)
{
	static const struct option options[] = {{"config", required_argument, NULL, 'c'},
						{"interface", required_argument, NULL, 'i'},
						{"detach-on-exit", no_argument, NULL, 'd'},
						{"verbose", no_argument, NULL, 'v'},
						{0}};
	struct daemon_options wanted = {0};
	int option;

	while ((option = getopt_long(argc, argv, "c:i:dv", options, NULL)) != -1) {
		if (option == 'c')
			wanted.config = optarg;
		else if (option == 'i')
			wanted.interface = optarg;
		else if (option == 'd')
			wanted.detach_on_exit = true;
		else if (option == 'v')
			log_level(LOG_LEVEL_DEBUG);
		else
			return cmd_usage("usage: gatepost run [--config FILE] [--interface NAME] [--detach-on-exit] "
					 "[--verbose]");
	}
	return wanted.detach_on_exit ? run_and_detach(&wanted) : run_daemon(&wanted);
}

int cmd_detach(int argc, char **argv)
{
	static const struct option options[] = {{"config", required_argument, NULL, 'c'}, {0}};
	const char *config = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
		if (option != 'c')
			return cmd_usage("usage: gatepost detach [--config FILE]");
		config = optarg;
	}
	return detach(config);
}
