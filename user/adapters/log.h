/* SPDX-License-Identifier: BSD-2-Clause */
/* One line an event on standard error: level, stable event name, key=value words. */
#ifndef GATEPOST_LOG_H
#define GATEPOST_LOG_H

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

void log_level(enum log_level most); /* default: info */
/* log_line(LOG_LEVEL_INFO, "ban", "source=%s rule=%s", ...). Control characters in the text are escaped. */
void log_line(enum log_level level, const char *event, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
