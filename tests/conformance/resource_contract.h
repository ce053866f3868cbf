// The fixture of the contract's tests: a tenant of its own in a running
// service, and the resource type under test.
//
// Each service is started once for all tests of a process; what a test does is
// kept apart from the others by the tenant, which no two tests share.

#ifndef CRM_TESTS_CONFORMANCE_RESOURCE_CONTRACT_H_
#define CRM_TESTS_CONFORMANCE_RESOURCE_CONTRACT_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/conformance/instance_maker.h"
#include "tests/conformance/resource_api.h"
#include "tests/conformance/services_under_test.h"
#include "tests/conformance/stored_records.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm::testing {

// Skips the test for resources without one of the methods.
#define CRM_NEEDS(...)                                          \
  for (const Verb verb : {__VA_ARGS__}) {                       \
    if (!api().Has(verb)) GTEST_SKIP() << "has no such method"; \
  }

// One resource type in one tenant.
class ResourceContract : public ::testing::TestWithParam<ResourceCase> {
 public:
  // Names the tests of a case.
  static std::string NameOfCase(
      const ::testing::TestParamInfo<ResourceCase>& info);

 protected:
  static void TearDownTestSuite();

  void SetUp() override;

  const ResourceApi& api() const { return *api_; }
  const Resource& resource() const { return api_->resource(); }
  const ResourceSchema& schema() const { return resource().schema; }
  // The API of another resource type of the service.
  ResourceApi ApiOf(const Resource& resource) const;
  ServiceHarness& service() const { return *service_; }
  InstanceMaker& maker() { return *maker_; }
  // Returns a request of a custom method that has what it requires but names.
  MessagePtr CustomRequest(const google::protobuf::Descriptor* type);
  // The same of any method: one that is empty where it is a standard one.
  MessagePtr RequestFor(const MethodInfo& method);

  const std::string& tenant() const { return tenant_; }
  // A token that may do everything in the tenant.
  const std::string& token() const { return token_; }
  // A token that may do everything in another tenant.
  std::string StrangerToken() const;
  // A token of one of the suite's own processes.
  std::string SystemToken() const;
  // A token of `subject` with `role` in the tenant.
  std::string TokenOf(absl::string_view subject, absl::string_view role) const;

  // The parent of the resources that the test makes; "" for one without.
  const std::string& parent();

  // Returns a valid instance that is not stored.
  MessagePtr NewInstance();

  // Stores an instance and returns it as the server answered; what fails is a
  // failure of the test.
  MessagePtr MakeOne();
  std::vector<MessagePtr> MakeSome(int count);
  // The same for resources without Create, which come by themselves: does what
  // makes some come.
  std::vector<MessagePtr> ExistingOnes(int count);

  MessagePtr MustGet(absl::string_view name) const;

  // Has the resource called `name` be in `state`, whatever the rules.
  void PutInto(const std::string& name,
               const google::protobuf::EnumValueDescriptor* state) const;

  // Puts records into the store that only the service makes.
  void PutRecords(int count);

  // The tenant's records as they are now.
  StoredRecords Records() const;

  // The fields that callers set, without the name.
  std::vector<const google::protobuf::FieldDescriptor*> InputFields() const;
  // A field of text that updates may change, if there is one.
  const google::protobuf::FieldDescriptor* MutableText() const;

 private:
  // Before the first resource is made: gives both tenants what the service
  // computes with.
  void Provide();
  std::string Refer(const std::string& type);
  absl::StatusOr<MessagePtr> Store(const ResourceApi& api,
                                   const std::string& parent);

  static TestAuthority& Authority();
  static ServiceHarness& Running(const std::string& service);

  ServiceHarness* service_ = nullptr;
  std::optional<MethodTable> methods_;
  std::optional<ResourceApi> api_;
  std::optional<InstanceMaker> maker_;
  std::string tenant_;
  std::string token_;
  std::optional<std::string> parent_;
  bool provided_ = false;
};

// Matches a BAD_REQUEST that has a violation of exactly `field`.
MATCHER_P(ViolatesField, field, "") {
  const absl::Status& status = StatusOf(arg);
  *result_listener << status.ToString();
  if (status.code() != absl::StatusCode::kInvalidArgument) return false;
  for (const FieldViolation& violation : FieldViolations(status)) {
    if (violation.field == field) return true;
    *result_listener << "; violates '" << violation.field << "'";
  }
  return false;
}

// Returns the name in the ResourceInfo of `status`, "" without one.
std::string ResourceNameIn(const absl::Status& status);

}  // namespace crm::testing

#endif  // CRM_TESTS_CONFORMANCE_RESOURCE_CONTRACT_H_
