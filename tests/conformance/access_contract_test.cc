// Who may see and change what: permissions before everything else (AIP-211),
// tenants apart.

#include "absl/strings/str_cat.h"
#include "tests/conformance/resource_contract.h"

namespace crm::testing {
namespace {

using ::testing::IsEmpty;

// Makes `request`, of `method`, one whose name, where it has one, is `name`.
MessagePtr RequestNaming(const MethodInfo& method, MessagePtr request,
                         const ResourceApi& api, const std::string& name,
                         const std::string& parent) {
  WriteString(*request, "name", name);
  WriteString(*request, "parent", parent);
  if (method.verb == Verb::kUpdate) {
    SetText(Part(*request, api.field()), "name", name);
  }
  if (method.verb == Verb::kBatchGet) {
    request->GetReflection()->AddString(
        request.get(), request->GetDescriptor()->FindFieldByName("names"),
        name);
  }
  return request;
}

TEST_P(ResourceContract, PermissionComesBeforeExistenceAndForm) {
  const std::string bystander = TokenOf("user:sam", "bystander");
  const std::string there = NameOf(*ExistingOnes(1).front());
  const StoredRecords before = Records();

  for (const MethodInfo* method : api().methods()) {
    for (const std::string& name :
         {there, schema().pattern().Format(parent(), "is-not-there"),
          std::string("no name at all")}) {
      EXPECT_THAT(
          service()
              .client()
              .Call(method->descriptor,
                    *RequestNaming(*method, RequestFor(*method), api(), name,
                                   parent()),
                    {.token = bystander})
              .status,
          StatusIs(absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED"))
          << method->path << " of " << name;
    }
    // Bytes that are no message are not looked at either.
    EXPECT_THAT(
        service()
            .client()
            .CallBytes(method->descriptor, "\xFF\xFF\xFF", {.token = bystander})
            .status,
        StatusIs(absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED"))
        << method->path;
    EXPECT_THAT(service().client().CallBytes(method->descriptor, "", {}).status,
                StatusIs(absl::StatusCode::kUnauthenticated, "TOKEN_MISSING"))
        << method->path;
  }

  EXPECT_EQ(Records(), before);
}

TEST_P(ResourceContract, AnotherTenantSeesNothing) {
  const std::string there = NameOf(*ExistingOnes(1).front());
  const StoredRecords before = Records();

  for (const MethodInfo* method : api().methods()) {
    const MessagePtr request =
        RequestNaming(*method, RequestFor(*method), api(), there, parent());
    const bool names = HasField(*request, "name") ||
                       method->verb == Verb::kUpdate ||
                       method->verb == Verb::kBatchGet;
    if (!names) continue;
    EXPECT_THAT(
        service()
            .client()
            .Call(method->descriptor, *request, {.token = StrangerToken()})
            .status,
        StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"))
        << method->path;
  }
  if (api().Has(Verb::kList)) {
    const MessagePtr list = api().ListRequest(parent());
    if (schema().soft_delete()) SetFlag(*list, "show_deleted");
    const auto listed = api().ListAll(*list, StrangerToken());
    ASSERT_THAT(listed, IsOk());
    EXPECT_THAT(NamesOf(*listed), IsEmpty());
  }

  EXPECT_EQ(Records(), before);
}

TEST_P(ResourceContract, TenantsDoNotShareIdsOrUniqueValues) {
  CRM_NEEDS(Verb::kCreate)
  if (schema().pattern().nested()) GTEST_SKIP() << "has its parent's tenant";
  const MessagePtr instance = NewInstance();
  // References would have to exist in both tenants.
  for (const auto* field : InputFields()) {
    const auto* target =
        service().host().service().application.catalog().FindByName(
            ReadString(*instance, field->name()));
    if (target != nullptr) GTEST_SKIP() << "refers to another resource";
  }
  const MessagePtr request =
      api().CreateRequest(*instance, parent(), "same-id");

  EXPECT_THAT(api().Call(Verb::kCreate, *request, token()).status, IsOk());
  EXPECT_THAT(api().Call(Verb::kCreate, *request, StrangerToken()).status,
              IsOk());
}

}  // namespace
}  // namespace crm::testing
