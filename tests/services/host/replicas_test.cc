// Several processes of one service over one PostgreSQL database, and a service
// whose connections to it break.

#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/customer.pb.h"
#include "crm/operational/v1/field_definition.pb.h"
#include "crm/operational/v1/field_definition_transitions.pb.h"
#include "crm/platform/v1/search.pb.h"
#include "gtest/gtest.h"
#include "services/operational/app.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/events/outbox.h"
#include "tests/support/matchers.h"
#include "tests/support/postgres_server/connection_proxy.h"
#include "tests/support/postgres_server/postgres_server.h"
#include "tests/support/service_harness.h"

namespace crm {
namespace {

namespace v1 = ::crm::operational::v1;
using ::crm::testing::ConnectionProxy;
using ::crm::testing::IsOk;
using ::crm::testing::PostgresServer;
using ::crm::testing::ServiceHarness;
using ::crm::testing::SharedPostgres;
using ::crm::testing::StatusIs;
using ::crm::testing::TestAuthority;
using internal::v1::Event;

constexpr char kTenant[] = "acme";

class ReplicasTest : public ::testing::Test {
 protected:
  ReplicasTest()
      : uri_(SharedPostgres().Uri(
            ::testing::UnitTest::GetInstance()->current_test_info()->name())),
        token_(authority_.Token(kTenant, "user:ada", {"everyone"})) {}

  std::unique_ptr<ServiceHarness> Start(const std::string& uri) {
    return std::make_unique<ServiceHarness>(
        authority_, "operational", operational::MakeOperational,
        [&uri](HostSettings& settings) { settings.database = uri; });
  }

  absl::StatusOr<v1::Customer> Create(ServiceHarness& service,
                                      const std::string& id,
                                      const std::string& request_id = "") {
    v1::CreateCustomerRequest request;
    request.set_customer_id(id);
    request.set_request_id(request_id);
    request.mutable_customer()->set_display_name(id);
    request.mutable_customer()->set_kind(v1::Customer::PERSON);
    return service.client().Call<v1::Customer>(
        "crm.operational.v1.CustomerService.CreateCustomer", request,
        {.token = token_});
  }

  absl::StatusOr<v1::Customer> Rename(ServiceHarness& service,
                                      const std::string& name,
                                      const std::string& display_name) {
    v1::UpdateCustomerRequest request;
    request.mutable_customer()->set_name(name);
    request.mutable_customer()->set_display_name(display_name);
    request.mutable_update_mask()->add_paths("display_name");
    return service.client().Call<v1::Customer>(
        "crm.operational.v1.CustomerService.UpdateCustomer", request,
        {.token = token_});
  }

  // Has customers have a unique text of this key, by a call of `service`.
  void Define(ServiceHarness& service, const std::string& key) {
    v1::CreateFieldDefinitionRequest request;
    auto& definition = *request.mutable_field_definition();
    definition.set_display_name(key);
    definition.set_resource_type("crm/Customer");
    definition.set_key(key);
    definition.set_type(v1::FieldDefinition::TEXT);
    definition.set_max_length(20);
    definition.set_unique(true);
    const auto draft = service.client().Call<v1::FieldDefinition>(
        "crm.operational.v1.FieldDefinitionService.CreateFieldDefinition",
        request, {.token = token_});
    ASSERT_THAT(draft, IsOk());
    v1::ActivateFieldDefinitionRequest activate;
    activate.set_name(draft->name());
    ASSERT_THAT(
        service.client().Call<v1::FieldDefinition>(
            "crm.operational.v1.FieldDefinitionService.ActivateFieldDefinition",
            activate, {.token = token_}),
        IsOk());
  }

  absl::Status CreateWith(ServiceHarness& service, const std::string& id,
                          const std::string& key, const std::string& value) {
    v1::CreateCustomerRequest request;
    request.set_customer_id(id);
    request.mutable_customer()->set_display_name(id);
    request.mutable_customer()->set_kind(v1::Customer::PERSON);
    (*request.mutable_customer()->mutable_custom_fields())[key]
        .set_string_value(value);
    return service.client()
        .Call<v1::Customer>("crm.operational.v1.CustomerService.CreateCustomer",
                            request, {.token = token_})
        .status();
  }

