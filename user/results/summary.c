/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/results/summary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/adapters/classify.h"
#include "user/adapters/sum.h"
#include "user/config/config.h"
#include "user/version.h"

static const char *sum_of_config(const struct settings *settings, char text[SUM_TEXT_BYTES])
{
	struct sum *sum;
	size_t size = 0;
	char *printed = NULL;
	FILE *file = open_memstream(&printed, &size);

	text[0] = '\0';
	if (!file)
		return text;
	config_print(settings, file);
	fclose(file);
	if (!sum_new(&sum)) {
		sum_add(sum, printed, size);
		sum_text(sum, text);
		sum_free(sum);
	}
	free(printed);
	return text;
}

static json_t *files_of(const struct directory_options *options)
{
	json_t *files = json_array();

	for (const char *const *file = options->files; *file; file++)
		json_array_append_new(files, json_string(basename(*file)));
	return files;
}

/* What `sha256sum NAME...` prints of the files, and the sum of that. */
static json_t *written_of(json_t *written)
{
	char all[SUM_TEXT_BYTES] = "", line[SUM_TEXT_BYTES + 256];
	const char *name;
	json_t *hash;
	struct sum *sum;

	if (sum_new(&sum))
		return NULL;
	json_object_foreach(written, name, hash)
		sum_add(sum, line, (size_t)snprintf(line, sizeof(line), "%s  %s\n", json_string_value(hash), name));
	sum_text(sum, all);
	sum_free(sum);
	return json_pack("{s:s, s:O}", "sha256", all, "files", written);
}

char *summary_text(const json_t *totals, const struct settings *settings, const struct directory_options *options,
		   json_t *written)
{
	char config[SUM_TEXT_BYTES], *text = NULL, *dump;
	json_t *summary = json_copy((json_t *)totals);

	json_object_set_new(summary, "mode", json_string(settings->enforce ? "enforce" : "observe"));
	json_object_set_new(summary, "versions",
			    json_pack("{s:s, s:s}", "gatepost", GATEPOST_VERSION, "ndpi", classifier_version()));
	json_object_set_new(summary, "config_sha256", json_string(sum_of_config(settings, config)));
	json_object_set_new(summary, "profiles", json_string(options->profiles ? options->profiles : "embedded"));
	json_object_set_new(summary, "read", files_of(options));
	json_object_set_new(summary, "written", written_of(written));
	dump = json_dumps(summary, JSON_INDENT(2));
	if (dump && asprintf(&text, "%s\n", dump) < 0)
		text = NULL;
	free(dump);
	json_decref(summary);
	return text;
}
