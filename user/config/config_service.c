/* SPDX-License-Identifier: BSD-2-Clause */
/* A service is every one of its ports on every one of its servers; without servers, on every address. */
#include "user/config/config_service.h"

#include <errno.h>
#include <string.h>

#include "user/config/config_digits.h"
#include "user/config/config_keys.h"

#define ADDRESS_BITS 128
#define V4_MAPPED_BITS 96
#define MX_PORT 25

struct server_list {
	struct server_settings server[SETTINGS_SERVERS_MAX];
	uint32_t count;
};

/* ---- interfaces -------------------------------------------------------------------------------------------------- */

int config_interface_read(struct settings *settings, const char *name, const struct config_items *items, size_t first,
			  size_t end, struct fault *fault)
{
	const struct config_item *begin = config_items_at(items, first);
	struct interface_settings interface;
	const size_t length = strlen(begin->title);
	int result = 0;

	memset(&interface, 0, sizeof(interface));
	if (settings->interfaces == SETTINGS_INTERFACES_MAX)
		return fault_set_at(fault, EINVAL, name, begin->line, "more than %d interfaces",
				    SETTINGS_INTERFACES_MAX);
	if (!length || length >= sizeof(interface.name) || strpbrk(begin->title, "/ :\"'"))
		return fault_set_at(fault, EINVAL, name, begin->line, "'%.32s' is not the name of an interface",
				    begin->title);
	memcpy(interface.name, begin->title, length);
	config_fall_back(config_interface_keys, &interface);
	for (size_t i = first + 1; i < end && !result; i++)
		result = config_set(config_interface_keys, &interface, name, config_items_at(items, i), fault);
	if (!result)
		settings->interface[settings->interfaces++] = interface;
	return result;
}

/* ---- services ---------------------------------------------------------------------------------------------------- */

