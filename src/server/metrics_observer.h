/* Carries what the scheduler observes to the metrics, so that neither needs to know the other. Loop
 * thread only. */
#ifndef HEARTH_SERVER_METRICS_OBSERVER_H
#define HEARTH_SERVER_METRICS_OBSERVER_H

#include "serving/observer.h"

struct hearth_metrics;

/* The metrics must outlive the scheduler that is given this. */
struct hearth_scheduler_observer hearth_metrics_observer(struct hearth_metrics *metrics);

#endif
