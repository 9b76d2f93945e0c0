/* hearth-worker: started by `hearth serve`, one process for each loaded model. */
#include "worker/worker.h"

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>

int main(void)
{
    int type = 0;
    socklen_t length = sizeof(type);
    if (getsockopt(WORKER_CHANNEL, SOL_SOCKET, SO_TYPE, &type, &length) || type != SOCK_STREAM) {
        fputs("hearth-worker: it is started by \"hearth serve\", not by hand\n", stderr);
        return 2;
    }
    /* The gateway's child has asked for this already; here it holds for whatever started us. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    return worker_run();
}
