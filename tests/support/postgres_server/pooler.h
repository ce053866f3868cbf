// A private pgbouncer in transaction mode before a test's PostgreSQL server.

#ifndef CRM_TESTS_SUPPORT_POSTGRES_SERVER_POOLER_H_
#define CRM_TESTS_SUPPORT_POSTGRES_SERVER_POOLER_H_

#include <sys/types.h>

#include <string>

#include "tests/support/postgres_server/postgres_server.h"

namespace crm::testing {

// Gives each transaction whichever of a few server connections is free. Any
// failure to run it ends the test program with a message. Thread-compatible.
class Pooler {
 public:
  // `server` outlives it.
  Pooler(const PostgresServer& server, int connections);

  // Stops it.
  ~Pooler();
  Pooler(const Pooler&) = delete;
  Pooler& operator=(const Pooler&) = delete;

  // Where its socket is.
  const std::string& folder() const { return folder_; }

 private:
  std::string folder_;
  pid_t pid_ = -1;
};

}  // namespace crm::testing

#endif  // CRM_TESTS_SUPPORT_POSTGRES_SERVER_POOLER_H_
