/* SPDX-License-Identifier: BSD-2-Clause */
/* The native stand-in for the kernel's prefix tries: a sorted array a prefix length. Lookups ask each length that is
 * in use, longest first; additions move memory, which a list that people maintain never notices. */
#ifndef GATEPOST_NATIVE_TRIE_H
#define GATEPOST_NATIVE_TRIE_H

#include <stddef.h>
#include <stdint.h>

#include "bpf/gatepost.h"

struct native_trie;

/* Keys are a __u32 count of leading bits and key_bytes - 4 bytes of them. -ENOMEM */
int native_trie_new(struct native_trie **ret_trie, size_t key_bytes, uint32_t capacity);
void native_trie_free(struct native_trie *trie);
int native_trie_put(struct native_trie *trie, const void *key, const struct gp_prefix_ban *value); /* -ENOSPC -EINVAL */
int native_trie_remove(struct native_trie *trie, const void *key); /* -ENOENT */
struct gp_prefix_ban *native_trie_find(const struct native_trie *trie, const void *key); /* longest match, NULL */
int native_trie_next(const struct native_trie *trie, const void *key, void *ret_key); /* -ENOENT */

#endif
