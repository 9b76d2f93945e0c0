/* Several workers of one model under a fake clock: requests in seeded order, some of which end the
 * worker that has them, and kills from outside. The policies are those of the program: which worker
 * gets a stream, when one is started again, how many workers may end under a request. */
#include "domain/crash_budget.h"
#include "domain/look_ahead.h"
#include "domain/placement.h"
#include "domain/restart.h"
#include "support/seeded.h"
#include "unit/cmocka_all.h"

#include <string.h>

enum {
    WORKERS = 3,
    SLOTS = 4,
    REQUESTS = 600,
    STEP_MS = 10,
    LOAD_MS = 300,
    COST_MAX = 200,
    FAILURES_MAX = 3,
    REST_MS = 5000,
    HOUR_MS = 3600 * 1000
};

enum fate { WAITS, DONE, GIVEN_UP };

struct request {
    struct hearth_queued queued; /* first */
    struct hearth_crash_budget budget;
    uint64_t due_ms; /* when its worker has computed it */
    enum fate fate;
    bool poison; /* ends its worker instead */
};

struct worker {
    struct hearth_restart restart;
    uint64_t start_ms, ready_ms; /* 0: it is not waiting for that */
    bool ready;
};

struct model {
    struct hearth_look_ahead policy;
    struct hearth_queue *queue;
    struct hearth_placement *placement;
    struct worker workers[WORKERS];
    struct request requests[REQUESTS];
    uint32_t flights[WORKERS * SLOTS * 3]; /* requests by number, in order of their start */
    size_t flight_count;
    uint64_t now_ms, seed, ends;
    uint64_t given[WORKERS], given_all; /* costs, in the whole run */
};

static void stand(struct model *model, uint32_t i)
{
    const struct worker *worker = &model->workers[i];
    hearth_placement_stand(model->placement, i,
                           !worker->ready                                 ? HEARTH_WORKER_AWAY
                           : hearth_restart_is_on_trial(&worker->restart) ? HEARTH_WORKER_ON_TRIAL
                                                                          : HEARTH_WORKER_READY);
}

static void open_model(struct model *model, uint64_t seed)
{
    memset(model, 0, sizeof(*model));
    model->seed = seed * 7919;
    model->queue =
        hearth_queue_create(&(struct hearth_queue_limits){.requests_max = REQUESTS}, NULL);
    model->placement = hearth_placement_create(WORKERS);
    model->policy = (struct hearth_look_ahead){.slots = SLOTS, .batch = 512, .whole = true};
    for (uint32_t i = 0; i < WORKERS; i++) {
        hearth_restart_init(&model->workers[i].restart, FAILURES_MAX, REST_MS, i);
        model->workers[i].ready = true;
        stand(model, i);
    }
}

static void close_model(struct model *model)
{
    hearth_placement_destroy(model->placement);
    hearth_queue_destroy(model->queue);
}

static void submit(struct model *model, uint32_t number, uint32_t poison_percent)
{
    struct request *request = &model->requests[number];
    request->poison = seeded_pick(&model->seed, 1, 100) <= poison_percent;
    request->queued.class_ = (enum hearth_class)seeded_pick(&model->seed, 0, 2);
    request->queued.cost = seeded_pick(&model->seed, 4, COST_MAX);
    assert_int_equal(hearth_queue_push(model->queue, &request->queued, "client", 0), 0);
}

static struct request *first_flight(struct model *model)
{
    return model->flight_count ? &model->requests[model->flights[0]] : NULL;
}

