/* Enters the sandbox. Files come before system calls, since making the Landlock rules needs calls
 * and files that are refused afterwards. */
#include "worker/sandbox.h"

#include "wire/ipc_event.h"

#include <sys/prctl.h>
#include <sys/resource.h>

uint32_t sandbox_enter(const struct sandbox_paths *paths)
{
    /* A crash of an engine must not fill the disk with the model. */
    const struct rlimit none = {0};
    setrlimit(RLIMIT_CORE, &none);
    /* Both Landlock and seccomp ask for it from a process without privileges. */
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        return 0;
    uint32_t reached = sandbox_files(paths);
    return reached | sandbox_system_calls();
}
