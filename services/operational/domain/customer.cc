#include "services/operational/domain/customer.h"

#include <initializer_list>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "crm/operational/v1/account.pb.h"
#include "services/operational/domain/identity/contact_point.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/reflect/field_access.h"
#include "shared/reflect/resource_name.h"

namespace crm::operational {
namespace {

// Returns the first of `fields` that is set in `resource`.
std::string FirstOf(const google::protobuf::Message& resource,
                    std::initializer_list<const char*> fields) {
  for (const char* field : fields) {
    std::string value = ReadString(resource, field);
    if (!value.empty()) return value;
  }
  return "";
}

absl::Status CustomerMerged(const v1::Customer& customer) {
  return FailedPrecondition(
      "CUSTOMER_MERGED",
      absl::StrCat("'", customer.name(), "' was merged into '",
                   customer.merged_into(), "'; change that one."),
      customer.name(), {{"merged_into", customer.merged_into()}});
}

}  // namespace

absl::Status PrepareCustomer(const v1::Customer* before, v1::Customer& after,
                             const RuleContext& /*context*/) {
  if (before != nullptr && before->state() == v1::Customer::MERGED &&
      after.state() == v1::Customer::MERGED) {
    return CustomerMerged(*before);
  }
  if (before == nullptr) after.set_state(v1::Customer::ACTIVE);
  after.set_primary_email(absl::AsciiStrToLower(after.primary_email()));
  return absl::OkStatus();
}

v1::Customer CustomerFor(const google::protobuf::Message& resource) {
  const bool organisation =
      resource.GetDescriptor() == v1::Account::descriptor() ||
      !ReadString(resource, "company").empty();
  v1::Customer customer;
  customer.set_kind(organisation ? v1::Customer::ORGANISATION
                                 : v1::Customer::PERSON);
  customer.set_display_name(FirstOf(
      resource, {"company", "display_name", "order_number", "subject"}));
  if (customer.display_name().empty()) {
    customer.set_display_name(
        absl::StrCat("Customer of ", ReadString(resource, "name")));
  }
  customer.set_primary_email(ReadString(resource, "email"));
  customer.set_primary_phone(ReadString(resource, "phone"));
  customer.set_owner(ReadString(resource, "owner"));
  return customer;
}

absl::Status PrepareIdentifier(const v1::Identifier* /*before*/,
                               v1::Identifier& after,
                               const RuleContext& context) {
  after.set_customer(std::string(ParentOf(after.name())));
  // What a merged customer was known by is the survivor's.
  const auto* customer = context.Find<v1::Customer>(after.customer());
  if (customer != nullptr && customer->state() == v1::Customer::MERGED &&
      !after.has_delete_time()) {
    return CustomerMerged(*customer);
  }
  CRM_ASSIGN_OR_RETURN(
      ContactPoint point,
      NormalizeContactPoint({.type = after.type(), .value = after.value()}, "",
                            "identifier"));
  after.set_normalized_value(std::move(point.value));
  after.clear_verified_key();
  if (after.state() == v1::Identifier::VERIFIED) {
    after.set_verified_key(absl::StrCat(v1::Identifier::Type_Name(after.type()),
                                        ":", after.normalized_value()));
  }
  after.set_match_key(std::move(point.match_key));
  return absl::OkStatus();
}

}  // namespace crm::operational
