// B22: the timeline of a resource, as callers of the operational service see
// it.

#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/activity.pb.h"
#include "crm/operational/v1/customer.pb.h"
#include "crm/operational/v1/order.pb.h"
#include "crm/operational/v1/role.pb.h"
#include "services/operational/app.h"
#include "services/operational/domain/timeline.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::operational::v1;
using ::crm::operational::KeyOf;
using ::testing::Contains;
using ::testing::UnorderedElementsAre;

// How much is written beside each reading.
constexpr int kWrites = 10;

class TimelineRows : public ::testing::Test {
 protected:
  TimelineRows()
      : service_(authority_, "operational", operational::MakeOperational),
        token_(authority_.Token("acme", "user:boss", {"tenant_admin"})),
        rep_(authority_.Token("acme", "user:rep", {"sales_rep"})) {
    Must<v1::Customer, v1::CreateCustomerRequest>(
        "CustomerService.CreateCustomer",
        "customer_id: 'ada' customer { display_name: 'Ada' kind: PERSON "
        "owner: 'user:rep' }");
  }

  template <typename Response, typename Request>
  absl::StatusOr<Response> Call(absl::string_view method,
                                absl::string_view text,
                                const std::string& token) {
    return service_.client().Call<Response>(
        absl::StrCat("crm.operational.v1.", method), Proto<Request>(text),
        {.token = token});
  }

  template <typename Response, typename Request>
  Response Must(absl::string_view method, absl::string_view text) {
    auto response = Call<Response, Request>(method, text, token_);
    EXPECT_THAT(response, IsOk()) << method;
    return response.ok() ? *std::move(response) : Response();
  }

  std::string Order(absl::string_view owner) {
    return Must<v1::Order, v1::CreateOrderRequest>(
               "OrderService.CreateOrder",
               absl::StrCat("order { currency_code: 'EUR' customer: "
                            "'customers/ada' owner: '",
                            owner, "' }"))
        .name();
  }

  std::string Phone(absl::string_view owner) {
    return Must<v1::Activity, v1::CreateActivityRequest>(
               "ActivityService.CreateActivity",
               absl::StrCat("activity { subject: 'Call' kind: CALL targets: "
                            "'customers/ada' owner: '",
                            owner, "' }"))
        .name();
  }

  void Rename(int number) {
    Must<v1::Customer, v1::UpdateCustomerRequest>(
        "CustomerService.UpdateCustomer",
        absl::StrCat("customer { name: 'customers/ada' display_name: 'Ada ",
                     number, "' } update_mask { paths: 'display_name' }"));
  }

  absl::StatusOr<v1::ListTimelineResponse> Page(
      absl::string_view resource, const std::string& token, int page_size = 0,
      absl::string_view page_token = "") {
    return Call<v1::ListTimelineResponse, v1::ListTimelineRequest>(
        "ActivityService.ListTimeline",
        absl::StrCat("resource: '", resource, "' page_size: ", page_size,
                     " page_token: '", page_token, "'"),
        token);
  }

  // All pages of `page_size` entries; `between` is called between them.
  template <typename Between>
  std::vector<v1::TimelineEntry> ReadAll(int page_size,
                                         const Between& between) {
    std::vector<v1::TimelineEntry> entries;
    std::string page_token;
    do {
      const auto page = Page("customers/ada", token_, page_size, page_token);
      EXPECT_THAT(page, IsOk());
      if (!page.ok()) break;
      EXPECT_LE(page->entries_size(), page_size);
      entries.insert(entries.end(), page->entries().begin(),
                     page->entries().end());
      page_token = page->next_page_token();
      between();
    } while (!page_token.empty());
    return entries;
  }

  static std::vector<std::string> Resources(
      const std::vector<v1::TimelineEntry>& entries) {
    std::vector<std::string> names;
    for (const auto& entry : entries) names.push_back(entry.resource());
    return names;
  }

  TestAuthority authority_;
  ServiceHarness service_;
  const std::string token_;
  const std::string rep_;
};

