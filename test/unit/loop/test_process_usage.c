#include "loop/process_usage.h"

#include "base/memory.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>
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
    assert_true(usage_of(child).memory_bytes >= BLOCK);
    assert_true(usage_of(getpid()).memory_bytes >= before / 2 + BLOCK);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    assert_int_equal(usage_of(child).memory_bytes, 0);
    assert_int_equal(usage_of(child).cpu_ms, 0);
    close(ready[0]);
    close(ready[1]);
}

static void test_time_that_is_spent_is_counted(void **state)
{
    (void)state;
    volatile uint64_t sum = 0;
    while (usage_of(getpid()).cpu_ms < 30)
        for (int i = 0; i < 100000; i++)
            sum += (uint64_t)i;
    assert_in_range(usage_of(getpid()).cpu_ms, 30, 600000);
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
        cmocka_unit_test(test_there_is_memory_and_it_is_not_endless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
