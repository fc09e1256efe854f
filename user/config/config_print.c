/* SPDX-License-Identifier: BSD-2-Clause */
/* One file with everything in it, rules and allow list included: what a reader sees is what is in force. */
#include "user/config/config_print.h"

#include <stdlib.h>
#include <string.h>

#include "user/config/config.h"
#include "user/config/config_fleet.h"
#include "user/config/config_keys.h"
#include "user/config/config_rule.h"
#include "user/config/config_service.h"

void config_print_text(const char *text, FILE *file)
{
	static const char bare[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:/%-";
	const char quote = strchr(text, '"') ? '\'' : '"';

	/* "//" would begin a comment */
	if (*text && text[strspn(text, bare)] == '\0' && !strstr(text, "//"))
		fputs(text, file);
	else
		fprintf(file, "%c%s%c", quote, text, quote);
}

void config_print_keys(const struct config_key *keys, const char *section, const void *base, const char *indent,
		       FILE *file)
{
	char text[CONFIG_VALUE_BYTES];

	for (; keys->key; keys++) {
		struct sentence sentence = sentence_start(text, sizeof(text));

		if (strcmp(keys->section, section))
			continue;
		keys->kind->print(keys, (const char *)base + keys->offset, &sentence);
		fprintf(file, "%s%s = ", indent, keys->key);
		config_print_text(text, file);
		fputc('\n', file);
	}
}

static void print_sections(const struct config_draft *draft, FILE *file)
{
	const char *last = "";

	for (const struct config_key *key = config_keys; key->key; key++) {
		if (!strcmp(key->section, last))
			continue;
		last = key->section;
		fprintf(file, "\n%s {\n", last);
		config_print_keys(config_keys, last, draft, "\t", file);
		if (!strcmp(last, "fleet"))
			config_sentinels_print(&draft->settings.fleet, file);
		fputs("}\n", file);
	}
	config_peers_print(&draft->settings.fleet, file);
}

static void print_allow(const struct settings *settings, FILE *file)
{
	char text[ADDR_TEXT_BYTES];

	fputs("\nallow = {", file);
	for (uint32_t i = 0; i < settings->allowed; i++)
		fprintf(file, "%s\n\t\"%s\"", i ? "," : "", prefix_text(&settings->allow[i], text));
	fputs(settings->allowed ? "\n}\n" : "}\n", file);
}

void config_print(const struct settings *settings, FILE *file)
{
	struct config_draft *draft = calloc(1, sizeof(*draft));

	if (!draft)
		return;
	draft->settings = *settings;
	/* rules_file and allow_file stay empty: what they brought follows in place */
	config_print_keys(config_keys, "", draft, "", file);
	for (uint32_t i = 0; i < settings->interfaces; i++) {
		fprintf(file, "\ninterface \"%s\" {\n", settings->interface[i].name);
		config_print_keys(config_interface_keys, "interface", &settings->interface[i], "\t", file);
		fputs("}\n", file);
	}
	config_services_print(settings, file);
	print_sections(draft, file);
	print_allow(settings, file);
	for (uint32_t i = 0; i < settings->rules.count; i++)
		config_rule_print(&settings->rules.rule[i], file);
	free(draft);
}
