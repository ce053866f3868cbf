// A running operational service with two customers who are one, and links to
// them from every type of resource that has any.

#ifndef CRM_TESTS_CONFORMANCE_MERGE_FIXTURE_H_
#define CRM_TESTS_CONFORMANCE_MERGE_FIXTURE_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "crm/operational/v1/customer.pb.h"
#include "crm/operational/v1/identifier.pb.h"
#include "crm/operational/v1/merge_operation.pb.h"
#include "shared/call/method_table.h"
#include "tests/conformance/instance_maker.h"
#include "tests/conformance/resource_api.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm::testing {

namespace v1 = ::crm::operational::v1;

// The rows of a store by name.
using RowsByName =
    std::map<std::string, std::unique_ptr<google::protobuf::Message>>;

class MergeFixture : public ::testing::Test {
 protected:
  MergeFixture();

  // Calls `method` of the package crm.operational.v1.
  template <typename Response, typename Request>
  absl::StatusOr<Response> Call(absl::string_view method,
                                absl::string_view text,
                                const std::string& token) {
    return service_.client().Call<Response>(
        absl::StrCat("crm.operational.v1.", method), Proto<Request>(text),
        {.token = token});
  }
  template <typename Response, typename Request>
  absl::StatusOr<Response> Call(absl::string_view method,
                                absl::string_view text) {
    return Call<Response, Request>(method, text, token_);
  }

  // Makes `customers/ID`, a person unless `fields` say otherwise.
  void MakeCustomer(absl::string_view id, absl::string_view fields = "");
  // Makes `customers/ID/identifiers/POINT`, VERIFIED if it is asked for.
  void MakeIdentifier(absl::string_view customer, absl::string_view point,
                      absl::string_view type, absl::string_view value,
                      bool verified = false);

  // Previews a merge of customers; `more` are further fields of it.
  absl::StatusOr<v1::MergeOperation> Preview(absl::string_view survivor,
                                             absl::string_view merged,
                                             absl::string_view more = "");
  absl::StatusOr<v1::MergeOperation> Apply(absl::string_view name);
  absl::StatusOr<v1::MergeOperation> Undo(absl::string_view name);
  absl::StatusOr<v1::Customer> GetCustomer(absl::string_view id);

  // Makes rows of every type that names a customer, for `customers/ID`: of each
  // type one, and one more that is deleted where rows of the type can be.
  void MakeLinks(const std::string& id);

  // Makes ada, who stays, and bob, who has rows of every type.
  void MakeAdaAndBob();
  // Returns the name of a new order of the customer called `customer`.
  std::string MakeOrder(absl::string_view customer);
  void MakeOrders(absl::string_view customer, int count);
  // Makes `user:ID`, who may apply all merges, and read and write customers of
  // these scopes.
  void MakeMerger(absl::string_view id, absl::string_view reads,
                  absl::string_view writes);

  // The names of the rows that name the customer, but for those that say what
  // has been.
  std::vector<std::string> RowsNaming(absl::string_view customer);

  // Returns all rows of the tenant, deleted ones too, without what every change
  // touches.
  RowsByName Rows();

  const ResourceCatalog& catalog() {
    return service_.host().service().application.catalog();
  }

  TestAuthority authority_;
  ServiceHarness service_;
  const std::string token_;

 private:
  std::string MakeRow(const Resource& resource);
  std::string Refer(const std::string& type);

  const MethodTable methods_;
  InstanceMaker maker_;
  // Whose links are made.
  std::string customer_;
  int orders_ = 0;
};

// Says where the rows differ, by their bytes; "" if they do not. Rows that only
// `after` has are not looked at.
std::string Difference(const RowsByName& before, const RowsByName& after);

}  // namespace crm::testing

#endif  // CRM_TESTS_CONFORMANCE_MERGE_FIXTURE_H_
