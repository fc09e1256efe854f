/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/replay/progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "user/core/duration.h"

#define BAR_CELLS 16

struct line {
	char *text;
	size_t length, size;
};

__attribute__((format(printf, 2, 3))) static void put(struct line *line, const char *format, ...)
{
	va_list values;
	int length;

	va_start(values, format);
	length = vsnprintf(line->text + line->length, line->size - line->length, format, values);
	va_end(values);
	if (length > 0)
		line->length += (size_t)length;
	if (line->length >= line->size)
		line->length = line->size - 1;
}

/* 999, 1.2 k, 12 k, 3.4 M. */
static void put_count(struct line *line, uint64_t count)
{
	static const char unit[][3] = {"", " k", " M", " G", " T", " P"};
	double value = (double)count;
	size_t i = 0;

	for (; value >= 999.5 && i + 1 < sizeof(unit) / sizeof(unit[0]); i++)
		value /= 1000;
	put(line, i && value < 9.95 ? "%.1f%s" : "%.0f%s", value, unit[i]);
}

/* In the unit of the larger of the two. */
static void put_bytes(struct line *line, const struct progress *progress)
{
	static const char unit[][4] = {"B", "KiB", "MiB", "GiB", "TiB"};
	uint64_t most = progress->total_bytes > progress->read_bytes ? progress->total_bytes : progress->read_bytes;
	double scale = 1;
	size_t i = 0;

	for (; most >= 1024 && i + 1 < sizeof(unit) / sizeof(unit[0]); i++, most /= 1024)
		scale *= 1024;
	put(line, i ? "%.1f" : "%.0f", (double)progress->read_bytes / scale);
	if (progress->total_bytes)
		put(line, i ? " of %.1f" : " of %.0f", (double)progress->total_bytes / scale);
	put(line, " %s", unit[i]);
}

static void put_bar(struct line *line, double share)
{
	char bar[BAR_CELLS + 1];

	memset(bar, '-', BAR_CELLS);
	memset(bar, '#', (size_t)(share * BAR_CELLS));
	bar[BAR_CELLS] = '\0';
	put(line, "[%s] %3.0f %%  ", bar, share * 100);
}

static void put_left(struct line *line, uint64_t seconds)
{
	if (seconds < 3600)
		put(line, "  %llu:%02llu left", (unsigned long long)seconds / 60, (unsigned long long)seconds % 60);
	else
		put(line, "  %llu h %02llu left", (unsigned long long)seconds / 3600,
		    (unsigned long long)seconds % 3600 / 60);
}

const char *progress_text(const struct progress *progress, char *text, size_t size)
{
	const double elapsed_s = (double)progress->elapsed_ns / NS_PER_S;
	struct line line = {.text = text, .size = size};
	double share = 0;

	if (progress->total_bytes && progress->read_bytes <= progress->total_bytes)
		share = (double)progress->read_bytes / (double)progress->total_bytes;
	if (progress->total_bytes)
		put_bar(&line, share);
	put_bytes(&line, progress);
	put(&line, "  ");
	put_count(&line, progress->packets);
	put(&line, " packets");
	if (elapsed_s > 0) {
		put(&line, "  ");
		put_count(&line, (uint64_t)((double)progress->packets / elapsed_s));
		put(&line, "/s");
	}
	if (share > 0)
		put_left(&line, (uint64_t)(elapsed_s * (1 - share) / share));
	return text;
}