  // Returns the numbered events of all partitions, in their order; none if some
  // still wait for their number.
  static std::vector<std::vector<Event>> ReadFeed(ServiceHarness& service) {
    const SystemClock clock;
    const Outbox outbox("operational", clock);
    std::vector<std::vector<Event>> feed;
    EXPECT_THAT(
        service.host().database().Read(
            absl::Now() + absl::Seconds(30),
            [&](SqlReader& reader) -> absl::Status {
              CRM_ASSIGN_OR_RETURN(const auto head, outbox.Head(reader));
              if (head.pending_count() > 0) return absl::OkStatus();
              for (int part = 0; part < outbox.partitions(); ++part) {
                std::vector<Event>& events = feed.emplace_back();
                internal::v1::ReadFeedRequest request;
                request.set_partition(part);
                request.set_max_events(1000);
                CRM_ASSIGN_OR_RETURN(const auto answer,
                                     outbox.Read(reader, request));
                events.assign(answer.events().begin(), answer.events().end());
              }
              return absl::OkStatus();
            }),
        IsOk());
    return feed;
  }

  // Waits until every event has its number, and checks the order of the feed.
  // Returns how many events each resource has.
  static std::map<std::string, int> CheckFeed(ServiceHarness& service) {
    std::vector<std::vector<Event>> feed;
    const absl::Time end = absl::Now() + absl::Minutes(1);
    while (feed.empty() && absl::Now() < end) {
      feed = ReadFeed(service);
      std::this_thread::yield();
    }
    EXPECT_FALSE(feed.empty()) << "some events never get their number";
    std::map<std::string, int> counts;
    std::map<std::string, int64_t> key_versions;
    std::set<std::string> ids;
    for (const std::vector<Event>& partition : feed) {
      int64_t seq = 0;
      for (const Event& event : partition) {
        EXPECT_EQ(event.seq(), ++seq);
        EXPECT_EQ(event.key_version(), ++key_versions[event.ordering_key()]);
        EXPECT_TRUE(ids.insert(event.id()).second) << event.id();
        ++counts[event.resource()];
      }
    }
    return counts;
  }

