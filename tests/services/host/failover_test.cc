// A service whose PostgreSQL server dies and whose standby takes over.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "shared/base/errors.h"
#include "tests/services/host/replicas_fixture.h"

namespace crm::testing {
namespace {

constexpr int kClients = 4;
// How many customers each client makes on either server, at least.
constexpr int kCallsEach = 15;

class FailoverTest : public ReplicasTest {
 protected:
  // Makes customers until told to end, each under a request id of its own, and
  // repeats a call for as long as the service says that it may. Clients are
  // threads of their own.
  void RunClient(ServiceHarness& service, int client) {
    for (int call = 0; !ends_; ++call) {
      const std::string id = absl::StrCat("c", client, "-", call);
      absl::StatusOr<operational::v1::Customer> created =
          absl::UnavailableError("not called yet");
      while (absl::IsUnavailable(created.status()) ||
             absl::IsAborted(created.status()) ||
             absl::IsDeadlineExceeded(created.status())) {
        created = Create(service, id, absl::StrCat("request-", id));
      }
      const std::lock_guard lock(mutex_);
      if (created.ok()) {
        acknowledged_.push_back(created->name());
      } else {
        errors_.push_back(created.status());
      }
      ++done_[client];
      changed_.notify_all();
    }
  }

  // Waits until each client has had `count` more answers. Returns whether it
  // did, in time.
  bool AwaitCalls(int count) {
    std::unique_lock lock(mutex_);
    const std::vector<int> begin(std::begin(done_), std::end(done_));
    return changed_.wait_for(lock, std::chrono::seconds(60), [&] {
      for (size_t client = 0; client < kClients; ++client) {
        if (done_[client] < begin[client] + count) return false;
      }
      return true;
    });
  }

  std::atomic<bool> ends_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  int done_[kClients] = {};
  std::vector<std::string> acknowledged_;
  std::vector<absl::Status> errors_;
};

TEST_F(FailoverTest, F35_AStandbyTakesOverWithAllThatWasAcknowledged) {
  PostgresServer primary;
  const std::string uri = primary.Uri("failover");
  const auto standby = PostgresServer::StandbyOf(primary);
  const auto service = Start(EitherUri(primary, *standby, uri));
  ASSERT_THAT(Create(*service, "first", "request-first"), IsOk());
  std::vector<std::thread> clients;
  for (int client = 0; client < kClients; ++client) {
    clients.emplace_back(
        [this, &service, client] { RunClient(*service, client); });
  }

  const bool before = AwaitCalls(kCallsEach);
  primary.Kill();
  standby->Promote();
  const absl::Time promoted = absl::Now();
  const bool again = AwaitCalls(1);
  const absl::Duration away = absl::Now() - promoted;
  const bool after = AwaitCalls(kCallsEach);
  ends_ = true;
  for (std::thread& client : clients) client.join();

  EXPECT_TRUE(before && again && after);
  EXPECT_LT(away, absl::Seconds(10));
  EXPECT_TRUE(errors_.empty()) << errors_.front();
  // Each was made once, whether its first answer came through or not.
  const std::map<std::string, int> counts = CheckFeed(*service);
  EXPECT_EQ(counts.size(), acknowledged_.size() + 1);
  for (const std::string& name : acknowledged_) {
    const auto found = counts.find(name);
    ASSERT_NE(found, counts.end()) << name << " is lost";
    EXPECT_EQ(found->second, 1) << name;
  }
}

}  // namespace
}  // namespace crm::testing
