#include "loop/process_usage.h"

#include "base/memory.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { BLOCK = 32 << 20 };

static struct hearth_process_usage usage_of(pid_t pid)
{
    struct hearth_process_usage usage;
    hearth_process_usage(pid, &usage);
    return usage;
}

static void test_memory_of_a_child_counts_for_its_parent(void **state)
{
    (void)state;
    int ready[2];
    char byte;
    uint64_t before = usage_of(getpid()).memory_bytes;
    assert_true(before > 0);
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        char *block = hearth_alloc(BLOCK);
        memset(block, 1, BLOCK);
        if (write(ready[1], block, 1) == 1)
            pause();
        _exit(0);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    uint64_t childs = usage_of(child).memory_bytes, after = usage_of(getpid()).memory_bytes;
    kill(child, SIGKILL); /* first, so that it does not outlive a failure */
    waitpid(child, NULL, 0);
    assert_true(childs >= BLOCK);
    assert_true(after >= before / 2 + BLOCK);
    assert_int_equal(usage_of(child).memory_bytes, 0);
    assert_int_equal(usage_of(child).cpu_ms, 0);
    close(ready[0]);
    close(ready[1]);
}

/* CPU time of this process as the kernel tells it in another way. */
static uint64_t clock_ms(void)
{
    struct timespec spent;
    assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent), 0);
    return (uint64_t)spent.tv_sec * 1000 + (uint64_t)spent.tv_nsec / 1000000;
}

static void spend(uint64_t ms, bool in_kernel)
{
    static char block[1 << 16];
    volatile uint64_t sum = 0;
    int zeros = open("/dev/zero", O_RDONLY);
    assert_true(zeros >= 0);
    for (uint64_t until_ms = clock_ms() + ms; clock_ms() < until_ms;)
        for (int i = 0; i < 1000; i++)
            sum += in_kernel && i % 100 == 0 ? (uint64_t)read(zeros, block, sizeof(block)) : 1;
    close(zeros);
}

static void test_time_that_is_spent_is_counted(void **state)
{
    (void)state;
    enum { SPENT_MS = 150, TICK_MS = 10, SLACK_MS = 3 * TICK_MS };
    for (int in_kernel = 0; in_kernel < 2; in_kernel++) {
        uint64_t usage_before_ms = usage_of(getpid()).cpu_ms;
        spend(SPENT_MS, in_kernel);
        uint64_t usage_ms = usage_of(getpid()).cpu_ms, spent_ms = clock_ms();
        assert_true(usage_ms - usage_before_ms >= SPENT_MS - SLACK_MS);
        assert_in_range(usage_ms + SLACK_MS, spent_ms, spent_ms + 2 * SLACK_MS);
    }
}

static void test_time_of_a_child_counts_for_its_parent(void **state)
{
    (void)state;
    int ready[2];
    char byte = 0;
    assert_int_equal(pipe(ready), 0);
    uint64_t before_ms = usage_of(getpid()).cpu_ms;
    pid_t child = fork();
    if (child == 0) {
        spend(150, false);
        if (write(ready[1], &byte, 1) == 1)
            pause();
        _exit(0);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    uint64_t childs_ms = usage_of(child).cpu_ms, after_ms = usage_of(getpid()).cpu_ms;
    kill(child, SIGKILL); /* first, so that it does not outlive a failure */
    waitpid(child, NULL, 0);
    assert_true(childs_ms >= 120);
    assert_true(after_ms >= before_ms + 120);
    close(ready[0]);
    close(ready[1]);
}

static void test_there_is_memory_and_it_is_not_endless(void **state)
{
    (void)state;
    uint64_t available = hearth_memory_available();
    uint64_t all = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    assert_in_range(available, 1 << 20, all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_of_a_child_counts_for_its_parent),
        cmocka_unit_test(test_time_that_is_spent_is_counted),
        cmocka_unit_test(test_time_of_a_child_counts_for_its_parent),
        cmocka_unit_test(test_there_is_memory_and_it_is_not_endless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
