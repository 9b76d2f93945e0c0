/* Where callbacks may go. */
#include "unit/cmocka_all.h"

#include "domain/callback_target.h"

#include <arpa/inet.h>
#include <string.h>

static const char *const hosts[] = {"hooks.example", "10.0.0.5", NULL};

static bool parses(const char *url, struct hearth_callback_target *target)
{
    struct hearth_error error;
    return hearth_callback_target_parse(url, hosts, target, &error) == 0;
}

static void this_machine_and_listed_hosts_may_be_called(void **state)
{
    (void)state;
    struct hearth_callback_target target;
    assert_true(parses("http://127.0.0.1:8000/x?y=1", &target));
    assert_true(target.is_loopback);
    assert_int_equal(target.port, 8000);
    assert_true(parses("http://[::1]/", &target));
    assert_string_equal(target.host, "::1");
    assert_true(parses("https://Hooks.Example/path", &target));
    assert_false(target.is_loopback);
    assert_int_equal(target.port, 443);
}

static void other_hosts_and_what_can_be_read_in_two_ways_are_refused(void **state)
{
    (void)state;
    struct hearth_callback_target target;
    static const char *const bad[] = {
        "http://other.example/",
        "http://10.0.0.6/",
        "ftp://127.0.0.1/",
        "http://127.0.0.1@other.example/",
        "http://other.example\\@127.0.0.1/",
        "http://127.0.0.1 .other.example/",
        "http://127.0.0.1#.other.example/",
        "http://127.0.0.1:80:90/",
        "http://127.0.0.1:0/",
        "http://127.0.0.1:99999/",
        "http:///x",
        "http://",
        "127.0.0.1/x",
        "http://[::1/",
        "http://2130706433/",
        "",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (parses(bad[i], &target))
            fail_msg("%s was taken", bad[i]);
    char longer[4096];
    memset(longer, 'a', sizeof(longer));
    memcpy(longer, "http://127.0.0.1/", 17);
    longer[sizeof(longer) - 1] = '\0';
    assert_false(parses(longer, &target));
}

static bool allowed(const char *url, const char *address, bool allows_private)
{
    struct hearth_callback_target target;
    unsigned char bytes[16];
    assert_true(parses(url, &target));
    int family = strchr(address, ':') ? AF_INET6 : AF_INET;
    assert_int_equal(inet_pton(family, address, bytes), 1);
    return hearth_callback_address_allowed(&target, bytes, family == AF_INET6 ? 16 : 4,
                                           allows_private);
}

static void a_listed_name_that_means_a_private_address_is_not_connected_to(void **state)
{
    (void)state;
    static const char *const special[] = {
        "10.1.2.3", "172.16.0.1",      "172.31.255.255", "192.168.1.1",     "169.254.169.254",
        "0.0.0.0",  "100.64.0.1",      "224.0.0.1",      "255.255.255.255", "fe80::1",
        "fc00::1",  "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::",    "::",
    };
    for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++) {
        if (allowed("https://hooks.example/", special[i], false))
            fail_msg("%s is special", special[i]);
        assert_true(allowed("https://hooks.example/", special[i], true));
    }
    assert_true(allowed("https://hooks.example/", "93.184.216.34", false));
    assert_true(allowed("https://hooks.example/", "172.32.0.1", false));
    assert_true(allowed("https://hooks.example/", "2606:2800:220:1::1", false));
}

static void this_machine_is_reached_by_its_own_names_only(void **state)
{
    (void)state;
    assert_true(allowed("http://localhost/", "127.0.0.1", false));
    assert_true(allowed("http://localhost/", "::1", false));
    assert_false(allowed("http://localhost/", "93.184.216.34", true));
    assert_false(allowed("http://hooks.example/", "127.0.0.1", true));
    assert_false(allowed("http://hooks.example/", "::1", true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(this_machine_and_listed_hosts_may_be_called),
        cmocka_unit_test(other_hosts_and_what_can_be_read_in_two_ways_are_refused),
        cmocka_unit_test(a_listed_name_that_means_a_private_address_is_not_connected_to),
        cmocka_unit_test(this_machine_is_reached_by_its_own_names_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
