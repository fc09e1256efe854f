/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/config/config_fleet.h"

#include <errno.h>
#include <string.h>

/* ---- addresses --------------------------------------------------------------------------------------------------- */

static int address_read(const struct config_key *key, const char *text, void *field)
{
	(void)key;
	return fleet_address_parse(text, field);
}

static void address_print(const struct config_key *key, const void *field, struct sentence *sentence)
{
	const struct fleet_address *address = field;

	(void)key;
	sentence_add(sentence, "%s", address->text);
}

static void address_expect(const struct config_key *key, struct sentence *sentence)
{
	(void)key;
	sentence_add(sentence, "192.0.2.1:6379, [2001:db8::1]:6379 or the path of a socket, no name");
}

const struct config_kind config_fleet_address = {address_read, address_print, address_expect};

int config_sentinel_read(struct fleet_settings *fleet, const char *name, const struct config_item *item,
			 struct fault *fault)
{
	if (!item->value)
		return 0;
	if (fleet->sentinels == FLEET_SENTINELS_MAX)
		return fault_set_at(fault, EINVAL, name, item->line, "more than %d sentinels", FLEET_SENTINELS_MAX);
	if (fleet_address_parse(item->value, &fleet->sentinel[fleet->sentinels]))
		return fault_set_at(fault, EINVAL, name, item->line,
				    "'sentinels' wants addresses such as 192.0.2.1:26379, got '%.64s'", item->value);
	fleet->sentinels++;
	return 0;
}

/* ---- peers ------------------------------------------------------------------------------------------------------- */

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int key_parse(const char *text, uint8_t key[PUBLIC_KEY_BYTES])
{
	if (strlen(text) != 2 * PUBLIC_KEY_BYTES)
		return -EINVAL;
	for (size_t i = 0; i < PUBLIC_KEY_BYTES; i++) {
		const int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return -EINVAL;
		key[i] = (uint8_t)(high << 4 | low);
	}
	return 0;
}

int config_peer_read(struct fleet_settings *fleet, const char *name, const struct config_items *items, size_t first,
		     size_t end, struct fault *fault)
{
	const struct config_item *begin = config_items_at(items, first);
	const struct config_item *item = end > first + 1 ? config_items_at(items, first + 1) : NULL;
	struct fleet_node *peer = &fleet->peer[fleet->peers];

	if (fleet->peers == FLEET_PEERS_MAX)
		return fault_set_at(fault, EINVAL, name, begin->line, "more than %d peers", FLEET_PEERS_MAX);
	if (!fleet_is_node_name(begin->title))
		return fault_set_at(fault, EINVAL, name, begin->line,
				    "'%.40s' is no name of a node: letters, digits, '.', '_', '-', at most %d",
				    begin->title, FLEET_NODE_BYTES - 1);
	if (!item)
		return fault_set_at(fault, EINVAL, name, begin->line, "peer \"%s\" wants its key", begin->title);
	if (key_parse(item->value, peer->key))
		return fault_set_at(fault, EINVAL, name, item->line,
				    "'key' wants 64 digits 0-9a-f, as `gatepost key` shows them, got '%.70s'",
				    item->value);
	memset(peer->name, 0, sizeof(peer->name));
	strcpy(peer->name, begin->title);
	fleet->peers++;
	return 0;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static int check_peers(const struct fleet_settings *fleet, const char *name, struct fault *fault)
{
	for (uint32_t i = 0; i < fleet->peers; i++) {
		if (!strcmp(fleet->peer[i].name, fleet->node))
			return fault_set_at(fault, EINVAL, name, 0, "peer \"%s\" is this node itself", fleet->node);
		for (uint32_t n = 0; n < i; n++)
			if (!memcmp(fleet->peer[i].key, fleet->peer[n].key, PUBLIC_KEY_BYTES))
				return fault_set_at(fault, EINVAL, name, 0, "peers \"%s\" and \"%s\" have the same key",
						    fleet->peer[n].name, fleet->peer[i].name);
	}
	return 0;
}

int config_fleet_check(const struct fleet_settings *fleet, const char *name, struct fault *fault)
{
	if (!fleet->share)
		return 0;
	if (!fleet_is_node_name(fleet->node))
		return fault_set_at(
			fault, EINVAL, name, 0,
			"fleet: 'node' wants the name of this node: letters, digits, '.', '_', '-', got '%s'",
			fleet->node);
	if (!fleet_is_node_name(fleet->name))
		return fault_set_at(fault, EINVAL, name, 0,
				    "fleet: 'name' wants letters, digits, '.', '_', '-', got '%s'", fleet->name);
	if (!fleet->sentinels != !fleet->sentinel_master[0])
		return fault_set_at(fault, EINVAL, name, 0, "fleet: 'sentinels' and 'sentinel_master' belong together");
	if (fleet->user[0] && !fleet->password_file[0])
		return fault_set_at(fault, EINVAL, name, 0, "fleet: 'user' wants a 'password_file'");
	if (fleet->sentinel_user[0] && !fleet->sentinel_password_file[0])
		return fault_set_at(fault, EINVAL, name, 0, "fleet: 'sentinel_user' wants a 'sentinel_password_file'");
	if (!fleet->tls_certificate_file[0] != !fleet->tls_key_file[0])
		return fault_set_at(fault, EINVAL, name, 0,
				    "fleet: 'tls_certificate_file' and 'tls_key_file' belong together");
	return check_peers(fleet, name, fault);
}

void config_sentinels_print(const struct fleet_settings *fleet, FILE *file)
{
	fputs("\tsentinels = {", file);
	for (uint32_t i = 0; i < fleet->sentinels; i++)
		fprintf(file, "%s\"%s\"", i ? ", " : "", fleet->sentinel[i].text);
	fputs("}\n", file);
}

void config_peers_print(const struct fleet_settings *fleet, FILE *file)
{
	for (uint32_t i = 0; i < fleet->peers; i++) {
		fprintf(file, "\npeer \"%s\" {\n\tkey = ", fleet->peer[i].name);
		for (size_t n = 0; n < PUBLIC_KEY_BYTES; n++)
			fprintf(file, "%02x", fleet->peer[i].key[n]);
		fputs("\n}\n", file);
	}
}
