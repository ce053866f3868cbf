// Runs a part of a test on a disk of a few megabytes: a filesystem in memory
// that only a child process sees.

#ifndef CRM_TESTS_SUPPORT_SMALL_DISK_H_
#define CRM_TESTS_SUPPORT_SMALL_DISK_H_

#include <cstdint>
#include <functional>
#include <string>

namespace crm::testing {

// Mounts `bytes` of memory at `folder`, which exists, and calls `body`, both in
// a child process that shares nothing with this one. The test has failed if an
// expectation in there did, and is skipped on a machine that lets nobody mount
// a filesystem of their own. Called last in a test, by a program of one thread.
void OnSmallDisk(const std::string& folder, int64_t bytes,
                 const std::function<void()>& body);

// Fills the disk of `folder` with a file, but for about `left_bytes`.
void FillDisk(const std::string& folder, int64_t left_bytes);

// Removes what FillDisk() wrote.
void EmptyDisk(const std::string& folder);

}  // namespace crm::testing

#endif  // CRM_TESTS_SUPPORT_SMALL_DISK_H_
