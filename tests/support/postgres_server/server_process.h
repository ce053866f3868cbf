// Runs a server program for a test as an ordinary user, which PostgreSQL and
// pgbouncer insist on, also where the test itself runs as root.

#ifndef CRM_TESTS_SUPPORT_POSTGRES_SERVER_SERVER_PROCESS_H_
#define CRM_TESTS_SUPPORT_POSTGRES_SERVER_SERVER_PROCESS_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace crm::testing {

// Ends the test program with a message.
[[noreturn]] void Die(absl::string_view why);

// Makes a temporary folder that belongs to the servers' user.
std::string MakeServerFolder();

// Starts a program as that user, with its output added to the file `log`. It
// does not outlive the test.
pid_t SpawnServer(std::vector<std::string> words, const std::string& log);

// Asks the process to stop without waiting for its clients, and waits for it.
void EndServer(pid_t pid);

}  // namespace crm::testing

#endif  // CRM_TESTS_SUPPORT_POSTGRES_SERVER_SERVER_PROCESS_H_
