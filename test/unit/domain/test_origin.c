/* Which Host and Origin headers pass. */
#include "domain/origin.h"

#include "unit/cmocka_all.h"

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
        assert_true(hearth_host_allowed(good[i], allowed));
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
        assert_false(hearth_host_allowed(bad[i], allowed));
    assert_false(hearth_host_allowed("models.example", NULL));
}

static void a_page_of_the_server_itself_has_its_scheme_host_and_port(void **state)
{
    (void)state;
    assert_true(hearth_origin_is_own("http://localhost:80", "localhost:80", false));
    assert_true(hearth_origin_is_own("https://localhost:80", "localhost:80", true));
    assert_false(hearth_origin_is_own("http://localhost:81", "localhost:80", false));
    assert_false(hearth_origin_is_own("https://localhost:80", "localhost:80", false));
    assert_false(hearth_origin_is_own("null", "localhost:80", false));
    assert_false(hearth_origin_is_own("http://", "", false));
}

static void an_origin_is_named_by_itself_or_by_a_star(void **state)
{
    (void)state;
    static const char *const named[] = {"https://page.example", NULL}, *const any[] = {"*", NULL};
    assert_true(hearth_origin_listed("https://page.example", named));
    assert_false(hearth_origin_listed("https://page.example.evil", named));
    assert_false(hearth_origin_listed("http://localhost:3000", named));
    assert_false(hearth_origin_listed("https://page.example", NULL));
    assert_true(hearth_origin_listed("https://evil.example", any));
    assert_true(hearth_origin_listed("null", any));
}

static const char *const local[] = {"local", NULL};

static void pages_and_apps_of_this_machine_are_local(void **state)
{
    (void)state;
    static const char *const good[] = {"http://localhost:3000",     "http://localhost",
                                       "https://LOCALHOST:8443",    "http://127.0.0.1:5173",
                                       "http://127.8.8.8",          "http://[::1]:3000",
                                       "http://app.localhost:1234", "http://tauri.localhost",
                                       "https://tauri.localhost",   "tauri://localhost",
                                       "app://obsidian.md",         "capacitor://localhost",
                                       "ionic://localhost",         "vscode-webview://0a1b2c3d4e5f",
                                       "vscode-file://vscode-app",  "file://"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(hearth_origin_listed(good[i], local));
}

static void pages_of_the_network_are_not_local(void **state)
{
    (void)state;
    static const char *const bad[] = {"https://evil.example",
                                      "http://localhost.evil.example",
                                      "http://evil.example:3000",
                                      "https://obsidian.md",
                                      "http://127.0.0.1.evil.example",
                                      "http://1270.0.0.1",
                                      "http://10.0.0.2:3000", /* another machine's page */
                                      "http://192.168.1.4",
                                      "http://[fe80::1]:3000",
                                      "http://localhost:3000@evil.example",
                                      "http://xlocalhost",
                                      "http://",
                                      "http://.localhost",
                                      "https://evil.example/?app://",
                                      "httpx://localhost",
                                      "chrome-extension://abcdefgh",
                                      "application://x",
                                      "appx://x",
                                      "null",
                                      "localhost",
                                      "app:",
                                      ""};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(hearth_origin_listed(bad[i], local));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_of_this_machine_are_allowed),
        cmocka_unit_test(other_hosts_are_not),
        cmocka_unit_test(a_page_of_the_server_itself_has_its_scheme_host_and_port),
        cmocka_unit_test(an_origin_is_named_by_itself_or_by_a_star),
        cmocka_unit_test(pages_and_apps_of_this_machine_are_local),
        cmocka_unit_test(pages_of_the_network_are_not_local),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