  TestAuthority authority_;
  const std::string uri_;
  const std::string token_;
};

TEST_F(ReplicasTest, WriteSideBySideAndNumberEachEventOnceInOrder) {
  const auto one = Start(uri_);
  const auto two = Start(uri_);
  constexpr int kClients = 4;
  constexpr int kCalls = 15;
  std::atomic<int> renames = 0;
  std::atomic<int> wrong = 0;
  ASSERT_THAT(Create(*one, "shared"), IsOk());
  std::vector<std::thread> clients;
  for (int client = 0; client < kClients; ++client) {
    clients.emplace_back([&, client] {
      ServiceHarness& service = client % 2 == 0 ? *one : *two;
      for (int call = 0; call < kCalls; ++call) {
        const std::string id = absl::StrCat("c", client, "-", call);
        wrong += Create(service, id).ok() ? 0 : 1;
        const auto renamed = Rename(service, "customers/shared", id);
        renames += renamed.ok() ? 1 : 0;
        wrong += renamed.ok() || absl::IsAborted(renamed.status()) ? 0 : 1;
      }
    });
  }
  for (std::thread& client : clients) client.join();

  EXPECT_EQ(wrong, 0);
  EXPECT_GT(renames, 0);
  const std::map<std::string, int> counts = CheckFeed(*two);
  EXPECT_EQ(counts.size(), 1u + kClients * kCalls);
  EXPECT_EQ(counts.at("customers/shared"), 1 + renames);
}

TEST_F(ReplicasTest, OneCarriesOnWhereTheOtherEnds) {
  auto one = Start(uri_);
  const auto two = Start(uri_);
  ASSERT_THAT(Create(*one, "by-one"), IsOk());
  ASSERT_THAT(Create(*two, "by-two"), IsOk());

  one.reset();
  ASSERT_THAT(Create(*two, "alone"), IsOk());

  EXPECT_EQ(CheckFeed(*two).size(), 3u);
}

TEST_F(ReplicasTest, ARepeatAtTheOtherReplicaChangesNothing) {
  const auto one = Start(uri_);
  const auto two = Start(uri_);

  const auto first = Create(*one, "once", "request-1");
  const auto again = Create(*two, "once", "request-1");

  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  EXPECT_EQ(CheckFeed(*one).at("customers/once"), 1);
}

TEST_F(ReplicasTest, A19_ASearchAtTheOtherReplicaFindsWhatWasJustAnswered) {
  auto one = Start(uri_);
  auto other = Start(uri_);
  for (int i = 0; i < 20; ++i) {
    const std::string id = absl::StrCat("unseen", i);
    ASSERT_THAT(Create(*one, id), IsOk());
    platform::v1::SearchRequest request;
    request.set_query(id);

    const auto found = other->client().Call<platform::v1::SearchResponse>(
        "crm.platform.v1.SearchService.Search", request, {.token = token_});

    ASSERT_THAT(found, IsOk());
    ASSERT_GE(found->results_size(), 1) << id;
    EXPECT_EQ(found->results(0).name(), absl::StrCat("customers/", id));
    EXPECT_EQ(found->incomplete_types_size(), 0);
  }
}

TEST_F(ReplicasTest, A31_ADefinitionHoldsAtTheOtherFromItsCommit) {
  const auto one = Start(uri_);
  const auto two = Start(uri_);
  for (int i = 0; i < 4; ++i) {
    const std::string key = absl::StrCat("key_", i);
    const std::string id = absl::StrCat("customer-", i);
    ServiceHarness& defines = i % 2 == 0 ? *one : *two;
    ServiceHarness& writes = i % 2 == 0 ? *two : *one;

    // It knows what there was until now.
    EXPECT_THAT(CreateWith(writes, id, key, "x"),
                StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
    Define(defines, key);
    EXPECT_THAT(CreateWith(writes, id, key, "x"), IsOk());
  }
}

TEST_F(ReplicasTest, A31_OneOfTwoGetsAUniqueValue) {
  const auto one = Start(uri_);
  const auto two = Start(uri_);
  Define(*one, "code");
  constexpr int kValues = 20;
  std::atomic<int> won = 0;
  std::atomic<int> lost = 0;
  std::vector<std::thread> clients;
  for (int client = 0; client < 2; ++client) {
    clients.emplace_back([&, client] {
      ServiceHarness& service = client == 0 ? *one : *two;
      for (int i = 0; i < kValues; ++i) {
        const absl::Status status =
            CreateWith(service, absl::StrCat("c", client, "-", i), "code",
                       absl::StrCat("value-", i));
        won += status.ok() ? 1 : 0;
        lost += ErrorReason(status) == "UNIQUE_VALUE_TAKEN" ? 1 : 0;
      }
    });
  }
  for (std::thread& client : clients) client.join();

  EXPECT_EQ(won, kValues);
  EXPECT_EQ(lost, kValues);
}

TEST_F(ReplicasTest, ACommitThatIsCutOffIsLookedUpByItsRequestId) {
  ConnectionProxy proxy(SharedPostgres().socket());
  const auto service = Start(PostgresServer::Through(proxy.folder(), uri_));
  ASSERT_THAT(Create(*service, "before", "request-0"), IsOk());
  int calls = 0;
  for (const auto cut :
       {ConnectionProxy::Cut::kAfterIt, ConnectionProxy::Cut::kBeforeIt}) {
    proxy.CutNextCommit(cut);
    // The relay commits too, and may be the one that is cut off.
    while (!proxy.has_cut()) {
      ++calls;
      const std::string id = absl::StrCat("cut-", calls);
      const auto created =
          Create(*service, id, absl::StrCat("request-", calls));
      ASSERT_THAT(created, IsOk());
      EXPECT_EQ(created->name(), absl::StrCat("customers/", id));
    }
  }

  const std::map<std::string, int> counts = CheckFeed(*service);
  EXPECT_EQ(counts.size(), 1u + calls);
  for (const auto& [resource, count] : counts) EXPECT_EQ(count, 1) << resource;
}

}  // namespace
}  // namespace crm
