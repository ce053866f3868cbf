#include "services/operational/domain/sales.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/money.h"

namespace crm::operational {

absl::Status PrepareAccount(const v1::Account* before, v1::Account& after,
                            const RuleContext& context) {
  if (before != nullptr && before->parent_account() == after.parent_account()) {
    return absl::OkStatus();
  }
  std::string name = after.parent_account();
  for (int depth = 0; !name.empty(); ++depth) {
    if (name == after.name()) {
      return FailedPrecondition(
          "ACCOUNT_CIRCLE",
          absl::StrCat("Account '", after.name(),
                       "' would lie under itself; choose another parent."),
          after.name());
    }
    if (depth == kMaxAccountDepth) {
      return FailedPrecondition(
          "ACCOUNT_TOO_DEEP",
          absl::StrCat("Account '", after.name(), "' would have more than ",
                       kMaxAccountDepth,
                       " accounts above it; choose another parent."),
          after.name());
    }
    const auto* parent = context.Find<v1::Account>(name);
    if (parent == nullptr) break;
    name = parent->parent_account();
  }
  return absl::OkStatus();
}

absl::Status PrepareContact(const v1::Contact* /*before*/, v1::Contact& after,
                            const RuleContext& /*context*/) {
  after.set_email(absl::AsciiStrToLower(after.email()));
  return absl::OkStatus();
}

absl::Status PrepareProduct(const v1::Product* /*before*/, v1::Product& after,
                            const RuleContext& /*context*/) {
  if (ToNanos(after.list_price()) < 0) {
    return BadField("product.list_price", "must not be negative.");
  }
  return absl::OkStatus();
}

}  // namespace crm::operational
