/* SPDX-License-Identifier: BSD-2-Clause */
/* The syntax of the configuration, and the only file that knows libconfuse: a text becomes a flat list of settings,
 * each with its line. What they mean is decided elsewhere. */
#ifndef GATEPOST_CONFIG_SYNTAX_H
#define GATEPOST_CONFIG_SYNTAX_H

#include <stdbool.h>
#include <stddef.h>

#include "user/core/fault.h"

/* A setting that may appear. Rows of one section stand together. */
struct config_grammar {
	const char *section; /* "": outside of all sections */
	const char *key;
	bool list; /* key = {a, b} */
	bool titled; /* section "title" { ... }, any number of them */
};

struct config_item {
	const char *section;
	const char *title; /* NULL: the section has none */
	const char *key; /* NULL: the section itself begins; its settings follow */
	const char *value; /* a list is one item for each value, or one with NULL when it is empty */
	unsigned int line;
};

struct config_items;

/* `name` stands in the faults. -EINVAL, -ENOMEM */
int config_items_new(struct config_items **ret_items, const char *name, const char *text,
		     const struct config_grammar *grammar, size_t rows, struct fault *fault);
void config_items_free(struct config_items *items);
size_t config_items_count(const struct config_items *items);
const struct config_item *config_items_at(const struct config_items *items, size_t index);

#endif
