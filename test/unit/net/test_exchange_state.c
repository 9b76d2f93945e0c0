/* The moves of a request and of its answer. What is not in the tables ends the process: it would be
 * a fault of ours. */
#include "net/connection.h"

#include "unit/cmocka_all.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct hearth_handler handler = {0};

/* In a process of its own, because a refused move aborts. */
static bool is_refused(struct hearth_exchange exchange, int request, int answer)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        fclose(stderr);
        signal(SIGABRT, SIG_DFL);
        if (request >= 0)
            hearth_exchange_move_request(&exchange, (enum hearth_request_state)request);
        if (answer >= 0)
            hearth_exchange_move_answer(&exchange, (enum hearth_answer_state)answer);
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status) || WTERMSIG(status) == SIGABRT);
    return WIFSIGNALED(status);
}

static struct hearth_exchange answered(enum hearth_answer_state state)
{
    return (struct hearth_exchange){
        .answer = state, .framing = HEARTH_FRAMING_SIZED, .status = 200};
}

static void a_whole_request_stays_whole(void **state)
{
    (void)state;
    struct hearth_exchange whole = {.request = HEARTH_REQUEST_WHOLE};
    for (int to = HEARTH_REQUEST_BARE; to <= HEARTH_REQUEST_WHOLE; to++)
        assert_true(is_refused(whole, to, -1));
}

static void a_request_without_a_body_cannot_be_paused(void **state)
{
    (void)state;
    struct hearth_exchange bare = {.request = HEARTH_REQUEST_BARE};
    assert_true(is_refused(bare, HEARTH_REQUEST_PAUSED, -1));
    assert_true(is_refused(bare, HEARTH_REQUEST_ARRIVING, -1));
    assert_false(is_refused(bare, HEARTH_REQUEST_WHOLE, -1));
}

static void an_answer_ends_only_behind_its_head(void **state)
{
    (void)state;
    struct hearth_exchange due = {0};
    assert_true(is_refused(due, -1, HEARTH_ANSWER_ENDED));
    assert_true(is_refused(due, -1, HEARTH_ANSWER_BLOCKED));
    assert_false(is_refused(due, -1, HEARTH_ANSWER_BROKEN));
    /* A head without a status is none. */
    assert_true(is_refused(due, -1, HEARTH_ANSWER_OPEN));
    due.framing = HEARTH_FRAMING_PIECES;
    due.status = 200;
    assert_false(is_refused(due, -1, HEARTH_ANSWER_OPEN));
}

static void an_answer_that_is_over_does_not_open_again(void **state)
{
    static const enum hearth_answer_state over[] = {HEARTH_ANSWER_ENDED, HEARTH_ANSWER_CUT,
                                                    HEARTH_ANSWER_BROKEN};
    (void)state;
    for (size_t i = 0; i < sizeof(over) / sizeof(over[0]); i++) {
        assert_true(is_refused(answered(over[i]), -1, HEARTH_ANSWER_OPEN));
        assert_true(is_refused(answered(over[i]), -1, HEARTH_ANSWER_BLOCKED));
        assert_true(is_refused(answered(over[i]), -1, HEARTH_ANSWER_ENDED));
        assert_int_equal(is_refused(answered(over[i]), -1, HEARTH_ANSWER_BROKEN),
                         over[i] == HEARTH_ANSWER_BROKEN);
    }
}

static void no_handler_is_left_on_an_answer_that_is_over(void **state)
{
    (void)state;
    struct hearth_exchange open = answered(HEARTH_ANSWER_OPEN);
    assert_false(is_refused(open, -1, HEARTH_ANSWER_ENDED));
    open.handler = &handler;
    assert_false(is_refused(open, -1, HEARTH_ANSWER_BLOCKED));
    assert_true(is_refused(open, -1, HEARTH_ANSWER_ENDED));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_request_stays_whole),
        cmocka_unit_test(a_request_without_a_body_cannot_be_paused),
        cmocka_unit_test(an_answer_ends_only_behind_its_head),
        cmocka_unit_test(an_answer_that_is_over_does_not_open_again),
        cmocka_unit_test(no_handler_is_left_on_an_answer_that_is_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
