#include "shared/resource/change_hub.h"

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shared/base/ids.h"
#include "shared/storage/sqlite/sqlite_database.h"
#include "tests/shared/events/stores.h"
#include "tests/shared/resource/fake_stream.h"
#include "tests/support/api_client.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::internal::v1::Event;
using ::crm::platform::v1::Change;
using ::crm::platform::v1::WatchRequest;
using ::crm::testing::FakeStream;
using ::crm::testing::IsOk;
using ::crm::testing::OpenTestDatabase;
using ::crm::testing::Proto;
using ::crm::testing::StatusIs;
using ::crm::testing::TempFolder;
using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr int kPartitions = 4;

class ChangeHubTest : public ::testing::Test {
 protected:
  ChangeHubTest()
      : outbox_("operational", clock_, kPartitions),
        database_(OpenTestDatabase(folder_.File("store"), OutboxTables())) {
    Write([this](SqlWriter& writer) { return outbox_.Open(writer); });
    Start();
  }

  void Start(absl::Duration heartbeat = absl::Hours(1)) {
    ChangeHub::Options options;
    options.heartbeat = heartbeat;
    options.secret = std::string(32, 's');
    options.show = [](const Principal& principal, const Event& event,
                      const Change&) -> absl::StatusOr<bool> {
      return principal.roles.empty() ||
             absl::StartsWith(event.resource(), principal.roles[0] + "/");
    };
    // Only what a test says wakes the hub.
    options.check_interval = absl::Hours(1);
    hub_ = std::make_unique<ChangeHub>(*database_, outbox_, clock_,
                                       std::move(options));
  }

  void Write(std::function<absl::Status(SqlWriter&)> body) {
    ASSERT_THAT(database_->WriteAndWait(clock_.Now() + absl::Seconds(30),
                                        std::move(body)),
                IsOk());
  }

