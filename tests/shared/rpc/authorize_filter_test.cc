#include "shared/rpc/authorize_filter.h"

#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/shared/rpc/echo_service.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::EchoMethod;
using ::crm::testing::IsOk;
using ::crm::testing::kEcho;
using ::crm::testing::kInner;
using ::crm::testing::kStore;
using ::crm::testing::StatusIs;
using ::testing::HasSubstr;

absl::Status Authorize(absl::string_view path, std::vector<std::string> roles,
                       bool system = false) {
  auto table = std::make_shared<const RoleTable>(
      *RoleTable::Parse("reader: echo.say\n"
                        "admin: *\n"
                        "system: internal.*\n"));
  Directory directory(std::move(table), {});
  AuthorizeFilter filter(directory);
  Call call;
  call.context.method = EchoMethod(path);
  call.context.principal.roles = std::move(roles);
  call.context.principal.system = system;
  return filter.Begin(call);
}

TEST(AuthorizeFilter, LetsThroughWhatARoleGrants) {
  EXPECT_THAT(Authorize(kEcho, {"nobody", "reader"}), IsOk());
}

TEST(AuthorizeFilter, NamesThePermissionThatIsMissing) {
  const absl::Status status = Authorize(kStore, {"reader"});

  EXPECT_THAT(status, StatusIs(absl::StatusCode::kPermissionDenied,
                               "PERMISSION_DENIED"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("'echo.store'"));
}

TEST(AuthorizeFilter, DeniesACallerWithoutRoles) {
  EXPECT_THAT(
      Authorize(kEcho, {}),
      StatusIs(absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED"));
}

TEST(AuthorizeFilter, KeepsInternalMethodsForTheSystem) {
  EXPECT_THAT(Authorize(kInner, {"system"}, /*system=*/true), IsOk());
  EXPECT_THAT(
      Authorize(kInner, {"system"}, /*system=*/false),
      StatusIs(absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED"));
  EXPECT_THAT(
      Authorize(kInner, {"admin"}),
      StatusIs(absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED"));
}

}  // namespace
}  // namespace crm
