/* lane → loop → store's lane → loop → lane: the last step is a condition variable. */
#include "server/store_bridge.h"

#include "gateway/gateway_state.h"
#include "loop/loop.h"
#include "store/store.h"

#include <pthread.h>

/* Lives on the stack of the caller, who waits for `done`. */
struct crossing {
    struct hearth_gateway *gateway;
    void (*work)(struct hearth_store *store, void *work_argument);
    void *work_argument;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool done;
    int rc;
};

/* Signalled under the lock: the crossing lies on the waiting thread's stack and is gone as soon as
 * that sees `done`. */
static void finish(struct crossing *crossing, int rc)
{
    pthread_mutex_lock(&crossing->lock);
    crossing->rc = rc;
    crossing->done = true;
    pthread_cond_signal(&crossing->changed);
    pthread_mutex_unlock(&crossing->lock);
}

static void on_store(struct hearth_store *store, void *argument)
{
    struct crossing *crossing = argument;
    crossing->work(store, crossing->work_argument);
}

static void after_store(void *argument)
{
    finish(argument, 0);
}

/* A store that takes no more work answers at once. */
static void on_loop(void *argument)
{
    struct crossing *crossing = argument;
    int rc = hearth_store_submit(crossing->gateway->store, on_store, after_store, crossing);
    if (rc)
        finish(crossing, rc);
}

int hearth_store_bridge(void *argument,
                        void (*work)(struct hearth_store *store, void *work_argument),
                        void *work_argument)
{
    struct crossing crossing = {.gateway = argument, .work = work, .work_argument = work_argument};
    pthread_mutex_init(&crossing.lock, NULL);
    pthread_cond_init(&crossing.changed, NULL);
    hearth_loop_post(crossing.gateway->loop, on_loop, &crossing);
    pthread_mutex_lock(&crossing.lock);
    while (!crossing.done)
        pthread_cond_wait(&crossing.changed, &crossing.lock);
    pthread_mutex_unlock(&crossing.lock);
    pthread_cond_destroy(&crossing.changed);
    pthread_mutex_destroy(&crossing.lock);
    return crossing.rc;
}
