/* What others ask of a load. */
#include "backend/backend_host.h"
#include "loop/loop.h"
#include "serving/model_load_private.h"

bool hearth_load_is_busy(const struct hearth_model_load *load)
{
    return load->locating || load->draft_search || load->looking || load->seeks_room ||
           load->seeks_host || load->pass.waits || hearth_model_process_runs(load->process);
}

struct hearth_memory hearth_load_planned(const struct hearth_model_load *load)
{
    return hearth_memory_total(hearth_model_process_plan(load->process));
}

struct hearth_memory hearth_load_claim_before(const struct hearth_model_load *other,
                                              const struct hearth_model_load *load)
{
    return hearth_load_gate_claim_before(&other->pass, &load->pass);
}

struct hearth_model_process *hearth_load_process(const struct hearth_model_load *load)
{
    return load->process;
}

const struct hearth_model_facts *hearth_load_facts(const struct hearth_model_load *load)
{
    return hearth_model_process_facts(load->process);
}

const char *hearth_load_fingerprint(const struct hearth_model_load *load)
{
    return load->fingerprint;
}

uint64_t hearth_load_took_ms(const struct hearth_model_load *load)
{
    return load->took_ms;
}

uint64_t hearth_load_left_ms(const struct hearth_model_load *load)
{
    uint64_t since_ms = hearth_loop_now_ms(load->identity->loop) - load->wanted_ms;
    bool loads = hearth_load_is_busy(load) && !load->ready;
    return loads && load->took_ms > since_ms ? load->took_ms - since_ms : 0;
}

uint64_t hearth_load_ready_ms(const struct hearth_model_load *load)
{
    return load->ready_ms;
}

void hearth_load_report(const struct hearth_model_load *load, struct hearth_model_report *report)
{
    report->load_fraction = load->fraction;
    hearth_model_process_report(load->process, report);
}

const struct hearth_load_files *hearth_load_found_files(const struct hearth_model_load *load)
{
    return &load->files;
}

bool hearth_load_is_older(const struct hearth_model_load *load,
                          const struct hearth_model_load *other)
{
    return load->pass.order < other->pass.order;
}

struct hearth_host *hearth_load_host(const struct hearth_model_load *load)
{
    return hearth_model_process_host(load->process);
}

bool hearth_load_is_guest_of(const struct hearth_model_load *load, const struct hearth_host *host)
{
    return load->host == host && hearth_model_process_runs(load->process);
}

bool hearth_load_has_guests(const struct hearth_model_load *load)
{
    return hearth_load_host(load) && hearth_host_has_guests(hearth_load_host(load));
}

bool hearth_load_has_busy_guests(const struct hearth_model_load *load)
{
    return hearth_load_host(load) && hearth_host_is_busy(hearth_load_host(load));
}
