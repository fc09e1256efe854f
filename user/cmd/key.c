/* SPDX-License-Identifier: BSD-2-Clause */
/* gatepost key: this node's signing key, made if there is none, and shown as the others are to write it down. */
#include <getopt.h>
#include <stdio.h>

#include "user/adapters/secret_sign.h"
#include "user/cmd/cmd.h"
#include "user/config/config.h"

static int show(const struct settings *settings, struct fault *fault)
{
	const char *file = settings->fleet.key_file;
	char path[2 * SETTINGS_PATH_BYTES], text[SIGN_KEY_TEXT_BYTES];
	struct signing_key *key;
	int error;

	snprintf(path, sizeof(path), "%s%s%s", *file == '/' ? "" : settings->state_dir, *file == '/' ? "" : "/", file);
	error = signing_key_new(&key, path, true, fault);
	if (error)
		return error;
	printf("peer \"%s\" { key = %s }\n", settings->fleet.node[0] ? settings->fleet.node : "NAME",
	       public_key_text(signing_key_public(key), text));
	signing_key_free(key);
	return 0;
}

int cmd_key(int argc, char **argv)
{
	static const struct option options[] = {{"config", required_argument, NULL, 'c'}, {0}};
	const char *config = NULL;
	struct settings *settings;
	struct fault fault = {0};
	int option, error;

	while ((option = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
		if (option != 'c')
			return cmd_usage("gatepost key [--config FILE]");
		config = optarg;
	}
	if (optind < argc)
		return cmd_usage("gatepost key [--config FILE]");
	error = config_load(config, &settings, &fault);
	if (error)
		return cmd_fail(&fault, error);
	error = show(settings, &fault);
	config_free(settings);
	return error ? cmd_fail(&fault, error) : EXIT_OK;
}