TEST_F(TimelineRows, B22_ATimelineHasChangesActivitiesAndDocuments) {
  const std::string order = Order("user:rep");
  const std::string call = Phone("user:rep");
  Rename(1);

  const auto page = Page("customers/ada", token_);

  ASSERT_THAT(page, IsOk());
  ASSERT_EQ(page->entries_size(), 4);
  EXPECT_EQ(page->next_page_token(), "");
  const v1::TimelineEntry& renamed = page->entries(0);
  EXPECT_EQ(renamed.kind(), v1::TimelineEntry::CHANGE);
  EXPECT_EQ(renamed.actor(), "user:boss");
  EXPECT_EQ(renamed.method(),
            "/crm.operational.v1.CustomerService/UpdateCustomer");
  EXPECT_THAT(renamed.changed_fields(), Contains("display_name"));
  EXPECT_EQ(page->entries(1).kind(), v1::TimelineEntry::ACTIVITY);
  EXPECT_EQ(page->entries(1).resource(), call);
  EXPECT_EQ(page->entries(2).kind(), v1::TimelineEntry::DOCUMENT);
  EXPECT_EQ(page->entries(2).resource(), order);
  EXPECT_EQ(page->entries(2).resource_type(), "crm/Order");
  EXPECT_EQ(page->entries(3).kind(), v1::TimelineEntry::CHANGE);
  EXPECT_EQ(page->entries(3).resource(), "customers/ada");
}

TEST_F(TimelineRows, B22_PagesHaveNoGapsAndNoRepeatsWhileOthersWrite) {
  std::set<std::string> expected;
  for (int i = 0; i < 6; ++i) {
    expected.insert(Order("user:rep"));
    expected.insert(Phone("user:rep"));
    Rename(i);
  }
  for (const int page_size : {1, 4, 50}) {
    std::set<std::string> ids;
    for (const auto& entry : ReadAll(100, [] {})) ids.insert(entry.entry_id());
    std::atomic<bool> done = false;
    std::thread writer([&] {
      for (int i = 0; i < kWrites && !done; ++i) {
        Order("user:other");
        Rename(i);
      }
    });

    const std::vector<v1::TimelineEntry> read =
        ReadAll(page_size, [&] { Phone("user:other"); });
    done = true;
    writer.join();

    std::set<std::string> seen;
    for (size_t i = 0; i < read.size(); ++i) {
      EXPECT_TRUE(seen.insert(read[i].entry_id()).second)
          << read[i].entry_id() << " came twice";
      EXPECT_TRUE(i == 0 || KeyOf(read[i - 1]) > KeyOf(read[i]));
    }
    // What was there before the first page was read is all there.
    for (const std::string& id : ids) EXPECT_TRUE(seen.contains(id)) << id;
    for (const std::string& id : expected) EXPECT_TRUE(ids.contains(id)) << id;
  }
}

TEST_F(TimelineRows, B22_ATimelineShowsWhatTheCallerMayRead) {
  const std::string his = Order("user:rep");
  const std::string hers = Order("user:other");
  const std::string her_call = Phone("user:other");
  Must<v1::Role, v1::CreateRoleRequest>(
      "RoleService.CreateRole",
      "role_id: 'blind' role { display_name: 'Blind' "
      "grants { permissions: 'activities.*' permissions: 'orders.get' "
      "permissions: 'customers.get' } hidden_fields: 'orders.customer' }");

  std::vector<std::string> names;
  for (std::string token; names.size() < 100;) {
    const auto next = Page("customers/ada", rep_, 1, token);
    ASSERT_THAT(next, IsOk());
    for (const auto& entry : next->entries()) names.push_back(entry.resource());
    token = next->next_page_token();
    if (token.empty()) break;
  }
  EXPECT_THAT(names, UnorderedElementsAre(his, "customers/ada"));
  // A field that is hidden tells nothing of what refers by it.
  const auto blind =
      Page("customers/ada", authority_.Token("acme", "user:eve", {"blind"}));
  ASSERT_THAT(blind, IsOk());
  EXPECT_THAT(Resources({blind->entries().begin(), blind->entries().end()}),
              UnorderedElementsAre(her_call, "customers/ada"));
  EXPECT_THAT(Page("customers/ada",
                   authority_.Token("acme", "user:other", {"sales_rep"})),
              StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
  EXPECT_THAT(Page("customers/ada",
                   authority_.Token("evil", "user:x", {"tenant_admin"})),
              StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
}

TEST_F(TimelineRows, B22_ATokenIsOfOneTimelineAndCaller) {
  Order("user:rep");
  const auto page = Page("customers/ada", token_, 1);
  ASSERT_THAT(page, IsOk());
  const std::string& token = page->next_page_token();

  EXPECT_THAT(
      Page("customers/ada", rep_, 1, token),
      StatusIs(absl::StatusCode::kInvalidArgument, "PAGE_TOKEN_MISMATCH"));
  EXPECT_THAT(
      Page("customers/bob", token_, 1, token),
      StatusIs(absl::StatusCode::kInvalidArgument, "PAGE_TOKEN_MISMATCH"));
  EXPECT_THAT(Page("moons/ada", token_),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

}  // namespace
}  // namespace crm::testing
