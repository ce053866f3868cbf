// What a customer is reached by, in the one form in which it is kept and the
// one in which it is compared.
//
// Pure, and so thread-safe.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_CONTACT_POINT_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_CONTACT_POINT_H_

#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crm/operational/v1/identifier.pb.h"

namespace crm::operational {

// The most contact points that are looked at together.
inline constexpr size_t kMaxContactPoints = 500;
// The longest identifier of the other types: `identifier.value` in the proto.
inline constexpr size_t kMaxIdentifierBytes = 1016;

// As somebody gave it.
struct RawContactPoint {
  v1::Identifier::Type type = v1::Identifier::TYPE_UNSPECIFIED;
  std::string value;
};

struct ContactPoint {
  v1::Identifier::Type type = v1::Identifier::TYPE_UNSPECIFIED;
  // What is kept; of an e-mail address, in lower case.
  std::string value;
  // What duplicates are found by; equal for points that are probably one.
  std::string match_key;
  // Of a phone number: what to dial after the answer, or empty.
  std::string extension;

  friend bool operator==(const ContactPoint&, const ContactPoint&) = default;
};

// Returns `raw` normalised by its type (see email_address.h, phone_number.h,
// web_domain.h); other types lose surrounding blanks, and are compared as they
// are. Phone numbers are read as dialled in `region`, which may be empty.
//
// Returns INVALID_ARGUMENT that blames `field` followed by `.value` or `.type`.
absl::StatusOr<ContactPoint> NormalizeContactPoint(const RawContactPoint& raw,
                                                   absl::string_view region,
                                                   absl::string_view field);

// NormalizeContactPoint for each of `raw`, in their order.
//
// Returns INVALID_ARGUMENT with the violations of all that are wrong, as
// `contact_points[2].value`, or if there are more than kMaxContactPoints.
absl::StatusOr<std::vector<ContactPoint>> NormalizeContactPoints(
    std::span<const RawContactPoint> raw, absl::string_view region);

// Returns the key by which names of people and organisations are compared:
// folded, with punctuation that is written or left out at will as a blank.
//
//   "O'Brien-Smith,  José" -> "o brien smith jose"
std::string NameKey(absl::string_view name);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_CONTACT_POINT_H_
