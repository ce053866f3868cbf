// Several processes of one service over one PostgreSQL database.

#ifndef CRM_TESTS_SERVICES_HOST_REPLICAS_FIXTURE_H_
#define CRM_TESTS_SERVICES_HOST_REPLICAS_FIXTURE_H_

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
#include "gtest/gtest.h"
#include "services/operational/app.h"
#include "shared/base/status_macros.h"
#include "shared/events/outbox.h"
#include "tests/support/matchers.h"
#include "tests/support/postgres_server/postgres_server.h"
#include "tests/support/service_harness.h"

namespace crm::testing {

class ReplicasTest : public ::testing::Test {
 protected:
  ReplicasTest() : token_(authority_.Token("acme", "user:ada", {"everyone"})) {}

  // The test's database on the shared server.
  static std::string Uri() {
    return SharedPostgres().Uri(
        ::testing::UnitTest::GetInstance()->current_test_info()->name());
  }

  // The same database on the first server of the two that takes writes.
  static std::string EitherUri(const PostgresServer& primary,
                               const PostgresServer& standby,
                               const std::string& uri) {
    return absl::StrCat("postgres://crm@/", PostgresServer::NameOf(uri),
                        "?host=", primary.folder(), ",", standby.folder());
  }

  std::unique_ptr<ServiceHarness> Start(const std::string& uri) {
    return std::make_unique<ServiceHarness>(
        authority_, "operational", operational::MakeOperational,
        [&uri](HostSettings& settings) { settings.database = uri; });
  }

  absl::StatusOr<operational::v1::Customer> Create(
      ServiceHarness& service, const std::string& id,
      const std::string& request_id = "") {
    operational::v1::CreateCustomerRequest request;
    request.set_customer_id(id);
    request.set_request_id(request_id);
    request.mutable_customer()->set_display_name(id);
    request.mutable_customer()->set_kind(operational::v1::Customer::PERSON);
    return service.client().Call<operational::v1::Customer>(
        "crm.operational.v1.CustomerService.CreateCustomer", request,
        {.token = token_});
  }

  absl::StatusOr<operational::v1::Customer> Rename(
      ServiceHarness& service, const std::string& name,
      const std::string& display_name) {
    operational::v1::UpdateCustomerRequest request;
    request.mutable_customer()->set_name(name);
    request.mutable_customer()->set_display_name(display_name);
    request.mutable_update_mask()->add_paths("display_name");
    return service.client().Call<operational::v1::Customer>(
        "crm.operational.v1.CustomerService.UpdateCustomer", request,
        {.token = token_});
  }

  // Has customers have a unique text of this key, by a call of `service`.
  void Define(ServiceHarness& service, const std::string& key) {
    operational::v1::CreateFieldDefinitionRequest request;
    auto& definition = *request.mutable_field_definition();
    definition.set_display_name(key);
    definition.set_resource_type("crm/Customer");
    definition.set_key(key);
    definition.set_type(operational::v1::FieldDefinition::TEXT);
    definition.set_max_length(20);
    definition.set_unique(true);
    const auto draft = service.client().Call<operational::v1::FieldDefinition>(
        "crm.operational.v1.FieldDefinitionService.CreateFieldDefinition",
        request, {.token = token_});
    ASSERT_THAT(draft, IsOk());
    operational::v1::ActivateFieldDefinitionRequest activate;
    activate.set_name(draft->name());
    ASSERT_THAT(
        service.client().Call<operational::v1::FieldDefinition>(
            "crm.operational.v1.FieldDefinitionService.ActivateFieldDefinition",
            activate, {.token = token_}),
        IsOk());
  }

  absl::Status CreateWith(ServiceHarness& service, const std::string& id,
                          const std::string& key, const std::string& value) {
    operational::v1::CreateCustomerRequest request;
    request.set_customer_id(id);
    request.mutable_customer()->set_display_name(id);
    request.mutable_customer()->set_kind(operational::v1::Customer::PERSON);
    (*request.mutable_customer()->mutable_custom_fields())[key]
        .set_string_value(value);
    return service.client()
        .Call<operational::v1::Customer>(
            "crm.operational.v1.CustomerService.CreateCustomer", request,
            {.token = token_})
        .status();
  }

  // Returns the numbered events of all partitions, in their order; none if some
  // still wait for their number.
  static std::vector<std::vector<internal::v1::Event>> ReadFeed(
      ServiceHarness& service) {
    const SystemClock clock;
    const Outbox outbox("operational", clock);
    std::vector<std::vector<internal::v1::Event>> feed;
    EXPECT_THAT(
        service.host().database().Read(
            absl::Now() + absl::Seconds(30),
            [&](SqlReader& reader) -> absl::Status {
              CRM_ASSIGN_OR_RETURN(const auto head, outbox.Head(reader));
              if (head.pending_count() > 0) return absl::OkStatus();
              for (int part = 0; part < outbox.partitions(); ++part) {
                std::vector<internal::v1::Event>& events = feed.emplace_back();
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
    std::vector<std::vector<internal::v1::Event>> feed;
    const absl::Time end = absl::Now() + absl::Minutes(1);
    while (feed.empty() && absl::Now() < end) {
      feed = ReadFeed(service);
      std::this_thread::yield();
    }
    EXPECT_FALSE(feed.empty()) << "some events never get their number";
    std::map<std::string, int> counts;
    std::map<std::string, int64_t> key_versions;
    std::set<std::string> ids;
    for (const std::vector<internal::v1::Event>& partition : feed) {
      int64_t seq = 0;
      for (const internal::v1::Event& event : partition) {
        EXPECT_EQ(event.seq(), ++seq);
        EXPECT_EQ(event.key_version(), ++key_versions[event.ordering_key()]);
        EXPECT_TRUE(ids.insert(event.id()).second) << event.id();
        ++counts[event.resource()];
      }
    }
    return counts;
  }

  TestAuthority authority_;
  const std::string token_;
};

}  // namespace crm::testing

#endif  // CRM_TESTS_SERVICES_HOST_REPLICAS_FIXTURE_H_
