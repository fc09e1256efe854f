/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/adapters/interface.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/ethtool.h>
#include <linux/genetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* linux/netdev.h, since Linux 6.3: not among Debian 12's headers, whose kernel may be newer than they are. */
#define NETDEV_FAMILY "netdev"
#define NETDEV_CMD_DEV_GET 1
#define NETDEV_A_DEV_IFINDEX 1
#define NETDEV_A_DEV_XDP_FEATURES 3
#define NETDEV_XDP_ACT_BASIC 1
#define NETDEV_XDP_ACT_RX_SG 32

/* ---- ethtool ----------------------------------------------------------------------------------------------------- */
static int ask(int sock, const char name[IFNAMSIZ], unsigned long request, struct ifreq *ifreq)
{
	memcpy(ifreq->ifr_name, name, IFNAMSIZ);
	return ioctl(sock, request, ifreq) ? -errno : 0;
}

static int ask_ethtool(int sock, const char name[IFNAMSIZ], void *command)
{
	struct ifreq ifreq = {.ifr_data = command};

	return ask(sock, name, SIOCETHTOOL, &ifreq);
}

static void read_state(int sock, struct interface_facts *facts)
{
	struct ifreq ifreq = {0};

	if (!ask(sock, facts->name, SIOCGIFMTU, &ifreq))
		facts->mtu = (uint32_t)ifreq.ifr_mtu;
	if (!ask(sock, facts->name, SIOCGIFFLAGS, &ifreq))
		facts->is_up = ifreq.ifr_flags & IFF_UP;
}

static void read_driver(int sock, struct interface_facts *facts)
{
	struct ethtool_drvinfo driver = {.cmd = ETHTOOL_GDRVINFO};

	if (!ask_ethtool(sock, facts->name, &driver))
		memcpy(facts->driver, driver.driver, sizeof(facts->driver) - 1);
}

static void read_queues(int sock, struct interface_facts *facts)
{
	struct ethtool_channels channels = {.cmd = ETHTOOL_GCHANNELS};

	if (ask_ethtool(sock, facts->name, &channels))
		return;
	facts->queues = channels.rx_count + channels.combined_count;
	facts->queues_max = channels.max_rx + channels.max_combined;
}

/* How many names the kernel has for offloads: they are numbered by their place in that list. */
static uint32_t offloads(int sock, const char name[IFNAMSIZ])
{
	struct ethtool_sset_info *sets = calloc(1, sizeof(*sets) + sizeof(sets->data[0]));
	uint32_t count = 0;

	if (!sets)
		return 0;
	sets->cmd = ETHTOOL_GSSET_INFO;
	sets->sset_mask = 1ULL << ETH_SS_FEATURES;
	if (!ask_ethtool(sock, name, sets) && sets->sset_mask)
		count = sets->data[0];
	free(sets);
	return count;
}

static bool is_on(const struct ethtool_gfeatures *values, const struct ethtool_gstrings *names, const char *offload)
{
	for (uint32_t i = 0; i < names->len; i++)
		if (!strncmp((const char *)names->data + i * ETH_GSTRING_LEN, offload, ETH_GSTRING_LEN))
			return values->features[i / 32].active >> i % 32 & 1;
	return false;
}

static void read_offloads(int sock, struct interface_facts *facts)
{
	uint32_t count = offloads(sock, facts->name), blocks = (count + 31) / 32;
	struct ethtool_gstrings *names = calloc(1, sizeof(*names) + (size_t)count * ETH_GSTRING_LEN);
	struct ethtool_gfeatures *values = calloc(1, sizeof(*values) + blocks * sizeof(values->features[0]));

	if (names && values && count) {
		*names = (struct ethtool_gstrings){ETHTOOL_GSTRINGS, ETH_SS_FEATURES, count};
		*values = (struct ethtool_gfeatures){ETHTOOL_GFEATURES, blocks};
		if (!ask_ethtool(sock, facts->name, names) && !ask_ethtool(sock, facts->name, values)) {
			facts->lro = is_on(values, names, "rx-lro");
			facts->gro_hw = is_on(values, names, "rx-gro-hw");
			facts->rx_vlan = is_on(values, names, "rx-vlan-hw-parse");
		}
	}
	free(names);
	free(values);
}

