// A real server under more load than it can serve, by an open-loop driver. What
// a call costs is pinned: eight threads, 40 ms of waiting each, 200 calls a
// second.
//
// CRM_OVERLOAD_SECONDS says how long each step takes.

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <thread>

#include "absl/strings/numbers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/admission/admission.h"
#include "shared/admission/admission_timer.h"
#include "tests/shared/rpc/echo_service.h"
#include "tests/shared/rpc/open_loop.h"
#include "tests/shared/rpc/test_server.h"

namespace crm {
namespace {

using ::crm::testing::kEcho;
using ::crm::testing::OpenLoop;
using ::crm::testing::Pack;
using ::crm::testing::Tally;
using ::crm::testing::TestServer;
using ::testing::IsEmpty;

constexpr int kThreads = 8;
constexpr absl::Duration kCost = absl::Milliseconds(40);
// Calls per second.
constexpr double kCapacity = 200;
constexpr int64_t kMebibyte = 1 << 20;
// What a step may leave behind. AddressSanitizer keeps what is freed for a
// while, which says nothing of the server.
#ifdef __SANITIZE_ADDRESS__
constexpr int64_t kMayGrow = 1024 * kMebibyte;
#else
constexpr int64_t kMayGrow = 32 * kMebibyte;
#endif

absl::Duration StepTime() {
  const char* text = std::getenv("CRM_OVERLOAD_SECONDS");
  int seconds = 2;
  if (text != nullptr && !absl::SimpleAtoi(text, &seconds)) std::abort();
  return absl::Seconds(seconds);
}

int64_t ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  int64_t pages = 0;
  file >> pages >> pages;
  return pages * sysconf(_SC_PAGESIZE);
}

// Believes what the caller says of himself.
class BelievingFilter final : public CallFilter {
 public:
  absl::Status Begin(Call& call) override {
    call.context.principal.tenant =
        std::string(FindMetadata(call.metadata, "tenant"));
    return absl::OkStatus();
  }
};

class OverloadTest : public ::testing::Test {
 protected:
  OverloadTest()
      : admission_(Options(), clock_, metrics_),
        timer_(admission_),
        server_({.echo =
                     [](std::shared_ptr<Call>, Done done) {
                       std::this_thread::sleep_for(
                           absl::ToChronoNanoseconds(kCost));
                       done(Answer{});
                     }},
                {.filters = {&believe_}, .gate = &admission_}, ServerOptions()),
        driver_(server_.port(), kEcho, Pack("x"), absl::Seconds(1)) {
    // The service is used as it should be before it is overloaded.
    Offer(0.5, absl::Seconds(1));
  }

  static Admission::Options Options() {
    Admission::Options options;
    options.may_be_critical_plus = [](const Principal& principal) {
      return principal.tenant == "officer";
    };
    return options;
  }

  static RpcServer::Options ServerOptions() {
    RpcServer::Options options;
    options.pool_threads = kThreads;
    return options;
  }

  // Offers `times` the capacity.
  Tally Offer(double times, absl::Duration time = StepTime()) {
    Tally tally = driver_.Run({{.name = "acme",
                                .per_second = times * kCapacity,
                                .metadata = {{"tenant", "acme"}}}},
                              time)["acme"];
    std::cout << times << "x: offered " << tally.offered << ", answered "
              << tally.answered << ", refused " << tally.refused << ", p99 "
              << tally.P99() << ", limit " << admission_.GetStats().limit
              << ", resident " << ResidentBytes() / kMebibyte << " MiB\n";
    return tally;
  }

  SystemClock clock_;
  MetricRegistry metrics_;
  Admission admission_;
  AdmissionTimer timer_;
  BelievingFilter believe_;
  TestServer server_;
  OpenLoop driver_;
};

TEST_F(OverloadTest, F17_TenTimesTheLoadIsServedLikeTheLoadAndIsOverAtOnce) {
  const Tally once = Offer(1);
  // What is let in until the limit is found weighs too much in a short step.
  if (StepTime() < absl::Seconds(60)) Offer(2, absl::Seconds(1));
  const Tally two = Offer(2);
  Offer(5);
  const int64_t resident = ResidentBytes();

  const Tally ten = Offer(10);

  EXPECT_GE(two.answered, 0.8 * once.answered);
  EXPECT_LE(two.P99(), 2 * once.P99());
  EXPECT_GE(ten.offered, 9 * once.offered);
  EXPECT_GE(ten.answered, 0.8 * once.answered);
  EXPECT_LE(ten.P99(), 2 * once.P99());
  EXPECT_THAT(ten.failures, IsEmpty());
  EXPECT_EQ(ten.answered + ten.refused, ten.offered);
  EXPECT_LE(ResidentBytes() - resident, kMayGrow);

  const absl::Time over = absl::Now();
  while (Offer(0.5, absl::Milliseconds(500)).refused > 0) {
    ASSERT_LT(absl::Now() - over, absl::Seconds(5));
  }
}

TEST_F(OverloadTest, F17_TheTenantThatAbusesIsRefused) {
  const auto load = [](const std::string& tenant, double times,
                       const std::string& criticality = "CRITICAL") {
    return crm::testing::OfferedLoad{
        .name = tenant,
        .per_second = times * kCapacity,
        .metadata = {{"tenant", tenant}, {kCriticalityMetadata, criticality}}};
  };

  const absl::Duration time = 2 * StepTime();
  const std::map<std::string, Tally> tallies =
      driver_.Run({load("abusive", 9.7), load("good", 0.2),
                   load("officer", 0.1, "CRITICAL_PLUS")},
                  time);

  int answered = 0;
  int refused = 0;
  for (const auto& [tenant, tally] : tallies) {
    std::cout << tenant << ": offered " << tally.offered << ", answered "
              << tally.answered << ", refused " << tally.refused << "\n";
    answered += tally.answered;
    refused += tally.refused;
  }
  EXPECT_GE(answered, 0.8 * kCapacity * absl::ToDoubleSeconds(time));
  EXPECT_GT(refused, 0);
  EXPECT_GE(tallies.at("abusive").refused, 0.95 * refused);
  const Tally& officer = tallies.at("officer");
  EXPECT_GE(officer.answered, 0.99 * officer.offered);
  EXPECT_EQ(tallies.at("good").answered + tallies.at("good").refused,
            tallies.at("good").offered);
}

}  // namespace
}  // namespace crm
