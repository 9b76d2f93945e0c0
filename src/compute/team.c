/* The barrier is a counter of those who have arrived and a number of the phase. The last to arrive
 * resets the counters and raises the phase; the others wait for that, at first by looking, then in
 * the kernel by a futex on the phase. */
#include "compute/team.h"

#include "base/memory.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Spinning bridges a barrier on a machine with a core for each member; on a busy one the member
 * that is missing may not run at all, and whoever waits must leave it the core. */
enum { SPINS_BEFORE_SLEEP = 4000, LINE = 64 };

struct hearth_member {
    struct hearth_team *team;
    unsigned index;
    uint32_t phase; /* barriers passed in this run */
    pthread_t thread;
    struct hearth_team *alone; /* a team of this member only; the member of such a team has none */
};

struct hearth_team {
    unsigned size, started;
    cpu_set_t cores; /* that the creator may use; none: members are not kept apart */
    bool keeps_runner;
    pthread_t runner; /* member 0, kept to its share since its first run */
    struct hearth_member *members;
    void (*work)(struct hearth_member *member, void *argument);
    void *argument;

    pthread_mutex_t lock;
    pthread_cond_t wake, idle;
    uint64_t run; /* number of the present run, under the lock */
    unsigned busy;
    bool ending;

    /* Each on a line of its own: members hammer on them. Two counters take turns by phase: the
     * one of the next phase is set to 0 by the last to arrive at a barrier. */
    _Alignas(LINE) _Atomic uint32_t arrived;
    _Alignas(LINE) _Atomic uint32_t phase;
    _Alignas(LINE) _Atomic uint32_t sleepers; /* members that wait for `phase` in the kernel */
    _Alignas(LINE) _Atomic size_t next[2];
};

/* Tells the core that this is a wait: its other hyper-thread gets the time. */
static inline void relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

static void futex(_Atomic uint32_t *word, int operation, uint32_t value)
{
    syscall(SYS_futex, word, operation, value, NULL, NULL, 0);
}

static void wait_for_phase(struct hearth_team *team, uint32_t phase)
{
    for (unsigned spins = 0; spins < SPINS_BEFORE_SLEEP; spins++) {
        if (atomic_load_explicit(&team->phase, memory_order_acquire) == phase)
            return;
        relax();
    }
    /* Counted before the look at `phase`: the last to arrive writes `phase` before it looks at the
     * count, so one of the two sees the other. */
    atomic_fetch_add(&team->sleepers, 1);
    uint32_t seen;
    while ((seen = atomic_load(&team->phase)) != phase)
        futex(&team->phase, FUTEX_WAIT_PRIVATE, seen);
    atomic_fetch_sub(&team->sleepers, 1);
}

void hearth_member_barrier(struct hearth_member *member)
{
    struct hearth_team *team = member->team;
    uint32_t next_phase = ++member->phase;
    if (atomic_fetch_add_explicit(&team->arrived, 1, memory_order_acq_rel) + 1 != team->size) {
        wait_for_phase(team, next_phase);
        return;
    }
    /* Nobody is past this barrier yet, so nobody takes pieces of the next phase: its counter may be
     * reset without looking. The store of `phase` publishes both. */
    atomic_store_explicit(&team->next[next_phase % 2], 0, memory_order_relaxed);
    atomic_store_explicit(&team->arrived, 0, memory_order_relaxed);
    atomic_store(&team->phase, next_phase);
    if (atomic_load(&team->sleepers))
        futex(&team->phase, FUTEX_WAKE_PRIVATE, INT32_MAX);
}

size_t hearth_member_take(struct hearth_member *member)
{
    return atomic_fetch_add_explicit(&member->team->next[member->phase % 2], 1,
                                     memory_order_relaxed);
}

static void begin_phases(struct hearth_team *team)
{
    atomic_store(&team->phase, 0);
    atomic_store(&team->next[0], 0);
    team->members[0].phase = 0;
}

struct hearth_member *hearth_member_alone(struct hearth_member *member)
{
    begin_phases(member->alone);
    return &member->alone->members[0];
}

unsigned hearth_member_count(const struct hearth_member *member)
{
    return member->team->size;
}

unsigned hearth_member_index(const struct hearth_member *member)
{
    return member->index;
}

/* Each member keeps to a share of the cores of its own. Left to itself, the kernel wakes a member
 * on the core of the one that wakes it, and then sees two threads of which only one runs at a time:
 * they may stay on one core for seconds although another one is free. */
