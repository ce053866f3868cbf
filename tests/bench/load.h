// The client of the benchmarks: gRPC C++'s asynchronous one, with a fixed
// number of calls in flight on a fixed number of connections. Every server that
// is compared is called by it.

#ifndef CRM_TESTS_BENCH_LOAD_H_
#define CRM_TESTS_BENCH_LOAD_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "grpcpp/channel.h"
#include "grpcpp/generic/generic_stub.h"

namespace crm::bench {

// What is called, and how often.
struct Load {
  // As `/crm.operational.v1.CustomerService/GetCustomer`.
  std::string path;
  // Returns the bytes of a request, given its number.
  std::function<std::string(int)> request;
  int calls = 1;
};

struct LoadResult {
  double calls_per_second = 0;
  // How many calls the service did not let in because it was busy. Each was
  // repeated when the service asked for it, until it was answered.
  int refused = 0;
  // How many met changes of others until the service gave up. Each was repeated
  // at once.
  int conflicts = 0;
  // From the first start of a call to its answer.
  double p50_micros = 0;
  double p99_micros = 0;
  // The bytes of an answer of this run.
  std::string answer;
};

// Connections to one server of this machine. Thread-compatible.
class LoadClient {
 public:
  // `connections` of their own, each with up to `in_flight` calls at once, that
  // carry `token`.
  LoadClient(int port, absl::string_view token, int connections = 8,
             int in_flight = 16);

  // Makes the calls and returns when all are answered. A call that fails, other
  // than by OVERLOADED or TRANSACTION_CONFLICT, ends the program.
  LoadResult Run(const Load& load);

 private:
  const std::string authorization_;
  const int in_flight_;
  std::vector<std::unique_ptr<grpc::GenericStub>> stubs_;
};

}  // namespace crm::bench

#endif  // CRM_TESTS_BENCH_LOAD_H_