/* ---- netlink ----------------------------------------------------------------------------------------------------- */
struct question {
	struct mnl_socket *sock;
	uint32_t sequence;
	/* What the answer holds; the one attribute that each question is about. */
	uint16_t wanted;
	bool found;
	uint64_t value;
};

static int on_attribute(const struct nlattr *attribute, void *context)
{
	struct question *question = context;

	if (mnl_attr_get_type(attribute) != question->wanted)
		return MNL_CB_OK;
	question->found = true;
	question->value = mnl_attr_get_payload_len(attribute) == sizeof(uint64_t) ? mnl_attr_get_u64(attribute)
										  : mnl_attr_get_u16(attribute);
	return MNL_CB_STOP;
}

static int on_answer(const struct nlmsghdr *message, void *context)
{
	mnl_attr_parse(message, sizeof(struct genlmsghdr), on_attribute, context);
	return MNL_CB_OK;
}

static struct nlmsghdr *question_begin(struct question *question, void *buffer, uint16_t family, uint8_t command,
				       uint8_t version)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct genlmsghdr *head;

	message->nlmsg_type = family;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	message->nlmsg_seq = ++question->sequence;
	head = mnl_nlmsg_put_extra_header(message, sizeof(*head));
	head->cmd = command;
	head->version = version;
	return message;
}

/* The value of the attribute in the answer, or false. */
static bool question_ask(struct question *question, struct nlmsghdr *message, uint16_t wanted, uint64_t *ret_value)
{
	char buffer[MNL_SOCKET_BUFFER_SIZE];
	int more = 1;
	ssize_t length;

	question->wanted = wanted;
	question->found = false;
	if (mnl_socket_sendto(question->sock, message, message->nlmsg_len) < 0)
		return false;
	while (more > 0) {
		length = mnl_socket_recvfrom(question->sock, buffer, sizeof(buffer));
		if (length < 0)
			return false;
		more = mnl_cb_run(buffer, (size_t)length, question->sequence, mnl_socket_get_portid(question->sock),
				  on_answer, question);
	}
	*ret_value = question->value;
	return question->found;
}

static bool ask_xdp_features(struct question *question, int ifindex, uint64_t *ret_features)
{
	char buffer[MNL_SOCKET_BUFFER_SIZE];
	struct nlmsghdr *message = question_begin(question, buffer, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);
	uint64_t family;

	mnl_attr_put_strz(message, CTRL_ATTR_FAMILY_NAME, NETDEV_FAMILY);
	if (!question_ask(question, message, CTRL_ATTR_FAMILY_ID, &family))
		return false;
	message = question_begin(question, buffer, (uint16_t)family, NETDEV_CMD_DEV_GET, 1);
	mnl_attr_put_u32(message, NETDEV_A_DEV_IFINDEX, (uint32_t)ifindex);
	return question_ask(question, message, NETDEV_A_DEV_XDP_FEATURES, ret_features);
}

static void read_xdp_features(int ifindex, struct interface_facts *facts)
{
	struct question question = {.sock = mnl_socket_open(NETLINK_GENERIC)};
	uint64_t features;

	if (!question.sock)
		return;
	if (!mnl_socket_bind(question.sock, 0, MNL_SOCKET_AUTOPID) && ask_xdp_features(&question, ifindex, &features)) {
		facts->native = features & NETDEV_XDP_ACT_BASIC ? TOLD_YES : TOLD_NO;
		facts->frags = features & NETDEV_XDP_ACT_RX_SG ? TOLD_YES : TOLD_NO;
	}
	mnl_socket_close(question.sock);
}

int interface_read(const char *name, struct interface_facts *ret_facts, struct fault *fault)
{
	struct interface_facts facts = {0};
	int ifindex = (int)if_nametoindex(name);
	int sock;

	if (!ifindex || strlen(name) >= sizeof(facts.name))
		return fault_set(fault, ENODEV, "there is no interface '%s'", name);
	sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sock < 0)
		return fault_set(fault, errno, "%s cannot be asked: %s", name, strerror(errno));
	strcpy(facts.name, name);
	read_state(sock, &facts);
	read_driver(sock, &facts);
	read_queues(sock, &facts);
	read_offloads(sock, &facts);
	close(sock);
	read_xdp_features(ifindex, &facts);
	*ret_facts = facts;
	return 0;
}
