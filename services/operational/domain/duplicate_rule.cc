#include "services/operational/domain/duplicate_rule.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "crm/operational/v1/customer.pb.h"
#include "google/api/field_behavior.pb.h"
#include "google/api/resource.pb.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/operational/domain/duplicate_model.h"
#include "services/operational/domain/identity/blocking.h"
#include "services/operational/domain/identity/contact_point.h"
#include "services/operational/domain/identity/duplicate_rule.h"
#include "shared/base/digest.h"
#include "shared/base/errors.h"
#include "shared/query/field_path.h"
#include "shared/query/field_value.h"
#include "shared/reflect/field_access.h"

namespace crm::operational {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using Rule = v1::DuplicateRule;
using Violations = std::vector<FieldViolation>;

constexpr double kMillion = 1'000'000;
constexpr int kLeastSimilarity = 500'000;
// Half of SHA-256 in hexadecimal digits: 128 bits tell all keys apart.
constexpr size_t kDigestDigits = 32;
constexpr std::array<absl::string_view, 4> kTypes = {
    "crm/Customer", "crm/Contact", "crm/Account", "crm/Lead"};

std::string Digest(absl::string_view text) {
  return absl::BytesToHexString(Sha256(text)).substr(0, kDigestDigits);
}

bool IsComparable(const FieldDescriptor& field) {
  if (field.type() != FieldDescriptor::TYPE_STRING || field.is_repeated() ||
      field.options().HasExtension(google::api::resource_reference)) {
    return false;
  }
  const auto& options = field.options();
  for (int i = 0; i < options.ExtensionSize(google::api::field_behavior); ++i) {
    const auto behavior = options.GetExtension(google::api::field_behavior, i);
    if (behavior == google::api::OUTPUT_ONLY ||
        behavior == google::api::IDENTIFIER) {
      return false;
    }
  }
  return true;
}

bool NamesText(const Descriptor& type, const std::string& path) {
  const auto found = FindFieldPath(type, path);
  return found.has_value() && !found->many() && IsComparable(found->field());
}

void CheckTerms(const Rule& rule, const Descriptor* type,
                Violations& violations) {
  std::set<std::string> seen;
  for (int i = 0; i < rule.terms_size(); ++i) {
    const v1::DuplicateTerm& term = rule.terms(i);
    const std::string at = absl::StrCat("duplicate_rule.terms[", i, "].");
    if (type != nullptr && !NamesText(*type, term.field())) {
      violations.push_back(
          {at + "field",
           absl::StrCat("must name a text field of ", rule.resource_type(),
                        " that callers write.")});
    } else if (!seen.insert(term.field()).second) {
      violations.push_back(
          {at + "field", "must name a field that no other term names."});
    }
    if (term.close_weight() > term.weight()) {
      violations.push_back({at + "close_weight", "must be at most weight."});
    }
    if (term.min_similarity_millionths() != 0 &&
        term.min_similarity_millionths() < kLeastSimilarity) {
      violations.push_back({at + "min_similarity_millionths",
                            "must be 0, or from 500000 to 1000000."});
    }
  }
}

void CheckPart(const Rule& rule, const v1::DuplicateKeyPart& part,
               const std::string& at, Violations& violations) {
  if (absl::c_none_of(rule.terms(), [&](const v1::DuplicateTerm& term) {
        return term.field() == part.field();
      })) {
    violations.push_back({at + ".field", "must name the field of a term."});
  }
  const bool is_prefix = part.form() == v1::PREFIX;
  if (is_prefix != (part.length() > 0)) {
    violations.push_back(
        {at + ".length", "must be from 1 to 64 for a PREFIX, and 0 else."});
  }
}

void CheckKeys(const Rule& rule, Violations& violations) {
  std::set<std::string> seen;
  for (int i = 0; i < rule.block_keys_size(); ++i) {
    const v1::DuplicateBlockKey& key = rule.block_keys(i);
    const std::string at = absl::StrCat("duplicate_rule.block_keys[", i, "]");
    for (int j = 0; j < key.parts_size(); ++j) {
      CheckPart(rule, key.parts(j), absl::StrCat(at, ".parts[", j, "]"),
                violations);
    }
    if (!seen.insert(key.SerializeAsString()).second) {
      violations.push_back({at, "must differ from the other keys."});
    }
  }
}

bool SameList(const auto& a, const auto& b) {
  return absl::c_equal(a, b, [](const Message& one, const Message& other) {
    return google::protobuf::util::MessageDifferencer::Equals(one, other);
  });
}

// Returns the form in which a value is compared: empty for none.
std::string Folded(v1::DuplicateComparison comparison, absl::string_view text) {
  const auto point = [&](v1::Identifier::Type type) {
    const auto normalized =
        NormalizeContactPoint({.type = type, .value = std::string(text)},
                              /*region=*/"", /*field=*/"");
    // What is no such point is compared as it is written.
    return normalized.ok() ? normalized->match_key : NameKey(text);
  };
  if (comparison == v1::EMAIL) return point(v1::Identifier::EMAIL);
  if (comparison == v1::PHONE) return point(v1::Identifier::PHONE);
  return NameKey(text);
}

v1::DuplicateAgreement AgreementOf(Agreement agreement) {
  switch (agreement) {
    case Agreement::kAgree:
      return v1::AGREES;
    case Agreement::kClose:
      return v1::CLOSE;
    case Agreement::kDiffer:
      return v1::DIFFERS;
    case Agreement::kMissing:
      return v1::MISSING;
  }
  return v1::DUPLICATE_AGREEMENT_UNSPECIFIED;
}

int32_t Millionths(double value) {
  return static_cast<int32_t>(std::lround(value * kMillion));
}

absl::Status RuleInUse(const Rule& rule, absl::string_view what) {
  return FailedPrecondition(
      "RULE_IN_USE", absl::StrCat("Duplicate rule '", rule.name(), "' ", what),
      rule.name());
}

}  // namespace

