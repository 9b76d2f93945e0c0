/* hearth-trainer: started by `hearth serve`, one process for each training job that runs. */
#include "trainer/trainer.h"

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>

int main(void)
{
    int type = 0;
    socklen_t length = sizeof(type);
    if (getsockopt(TRAINER_CHANNEL, SOL_SOCKET, SO_TYPE, &type, &length) || type != SOCK_STREAM) {
        fputs("hearth-trainer: it is started by \"hearth serve\", not by hand\n", stderr);
        return 2;
    }
    /* The gateway's child has asked for this already; here it holds for whatever started us. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    return trainer_run();
}
