#include "shared/base/process.h"

#include <sys/prctl.h>

namespace crm {

void KeepMemoryPrivate() { prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

}  // namespace crm
