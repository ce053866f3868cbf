// A running service with rows of each kind of each of its types, and the
// requests about them, all made from descriptors.

#ifndef CRM_TESTS_CONFORMANCE_AUTHZ_STAGE_H_
#define CRM_TESTS_CONFORMANCE_AUTHZ_STAGE_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "services/host/service.h"
#include "tests/conformance/authz_matrix.h"
#include "tests/conformance/instance_maker.h"
#include "tests/conformance/resource_api.h"
#include "tests/support/service_harness.h"
#include "tests/support/test_authority.h"

namespace crm::testing {

// Returns a word for `kind`, as it stands in names of rows.
std::string NameOfKind(RowKind kind);

// One service with the rows of its types.
class Stage {
 public:
  Stage(TestAuthority& authority, const std::string& service, MakeService make)
      : authority_(authority),
        harness_(authority, service, std::move(make),
                 [](HostSettings& settings) {
                   for (const char* other :
                        {"operational", "analytical", "collaborative"}) {
                     settings.addresses[other] = "127.0.0.1:1";
                   }
                 }),
        methods_(*MethodTable::Build(
            harness_.host().service().application.Services())),
        maker_([this](const std::string& type) { return Refer(type); }) {
    for (const auto& resource : catalog().resources()) {
      apis_.emplace(resource->schema.type(),
                    ResourceApi(harness_.client(), methods_, *resource));
    }
  }

  const ResourceCatalog& catalog() {
    return harness_.host().service().application.catalog();
  }
  ApiClient& client() { return harness_.client(); }
  const ResourceApi& Api(const Resource& resource) {
    return apis_.at(resource.schema.type());
  }
  const Resource* ParentOf(const Resource& resource);
  // Whether rows of the type have an owner, or lie under one that has.
  bool Owned(const Resource& resource);

  std::string Parent(const Resource& resource, RowKind kind);

  // Returns the row of `kind`, made at need.
  const std::string& Row(const Resource& resource, RowKind kind);

  // Whether there are rows of the type at all, in this test.
  bool HasRows(const Resource& resource);

  MessagePtr NewRow(const Resource& resource, RowKind kind);

  // Returns a request of `method` about the row called `name`.
  MessagePtr Request(const Resource& resource, const MethodInfo& method,
                     RowKind kind, const std::string& name);

 private:
  static MessagePtr Batch(const ResourceApi& api, Verb verb,
                          const std::string& parent, MessagePtr item);

  std::string Refer(const std::string& type);

  // Makes one more row like `name`.
  std::string Another(const Resource& resource, const std::string& name);

  TestAuthority& authority_;
  ServiceHarness harness_;
  const MethodTable methods_;
  InstanceMaker maker_;
  RowKind referring_ = RowKind::kOwn;
  // The types that the row which is being made, if one is, refers to already.
  std::optional<std::set<std::string>> referred_;
  std::map<std::string, ResourceApi> apis_;
  std::map<std::pair<std::string, RowKind>, std::string> rows_;
};

}  // namespace crm::testing

#endif  // CRM_TESTS_CONFORMANCE_AUTHZ_STAGE_H_
