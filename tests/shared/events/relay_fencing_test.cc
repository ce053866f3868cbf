// Several relays over one store: who leads is settled by leases, and a relay
// that only thinks that it leads does no harm.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/events/relay.h"
#include "tests/shared/events/stores.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using internal::v1::Event;
using testing::IsOk;
using testing::kPatience;
using testing::ProducerStore;

constexpr int kPartitions = 4;

// One of several processes' views of a store that has a clock of its own, and
// does not tell a process what others commit.
class SharedStore final : public Database {
 public:
  explicit SharedStore(Database& database) : database_(database) {}

  absl::Status Read(absl::Time deadline, ReadBody body) override {
    return database_.Read(deadline, body);
  }
  void Write(absl::Time deadline, WriteBody body, WriteDone done) override {
    database_.Write(deadline, std::move(body), std::move(done));
  }
  absl::StatusOr<MigrationResult> Migrate(const SqlSchema& schema,
                                          const WriteBody& then) override {
    return database_.Migrate(schema, then);
  }
  absl::Status CheckWritable() override { return database_.CheckWritable(); }
  absl::Duration WriterStall() const override {
    return database_.WriterStall();
  }
  DatabaseStats Stats() const override { return database_.Stats(); }
  absl::string_view TimeSql() const override {
    return "(SELECT v FROM ordering_head WHERE tenant = 'the clock')";
  }
  void SetCommitListener(std::function<void()> /*listener*/) override {}
  absl::Status Close() override { return absl::OkStatus(); }

 private:
  Database& database_;
};

// The clock of a process that is paused whenever it would see time pass.
class StandingClock final : public Clock {
 public:
  absl::Time Now() const override { return SystemClock().Now(); }
  absl::Duration Monotonic() const override { return absl::ZeroDuration(); }
};

class RelayFencingTest : public ::testing::Test {
 protected:
  RelayFencingTest() { SetStoreTime(absl::ZeroDuration()); }

  // The store's time is kept where TimeSql() finds it.
  void SetStoreTime(absl::Duration time) {
    ASSERT_THAT(
        store_.database().WriteAndWait(
            SystemClock().Now() + kPatience,
            [&](SqlWriter& writer) {
              return writer
                  .Execute(
                      "INSERT INTO ordering_head (tenant, ordering_key, "
                      "v) VALUES ('the clock', '', ?) ON CONFLICT "
                      "(tenant, ordering_key) DO UPDATE SET v = "
                      "excluded.v",
                      {absl::ToInt64Microseconds(time)})
                  .status();
            }),
        IsOk());
  }

  std::unique_ptr<Relay> StartRelay(const std::string& holder) {
    Relay::Options options;
    options.holder = holder;
    options.poll_interval = absl::Milliseconds(2);
    options.first_retry = absl::Milliseconds(1);
    options.last_retry = absl::Milliseconds(5);
    auto relay = std::make_unique<Relay>(shared_, store_.outbox(), nullptr,
                                         clock_, options);
    relay->Start();
    return relay;
  }

  // Expects positions without holes, in the order of each key.
  void ExpectWhole(int64_t events) {
    int64_t count = 0;
    for (int partition = 0; partition < kPartitions; ++partition) {
      std::map<std::string, int64_t> versions;
      int64_t seq = 0;
      for (const Event& event : store_.Events(partition)) {
        EXPECT_EQ(event.seq(), ++seq);
        EXPECT_EQ(event.key_version(), ++versions[event.ordering_key()]);
      }
      count += seq;
    }
    EXPECT_EQ(count, events);
  }

  int64_t CountNumbered() {
    int64_t count = 0;
    for (int partition = 0; partition < kPartitions; ++partition) {
      count += static_cast<int64_t>(store_.Events(partition).size());
    }
    return count;
  }

  void Emit(int customers) {
    for (int i = 0; i < customers; ++i) {
      store_.Emit(absl::StrCat("customers/", i));
    }
  }

  ProducerStore store_{kPartitions};
  SharedStore shared_{store_.database()};
  StandingClock clock_;
};

TEST_F(RelayFencingTest, TheOneThatLeadsNumbersWhatAnyProcessWrote) {
  const auto first = StartRelay("first");
  while (first->Stats().leading < kPartitions) {
  }
  const auto second = StartRelay("second");

  Emit(20);

  while (CountNumbered() < 20) {
  }
  ExpectWhole(20);
  EXPECT_EQ(second->Stats().leading, 0);
}

TEST_F(RelayFencingTest, F26_APausedLeaderIsFencedByItsSuccessorsEpoch) {
  const auto paused = StartRelay("paused");
  while (paused->Stats().leading < kPartitions) {
  }
  Emit(10);
  while (CountNumbered() < 10) {
  }

  // The paused process's own clock stands still, so it goes on believing that
  // it leads; for the store its leases are over.
  SetStoreTime(absl::Seconds(11));
  const auto successor = StartRelay("successor");
  while (successor->Stats().leading < kPartitions) {
  }
  EXPECT_EQ(paused->Stats().leading, kPartitions);
  EXPECT_EQ(paused->Stats().fenced, 0);
  for (int i = 0; i < 20 || paused->Stats().fenced == 0; ++i) Emit(10);

  ASSERT_THAT(successor->Flush(kPatience), IsOk());
  EXPECT_EQ(successor->Stats().fenced, 0);
  while (paused->Stats().leading > 0) {
  }
  ExpectWhole(CountNumbered());
}

TEST_F(RelayFencingTest, WhatIsGivenUpAtAStopIsLedByAnotherAtOnce) {
  auto first = StartRelay("first");
  while (first->Stats().leading < kPartitions) {
  }
  first->Stop();
  Emit(10);

  const auto second = StartRelay("second");

  while (CountNumbered() < 10) {
  }
  ExpectWhole(10);
}

}  // namespace
}  // namespace crm
