// Calls at a steady rate, whatever becomes of them, and counts what does.

#ifndef CRM_TESTS_SHARED_RPC_OPEN_LOOP_H_
#define CRM_TESTS_SHARED_RPC_OPEN_LOOP_H_

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "grpcpp/generic/generic_stub.h"
#include "shared/call/call.h"

namespace crm::testing {

// One stream of calls.
struct OfferedLoad {
  // Goes by it in the outcome.
  std::string name;
  double per_second = 0;
  Metadata metadata = {};
};

// What became of the calls of one stream.
struct Tally {
  int offered = 0;
  int answered = 0;
  int refused = 0;
  // Those that ended otherwise.
  std::vector<absl::Status> failures;
  // Of the answered, from when each was due.
  std::vector<absl::Duration> latencies;

  // Returns the latency that 99 % of the answered had at most.
  absl::Duration P99() const;
};

// An open-loop driver over connections of its own. Thread-compatible.
class OpenLoop {
 public:
  // `path` is the method that is called, with `request`, within `timeout`.
  OpenLoop(int port, absl::string_view path, std::string request,
           absl::Duration timeout);
  ~OpenLoop();

  // Offers `loads` for `time`, each call at a moment of its own (Poisson), then
  // waits for the last answer.
  std::map<std::string, Tally> Run(const std::vector<OfferedLoad>& loads,
                                   absl::Duration time);

 private:
  struct Pending;

  void Start(const OfferedLoad& load, absl::Time due, Tally& tally);
  void Ended(const Pending& pending, const grpc::Status& status);

  const std::string path_;
  const std::string request_;
  const absl::Duration timeout_;
  std::vector<std::unique_ptr<grpc::GenericStub>> stubs_;
  size_t next_stub_ = 0;
  std::mt19937 random_{7};
  std::mutex mutex_;
  std::condition_variable ended_;
  int outstanding_ = 0;
};

}  // namespace crm::testing

#endif  // CRM_TESTS_SHARED_RPC_OPEN_LOOP_H_
