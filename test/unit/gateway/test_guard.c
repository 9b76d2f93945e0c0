#include "gateway/guard.h"

#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const char *const allowed[] = {"models.example", "other.example:8443", NULL};

static void hosts_of_this_machine_are_allowed(void **state)
{
    (void)state;
    static const char *const good[] = {"",
                                       "localhost",
                                       "LOCALHOST:80",
                                       "localhost.",
                                       "a.b.localhost:8080",
                                       "127.0.0.1",
                                       "10.0.0.9:1",
                                       "[::1]",
                                       "[fe80::1]:65535",
                                       "models.example",
                                       "Models.Example:9",
                                       "other.example:8443"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(hearth_guard_host_allowed(good[i], allowed));
}

static void other_hosts_are_not(void **state)
{
    (void)state;
    static const char *const bad[] = {"evil.example",
                                      "localhost.evil.example",
                                      "xlocalhost",
                                      ".localhost",
                                      "127.0.0.1.evil.example",
                                      "127.1",
                                      "0x7f.0.0.1",
                                      "[::1",
                                      "[::1]x",
                                      "[localhost.evil]:1",
                                      "localhost:port",
                                      "localhost:80@evil.example",
                                      "models.example.evil",
                                      "other.example:8444",
                                      ":80"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(hearth_guard_host_allowed(bad[i], allowed));
    assert_false(hearth_guard_host_allowed("models.example", NULL));
}

static void an_origin_is_ours_or_named(void **state)
{
    (void)state;
    static const char *const named[] = {"https://page.example", NULL}, *const any[] = {"*", NULL};
    assert_true(hearth_guard_origin_allowed("http://localhost:80", "localhost:80", false, NULL));
    assert_true(hearth_guard_origin_allowed("https://localhost:80", "localhost:80", true, NULL));
    assert_false(hearth_guard_origin_allowed("http://localhost:81", "localhost:80", false, NULL));
    assert_false(hearth_guard_origin_allowed("https://localhost:80", "localhost:80", false, NULL));
    assert_false(hearth_guard_origin_allowed("null", "localhost:80", false, NULL));
    assert_false(hearth_guard_origin_allowed("http://", "", false, NULL));
    assert_true(hearth_guard_origin_allowed("https://page.example", "x", false, named));
    assert_false(hearth_guard_origin_allowed("https://page.example.evil", "x", false, named));
    assert_true(hearth_guard_origin_allowed("https://evil.example", "x", false, any));
}

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
        cmocka_unit_test(hosts_of_this_machine_are_allowed),
        cmocka_unit_test(other_hosts_are_not),
        cmocka_unit_test(an_origin_is_ours_or_named),
        cmocka_unit_test(listening_beyond_this_machine_needs_a_key_or_a_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
