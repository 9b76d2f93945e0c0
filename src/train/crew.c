#include "train/crew.h"

#include "base/error.h"
#include "base/memory.h"
#include "compute/team.h"

#include <cblas.h>

enum { PRODUCT_STEP = 16 }; /* rows or columns: whole vectors of a kernel */

struct hearth_crew {
    struct hearth_team *team;
    unsigned size;
    void (*lead)(void *argument);
    void *lead_argument;
    struct hearth_member *leader; /* of the run under way */
    /* What is shared at the moment. */
    hearth_crew_work *work; /* NULL: the run is over */
    void *argument;
    size_t count, step;
};

int hearth_crew_create(unsigned threads, struct hearth_crew **ret_crew, struct hearth_error *error)
{
    struct hearth_crew *crew = hearth_calloc(1, sizeof(*crew));
    crew->size = threads < 1 ? 1 : threads > HEARTH_CREW_MOST ? HEARTH_CREW_MOST : threads;
    openblas_set_num_threads(1);
    crew->team = crew->size > 1 ? hearth_team_create(crew->size) : NULL;
    if (crew->size > 1 && crew->team == NULL) {
        hearth_crew_destroy(crew);
        return hearth_error_set(error, HEARTH_ENOMEM, "cannot start %u threads", threads);
    }
    *ret_crew = crew;
    return 0;
}

void hearth_crew_destroy(struct hearth_crew *crew)
{
    if (crew == NULL)
        return;
    hearth_team_destroy(crew->team);
    hearth_free(crew);
}

unsigned hearth_crew_size(const struct hearth_crew *crew)
{
    return crew->size;
}

static size_t bound_of(const struct hearth_crew *crew, unsigned member)
{
    size_t steps = (crew->count + crew->step - 1) / crew->step;
    size_t bound = steps * member / crew->size * crew->step;
    return bound < crew->count ? bound : crew->count;
}

static void do_part(const struct hearth_crew *crew, unsigned member)
{
    size_t first = bound_of(crew, member), end = bound_of(crew, member + 1);
    if (first < end)
        crew->work(crew->argument, first, end, member);
}

static void follow(struct hearth_crew *crew, struct hearth_member *member)
{
    for (;;) {
        hearth_member_barrier(member);
        if (crew->work == NULL)
            return;
        do_part(crew, hearth_member_index(member));
        hearth_member_barrier(member);
    }
}

static void take_part(struct hearth_member *member, void *argument)
{
    struct hearth_crew *crew = argument;
    if (hearth_member_index(member) > 0) {
        follow(crew, member);
        return;
    }
    crew->leader = member;
    crew->lead(crew->lead_argument);
    crew->work = NULL;
    hearth_member_barrier(member);
    crew->leader = NULL;
}

void hearth_crew_run(struct hearth_crew *crew, void (*lead)(void *argument), void *argument)
{
    crew->lead = lead;
    crew->lead_argument = argument;
    if (crew->team == NULL)
        lead(argument);
    else
        hearth_team_run(crew->team, take_part, crew);
}

void hearth_crew_share(struct hearth_crew *crew, size_t count, size_t step, hearth_crew_work *work,
                       void *argument)
{
    crew->count = count;
    crew->step = step;
    crew->work = work;
    crew->argument = argument;
    if (crew->team == NULL) {
        do_part(crew, 0);
        return;
    }
    hearth_member_barrier(crew->leader);
    do_part(crew, 0);
    hearth_member_barrier(crew->leader);
}

/* The operand from row (of what is multiplied, not of what is stored) `first` on. */
static struct hearth_operand below(struct hearth_operand operand, bool transposed, size_t first)
{
    operand.values += transposed ? first : first * operand.stride;
    return operand;
}

static void multiply_rows(void *argument, size_t first, size_t end, unsigned member)
{
    struct hearth_product product = *(const struct hearth_product *)argument;
    (void)member;
    product.a = below(product.a, product.a.transposed, first);
    product.y += first * product.y_stride;
    product.rows = end - first;
    hearth_multiply(&product);
}

static void multiply_columns(void *argument, size_t first, size_t end, unsigned member)
{
    struct hearth_product product = *(const struct hearth_product *)argument;
    (void)member;
    product.b = below(product.b, !product.b.transposed, first);
    product.y += first;
    product.columns = end - first;
    hearth_multiply(&product);
}

void hearth_crew_product(struct hearth_crew *crew, const struct hearth_product *product)
{
    struct hearth_product copy = *product;
    if (product->rows >= product->columns)
        hearth_crew_share(crew, product->rows, PRODUCT_STEP, multiply_rows, &copy);
    else
        hearth_crew_share(crew, product->columns, PRODUCT_STEP, multiply_columns, &copy);
}