static void keep_to_share(const struct hearth_team *team, unsigned index)
{
    unsigned count = (unsigned)CPU_COUNT(&team->cores), seen = 0;
    cpu_set_t share;
    if (team->size > count)
        return;
    CPU_ZERO(&share);
    for (size_t core = 0; core < CPU_SETSIZE; core++)
        /* The n-th usable core belongs to member n · size / count: neighbouring cores, which share
         * a cache, go to one member, and the shares differ by one core at most. */
        if (CPU_ISSET(core, &team->cores) && seen++ * team->size / count == index)
            CPU_SET(core, &share);
    sched_setaffinity(0, sizeof(share), &share);
}

static void keep_runner(struct hearth_team *team)
{
    if (team->keeps_runner || team->size < 2)
        return;
    team->keeps_runner = true;
    team->runner = pthread_self();
    keep_to_share(team, 0);
}

static void release_runner(const struct hearth_team *team)
{
    /* Only the thread itself can be given its cores back. */
    if (team->keeps_runner && CPU_COUNT(&team->cores) &&
        pthread_equal(team->runner, pthread_self()))
        sched_setaffinity(0, sizeof(team->cores), &team->cores);
}

static void *help(void *argument)
{
    struct hearth_member *member = argument;
    struct hearth_team *team = member->team;
    uint64_t seen = 0;
    keep_to_share(team, member->index);
    pthread_mutex_lock(&team->lock);
    for (;;) {
        /* A number and no flag: each helper knows by itself which run it has not joined yet. */
        while (team->run == seen && !team->ending)
            pthread_cond_wait(&team->wake, &team->lock);
        if (team->ending)
            break;
        seen = team->run;
        pthread_mutex_unlock(&team->lock);
        member->phase = 0;
        team->work(member, team->argument);
        pthread_mutex_lock(&team->lock);
        if (--team->busy == 0)
            pthread_cond_signal(&team->idle);
    }
    pthread_mutex_unlock(&team->lock);
    return NULL;
}

void hearth_team_run(struct hearth_team *team,
                     void (*work)(struct hearth_member *member, void *argument), void *argument)
{
    keep_runner(team);
    begin_phases(team);
    pthread_mutex_lock(&team->lock);
    team->work = work;
    team->argument = argument;
    team->busy = team->size - 1;
    team->run++;
    pthread_cond_broadcast(&team->wake);
    pthread_mutex_unlock(&team->lock);
    /* The caller works too, as member 0, instead of waiting for the others. */
    work(&team->members[0], argument);
    pthread_mutex_lock(&team->lock);
    while (team->busy)
        pthread_cond_wait(&team->idle, &team->lock);
    pthread_mutex_unlock(&team->lock);
}

static struct hearth_team *create(unsigned threads, bool of_one_member)
{
    struct hearth_team *team = hearth_aligned_alloc(LINE, sizeof(*team));
    *team = (struct hearth_team){.size = threads};
    team->members = hearth_calloc(threads, sizeof(*team->members));
    if (threads > 1 && sched_getaffinity(0, sizeof(team->cores), &team->cores))
        CPU_ZERO(&team->cores);
    pthread_mutex_init(&team->lock, NULL);
    pthread_cond_init(&team->wake, NULL);
    pthread_cond_init(&team->idle, NULL);
    for (unsigned i = 0; i < threads; i++) {
        struct hearth_member *member = &team->members[i];
        *member = (struct hearth_member){.team = team, .index = i};
        /* Made now, so that nothing can fail in the middle of a pass. */
        member->alone = of_one_member ? NULL : create(1, true);
        if (i && pthread_create(&member->thread, NULL, help, member) != 0) {
            hearth_team_destroy(team);
            return NULL;
        }
        team->started = i + 1;
    }
    return team;
}

struct hearth_team *hearth_team_create(unsigned threads)
{
    return create(threads, false);
}

void hearth_team_destroy(struct hearth_team *team)
{
    if (!team)
        return;
    release_runner(team);
    pthread_mutex_lock(&team->lock);
    team->ending = true;
    pthread_cond_broadcast(&team->wake);
    pthread_mutex_unlock(&team->lock);
    for (unsigned i = 1; i < team->started; i++)
        pthread_join(team->members[i].thread, NULL);
    for (unsigned i = 0; i < team->size; i++)
        hearth_team_destroy(team->members[i].alone);
    pthread_cond_destroy(&team->idle);
    pthread_cond_destroy(&team->wake);
    pthread_mutex_destroy(&team->lock);
    hearth_free(team->members);
    hearth_free(team);
}

unsigned hearth_team_size(const struct hearth_team *team)
{
    return team->size;
}
