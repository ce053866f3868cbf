#include "shared/resource/request_log.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "shared/base/clock.h"
#include "shared/events/outbox.h"
#include "tests/shared/events/stores.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::internal::v1::Event;
using ::crm::testing::IsOk;
using ::crm::testing::OpenTestDatabase;
using ::crm::testing::StatusIs;
using ::crm::testing::TempFolder;

class RequestLogTest : public ::testing::Test {
 protected:
  RequestLogTest() {
    std::vector<SqlTable> tables = OutboxTables();
    tables.push_back(RequestLogTable());
    database_ = OpenTestDatabase(folder_.File("store"), std::move(tables));
  }

  void Write(std::function<absl::Status(SqlWriter&)> body) {
    ASSERT_THAT(database_->WriteAndWait(absl::Now() + absl::Seconds(30),
                                        std::move(body)),
                IsOk());
  }

  void Remember(const std::string& request_id, const std::string& response,
                const std::vector<Event>& events = {}) {
    Write([&](SqlWriter& writer) {
      return RememberAnswer(writer, Key(request_id), "hash",
                            {response, "token"}, events, clock_.Now());
    });
  }

  absl::StatusOr<std::optional<RememberedAnswer>> Find(
      const RequestKey& key, const std::string& hash = "hash") {
    absl::StatusOr<std::optional<RememberedAnswer>> found;
    const absl::Status read = database_->Read(
        absl::Now() + absl::Seconds(30), [&](SqlReader& reader) {
          found = FindAnswer(reader, key, hash, clock_.Now());
          return absl::OkStatus();
        });
    EXPECT_THAT(read, IsOk());
    return found;
  }

  int64_t Forget(int64_t limit) {
    int64_t forgotten = 0;
    Write([&](SqlWriter& writer) -> absl::Status {
      const auto count = ForgetAnswers(writer, clock_.Now(), limit);
      if (!count.ok()) return count.status();
      forgotten = *count;
      return absl::OkStatus();
    });
    return forgotten;
  }

  static RequestKey Key(const std::string& request_id) {
    return {"acme", "user:ada", "/method", request_id};
  }

  TempFolder folder_;
  FakeClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  std::unique_ptr<Database> database_;
};

TEST_F(RequestLogTest, FindsWhatWasAnswered) {
  Remember("r1", "answer");

  const auto found = Find(Key("r1"));

  ASSERT_THAT(found, IsOk());
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->response, "answer");
  EXPECT_EQ((*found)->token, "token");
}

TEST_F(RequestLogTest, RefusesAnotherRequestUnderTheId) {
  Remember("r1", "answer");

  EXPECT_THAT(
      Find(Key("r1"), "other hash"),
      StatusIs(absl::StatusCode::kInvalidArgument, "REQUEST_ID_REUSED"));
}

TEST_F(RequestLogTest, KeepsCallersAndMethodsApart) {
  Remember("r1", "answer");
  RequestKey tenant = Key("r1");
  tenant.tenant = "other";
  RequestKey principal = Key("r1");
  principal.principal = "user:bob";
  RequestKey method = Key("r1");
  method.method = "/other";

  for (const RequestKey& key : {tenant, principal, method}) {
    const auto found = Find(key);
    ASSERT_THAT(found, IsOk());
    EXPECT_FALSE(found->has_value());
  }
}

TEST_F(RequestLogTest, RemembersForThreeDays) {
  Remember("r1", "answer");

  clock_.Advance(absl::Hours(72));
  EXPECT_TRUE(Find(Key("r1"))->has_value());
  clock_.Advance(absl::Microseconds(1));
  EXPECT_FALSE(Find(Key("r1"))->has_value());
  // The id is free again, also for another request.
  EXPECT_THAT(Find(Key("r1"), "other hash"), IsOk());
  Remember("r1", "second answer");
  EXPECT_EQ((*Find(Key("r1")))->response, "second answer");
}

TEST_F(RequestLogTest, ForgetsTheOldOnesInBatches) {
  for (int i = 0; i < 5; ++i) Remember(absl::StrCat("old-", i), "answer");
  clock_.Advance(absl::Hours(73));
  Remember("young", "answer");

  EXPECT_EQ(Forget(3), 3);
  EXPECT_EQ(Forget(3), 2);
  EXPECT_EQ(Forget(3), 0);
  EXPECT_TRUE(Find(Key("young"))->has_value());
}

TEST_F(RequestLogTest, RefersToTheEventThatHoldsTheAnswer) {
  const Outbox outbox("operational", clock_);
  Event event;
  event.set_id("event-1");
  event.set_tenant("acme");
  event.set_type("lead.created");
  event.set_ordering_key("leads/a");
  event.set_after("the resource");
  Write([&](SqlWriter& writer) { return outbox.Open(writer); });
  Write([&](SqlWriter& writer) { return outbox.Append(writer, event); });

  Remember("r1", "the resource", {event});

  EXPECT_EQ((*Find(Key("r1")))->response, "the resource");
  Write([&](SqlWriter& writer) -> absl::Status {
    const auto rows = writer.Query("SELECT response FROM request_log", {});
    if (!rows.ok()) return rows.status();
    EXPECT_EQ(std::get<SqlBlob>((*rows)[0][0]).bytes, "");
    return absl::OkStatus();
  });
}

}  // namespace
}  // namespace crm
