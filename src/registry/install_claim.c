/* One install a name at a time: within this process by a list, among several by the store's claim.
 */
#include "base/clock.h"
#include "base/error.h"
#include "registry/install_steps.h"

#include <pthread.h>
#include <string.h>

/* Renewed after a quarter of the lease: three renewals may fail or be late before it runs out. */
#define LEASE_MS 60000
#define RENEW_MS 15000

/* Installs that run in this process. The store's claim is taken in the name of the home, because a
 * home belongs to one process at a time: so the next one can go on at once after a kill. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct hearth_installing *running;

/* Stores are told apart too: tests have several in one process. */
static bool enter(struct hearth_installing *install)
{
    bool is_free = true;
    pthread_mutex_lock(&mutex);
    for (struct hearth_installing *other = running; other; other = other->next)
        if (other->registry->store == install->registry->store &&
            strcmp(other->claim, install->claim) == 0)
            is_free = false;
    if (is_free) {
        install->next = running;
        running = install;
    }
    pthread_mutex_unlock(&mutex);
    return is_free;
}

static void leave(struct hearth_installing *install)
{
    pthread_mutex_lock(&mutex);
    struct hearth_installing **at = &running;
    while (*at != install)
        at = &(*at)->next;
    *at = install->next;
    pthread_mutex_unlock(&mutex);
}

/* The lease is by the wall clock, which other machines share; its renewal by the monotonic one,
 * which does not jump. */
static void claim_on_store(struct hearth_store *store, void *argument)
{
    struct hearth_installing *install = argument;
    install->rc = hearth_store_claim(store, install->claim, install->owner, LEASE_MS,
                                     hearth_clock_wall_ms(), &install->fence, install->error);
    install->claimed_ms = hearth_clock_monotonic_ms();
}

static void release_on_store(struct hearth_store *store, void *argument)
{
    struct hearth_installing *install = argument;
    install->rc = hearth_store_release(store, install->claim, install->fence, NULL);
}

/* Called while bytes come. When another owner has the claim by now, the install must end: two would
 * write the same rows. */
int hearth_install_renew_claim(void *argument, struct hearth_error *error)
{
    struct hearth_installing *install = argument;
    if (hearth_clock_monotonic_ms() - install->claimed_ms < RENEW_MS)
        return 0;
    /* A step tells its failure to the install's error; here it is for whoever asked for the
     * renewal. */
    struct hearth_error *outer = install->error;
    install->error = error;
    int rc = hearth_install_step(install, claim_on_store);
    install->error = outer;
    return rc;
}

int hearth_install_claim(struct hearth_installing *install)
{
    /* The list first: within the process the store would grant the claim again, since its owner is
     * the same. */
    if (!enter(install))
        return hearth_error_set(install->error, HEARTH_EINUSE, "%s is being installed already",
                                install->name);
    int rc = hearth_install_step(install, claim_on_store);
    if (rc)
        leave(install);
    return rc;
}

/* In the reverse order, so that whoever enters next finds the store's claim free. */
void hearth_install_unclaim(struct hearth_installing *install)
{
    hearth_install_step(install, release_on_store);
    leave(install);
}
