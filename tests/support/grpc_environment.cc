#include "tests/support/grpc_environment.h"

#include "absl/time/clock.h"
#include "grpc/grpc.h"
#include "gtest/gtest.h"

namespace crm::testing {
namespace {

constexpr absl::Duration kLongest = absl::Seconds(10);

class GrpcEnvironment : public ::testing::Environment {
 public:
  void SetUp() override { grpc_init(); }

  void TearDown() override {
    grpc_shutdown_blocking();
    // A connection that failed is given up by threads of gRPC, in their time.
    const absl::Time latest = absl::Now() + kLongest;
    while (grpc_is_initialized() != 0 && absl::Now() < latest) {
      absl::SleepFor(absl::Milliseconds(1));
    }
    // Where one of them was the last, this takes the end over from it.
    grpc_init();
    grpc_shutdown_blocking();
  }
};

}  // namespace

bool EndGrpcWithTheTests() {
  ::testing::AddGlobalTestEnvironment(new GrpcEnvironment);
  return true;
}

}  // namespace crm::testing
