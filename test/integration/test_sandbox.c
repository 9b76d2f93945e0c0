/* What a plug-in can still do inside a worker's sandbox: test/plugins/hostile.c tries and tells. */
#include "support/worker_fixture.h"

static struct driven_worker worker;

static int teardown(void **state)
{
    (void)state;
    driven_finish(&worker);
    return 0;
}

static const char *readable; /* what may be read beside the model */

static void run_hostile(enum hearth_sandbox_mode mode)
{
    driven_start(&worker);
    driven_write_script(&worker, "a model\n");
    struct hearth_ipc_hello hello = driven_hello(&worker);
    snprintf(hello.engine, sizeof(hello.engine), "hostile");
    snprintf(hello.plugin_dir, sizeof(hello.plugin_dir), "%s", HEARTH_BUILD_DIR "/test/plugins");
    hello.sandbox = mode;
    hello.readable = readable;
    driven_greet(&worker, &hello);
    DRIVEN_UNTIL(&worker, worker.ready || worker.exited);
}

static bool was(const char *outcome)
{
    const char *report = driven_text(&worker, 1);
    size_t length = strlen(outcome);
    for (const char *at = report; (at = strstr(at, outcome)); at++)
        if ((at == report || at[-1] == '\n') && at[length] == '\n')
            return true;
    return false;
}

/* Some of EACCES (Landlock) and EPERM (seccomp). */
static void assert_refused(const char *name)
{
    char eperm[64], eacces[64];
    snprintf(eperm, sizeof(eperm), "%s=EPERM", name);
    snprintf(eacces, sizeof(eacces), "%s=EACCES", name);
    if (!was(eperm) && !was(eacces))
        fail_msg("%s was not refused:\n%s", name, driven_text(&worker, 1));
}

static void assert_works(const char *name)
{
    char ok[64];
    snprintf(ok, sizeof(ok), "%s=ok", name);
    if (!was(ok))
        fail_msg("%s does not work:\n%s", name, driven_text(&worker, 1));
}

static void a_hostile_plug_in_is_refused_everything_but_to_compute(void **state)
{
    (void)state;
    run_hostile(HEARTH_SANDBOX_AUTO);
    assert_int_equal(worker.ready, 1);
    uint32_t reached = worker.started.sandbox;
    driven_generate(&worker, 1, "go", 10);
    DRIVEN_UNTIL(&worker, worker.streams[1].done);
    if (reached & HEARTH_SANDBOX_SYSTEM_CALLS) {
        static const char *const calls[] = {"tcp_socket",
                                            "udp_socket",
                                            "unix_socket",
                                            "netlink_socket",
                                            "execute",
                                            "ptrace_parent",
                                            "read_parent_memory",
                                            "signal_parent",
                                            "fork",
                                            "unshare",
                                            "io_uring",
                                            "bpf",
                                            "perf_event",
                                            "userfaultfd",
                                            "keyctl"};
        for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
            assert_refused(calls[i]);
    }
    if (reached & HEARTH_SANDBOX_FILES) {
        static const char *const files[] = {"constructor_read",   "read_passwd",  "read_home",
                                            "write_tmp",          "make_tmpfile", "make_folder",
                                            "read_parent_environ"};
        for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
            assert_refused(files[i]);
        assert_string_equal(worker.started.facts.quantization, "1,0");
        assert_int_equal(access("/tmp/hearth-hostile", F_OK), -1);
    }
    assert_works("thread");
    assert_works("read_cpuinfo");
    assert_works("memfd");
    driven_stop(&worker);
}

/* Adapters: what HELLO names, and no more; for reading. */
static void paths_that_the_gateway_names_may_be_read(void **state)
{
    (void)state;
    readable = "/nonexistent\n/etc/passwd";
    run_hostile(HEARTH_SANDBOX_AUTO);
    readable = NULL;
    assert_int_equal(worker.ready, 1);
    driven_generate(&worker, 1, "go", 10);
    DRIVEN_UNTIL(&worker, worker.streams[1].done);
    if (worker.started.sandbox & HEARTH_SANDBOX_FILES) {
        assert_works("read_passwd");
        assert_refused("read_home");
        assert_refused("write_tmp");
    }
    driven_stop(&worker);
}

static void required_means_all_of_it_or_nothing(void **state)
{
    (void)state;
    run_hostile(HEARTH_SANDBOX_REQUIRE);
    uint32_t both = HEARTH_SANDBOX_FILES | HEARTH_SANDBOX_SYSTEM_CALLS;
    if (worker.ready) {
        assert_int_equal(worker.started.sandbox & both, both);
        driven_stop(&worker);
    } else {
        assert_int_equal(worker.failure.code, HEARTH_EFORBIDDEN);
        assert_int_equal(worker.started_count, 0);
    }
}

/* Without a sandbox a plug-in may write its model: so the sandbox is why it could not. */
static void off_means_off(void **state)
{
    (void)state;
    run_hostile(HEARTH_SANDBOX_OFF);
    assert_int_equal(worker.ready, 1);
    assert_int_equal(worker.started.sandbox, 0);
    assert_string_equal(worker.started.facts.quantization, "1,1");
    driven_stop(&worker);
}

int main(void)
{
    rmdir("/tmp/hearth-hostile.d");
    unlink("/tmp/hearth-hostile");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_hostile_plug_in_is_refused_everything_but_to_compute, teardown),
        cmocka_unit_test_teardown(paths_that_the_gateway_names_may_be_read, teardown),
        cmocka_unit_test_teardown(required_means_all_of_it_or_nothing, teardown),
        cmocka_unit_test_teardown(off_means_off, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
