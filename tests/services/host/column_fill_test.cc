// A service while the column of a field is being filled: lists are right, and
// what cannot be answered yet says so.

#include <cstdlib>
#include <set>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/lead.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/operational/app.h"
#include "shared/base/status_macros.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::operational::v1;
using ::testing::ElementsAre;

class ColumnFillTest : public ::testing::Test {
 protected:
  ColumnFillTest()
      : service_(authority_, "operational", operational::MakeOperational),
        token_(authority_.Token("acme", "user:ada", {"everyone"})) {
    for (const char* id : {"one", "two", "six"}) {
      v1::CreateLeadRequest request;
      request.set_lead_id(id);
      request.mutable_lead()->set_display_name(id);
      request.mutable_lead()->set_email(absl::StrCat(id, "@example.org"));
      EXPECT_THAT(service_.client().Call<v1::Lead>(
                      "crm.operational.v1.LeadService.CreateLead", request,
                      {.token = token_}),
                  IsOk());
    }
  }

  absl::StatusOr<std::set<std::string>> List(const std::string& filter,
                                             const std::string& order_by) {
    v1::ListLeadsRequest request;
    request.set_filter(filter);
    request.set_order_by(order_by);
    CRM_ASSIGN_OR_RETURN(const auto answer,
                         service_.client().Call<v1::ListLeadsResponse>(
                             "crm.operational.v1.LeadService.ListLeads",
                             request, {.token = token_}));
    std::set<std::string> names;
    for (const v1::Lead& lead : answer.leads()) names.insert(lead.name());
    return names;
  }

  absl::Status Run(const std::string& sql) {
    return service_.host().database().WriteAndWait(
        absl::InfiniteFuture(),
        [&](SqlWriter& writer) { return writer.Execute(sql, {}).status(); });
  }

  ColumnMap& columns() {
    for (const auto& resource :
         service_.host().service().application.catalog().resources()) {
      if (resource->schema.type() == "crm/Lead") {
        return resource->table.columns();
      }
    }
    std::abort();
  }

  TestAuthority authority_;
  ServiceHarness service_;
  const std::string token_;
};

TEST_F(ColumnFillTest, ListsAreRightAndOrdersWait) {
  constexpr char kFilter[] = "email = \"two@example.org\"";
  // As a column is that was added and is still empty.
  columns().Hide("email");
  ASSERT_THAT(Run("UPDATE leads SET c_email = NULL"), IsOk());

  EXPECT_THAT(List(kFilter, ""), IsOkAndHolds(ElementsAre("leads/two")));
  EXPECT_THAT(List("", "email"),
              StatusIs(absl::StatusCode::kUnavailable, "COLUMN_BEING_FILLED"));
  EXPECT_THAT(List("", "nothing"),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST_F(ColumnFillTest, AServiceFillsWhatIsNotFilledAfterItsStart) {
  ASSERT_THAT(Run("UPDATE leads SET c_email = NULL"), IsOk());
  ASSERT_THAT(Run("DELETE FROM column_fill WHERE table_name = 'leads'"),
              IsOk());

  service_.Restart();

  while (columns().Find("email") == nullptr) std::this_thread::yield();
  EXPECT_THAT(List("email = \"two@example.org\"", "email"),
              IsOkAndHolds(ElementsAre("leads/two")));
}

}  // namespace
}  // namespace crm::testing
