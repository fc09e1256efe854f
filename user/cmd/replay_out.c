/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/replay_out.h"

#include <errno.h>
#include <string.h>

#define STDOUT_BYTES (64 << 10)

bool replay_out_has_form(const char *form)
{
	return !strcmp(form, "json") || !strcmp(form, "csv") || !strcmp(form, "table");
}

bool replay_out_is_table(const struct replay_out *out)
{
	return out->form ? !strcmp(out->form, "table") : out->directory.path != NULL;
}

static void write_stdout(void *stream, const void *bytes, size_t size)
{
	fwrite_unlocked(bytes, 1, size, stream);
}

static int open_lines(struct replay_out *out, struct replay *replay)
{
	const bool is_csv = out->form && !strcmp(out->form, "csv");
	struct replay_listener listener = print_lines_listener(&out->lines);

	out->lines = (struct print_lines){
		.to = {stdout, write_stdout},
		.text = is_csv ? line_text_csv : line_text_json,
		.enforce = replay_settings(replay)->enforce,
	};
	if (is_csv)
		line_text_csv_head(&out->lines.to);
	return replay_listen(replay, &listener);
}

/* The directory counts already. */
static int open_tally(struct replay_out *out, struct replay *replay)
{
	const struct settings *settings = replay_settings(replay);
	struct replay_listener listener;
	int error =
		tally_new(&out->tally, settings->judge.sources_max, &settings->rules, settings->enforce, NULL, NULL);

	if (error)
		return error;
	listener = tally_listener(out->tally);
	return replay_listen(replay, &listener);
}

static int open_table(struct replay_out *out, struct replay *replay)
{
	struct replay_listener listener = print_table_listener(&out->table);
	int error = out->made ? 0 : open_tally(out, replay);

	out->table = (struct print_table){
		.out = stdout,
		.tally = out->made ? directory_tally(out->made) : out->tally,
		.enforce = replay_settings(replay)->enforce,
	};
	return error ? error : replay_listen(replay, &listener);
}

int replay_out_open(struct replay_out *out, struct replay *replay, struct fault *fault)
{
	int error = out->directory.path ? directory_new(&out->made, &out->directory, replay, fault) : 0;

	if (error)
		return error;
	setvbuf(stdout, NULL, _IOFBF, STDOUT_BYTES);
	error = replay_out_is_table(out) ? open_table(out, replay) : open_lines(out, replay);
	return error ? fault_set(fault, -error, "%s", strerror(-error)) : 0;
}

static int draw(const struct directory *directory, struct fault *fault)
{
	int error = directory_draw(directory, fault);

	if (error != -ENOENT)
		return error;
	fprintf(stderr, "gatepost: %s: the plots are not drawn; their tables and scripts (.gp) are there\n",
		fault->text);
	return 0;
}

int replay_out_close(struct replay_out *out, struct fault *fault)
{
	int error;

	errno = EIO; /* of a write long ago */
	if (fflush(stdout) || ferror(stdout))
		return fault_set(fault, errno, "standard output: not all could be written: %s", strerror(errno));
	if (!out->made)
		return 0;
	error = directory_close(out->made, fault);
	return error ? error : draw(out->made, fault);
}

void replay_out_free(struct replay_out *out)
{
	directory_free(out->made);
	tally_free(out->tally);
}
