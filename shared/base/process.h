// What a process that holds secrets does about itself at its start.

#ifndef CRM_SHARED_BASE_PROCESS_H_
#define CRM_SHARED_BASE_PROCESS_H_

namespace crm {

// Keeps the memory of this process from being dumped to disk when it crashes,
// and from being read by other processes of the same user.
void KeepMemoryPrivate();

}  // namespace crm

#endif  // CRM_SHARED_BASE_PROCESS_H_
