#include "compute/team.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>

#include <cmocka.h>

enum { PHASES = 200, PIECES = 50 };

struct count {
    _Atomic int taken[PHASES][PIECES];
    int plain[PHASES]; /* written by one member, read by the others behind a barrier */
    _Atomic int wrong, members;
};

static void work(struct hearth_member *member, void *argument)
{
    struct count *count = argument;
    atomic_fetch_add(&count->members, 1);
    for (int phase = 0; phase < PHASES; phase++) {
        size_t piece;
        while ((piece = hearth_member_take(member)) < PIECES)
            atomic_fetch_add(&count->taken[phase][piece], 1);
        if (hearth_member_index(member) == 0)
            count->plain[phase] = phase + 1;
        hearth_member_barrier(member);
        if (count->plain[phase] != phase + 1)
            atomic_fetch_add(&count->wrong, 1);
    }
}

static void every_piece_is_taken_once_in_its_phase_whatever_the_size(void **state)
{
    (void)state;
    static const unsigned sizes[] = {1, 2, 3, 7};
    for (size_t i = 0; i < 4; i++) {
        struct hearth_team *team = hearth_team_create(sizes[i]);
        assert_non_null(team);
        for (int run = 0; run < 3; run++) {
            static struct count count;
            count = (struct count){0};
            hearth_team_run(team, work, &count);
            assert_int_equal(count.members, sizes[i]);
            assert_int_equal(count.wrong, 0);
            for (int p = 0; p < PHASES * PIECES; p++)
                assert_int_equal(count.taken[p / PIECES][p % PIECES], 1);
        }
        hearth_team_destroy(team);
    }
}

static void work_alone(struct hearth_member *member, void *argument)
{
    struct count *count = argument;
    size_t part;
    while ((part = hearth_member_take(member)) < PHASES) {
        struct hearth_member *alone = hearth_member_alone(member);
        size_t piece, expected = 0;
        while ((piece = hearth_member_take(alone)) < PIECES) {
            atomic_fetch_add(&count->taken[part][piece], 1);
            count->wrong += piece != expected++ || hearth_member_index(alone) != 0;
        }
        hearth_member_barrier(alone);
        count->wrong += hearth_member_take(alone) != 0;
    }
    atomic_fetch_add(&count->members, 1);
}

static void a_member_alone_takes_all_pieces_of_its_own_and_waits_for_nobody(void **state)
{
    (void)state;
    static const unsigned sizes[] = {1, 3};
    for (size_t i = 0; i < 2; i++) {
        struct hearth_team *team = hearth_team_create(sizes[i]);
        static struct count count;
        count = (struct count){0};
        hearth_team_run(team, work_alone, &count);
        assert_int_equal(count.members, sizes[i]);
        assert_int_equal(count.wrong, 0);
        for (int p = 0; p < PHASES * PIECES; p++)
            assert_int_equal(count.taken[p / PIECES][p % PIECES], 1);
        hearth_team_destroy(team);
    }
}

struct shares {
    cpu_set_t of[CPU_SETSIZE];
};

static void note_share(struct hearth_member *member, void *argument)
{
    struct shares *shares = argument;
    sched_getaffinity(0, sizeof(cpu_set_t), &shares->of[hearth_member_index(member)]);
}

static void members_keep_to_shares_of_the_cores_and_the_runner_gets_its_own_back(void **state)
{
    (void)state;
    static struct shares shares;
    cpu_set_t before, after, seen, common;
    assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
    int cores = CPU_COUNT(&before);
    if (cores < 2)
        skip();
    struct hearth_team *team = hearth_team_create((unsigned)cores);
    assert_non_null(team);
    hearth_team_run(team, note_share, &shares);
    CPU_ZERO(&seen);
    for (int i = 0; i < cores; i++) {
        CPU_AND(&common, &seen, &shares.of[i]);
        assert_int_equal(CPU_COUNT(&common), 0);
        assert_int_equal(CPU_COUNT(&shares.of[i]), 1);
        CPU_OR(&seen, &seen, &shares.of[i]);
    }
    assert_true(CPU_EQUAL(&seen, &before));
    hearth_team_destroy(team);
    assert_int_equal(sched_getaffinity(0, sizeof(after), &after), 0);
    assert_true(CPU_EQUAL(&after, &before));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_piece_is_taken_once_in_its_phase_whatever_the_size),
        cmocka_unit_test(a_member_alone_takes_all_pieces_of_its_own_and_waits_for_nobody),
        cmocka_unit_test(members_keep_to_shares_of_the_cores_and_the_runner_gets_its_own_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