  // Commits an event of a lead and gives it its position.
  void Emit(const std::string& lead, const std::string& tenant = "acme",
            const std::string& customer = "customers/ada") {
    Event event;
    event.set_id(ids_.NewId());
    event.set_tenant(tenant);
    event.set_type("lead.created");
    event.set_resource_type("crm/Lead");
    event.set_resource(absl::StrCat("leads/", lead));
    event.set_ordering_key(customer);
    Write([&](SqlWriter& writer) { return outbox_.Append(writer, event); });
    Write([&](SqlWriter& writer) {
      return outbox_.Number(writer, 1'000).status();
    });
    hub_->Wake();
  }

  std::shared_ptr<FakeStream> Watch(const std::string& request,
                                    std::vector<std::string> roles = {},
                                    const std::string& tenant = "acme",
                                    size_t capacity = 1'000) {
    auto call = std::make_shared<Call>();
    call->context.principal = {tenant, "user:ada", std::move(roles), false};
    call->request =
        std::make_unique<WatchRequest>(Proto<WatchRequest>(request));
    auto stream = std::make_shared<FakeStream>(capacity);
    hub_->Watch(std::move(call), stream);
    return stream;
  }

  static std::vector<std::string> Resources(
      const std::vector<Change>& changes) {
    std::vector<std::string> names;
    for (const Change& change : changes) names.push_back(change.resource());
    return names;
  }

  TempFolder folder_;
  SystemClock clock_;
  IdMaker ids_{clock_, 1};
  Outbox outbox_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<ChangeHub> hub_;
};

TEST_F(ChangeHubTest, StartsNowUnlessToldOtherwise) {
  Emit("old");
  const auto now = Watch("");
  const auto all = Watch("from_beginning: true");
  Emit("new");

  EXPECT_THAT(Resources(now->Take(1)), ElementsAre("leads/new"));
  EXPECT_THAT(Resources(all->Take(2)), ElementsAre("leads/old", "leads/new"));
}

TEST_F(ChangeHubTest, ResumesAfterTheChangeOfTheToken) {
  Emit("first");
  Emit("second");
  const auto before = Watch("from_beginning: true")->Take(1);
  ASSERT_THAT(Resources(before), ElementsAre("leads/first"));

  // A server that was started anew knows the token.
  hub_.reset();
  Start();
  const auto after =
      Watch(absl::StrCat("resume_token: '", before[0].resume_token(), "'"));

  EXPECT_THAT(Resources(after->Take(1)), ElementsAre("leads/second"));
}

TEST_F(ChangeHubTest, TokensServeTheirOwnArgumentsOnly) {
  Emit("first");
  const std::string token =
      Watch("from_beginning: true")->Take(1)[0].resume_token();
  const std::string resume = absl::StrCat("resume_token: '", token, "'");

  for (const std::string& other :
       {absl::StrCat(resume, " filter: 'actor = \"user:bob\"'"),
        absl::StrCat(resume, " customer: 'customers/bob'"),
        absl::StrCat(resume, " resource_types: 'crm/Order'"),
        absl::StrCat(resume, " from_beginning: true"),
        std::string("resume_token: 'not-ours'")}) {
    EXPECT_THAT(Watch(other)->Ended(),
                StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"))
        << other;
  }
  EXPECT_THAT(Watch(resume, {}, "other-tenant")->Ended(),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST_F(ChangeHubTest, TokensOfAnEarlierEpochAreTooOld) {
  Emit("first");
  const std::string token =
      Watch("from_beginning: true")->Take(1)[0].resume_token();
  Write([](SqlWriter& writer) {
    return writer
        .Execute("UPDATE feed_state SET feed_epoch = feed_epoch + 1", {})
        .status();
  });

  EXPECT_THAT(Watch(absl::StrCat("resume_token: '", token, "'"))->Ended(),
              StatusIs(absl::StatusCode::kOutOfRange, "RESUME_TOKEN_TOO_OLD"));
}

TEST_F(ChangeHubTest, SendsWhatPassesAlone) {
  const auto filtered =
      Watch("filter: 'resource = \"leads/wanted\" OR type = \"none\"'");
  const auto of_customer = Watch("customer: 'customers/bob'");
  const auto of_type = Watch("resource_types: 'crm/Order'");
  Emit("other");
  Emit("wanted");
  Emit("of-bob", "acme", "customers/bob");

  EXPECT_THAT(Resources(filtered->Take(1)), ElementsAre("leads/wanted"));
  EXPECT_THAT(Resources(of_customer->Take(1)), ElementsAre("leads/of-bob"));
  // The end comes behind whatever was sent.
  hub_->Stop();
  EXPECT_THAT(of_type->Take(1), SizeIs(0));
}

TEST_F(ChangeHubTest, RefusesFiltersOverUnknownFields) {
  EXPECT_THAT(Watch("filter: 'no_such_field = 1'")->Ended(),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST_F(ChangeHubTest, TenantsNeverSeeEachOther) {
  const auto acme = Watch("from_beginning: true");
  const auto other = Watch("from_beginning: true", {}, "other");
  Emit("of-acme", "acme");
  Emit("of-other", "other");

  EXPECT_THAT(Resources(acme->Take(1)), ElementsAre("leads/of-acme"));
  EXPECT_THAT(Resources(other->Take(1)), ElementsAre("leads/of-other"));
  hub_->Stop();
  EXPECT_THAT(acme->Take(1), SizeIs(0));
  EXPECT_THAT(other->Take(1), SizeIs(0));
}

TEST_F(ChangeHubTest, HidesWhatTheCallerMayNotRead) {
  const auto of_orders = Watch("", {"orders"});
  const auto of_leads = Watch("", {"leads"});
  Emit("one");

  EXPECT_THAT(Resources(of_leads->Take(1)), ElementsAre("leads/one"));
  hub_->Stop();
  EXPECT_THAT(of_orders->Take(1), SizeIs(0));
}

TEST_F(ChangeHubTest, F42_ASlowReaderMissesNothingAndHoldsUpNobody) {
  const auto slow = Watch("", {}, "acme", /*capacity=*/1);
  const auto quick = Watch("");
  std::vector<std::string> expected;
  for (int i = 0; i < 20; ++i) {
    expected.push_back(absl::StrCat("leads/lead-", i));
    Emit(absl::StrCat("lead-", i));
  }

  EXPECT_EQ(Resources(quick->Take(20)), expected);
  EXPECT_TRUE(slow->AwaitRefusal());
  EXPECT_EQ(Resources(slow->Take(20)), expected);
}

TEST_F(ChangeHubTest, ChangesOfOneCustomerComeInOrder) {
  const auto stream = Watch("");
  for (int i = 0; i < 30; ++i) {
    Emit(absl::StrCat("lead-", i), "acme",
         absl::StrCat("customers/customer-", i % 3));
  }

  std::map<std::string, int64_t> versions;
  for (const Change& change : stream->Take(30)) {
    EXPECT_EQ(change.key_version(), ++versions[change.ordering_key()]);
  }
  EXPECT_THAT(versions, SizeIs(3));
}

TEST_F(ChangeHubTest, QuietStreamsAreToldHowFarTheLogHasCome) {
  hub_.reset();
  Start(/*heartbeat=*/absl::ZeroDuration());
  const auto quiet = Watch("filter: 'resource = \"leads/wanted\"'");
  Emit("other");

  // A heartbeat says nothing of what does not pass, but the token moves on.
  std::string token;
  for (const Change& change : quiet->Take(1)) {
    EXPECT_EQ(change.event_id(), "");
    token = change.resume_token();
  }
  Emit("wanted");
  const auto resumed = Watch(absl::StrCat(
      "filter: 'resource = \"leads/wanted\"' resume_token: '", token, "'"));
  std::vector<Change> changes;
  do {
    changes = resumed->Take(1);
    ASSERT_THAT(changes, SizeIs(1));
  } while (changes[0].event_id().empty());
  EXPECT_EQ(changes[0].resource(), "leads/wanted");
}

TEST_F(ChangeHubTest, OnePrincipalHasSoManyStreams) {
  std::vector<std::shared_ptr<FakeStream>> streams;
  for (int i = 0; i < kMaxWatchesPerPrincipal; ++i) {
    streams.push_back(Watch(""));
  }

  EXPECT_THAT(Watch("")->Ended(), StatusIs(absl::StatusCode::kResourceExhausted,
                                           "TOO_MANY_WATCHES"));
  Emit("one");
  for (const auto& stream : streams) EXPECT_THAT(stream->Take(1), SizeIs(1));
}

TEST_F(ChangeHubTest, StopEndsAllStreams) {
  const auto stream = Watch("");

  hub_->Stop();

  EXPECT_THAT(stream->Ended(),
              StatusIs(absl::StatusCode::kUnavailable, "DRAINING"));
  EXPECT_THAT(Watch("")->Ended(),
              StatusIs(absl::StatusCode::kUnavailable, "DRAINING"));
}

}  // namespace
}  // namespace crm
