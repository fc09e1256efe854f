/* SPDX-License-Identifier: BSD-2-Clause */
/* Preloaded into a process, a wall clock that is wrong: by the seconds that the file $WALL_CLOCK holds, as text, at any
 * moment. CLOCK_REALTIME has no namespace, and libfaketime cannot be loaded into redis-server (its allocator asks for
 * the time before libfaketime can answer). */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long ahead_s(void)
{
	static int fd = -1;
	char text[32] = "";

	if (fd < 0 && getenv("WALL_CLOCK"))
		fd = open(getenv("WALL_CLOCK"), O_RDONLY | O_CLOEXEC);
	return fd >= 0 && pread(fd, text, sizeof(text) - 1, 0) > 0 ? atol(text) : 0;
}

int clock_gettime(clockid_t id, struct timespec *now)
{
	const int result = (int)syscall(SYS_clock_gettime, id, now);

	if (!result && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
		now->tv_sec += ahead_s();
	return result;
}

int gettimeofday(struct timeval *now, void *zone)
{
	struct timespec exact;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &exact);
	now->tv_sec = exact.tv_sec;
	now->tv_usec = exact.tv_nsec / 1000;
	return 0;
}

time_t time(time_t *ret_now)
{
	struct timespec exact;

	clock_gettime(CLOCK_REALTIME, &exact);
	if (ret_now)
		*ret_now = exact.tv_sec;
	return exact.tv_sec;
}
