// Duplicate rules as data: which records to compare, field by field, and what
// each agreement is worth.
//
// A rule works in the way of Fellegi and Sunter (1969, "A Theory for Record
// Linkage"): a pair of records gets, for each field, a weight by how far the
// values agree; the sum is judged by two thresholds. With the rates at which
// values agree among matches (m) and among others (u), the weight is
// log2(m / u), and the sum with the prior gives the probability of a match.
// A rule may have points of its own instead; then there is no probability.
//
// The others may be of two kinds (Winkler 1993, "Improved Decision Rules in the
// Fellegi-Sunter Model"): strangers, and people who live or work together and
// so agree on what they share. Then each agreement has a weight against either,
// and the score is that of the mixture.
//
// Thread-compatible values; all functions are pure.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_DUPLICATE_RULE_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_DUPLICATE_RULE_H_

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace crm::operational {

inline constexpr size_t kMaxComparisons = 32;
inline constexpr size_t kMaxBlockingKeys = 16;
inline constexpr size_t kMaxKeyParts = 8;

// What is compared: values by field, folded already. A missing field and an
// empty one are the same.
using FieldValues = std::map<std::string, std::string, std::less<>>;

struct MatchRecord {
  std::string name;
  FieldValues values;
};

// How two values are compared. All give a similarity from 0 to 1.
enum class Comparator {
  kExact,
  kJaroWinkler,
  kLevenshtein,
  kDamerau,
  // Swapped day and month, or one typing error, are close.
  kDate,
  // Equal Soundex codes are close.
  kPhonetic,
};

// How far two values agree. kMissing if either is empty: it says nothing, so it
// has no weight.
enum class Agreement { kAgree, kClose, kDiffer, kMissing };

// One number for each of kAgree, kClose and kDiffer, in this order.
inline constexpr size_t kAgreementLevels = 3;
using ByAgreement = std::array<double, kAgreementLevels>;

struct FieldComparison {
  std::string field;
  Comparator comparator = Comparator::kExact;
  // Whether people who live or work together have it in common, as an address
  // or a surname. What is learnt from records tells such people from doubles by
  // the other fields; what nobody shares need not be said.
  bool shared = false;
  // The similarity from which values that are not equal are close.
  double close_from = 0.85;
  ByAgreement weights = {};
  // Against people who share, if the rule has a share of them.
  ByAgreement related_weights = {};
};

// A part of a blocking key.
struct KeyPart {
  enum class Form { kWhole, kPrefix, kSoundex };

  std::string field;
  Form form = Form::kWhole;
  // Of kPrefix: how many bytes count.
  size_t length = 0;
};

// Records are compared if all parts of a key are equal and none is empty.
using BlockingKey = std::vector<KeyPart>;

struct DuplicateRule {
  // A pair is compared if it shares any of these.
  std::vector<BlockingKey> keys;
  std::vector<FieldComparison> fields;
  // From which score on a pair is a match, or a possible one.
  double match_from = 0;
  double possible_from = 0;
  // The share of matches among all pairs of records, if the weights are
  // logarithms of m / u.
  std::optional<double> prior;
  // The share of people who share among the pairs that are no matches; 0 for a
  // rule that knows strangers only.
  double related_share = 0;
};

// Returns INVALID_ARGUMENT with all that is wrong: no fields, a field compared
// twice, more than the limits above, numbers out of range, thresholds in the
// wrong order, a prior or share that is no probability.
absl::Status ValidateDuplicateRule(const DuplicateRule& rule);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_DUPLICATE_RULE_H_
