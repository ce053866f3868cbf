#include "services/operational/domain/customer.h"

#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "crm/operational/v1/account.pb.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/reflect/field_access.h"
#include "shared/reflect/resource_name.h"

namespace crm::operational {
namespace {

// E.164: at most 15 digits after the plus sign.
constexpr size_t kMaxPhoneDigits = 15;
constexpr size_t kMinPhoneDigits = 4;
// Fewer digits without a plus sign may be a number within some country.
constexpr size_t kMinDigitsWithoutPlus = 11;

// DNS: at most 63 characters between two dots.
constexpr size_t kMaxLabelLength = 63;

absl::Status NotOfType(absl::string_view what) {
  return BadField("identifier.value", what);
}

absl::StatusOr<std::string> NormalizeEmail(absl::string_view value) {
  const std::vector<absl::string_view> parts = absl::StrSplit(value, '@');
  const bool blank = absl::c_any_of(value, absl::ascii_isspace);
  if (parts.size() != 2 || parts[0].empty() || parts[1].empty() || blank) {
    return NotOfType("must be an e-mail address, such as 'ada@example.org'.");
  }
  return absl::AsciiStrToLower(value);
}

absl::StatusOr<std::string> NormalizePhone(absl::string_view value) {
  std::string digits;
  absl::string_view rest = value;
  const bool international =
      absl::ConsumePrefix(&rest, "+") || absl::ConsumePrefix(&rest, "00");
  for (const char c : rest) {
    if (absl::ascii_isdigit(c)) {
      digits.push_back(c);
    } else if (!absl::StrContains(" ()-./", c)) {
      return NotOfType("must be a phone number, such as '+14155550100'.");
    }
  }
  const size_t least = international ? kMinPhoneDigits : kMinDigitsWithoutPlus;
  if (digits.size() < least || digits.size() > kMaxPhoneDigits ||
      digits[0] == '0') {
    return NotOfType(
        "must be a phone number with its country code, such as "
        "'+14155550100'.");
  }
  return absl::StrCat("+", digits);
}

// Letters beyond ASCII are let through: domains may be written in any script.
bool IsDomainLabel(absl::string_view label) {
  return !label.empty() && label.size() <= kMaxLabelLength &&
         label.front() != '-' && label.back() != '-' &&
         absl::c_all_of(label, [](unsigned char c) {
           return absl::ascii_isalnum(c) || c == '-' || c >= 0x80;
         });
}

absl::StatusOr<std::string> NormalizeDomain(absl::string_view value) {
  value = absl::StripSuffix(value, ".");
  const std::vector<absl::string_view> labels = absl::StrSplit(value, '.');
  if (labels.size() < 2 || !absl::c_all_of(labels, IsDomainLabel)) {
    return NotOfType("must be a web domain, such as 'example.org'.");
  }
  return absl::AsciiStrToLower(value);
}

// Returns the first of `fields` that is set in `resource`.
std::string FirstOf(const google::protobuf::Message& resource,
                    std::initializer_list<const char*> fields) {
  for (const char* field : fields) {
    std::string value = ReadString(resource, field);
    if (!value.empty()) return value;
  }
  return "";
}

}  // namespace

absl::Status PrepareCustomer(const v1::Customer* before, v1::Customer& after,
                             const RuleContext& /*context*/) {
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

absl::Status PrepareIdentifier(const v1::Identifier* before,
                               v1::Identifier& after,
                               const RuleContext& /*context*/) {
  if (before == nullptr) after.set_state(v1::Identifier::UNVERIFIED);
  after.set_customer(std::string(ParentOf(after.name())));
  CRM_ASSIGN_OR_RETURN(std::string normalized,
                       NormalizeIdentifier(after.type(), after.value()));
  after.set_normalized_value(std::move(normalized));
  return absl::OkStatus();
}

absl::StatusOr<std::string> NormalizeIdentifier(v1::Identifier::Type type,
                                                absl::string_view value) {
  const absl::string_view trimmed = absl::StripAsciiWhitespace(value);
  switch (type) {
    case v1::Identifier::EMAIL:
      return NormalizeEmail(trimmed);
    case v1::Identifier::PHONE:
      return NormalizePhone(trimmed);
    case v1::Identifier::WEB_DOMAIN:
      return NormalizeDomain(trimmed);
    case v1::Identifier::EXTERNAL_ID:
    case v1::Identifier::SOCIAL_HANDLE:
    case v1::Identifier::CARD:
      if (trimmed.empty()) return NotOfType("must not be blank.");
      return std::string(trimmed);
    default:
      return BadField("identifier.type", "must be a known type.");
  }
}

}  // namespace crm::operational