absl::Status PrepareDuplicateRule(const Rule* before, Rule& after,
                                  const RuleContext& context) {
  after.set_active_key(after.state() == Rule::ACTIVE ? after.resource_type()
                                                     : std::string());
  Violations violations;
  const bool known = HasDuplicateRules(after.resource_type());
  if (!known) {
    violations.push_back(
        {"duplicate_rule.resource_type",
         "must be crm/Customer, crm/Contact, crm/Account or crm/Lead."});
  }
  CheckTerms(after, known ? context.find_type(after.resource_type()) : nullptr,
             violations);
  CheckKeys(after, violations);
  int64_t most = 0;
  for (const v1::DuplicateTerm& term : after.terms()) most += term.weight();
  if (after.threshold_millionths() > most) {
    violations.push_back({"duplicate_rule.threshold_millionths",
                          absl::StrCat("must be at most ", most,
                                       ", which all terms add up to.")});
  }
  if (!violations.empty()) return BadRequest(violations);
  const bool same = before != nullptr &&
                    SameList(before->terms(), after.terms()) &&
                    SameList(before->block_keys(), after.block_keys());
  // What was learnt of other terms says nothing of these.
  if (!same) after.clear_model();
  if (before != nullptr && before->state() != Rule::DRAFT && !same) {
    return RuleInUse(after,
                     "is no draft any more; make another one to compare by "
                     "other terms or keys.");
  }
  return absl::OkStatus();
}

absl::Status CheckDuplicateRuleDeletable(const Rule& rule) {
  if (rule.state() != Rule::ACTIVE) return absl::OkStatus();
  return RuleInUse(rule, "is in use; retire it first.");
}

absl::Status CheckDuplicateRuleCount(int active) {
  if (active < kMaxActiveDuplicateRules) return absl::OkStatus();
  return FailedPrecondition(
      "TOO_MANY_RULES",
      absl::StrCat("A type has at most ", kMaxActiveDuplicateRules,
                   " active duplicate rules; retire one first."),
      "duplicateRules");
}

bool HasDuplicateRules(absl::string_view resource_type) {
  return absl::c_linear_search(kTypes, resource_type);
}

bool IsMatchable(const Message& resource) {
  const FieldDescriptor* deleted =
      resource.GetDescriptor()->FindFieldByName("delete_time");
  if (deleted != nullptr &&
      resource.GetReflection()->HasField(resource, deleted)) {
    return false;
  }
  if (resource.GetDescriptor() != v1::Customer::descriptor()) return true;
  const auto state = static_cast<const v1::Customer&>(resource).state();
  return state != v1::Customer::MERGED && state != v1::Customer::ERASED;
}

MatchRecord MatchRecordOf(const Rule& rule, const Message& resource) {
  MatchRecord record;
  record.name = ReadString(resource, "name");
  for (const v1::DuplicateTerm& term : rule.terms()) {
    const auto path = FindFieldPath(*resource.GetDescriptor(), term.field());
    if (!path.has_value()) continue;
    const SqlValue value = ReadColumn(resource, *path);
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr) continue;
    std::string folded = Folded(term.comparison(), *text);
    if (!folded.empty()) record.values[term.field()] = std::move(folded);
  }
  return record;
}

std::set<std::string> BlocksOf(const Rule& rule, const MatchRecord& record) {
  std::set<std::string> blocks;
  const std::vector<BlockingKey> keys = KeysOf(rule);
  for (size_t i = 0; i < keys.size(); ++i) {
    const std::string value = KeyOf(keys[i], record);
    if (!value.empty()) blocks.insert(Digest(absl::StrCat(i, " ", value)));
  }
  return blocks;
}

DuplicateScore ScorePair(const Rule& rule, const MatchRecord& a,
                         const MatchRecord& b) {
  return ScoreDuplicate(MatchRuleOf(rule), a, b);
}

v1::DuplicateCandidate CandidateOf(const Rule& rule, const MatchRecord& a,
                                   const MatchRecord& b,
                                   const DuplicateScore& score) {
  v1::DuplicateCandidate candidate;
  candidate.set_duplicate_rule(rule.name());
  candidate.set_resource_type(rule.resource_type());
  candidate.set_first(std::min(a.name, b.name));
  candidate.set_second(std::max(a.name, b.name));
  candidate.set_score_millionths(Millionths(score.score));
  candidate.set_pair(absl::StrCat(candidate.first(), " ", candidate.second()));
  std::string evidence = absl::StrCat(candidate.pair(), " ", rule.name());
  for (const DuplicateReason& reason : score.reasons) {
    auto& told = *candidate.add_reasons();
    told.set_field(reason.field);
    told.set_agreement(AgreementOf(reason.agreement));
    told.set_similarity_millionths(Millionths(reason.similarity));
    told.set_weight(Millionths(reason.weight));
    absl::StrAppend(&evidence, " ", reason.field, "=", told.agreement());
  }
  candidate.set_pair_key(Digest(evidence));
  return candidate;
}

}  // namespace crm::operational
