/* SPDX-License-Identifier: BSD-2-Clause */
/* Asks gatepost's control socket for its status COUNT times, a connection each as the command does, and says how long
 * the answers took. Bounded: each question waits five seconds for its answer, all of them together for an hour. */
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define COUNT_MAX 100000
#define WAIT_MS 5000
#define RUN_MAX_S 3600
#define QUESTION "{\"command\":\"status\"}\n"

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

static int dial(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd >= 0 && !connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* The answer is one line. */
static bool hear(int fd)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	const double end_ms = now_ms() + WAIT_MS;
	char bytes[65536];
	ssize_t got;

	do {
		if (poll(&ready, 1, (int)(end_ms - now_ms())) <= 0)
			return false;
		got = read(fd, bytes, sizeof(bytes));
		if (got <= 0)
			return false;
	} while (!memchr(bytes, '\n', (size_t)got) && now_ms() < end_ms);
	return memchr(bytes, '\n', (size_t)got) != NULL;
}

static bool ask(const char *path)
{
	int fd = dial(path);
	bool heard;

	if (fd < 0)
		return false;
	heard = send(fd, QUESTION, sizeof(QUESTION) - 1, MSG_NOSIGNAL) == sizeof(QUESTION) - 1 && hear(fd);
	close(fd);
	return heard;
}

static int compare(const void *a, const void *b)
{
	return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

int main(int argc, char **argv)
{
	static double took_ms[COUNT_MAX];
	const double start_ms = now_ms();
	int count, every_ms, asked = 0, answered = 0;

	if (argc != 4 || (count = atoi(argv[2])) <= 0 || count > COUNT_MAX || (every_ms = atoi(argv[3])) < 0) {
		fprintf(stderr, "usage: ask SOCKET COUNT EVERY_MS\n");
		return 2;
	}
	for (; asked < count && now_ms() - start_ms < RUN_MAX_S * 1e3; asked++) {
		const double begin_ms = now_ms();

		if (ask(argv[1]))
			took_ms[answered++] = now_ms() - begin_ms;
		if (now_ms() - begin_ms < every_ms)
			usleep((useconds_t)((every_ms - (now_ms() - begin_ms)) * 1000));
	}
	qsort(took_ms, (size_t)answered, sizeof(*took_ms), compare);
	printf("%d asked, %d answered", asked, answered);
	if (answered)
		printf(", half within %.1f ms, 99 of 100 within %.1f ms, the slowest %.1f ms", took_ms[answered / 2],
		       took_ms[answered * 99 / 100], took_ms[answered - 1]);
	printf("\n");
	return answered != asked;
}
