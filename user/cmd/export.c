/* SPDX-License-Identifier: BSD-2-Clause */
/* gatepost export: who is banned, in the words of other programs. Limits and shadows are left out: the others would
 * drop what here is only slowed down or watched. And who is allowed, as another edge's allow_file. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "user/cmd/cmd.h"
#include "user/cmd/ask.h"

struct form {
	const char *name;
	void (*begin)(void);
	void (*row)(const char *target, bool v6, long long left_s); /* left_s 0: until further notice */
};

static void cidr_row(const char *target, bool v6, long long left_s)
{
	(void)left_s;
	printf("%s%s\n", target, strchr(target, '/') ? "" : v6 ? "/128" : "/32");
}

static void cidr_begin(void)
{
}

/* `nft -f`: sets of a table of its own; a rule with `ip saddr @banned4 drop` is the reader's. */
static void nft_begin(void)
{
	puts("add table inet gatepost\n"
	     "add set inet gatepost banned4 { type ipv4_addr; flags interval, timeout; }\n"
	     "add set inet gatepost banned6 { type ipv6_addr; flags interval, timeout; }\n"
	     "flush set inet gatepost banned4\n"
	     "flush set inet gatepost banned6");
}

static void nft_row(const char *target, bool v6, long long left_s)
{
	printf("add element inet gatepost banned%d { %s", v6 ? 6 : 4, target);
	if (left_s)
		printf(" timeout %llds", left_s);
	puts(" }");
}

/* `ipset restore` */
static void ipset_begin(void)
{
	puts("create gatepost4 hash:net family inet maxelem 1048576 timeout 0 -exist\n"
	     "create gatepost6 hash:net family inet6 maxelem 1048576 timeout 0 -exist\n"
	     "flush gatepost4\n"
	     "flush gatepost6");
}

#define IPSET_TIMEOUT_MAX 2147483 /* ipset(8) */

static void ipset_row(const char *target, bool v6, long long left_s)
{
	printf("add gatepost%d %s timeout %lld -exist\n", v6 ? 6 : 4, target,
	       left_s > IPSET_TIMEOUT_MAX ? IPSET_TIMEOUT_MAX : left_s);
}

static const struct form forms[] = {
	{"cidr", cidr_begin, cidr_row},
	{"nft", nft_begin, nft_row},
	{"ipset", ipset_begin, ipset_row},
};

static void print_ban(const struct form *form, const json_t *ban)
{
	const char *target = json_string_value(json_object_get(ban, "source"));
	const char *action = json_string_value(json_object_get(ban, "action"));
	const json_t *left = json_object_get(ban, "left_s");
	long long left_s = json_is_integer(left) ? (long long)json_integer_value(left) : 0;

	if (!target || !action || strcmp(action, "ban") || json_is_true(json_object_get(ban, "shadow")))
		return;
	if (json_is_integer(left) && !left_s)
		left_s = 1; /* less than a second is not for ever */
	form->row(target, strchr(target, ':') != NULL, left_s);
}

static bool print_bans(void *context, const json_t *answer)
{
	const json_t *ban;
	size_t n;

	json_array_foreach(json_object_get(answer, "bans"), n, ban) print_ban(context, ban);
	return false;
}

/* The names in it are other people's: nothing that a terminal would obey, no line of its own. */
static void print_comment(const char *comment)
{
	for (; *comment; comment++)
		putchar((unsigned char)*comment < ' ' || *comment == 127 ? ' ' : *comment);
}

static bool print_allowed(void *context, const json_t *answer)
{
	const json_t *entry;
	size_t n;

	(void)context;
	json_array_foreach(json_object_get(answer, "allowed"), n, entry)
	{
		const char *prefix = json_string_value(json_object_get(entry, "prefix"));
		const char *comment = json_string_value(json_object_get(entry, "comment"));

		if (!prefix)
			continue;
		printf("%s%s", prefix, comment && *comment ? " # " : "");
		print_comment(comment ? comment : "");
		putchar('\n');
	}
	return false;
}

static const struct form *form_named(const char *name)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (!strcmp(forms[i].name, name))
			return &forms[i];
	return NULL;
}

static int export_bans(const char *socket, const struct form *form)
{
	json_t *request = json_pack("{s:s}", "command", "bans");
	int error;

	form->begin();
	error = control_ask(socket, request, print_bans, (void *)form);
	json_decref(request);
	return error ? ask_failed(socket, error) : EXIT_OK;
}

static int export_allowed(const char *socket)
{
	json_t *request = json_pack("{s:s}", "command", "allow");
	int error = control_ask(socket, request, print_allowed, NULL);

	json_decref(request);
	return error ? ask_failed(socket, error) : EXIT_OK;
}

int cmd_export(int argc, char **argv)
{
	static const struct option options[] = {{"socket", required_argument, NULL, 's'}, {0}};
	static const char usage[] = "gatepost export cidr|nft|ipset|allow";
	const char *socket = ask_socket();
	const struct form *form;
	int option;

	while ((option = getopt_long(argc, argv, "s:", options, NULL)) != -1) {
		if (option != 's')
			return cmd_usage(usage);
		socket = optarg;
	}
	if (optind + 1 != argc)
		return cmd_usage(usage);
	if (!strcmp(argv[optind], "allow"))
		return export_allowed(socket);
	form = form_named(argv[optind]);
	return form ? export_bans(socket, form) : cmd_usage(usage);
}
