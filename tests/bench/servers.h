// The servers that the benchmarks compare, each in a process of its own, so
// that its processor time and memory are its own.

#ifndef CRM_TESTS_BENCH_SERVERS_H_
#define CRM_TESTS_BENCH_SERVERS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "tests/bench/child_process.h"

namespace crm::bench {

// A process that serves. Thread-compatible.
class ServerProcess {
 public:
  // gRPC C++'s callback server with a GetCustomer that reads its request and
  // answers with the message that `answer` are the bytes of: what a service
  // that does nothing else would cost.
  static ServerProcess Bare(absl::string_view answer);

  // The operational service as it is run, over an empty store: a file, or with
  // `postgres` a database of a PostgreSQL server of its own that syncs to disk.
  // Without Redis, TLS and rate limits.
  static ServerProcess Operational(bool postgres = false);

  // One of several replicas over the PostgreSQL database `uri`.
  static ServerProcess Replica(const std::string& uri);

  ChildProcess& process() { return *process_; }
  int port() const { return port_; }
  // A token of kTenant that allows everything.
  const std::string& token() const { return token_; }

 private:
  explicit ServerProcess(const std::vector<std::string>& arguments);

  std::unique_ptr<ChildProcess> process_;
  int port_ = 0;
  std::string token_;
};

// Serves, if the arguments are those of a ServerProcess, until it is no longer
// wanted, and returns true. Every benchmark's main calls it first.
bool ServedAsChild(int argc, char** argv);

}  // namespace crm::bench

#endif  // CRM_TESTS_BENCH_SERVERS_H_
