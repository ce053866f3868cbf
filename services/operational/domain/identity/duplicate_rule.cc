#include "services/operational/domain/identity/duplicate_rule.h"

#include <cmath>
#include <set>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"

namespace crm::operational {
namespace {

using Violations = std::vector<FieldViolation>;

// A weight that alone decides any pair, and no more.
constexpr double kMaxWeight = 1000;

bool AreWeights(const ByAgreement& weights) {
  return absl::c_all_of(
      weights, [](double weight) { return std::abs(weight) <= kMaxWeight; });
}

void CheckKeys(const DuplicateRule& rule, Violations& violations) {
  if (rule.keys.empty() || rule.keys.size() > kMaxBlockingKeys) {
    violations.push_back({"keys", "must be from 1 to 16."});
  }
  for (size_t i = 0; i < rule.keys.size(); ++i) {
    const std::string field = absl::StrCat("keys[", i, "]");
    const BlockingKey& key = rule.keys[i];
    if (key.empty() || key.size() > kMaxKeyParts) {
      violations.push_back({field, "must have from 1 to 8 parts."});
    }
    for (const KeyPart& part : key) {
      if (part.field.empty()) {
        violations.push_back({field, "must name the field of each part."});
      }
      if (part.form == KeyPart::Form::kPrefix && part.length == 0) {
        violations.push_back({field, "must say how long a prefix is."});
      }
    }
  }
}

void CheckFields(const DuplicateRule& rule, Violations& violations) {
  if (rule.fields.empty() || rule.fields.size() > kMaxComparisons) {
    violations.push_back({"fields", "must be from 1 to 32."});
  }
  std::set<std::string> seen;
  for (size_t i = 0; i < rule.fields.size(); ++i) {
    const FieldComparison& comparison = rule.fields[i];
    const std::string field = absl::StrCat("fields[", i, "]");
    if (comparison.field.empty() || !seen.insert(comparison.field).second) {
      violations.push_back({absl::StrCat(field, ".field"),
                            "must name a field that no other one names."});
    }
    if (!(comparison.close_from > 0 && comparison.close_from <= 1)) {
      violations.push_back({absl::StrCat(field, ".close_from"),
                            "must be more than 0 and at most 1."});
    }
    if (!AreWeights(comparison.weights) ||
        !AreWeights(comparison.related_weights)) {
      violations.push_back(
          {absl::StrCat(field, ".weights"), "must be from -1000 to 1000."});
    }
  }
}

}  // namespace

absl::Status ValidateDuplicateRule(const DuplicateRule& rule) {
  Violations violations;
  CheckKeys(rule, violations);
  CheckFields(rule, violations);
  if (!std::isfinite(rule.match_from) || !std::isfinite(rule.possible_from) ||
      rule.possible_from > rule.match_from) {
    violations.push_back(
        {"possible_from", "must be a number, and at most match_from."});
  }
  if (rule.prior.has_value() && !(*rule.prior > 0 && *rule.prior < 1)) {
    violations.push_back({"prior", "must be more than 0 and less than 1."});
  }
  if (!(rule.related_share >= 0 && rule.related_share < 1)) {
    violations.push_back(
        {"related_share", "must be at least 0 and less than 1."});
  }
  return violations.empty() ? absl::OkStatus() : BadRequest(violations);
}

}  // namespace crm::operational
