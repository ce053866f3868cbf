// Survivorship: which of several records' values a merged record keeps, field
// by field, so that one good record (the golden record) results.
//
// Pure, and so thread-safe.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_SURVIVORSHIP_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_SURVIVORSHIP_H_

#include <map>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "crm/operational/v1/customer.pb.h"

namespace crm::operational {

enum class Survivorship {
  // The survivor's value, else that of the first record that has one.
  kSurvivor,
  // That of the record that was changed last.
  kMostRecent,
  // The longest; of equal ones that of the record with most fields.
  kMostComplete,
  // That of the record whose source comes first in the list; of equal ones the
  // most recent.
  kSourcePriority,
};

struct SurvivorshipPolicy {
  // For fields that are not named below.
  Survivorship fallback = Survivorship::kSurvivor;
  // By field, as `display_name` or `labels.tier`; `labels` is for all of them.
  std::map<std::string, Survivorship, std::less<>> fields;
  // Systems (`source.system`), the most trusted first. Others come last.
  std::vector<std::string> sources;
  // What somebody chose in a preview: by field, the name of the customer whose
  // value to keep.
  std::map<std::string, std::string, std::less<>> choices;
};

// Returns the rule for `field`.
Survivorship RuleFor(const SurvivorshipPolicy& policy, absl::string_view field);

// Returns the fields that a merge decides on: what callers write, with the keys
// of maps one by one, if any of `customers` has a value. In a fixed order.
std::vector<std::string> MergeableFields(
    std::span<const v1::Customer* const> customers);

// Returns whether `customer` has a value in `field`.
bool HasValue(const v1::Customer& customer, absl::string_view field);

// Returns whether both have the same value in `field`, or both none.
bool SameValue(const v1::Customer& a, const v1::Customer& b,
               absl::string_view field);

// Returns the value as text, "" for none.
std::string ValueText(const v1::Customer& customer, absl::string_view field);

// Makes the value of `target` that of `source`, which may be none.
void CopyValue(const v1::Customer& source, v1::Customer& target,
               absl::string_view field);

// Returns the place in `customers`, the survivor first, of the one whose value
// in `field` is kept by `rule`. At least one has a value. What a rule cannot
// tell is told by the order.
size_t ChooseValue(std::span<const v1::Customer* const> customers,
                   absl::string_view field, Survivorship rule,
                   std::span<const std::string> sources);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_SURVIVORSHIP_H_