static void dispatch(struct model *model)
{
    model->policy.workers = hearth_placement_ready(model->placement);
    while (model->policy.workers) {
        struct request *first = first_flight(model);
        struct request *next = (struct request *)hearth_look_ahead_pop(&model->policy, model->queue,
                                                                       model->flight_count, 0);
        if (!next)
            return;
        if (!hearth_crash_budget_may_join(&next->budget, model->flight_count,
                                          first ? &first->budget : NULL)) {
            hearth_queue_unpop(model->queue, &next->queued, "client");
            return;
        }
        uint32_t number = (uint32_t)(next - model->requests);
        int64_t worker = hearth_placement_choose(model->placement);
        assert_in_range(worker, 0, WORKERS - 1);
        assert_true(model->workers[worker].ready);
        hearth_placement_take(model->placement, (uint32_t)worker, number, next->queued.cost);
        model->given[worker] += next->queued.cost;
        model->given_all += next->queued.cost;
        next->due_ms = model->now_ms + next->queued.cost;
        model->flights[model->flight_count++] = number;
    }
}

static void leave_flight(struct model *model, uint32_t number)
{
    size_t at = 0;
    while (model->flights[at] != number)
        at++;
    memmove(&model->flights[at], &model->flights[at + 1],
            (--model->flight_count - at) * sizeof(model->flights[0]));
}

static void end_worker(struct model *model, uint32_t i)
{
    struct worker *worker = &model->workers[i];
    uint32_t lost[REQUESTS];
    size_t count = hearth_placement_leave_all(model->placement, i, lost);
    model->ends++;
    worker->ready = false;
    worker->ready_ms = 0;
    worker->start_ms = model->now_ms + hearth_restart_after_end(&worker->restart, model->now_ms);
    stand(model, i);
    for (size_t k = 0; k < count; k++) {
        struct request *request = &model->requests[lost[k]];
        leave_flight(model, lost[k]);
        if (hearth_crash_budget_spend(&request->budget, false) == HEARTH_CRASH_TRY_AGAIN)
            hearth_queue_unpop(model->queue, &request->queued, "client");
        else
            request->fate = GIVEN_UP;
    }
}

static void compute(struct model *model)
{
    for (size_t k = 0; k < model->flight_count; k++) {
        uint32_t number = model->flights[k];
        struct request *request = &model->requests[number];
        int64_t worker = hearth_placement_worker(model->placement, number);
        assert_in_range(worker, 0, WORKERS - 1);
        if (request->due_ms > model->now_ms)
            continue;
        if (request->poison) {
            end_worker(model, (uint32_t)worker);
            return; /* the flights have changed under us; the rest waits for the next step */
        }
        hearth_placement_leave(model->placement, number);
        leave_flight(model, number);
        hearth_restart_worked(&model->workers[worker].restart);
        stand(model, (uint32_t)worker);
        assert_int_equal(request->fate, WAITS);
        request->fate = DONE;
        k--;
    }
}

static void start_workers(struct model *model)
{
    for (uint32_t i = 0; i < WORKERS; i++) {
        struct worker *worker = &model->workers[i];
        if (worker->start_ms && worker->start_ms <= model->now_ms &&
            hearth_restart_admits(&worker->restart, model->now_ms)) {
            worker->start_ms = 0;
            worker->ready_ms = model->now_ms + LOAD_MS;
        }
        if (worker->ready_ms && worker->ready_ms <= model->now_ms) {
            worker->ready_ms = 0;
            worker->ready = true;
            stand(model, i);
        }
    }
}

/* Runs until every request has ended; `kill_percent` is the chance of a kill in each second. */
static void run(struct model *model, uint32_t kill_percent)
{
    while (hearth_queue_length(model->queue) || model->flight_count) {
        model->now_ms += STEP_MS;
        assert_true(model->now_ms < HOUR_MS);
        start_workers(model);
        dispatch(model);
        compute(model);
        uint32_t victim = seeded_pick(&model->seed, 0, WORKERS - 1);
        if (seeded_pick(&model->seed, 1, 100 * 1000 / STEP_MS) <= kill_percent &&
            model->workers[victim].ready)
            end_worker(model, victim);
    }
    for (uint32_t i = 0; i < WORKERS; i++)
        assert_int_equal(hearth_placement_load(model->placement, i).streams, 0);
}

