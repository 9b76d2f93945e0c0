/* The loop itself: posts from other threads, deferred work, and when it ends. */
#include "loop/loop.h"

#include "base/memory.h"
#include "loop/loop_private.h"

#include <assert.h>
#include <signal.h>

/* `last` points to the link where the next item goes, so that adding needs no walk. */
static void list_init(struct posted_list *list)
{
    list->first = NULL;
    list->last = &list->first;
}

static void list_add(struct posted_list *list, void (*run)(void *argument), void *argument)
{
    struct posted *posted = hearth_alloc(sizeof(*posted));
    *posted = (struct posted){.run = run, .argument = argument};
    *list->last = posted;
    list->last = &posted->next;
}

static struct posted *list_take(struct posted_list *list)
{
    struct posted *first = list->first;
    list_init(list);
    return first;
}

/* An item may post or defer others; they go into a new list, never into this one. */
static void run_all(struct posted *posted)
{
    while (posted) {
        struct posted *next = posted->next;
        posted->run(posted->argument);
        hearth_free(posted);
        posted = next;
    }
}

/* The whole list is taken under the lock and run without it, so that a post may post again. */
static bool run_posts(struct hearth_loop *loop)
{
    pthread_mutex_lock(&loop->lock);
    struct posted *posts = list_take(&loop->posts);
    pthread_mutex_unlock(&loop->lock);
    run_all(posts);
    return posts != NULL;
}

/* Deferred work may defer more; all of it comes before the next wait. */
static bool run_deferred(struct hearth_loop *loop)
{
    bool any = false;
    while (loop->deferred.first) {
        run_all(list_take(&loop->deferred));
        any = true;
    }
    return any;
}

static void on_wake(uv_async_t *wake)
{
    run_posts(wake->data);
}

static void on_before_poll(uv_prepare_t *handle)
{
    run_deferred(handle->data);
}

static void on_after_poll(uv_check_t *handle)
{
    run_deferred(handle->data);
}

/* The loop ends by itself when nothing is left to wait for. Its own three handles must not keep it
 * alive, hence the unrefs; hearth_loop_hold refs one of them while work is on another thread. */
struct hearth_loop *hearth_loop_create(void)
{
    struct hearth_loop *loop = hearth_calloc(1, sizeof(*loop));
    /* A peer that is gone is an error of the write, never the end of the process. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file over a limit of the system's is an error like a full disk */
    list_init(&loop->deferred);
    list_init(&loop->posts);
    pthread_mutex_init(&loop->lock, NULL);
    int rc = uv_loop_init(&loop->uv);
    assert(rc == 0);
    rc = uv_async_init(&loop->uv, &loop->wake, on_wake);
    assert(rc == 0);
    uv_prepare_init(&loop->uv, &loop->before_poll);
    uv_check_init(&loop->uv, &loop->after_poll);
    loop->wake.data = loop->before_poll.data = loop->after_poll.data = loop;
    uv_prepare_start(&loop->before_poll, on_before_poll);
    uv_check_start(&loop->after_poll, on_after_poll);
    uv_unref((uv_handle_t *)&loop->wake);
    uv_unref((uv_handle_t *)&loop->before_poll);
    uv_unref((uv_handle_t *)&loop->after_poll);
    return loop;
}

/* Whoever still has work in a lane holds the loop, so `holds` being 0 proves that no thread will
 * post any more. */
void hearth_loop_destroy(struct hearth_loop *loop)
{
    if (!loop)
        return;
    assert(loop->holds == 0);
    while (run_posts(loop) || run_deferred(loop)) {
    }
    uv_close((uv_handle_t *)&loop->wake, NULL);
    uv_close((uv_handle_t *)&loop->before_poll, NULL);
    uv_close((uv_handle_t *)&loop->after_poll, NULL);
    /* What was closed by its owner a moment ago still owes its close callback. */
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    int rc = uv_loop_close(&loop->uv);
    assert(rc == 0);
    pthread_mutex_destroy(&loop->lock);
    hearth_free(loop);
}

void hearth_loop_run(struct hearth_loop *loop)
{
    loop->stopped = false;
    /* libuv sees neither posts of other threads nor deferred work as a reason to go on. */
    do
        uv_run(&loop->uv, UV_RUN_DEFAULT);
    while (!loop->stopped && (run_posts(loop) || run_deferred(loop)));
}

void hearth_loop_stop(struct hearth_loop *loop)
{
    loop->stopped = true;
    uv_stop(&loop->uv);
}

uint64_t hearth_loop_now_ms(struct hearth_loop *loop)
{
    return uv_now(&loop->uv);
}

void hearth_loop_post(struct hearth_loop *loop, void (*run)(void *argument), void *argument)
{
    pthread_mutex_lock(&loop->lock);
    bool first = !loop->posts.first;
    list_add(&loop->posts, run, argument);
    /* Under the lock, so that the loop cannot run the post and be destroyed before the wake. */
    if (first)
        uv_async_send(&loop->wake);
    pthread_mutex_unlock(&loop->lock);
}

/* Runs before the loop waits again: the place to merge what one turn has produced. */
void hearth_loop_defer(struct hearth_loop *loop, void (*run)(void *argument), void *argument)
{
    list_add(&loop->deferred, run, argument);
}

/* Counted here: libuv's ref and unref do not nest. */
void hearth_loop_hold(struct hearth_loop *loop)
{
    if (loop->holds++ == 0)
        uv_ref((uv_handle_t *)&loop->wake);
}

void hearth_loop_release(struct hearth_loop *loop)
{
    assert(loop->holds > 0);
    if (--loop->holds == 0)
        uv_unref((uv_handle_t *)&loop->wake);
}
