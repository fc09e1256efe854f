/* SPDX-License-Identifier: BSD-2-Clause */
/* gatepost run and gatepost detach. */
#include <getopt.h>
#include <stdio.h>

#include "user/config/config.h"
#include "user/adapters/log.h"
#include "user/cmd/cmd.h"
#include "user/daemon/daemon.h"

int cmd_run(int argc, char **argv)
{
	static const struct option options[] = {{"config", required_argument, NULL, 'c'},
						{"interface", required_argument, NULL, 'i'},
						{"detach-on-exit", no_argument, NULL, 'd'},
						{"verbose", no_argument, NULL, 'v'},
						{0}};
	struct daemon_options wanted = {0};
	struct daemon *daemon = NULL;
	struct fault fault = {0};
	int option, error;

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
	error = daemon_new(&daemon, &wanted, &fault);
	if (error)
		return cmd_fail(&fault, error);
	error = daemon_run(daemon);
	daemon_free(daemon);
	return error ? EXIT_NOT_FOUND : EXIT_OK;
}

int cmd_detach(int argc, char **argv)
{
	static const struct option options[] = {{"config", required_argument, NULL, 'c'}, {0}};
	struct settings *settings = NULL;
	const char *config = NULL;
	struct fault fault = {0};
	int option, error;

	while ((option = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
		if (option != 'c')
			return cmd_usage("usage: gatepost detach [--config FILE]");
		config = optarg;
	}
	error = config_load(config, &settings, &fault);
	if (!error)
		error = datapath_detach(settings->pin_dir, &fault);
	config_free(settings);
	return error ? cmd_fail(&fault, error) : EXIT_OK;
}