static void clear_host_bits(struct server_settings *server)
{
	for (unsigned int i = server->bits; i < ADDRESS_BITS; i++)
		server->address.byte[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
}

/* "192.0.2.0/24", "2001:db8::25", down to single addresses of either family. */
static int server_parse(const char *text, struct server_settings *server)
{
	const char *slash = strchr(text, '/');
	const size_t length = slash ? (size_t)(slash - text) : strlen(text);
	char address[ADDR_TEXT_BYTES];
	uint64_t bits = ADDRESS_BITS;

	if (length >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, length);
	address[length] = '\0';
	if (addr_parse(address, &server->address))
		return -EINVAL;
	if (slash) {
		slash++;
		if (digits_whole(&slash, &bits) || *slash || bits > ADDRESS_BITS)
			return -EINVAL;
		if (addr_is_v4(&server->address) && !strchr(address, ':'))
			bits += V4_MAPPED_BITS;
	}
	if (!bits || bits > ADDRESS_BITS || (addr_is_v4(&server->address) && bits < V4_MAPPED_BITS))
		return -EINVAL;
	server->bits = (uint8_t)bits;
	clear_host_bits(server);
	return 0;
}

static int server_read(struct server_list *servers, const char *name, const struct config_item *item,
		       struct fault *fault)
{
	if (!item->value)
		return 0; /* an empty list: every address */
	if (servers->count == SETTINGS_SERVERS_MAX)
		return fault_set_at(fault, EINVAL, name, item->line, "more than %d servers", SETTINGS_SERVERS_MAX);
	if (server_parse(item->value, &servers->server[servers->count]))
		return fault_set_at(fault, EINVAL, name, item->line,
				    "'servers' wants addresses or prefixes such as 192.0.2.0/24, got '%.64s'",
				    item->value);
	servers->count++;
	return 0;
}

static int port_parse(const char *name, const struct config_item *item, uint16_t *ret_port, struct fault *fault)
{
	const char *text = item->value ? item->value : "";
	uint64_t port;

	if (digits_whole(&text, &port) || *text || !port || port > UINT16_MAX)
		return fault_set_at(fault, EINVAL, name, item->line,
				    "'ports' wants numbers from 1 to 65535, got '%.64s'",
				    item->value ? item->value : "{}");
	if (port == MX_PORT)
		return fault_set_at(fault, EINVAL, name, item->line,
				    "port 25 carries mail between servers, and those are never judged");
	*ret_port = (uint16_t)port;
	return 0;
}

static int settings_add_server(struct settings *settings, const char *name, unsigned int line,
			       const struct server_settings *server, struct fault *fault)
{
	for (uint32_t i = 0; i < settings->servers; i++) {
		const struct server_settings *other = &settings->server[i];

		if (other->port == server->port && other->bits == server->bits &&
		    !memcmp(&other->address, &server->address, sizeof(other->address)))
			return fault_set_at(fault, EINVAL, name, line, "port %u is %s already", server->port,
					    service_text((enum gp_service)other->service));
	}
	if (settings->servers == SETTINGS_SERVERS_MAX)
		return fault_set_at(fault, EINVAL, name, line, "more than %d pairs of server and port",
				    SETTINGS_SERVERS_MAX);
	settings->server[settings->servers++] = *server;
	return 0;
}

/* One port on all the servers. */
static int settings_add_port(struct settings *settings, const char *name, unsigned int line, uint16_t port,
			     enum gp_service service, struct server_list *servers, struct fault *fault)
{
	int result = 0;

	for (uint32_t i = 0; i < servers->count && !result; i++) {
		servers->server[i].port = port;
		servers->server[i].service = (uint8_t)service;
		result = settings_add_server(settings, name, line, &servers->server[i], fault);
	}
	return result;
}

int config_service_read(struct settings *settings, const char *name, const struct config_items *items, size_t first,
			size_t end, struct fault *fault)
{
	const struct config_item *begin = config_items_at(items, first), *item;
	struct server_list servers;
	enum gp_service service;
	bool has_ports = false;
	uint16_t port = 0;
	int result = 0;

	memset(&servers, 0, sizeof(servers));
	if (service_parse(begin->title, &service))
		return fault_set_at(fault, EINVAL, name, begin->line,
				    "a service is imap, imaps, pop3, pop3s, submission or submissions, not '%.64s'",
				    begin->title);
	for (size_t i = first + 1; i < end && !result; i++)
		if (!strcmp((item = config_items_at(items, i))->key, "servers"))
			result = server_read(&servers, name, item, fault);
	if (!servers.count)
		servers.count = 1; /* all zero: every address */
	for (size_t i = first + 1; i < end && !result; i++) {
		item = config_items_at(items, i);
		if (strcmp(item->key, "ports"))
			continue;
		has_ports = true;
		result = port_parse(name, item, &port, fault);
		if (!result)
			result = settings_add_port(settings, name, item->line, port, service, &servers, fault);
	}
	if (!result && !has_ports)
		result =
			settings_add_port(settings, name, begin->line, service_port(service), service, &servers, fault);
	return result;
}

void config_services_fall_back(struct settings *settings)
{
	settings->servers = 0;
	for (unsigned int service = GP_SERVICE_NONE + 1; service < GP_SERVICE_MAX; service++)
		settings->server[settings->servers++] = (struct server_settings){
			.port = service_port((enum gp_service)service), .service = (uint8_t)service};
}

/* ---- written back ------------------------------------------------------------------------------------------------ */

static void print_server(const struct server_settings *server, const char *before, FILE *file)
{
	const unsigned int offset = addr_is_v4(&server->address) ? V4_MAPPED_BITS : 0;
	char text[ADDR_TEXT_BYTES];

	fprintf(file, "%s\"%s/%u\"", before, addr_text(&server->address, text), server->bits - offset);
}

static void print_service(const struct server_settings *server, uint32_t count, FILE *file)
{
	const char *before = "\tservers = {";

	fprintf(file, "\nservice \"%s\" {\n\tports = {%u", service_text((enum gp_service)server->service),
		server->port);
	for (uint32_t i = 1; i < count; i++)
		if (server[i].port != server[i - 1].port)
			fprintf(file, ", %u", server[i].port);
	fputs("}\n", file);
	for (uint32_t i = 0; i < count && server[i].port == server->port && server->bits; i++, before = ", ")
		print_server(&server[i], before, file);
	fputs(server->bits ? "}\n}\n" : "}\n", file);
}

void config_services_print(const struct settings *settings, FILE *file)
{
	uint32_t first = 0, end;

	for (; first < settings->servers; first = end) {
		for (end = first + 1; end < settings->servers; end++)
			if (settings->server[end].service != settings->server[first].service)
				break;
		print_service(&settings->server[first], end - first, file);
	}
}
