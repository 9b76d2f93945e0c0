#include "gateway/guard.h"

#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static int listening(const char *host, const char *key, bool insecure)
{
    const struct hearth_settings settings = {.host = host, .api_key = key, .insecure = insecure};
    struct hearth_error error;
    return hearth_guard_listening(&settings, &error);
}

static void listening_beyond_this_machine_needs_a_key_or_a_word(void **state)
{
    (void)state;
    assert_int_equal(listening("127.0.0.1", "", false), 0);
    assert_int_equal(listening("127.9.9.9", "", false), 0);
    assert_int_equal(listening("::1", "", false), 0);
    assert_int_equal(listening("localhost", "", false), 0);
    assert_int_equal(listening("0.0.0.0", "", false), HEARTH_EINVAL);
    assert_int_equal(listening("::", "", false), HEARTH_EINVAL);
    assert_int_equal(listening("192.168.1.4", "", false), HEARTH_EINVAL);
    assert_int_equal(listening("0.0.0.0", "key", false), 0);
    assert_int_equal(listening("0.0.0.0", "", true), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(listening_beyond_this_machine_needs_a_key_or_a_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
