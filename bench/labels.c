/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/labels.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS 22

static void copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from);
}

/* The next field, unquoted (RFC 4180; no quotes within quotes). */
static char *field_next(char **rest)
{
	char *field = *rest, *end;

	if (!field || *field != '"')
		return strsep(rest, ",");
	end = strchr(++field, '"');
	if (!end)
		return NULL;
	*end = '\0';
	*rest = end[1] == ',' ? end + 2 : NULL;
	return field;
}

static int row_parse(struct label_row *row, char *line)
{
	char *column[COLUMNS] = {0}, *rest = line;
	size_t count = 0;

	line[strcspn(line, "\r\n")] = '\0';
	while (count < COLUMNS && (column[count] = field_next(&rest)))
		count++;
	if (count != COLUMNS || addr_parse(column[1], &row->client) || addr_parse(column[3], &row->server))
		return -EBADMSG;
	copy(row->pcap, sizeof(row->pcap), column[0]);
	row->client_port = (uint16_t)atoi(column[2]);
	row->server_port = (uint16_t)atoi(column[4]);
	copy(row->software, sizeof(row->software), column[5]);
	copy(row->service, sizeof(row->service), column[6]);
	row->starttls = column[7][0] == '1';
	copy(row->outcomes, sizeof(row->outcomes), column[9]);
	copy(row->tool, sizeof(row->tool), column[11]);
	copy(row->tls, sizeof(row->tls), column[14]);
	copy(row->handshake, sizeof(row->handshake), column[17]);
	copy(row->profile, sizeof(row->profile), column[21]);
	copy(row->read, sizeof(row->read), "-");
	return 0;
}

static int labels_read(struct labels *labels, FILE *file)
{
	char *line = NULL;
	size_t size = 0;
	int error = 0;

	while (!error && getline(&line, &size, file) > 0) {
		struct label_row row = {0}, *rows;

		if (!strncmp(line, "pcap,", 5))
			continue;
		error = row_parse(&row, line);
		rows = error ? NULL : realloc(labels->row, (labels->count + 1) * sizeof(*rows));
		if (!rows)
			continue;
		labels->row = rows;
		labels->row[labels->count++] = row;
	}
	free(line);
	return error;
}

int labels_load(struct labels *ret_labels, const char *path)
{
	struct labels labels = {0};
	FILE *file = fopen(path, "re");
	int error;

	if (!file)
		return -errno;
	error = labels_read(&labels, file);
	fclose(file);
	if (error)
		labels_free(&labels);
	else
		*ret_labels = labels;
	return error;
}

void labels_free(struct labels *labels)
{
	free(labels->row);
	*labels = (struct labels){0};
}

void labels_forget(struct labels *labels)
{
	for (size_t i = 0; i < labels->count; i++)
		strcpy(labels->row[i].read, "-");
}
