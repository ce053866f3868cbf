#include "services/operational/domain/identity/contact_point.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "services/operational/domain/identity/email_address.h"
#include "services/operational/domain/identity/phone_number.h"
#include "services/operational/domain/identity/web_domain.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/query/text_folding.h"
#include "shared/query/utf8.h"

namespace crm::operational {
namespace {

absl::StatusOr<ContactPoint> Verbatim(const RawContactPoint& raw,
                                      absl::string_view field) {
  const absl::string_view value = absl::StripAsciiWhitespace(raw.value);
  if (value.empty()) return BadField(field, "must not be blank.");
  if (value.size() > kMaxIdentifierBytes ||
      FindInvalidUtf8(value) != absl::string_view::npos) {
    return BadField(field, "must be UTF-8 of at most 1016 bytes.");
  }
  return ContactPoint{.type = raw.type,
                      .value = std::string(value),
                      .match_key = std::string(value),
                      .extension = ""};
}

// Marks that folding keeps, and that people write in place of those of ASCII.
std::string PlainMarks(absl::string_view folded) {
  return absl::StrReplaceAll(folded, {{"\u2018", "'"},
                                      {"\u2019", "'"},
                                      {"\u02BC", "'"},
                                      {"\u00B4", "'"},
                                      {"\u2010", "-"},
                                      {"\u2011", "-"},
                                      {"\u2013", "-"},
                                      {"\u2014", "-"},
                                      {"\u00B7", "-"}});
}

}  // namespace

absl::StatusOr<ContactPoint> NormalizeContactPoint(const RawContactPoint& raw,
                                                   absl::string_view region,
                                                   absl::string_view field) {
  const std::string value_field = absl::StrCat(field, ".value");
  switch (raw.type) {
    case v1::Identifier::EMAIL: {
      CRM_ASSIGN_OR_RETURN(EmailAddress email,
                           NormalizeEmail(raw.value, value_field));
      return ContactPoint{.type = raw.type,
                          .value = absl::AsciiStrToLower(email.address),
                          .match_key = std::move(email.match_key),
                          .extension = ""};
    }
    case v1::Identifier::PHONE: {
      CRM_ASSIGN_OR_RETURN(PhoneNumber phone,
                           NormalizePhone(raw.value, region, value_field));
      return ContactPoint{.type = raw.type,
                          .value = phone.e164,
                          .match_key = std::move(phone.e164),
                          .extension = std::move(phone.extension)};
    }
    case v1::Identifier::WEB_DOMAIN: {
      CRM_ASSIGN_OR_RETURN(WebDomain domain,
                           NormalizeWebDomain(raw.value, value_field));
      return ContactPoint{.type = raw.type,
                          .value = std::move(domain.host),
                          .match_key = std::move(domain.match_key),
                          .extension = ""};
    }
    case v1::Identifier::EXTERNAL_ID:
    case v1::Identifier::SOCIAL_HANDLE:
    case v1::Identifier::CARD:
      return Verbatim(raw, value_field);
    default:
      return BadField(absl::StrCat(field, ".type"), "must be a known type.");
  }
}

absl::StatusOr<std::vector<ContactPoint>> NormalizeContactPoints(
    std::span<const RawContactPoint> raw, absl::string_view region) {
  if (raw.size() > kMaxContactPoints) {
    return BadField("contact_points", "must be at most 500.");
  }
  std::vector<ContactPoint> points;
  std::vector<FieldViolation> violations;
  for (size_t i = 0; i < raw.size(); ++i) {
    auto point = NormalizeContactPoint(raw[i], region,
                                       absl::StrCat("contact_points[", i, "]"));
    if (point.ok()) {
      points.push_back(*std::move(point));
      continue;
    }
    for (FieldViolation& violation : FieldViolations(point.status())) {
      violations.push_back(std::move(violation));
    }
  }
  if (!violations.empty()) return BadRequest(violations);
  return points;
}

std::string NameKey(absl::string_view name) {
  std::string key;
  for (const char c : PlainMarks(FoldText(name))) {
    const bool apart = absl::ascii_ispunct(static_cast<unsigned char>(c)) ||
                       absl::ascii_isspace(static_cast<unsigned char>(c));
    if (!apart) {
      key.push_back(c);
    } else if (!key.empty() && key.back() != ' ') {
      key.push_back(' ');
    }
  }
  absl::StripTrailingAsciiWhitespace(&key);
  return key;
}

}  // namespace crm::operational