static int count_fate(const struct model *model, enum fate fate, bool poison)
{
    int count = 0;
    for (uint32_t i = 0; i < REQUESTS; i++)
        count += model->requests[i].fate == fate && model->requests[i].poison == poison;
    return count;
}

static void poison_is_given_up_and_nobody_else(void **state)
{
    (void)state;
    static struct model model;
    for (uint64_t seed = 1; seed <= 30; seed++) {
        open_model(&model, seed);
        for (uint32_t i = 0; i < REQUESTS; i++)
            submit(&model, i, 2);
        run(&model, 0);
        assert_int_equal(count_fate(&model, GIVEN_UP, false), 0);
        assert_int_equal(count_fate(&model, DONE, true), 0);
        int poisoned = count_fate(&model, GIVEN_UP, true);
        assert_int_equal(poisoned + count_fate(&model, DONE, false), REQUESTS);
        /* No poison costs more workers than its budget. */
        assert_true(model.ends <= (uint64_t)poisoned * HEARTH_CRASHES_MAX);
        close_model(&model);
    }
}

static void kills_from_outside_cost_time_but_no_answer(void **state)
{
    (void)state;
    static struct model model;
    int lost = 0;
    uint64_t ends = 0;
    for (uint64_t seed = 1; seed <= 30; seed++) {
        open_model(&model, seed);
        for (uint32_t i = 0; i < REQUESTS; i++)
            submit(&model, i, 0);
        run(&model, 100);
        ends += model.ends;
        lost += count_fate(&model, GIVEN_UP, false);
        assert_int_equal(count_fate(&model, DONE, false) + count_fate(&model, GIVEN_UP, false),
                         REQUESTS);
        close_model(&model);
    }
    /* One must be hit three times to be given up. */
    assert_true(ends >= 30);
    assert_true(lost <= 18);
}

static void a_worker_on_trial_gets_one_stream_while_others_are_ready(void **state)
{
    (void)state;
    struct hearth_placement *placement = hearth_placement_create(2);
    hearth_placement_stand(placement, 0, HEARTH_WORKER_ON_TRIAL);
    hearth_placement_stand(placement, 1, HEARTH_WORKER_READY);
    uint32_t of_trial = 0;
    for (uint32_t stream = 1; stream <= 50; stream++) {
        int64_t worker = hearth_placement_choose(placement);
        of_trial += worker == 0;
        hearth_placement_take(placement, (uint32_t)worker, stream, 10);
    }
    assert_int_equal(of_trial, 1);
    hearth_placement_stand(placement, 1, HEARTH_WORKER_AWAY);
    assert_int_equal(hearth_placement_choose(placement), 0); /* nobody else is there */
    hearth_placement_destroy(placement);
}

static void the_load_is_even(void **state)
{
    (void)state;
    static struct model model;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        open_model(&model, seed);
        for (uint32_t i = 0; i < REQUESTS; i++)
            submit(&model, i, 0);
        dispatch(&model);
        uint64_t least = UINT64_MAX, most = 0;
        for (uint32_t i = 0; i < WORKERS; i++) {
            uint64_t cost = hearth_placement_load(model.placement, i).cost;
            least = cost < least ? cost : least;
            most = cost > most ? cost : most;
        }
        /* List scheduling: as long as nothing ends, two loads differ by no more than one request
         * (R. L. Graham, "Bounds on Multiprocessing Timing Anomalies", 1969). */
        assert_true(most - least <= COST_MAX);
        run(&model, 0);
        for (uint32_t i = 0; i < WORKERS; i++)
            assert_in_range(model.given[i] * WORKERS * 100 / model.given_all, 85, 115);
        close_model(&model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(poison_is_given_up_and_nobody_else),
        cmocka_unit_test(kills_from_outside_cost_time_but_no_answer),
        cmocka_unit_test(a_worker_on_trial_gets_one_stream_while_others_are_ready),
        cmocka_unit_test(the_load_is_even),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
