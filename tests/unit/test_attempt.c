/* SPDX-License-Identifier: BSD-2-Clause */
/* The words of attempts and faults: what JSON lines, logs and operators read. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "user/core/attempt.h"
#include "user/core/fault.h"

static void outcomes_have_a_word_and_a_letter(void **state)
{
	(void)state;
	assert_string_equal(outcome_text(OUTCOME_FAILURE), "failure");
	assert_string_equal(outcome_text(OUTCOME_SUCCESS), "success");
	assert_string_equal(outcome_text(OUTCOME_UNKNOWN), "unknown");
	assert_int_equal(outcome_letter(OUTCOME_FAILURE), 'F');
	assert_int_equal(outcome_letter(OUTCOME_SUCCESS), 'S');
	assert_int_equal(outcome_letter(OUTCOME_UNKNOWN), 'U');
	assert_string_equal(basis_text(BASIS_REPLY), "reply");
	assert_string_equal(basis_text(BASIS_SHAPE), "shape");
	assert_string_equal(basis_text(BASIS_POLICY), "policy");
	assert_string_equal(transport_text(TRANSPORT_PLAIN), "plain");
	assert_string_equal(transport_text(TRANSPORT_TLS), "tls");
	assert_string_equal(transport_text(TRANSPORT_STARTTLS), "starttls");
}

static void every_service_is_read_back_from_its_word(void **state)
{
	enum gp_service service;

	(void)state;
	for (unsigned int i = GP_SERVICE_NONE + 1; i < GP_SERVICE_MAX; i++) {
		assert_int_equal(service_parse(service_text((enum gp_service)i), &service), 0);
		assert_int_equal(service, i);
	}
	assert_int_equal(service_parse("none", &service), -EINVAL);
	assert_int_equal(service_parse("IMAP4", &service), -EINVAL);
	assert_string_equal(service_text((enum gp_service)GP_SERVICE_BY_SERVER), "none");
}

static void a_fault_says_where(void **state)
{
	struct fault fault;
	char buffer[64];

	(void)state;
	assert_int_equal(fault_set_at(&fault, EINVAL, "a.rules", 12, "'%s' is no time", "10 apples"), -EINVAL);
	assert_string_equal(fault_text(&fault, buffer, sizeof(buffer)), "a.rules:12: '10 apples' is no time");
	assert_int_equal(fault_set_at(&fault, ENOENT, "a.rules", 0, "not there"), -ENOENT);
	assert_string_equal(fault_text(&fault, buffer, sizeof(buffer)), "a.rules: not there");
	assert_int_equal(fault_set(&fault, EPERM, "not allowed"), -EPERM);
	assert_string_equal(fault_text(&fault, buffer, sizeof(buffer)), "not allowed");
	assert_string_equal(fault_text(&fault, buffer, 4), "not");
	assert_int_equal(fault_set(NULL, EPERM, "nobody listens"), -EPERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outcomes_have_a_word_and_a_letter),
		cmocka_unit_test(every_service_is_read_back_from_its_word),
		cmocka_unit_test(a_fault_says_where),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
