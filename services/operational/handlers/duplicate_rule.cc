#include "services/operational/handlers/duplicate_rule.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/operational/domain/duplicate_rule.h"
#include "services/operational/handlers/duplicate_candidate.h"
#include "services/operational/handlers/duplicate_index.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/reflect/field_access.h"
#include "shared/resource/row_rule.h"

namespace crm::operational {
namespace {

using ::google::protobuf::Message;
using Rule = v1::DuplicateRule;

// How many duplicates an error names.
constexpr size_t kMaxNamed = 10;
// How many candidates one new resource makes: a batch of them has to fit into
// one commit.
constexpr int kMaxProposed = 5;

// What a rule knows of a resource: of one that stands for nobody, nothing.
struct Matchable {
  bool is_matchable = false;
  MatchRecord record;
  std::set<std::string> blocks;
};

// A change as a rule sees it.
struct MatchChange {
  Matchable before;
  Matchable after;
};

// A stored resource that is like a changed one.
struct Duplicate {
  std::unique_ptr<Message> resource;
  MatchRecord record;
  DuplicateScore score;
  // Whether it was found to be like it before the change, too.
  bool known = false;
};

Matchable MatchableOf(const Rule& rule, const Message* resource) {
  Matchable matchable;
  if (resource == nullptr || !IsMatchable(*resource)) return matchable;
  matchable.is_matchable = true;
  matchable.record = MatchRecordOf(rule, *resource);
  matchable.blocks = BlocksOf(rule, matchable.record);
  return matchable;
}

// Whether a rule finds the two: they share a block and reach its threshold.
bool Finds(const Rule& rule, const Matchable& a, const MatchRecord& b) {
  if (!a.is_matchable) return false;
  const std::set<std::string> blocks = BlocksOf(rule, b);
  return absl::c_any_of(
             blocks,
             [&](const auto& block) { return a.blocks.contains(block); }) &&
         ScorePair(rule, a.record, b).verdict == DuplicateVerdict::kMatch;
}

// Finds the active rules of a type. All writes of a group ask the same.
absl::StatusOr<SqlFragment> ActiveRulesQuery(const ResourceCatalog& catalog,
                                             const std::string& tenant,
                                             const std::string& type) {
  const ResourceSchema& schema = catalog.Find(Rule::descriptor())->schema;
  for (const ResourceColumn& column : schema.columns()) {
    if (column.path != "active_key") continue;
    return SqlFragment{.text = absl::StrCat("SELECT body FROM ", schema.table(),
                                            " WHERE tenant = ? AND ",
                                            column.name, " = ? ORDER BY name"),
                       .params = {tenant, type}};
  }
  return Internal("RESOURCE_UNKNOWN", "Duplicate rules have no active key.");
}

absl::StatusOr<std::vector<Rule>> ActiveRules(const Transaction& transaction,
                                              const Resource& resource) {
  CRM_ASSIGN_OR_RETURN(
      const SqlFragment query,
      ActiveRulesQuery(transaction.view().catalog(),
                       transaction.view().tenant(), resource.schema.type()));
  CRM_ASSIGN_OR_RETURN(const SqlRows rows,
                       transaction.writer().QueryShared(query));
  std::vector<Rule> rules;
  for (const SqlRow& row : rows) {
    if (!rules.emplace_back().ParseFromString(
            std::get<SqlBlob>(row[0]).bytes)) {
      return Internal("ROW_UNREADABLE", "A stored row could not be read.");
    }
  }
  return rules;
}

// Returns the stored resources that `rule` holds to be what was changed.
absl::StatusOr<std::vector<Duplicate>> FindDuplicatesOf(
    const Transaction& transaction, const Resource& resource, const Rule& rule,
    const MatchChange& change) {
  const MatchRecord& record = change.after.record;
  std::set<std::string> seen = {record.name};
  std::vector<Duplicate> duplicates;
  for (const std::string& block : change.after.blocks) {
    CRM_ASSIGN_OR_RETURN(auto others, ResourcesInBlock(transaction.view(), rule,
                                                       resource, block));
    for (std::unique_ptr<Message>& other : others) {
      MatchRecord stored = MatchRecordOf(rule, *other);
      if (!IsMatchable(*other) || !seen.insert(stored.name).second) continue;
      DuplicateScore score = ScorePair(rule, record, stored);
      if (score.verdict != DuplicateVerdict::kMatch) continue;
      const bool known = Finds(rule, change.before, stored);
      duplicates.push_back(
          {std::move(other), std::move(stored), std::move(score), known});
    }
  }
  return duplicates;
}

bool Overlap(absl::string_view a, absl::string_view b) {
  return a == b || absl::StartsWith(a, absl::StrCat(b, ".")) ||
         absl::StartsWith(b, absl::StrCat(a, "."));
}

// Whether the caller may read the resource, and of it all that is compared.
absl::StatusOr<bool> MaySee(const Transaction& transaction,
                            const Resource& resource, const Rule& rule,
                            const Message& message) {
  CRM_ASSIGN_OR_RETURN(const bool readable,
                       transaction.access().CanRead(resource, message));
  if (!readable) return false;
  const auto access =
      RuleFor(transaction.call().caller.get(), transaction.view().catalog(),
              resource, ReadPermission(resource));
  for (const std::string& hidden : access->HiddenIn(message)) {
    for (const v1::DuplicateTerm& term : rule.terms()) {
      if (Overlap(hidden, term.field())) return false;
    }
  }
  return true;
}

absl::Status DuplicateFound(const Resource& resource, const Rule& rule,
                            const std::vector<std::string>& names) {
  const std::string how =
      "To store it all the same, send the metadata 'crm-allow-duplicates: "
      "true'.";
  if (names.empty()) {
    return AlreadyExists(
        "DUPLICATE_FOUND",
        absl::StrCat("Duplicate rule '", rule.name(),
                     "' holds it to be one that you may not read. ", how),
        {{"duplicate_rule", rule.name()}});
  }
  const std::string all = absl::StrJoin(names, ", ");
  return WithResource(
      AlreadyExists("DUPLICATE_FOUND",
                    absl::StrCat("Duplicate rule '", rule.name(),
                                 "' holds it to be ", all, ". ", how),
                    {{"duplicate_rule", rule.name()}, {"duplicates", all}}),
      resource.schema.type(), names.front());
}

// Refuses the change, if the rule says so and the caller does not say
// otherwise. What was like it before does not stand in its way, nor what
// somebody looked at and dismissed.
absl::Status CheckRefused(const Transaction& transaction,
                          const Resource& resource, const Rule& rule,
                          const MatchRecord& record,
                          const std::vector<Duplicate>& duplicates) {
  if (rule.action() != Rule::BLOCK || transaction.call().allow_duplicates ||
      !transaction.access().Concerns(resource)) {
    return absl::OkStatus();
  }
  bool found = false;
  std::vector<std::string> names;
  for (const Duplicate& duplicate : duplicates) {
    if (duplicate.known) continue;
    CRM_ASSIGN_OR_RETURN(const bool dismissed,
                         IsDismissed(transaction.view(),
                                     CandidateOf(rule, record, duplicate.record,
                                                 duplicate.score)));
    if (dismissed) continue;
    found = true;
    CRM_ASSIGN_OR_RETURN(const bool seen, MaySee(transaction, resource, rule,
                                                 *duplicate.resource));
    if (seen) names.push_back(duplicate.record.name);
    if (names.size() == kMaxNamed) break;
  }
  if (!found || (names.empty() && !rule.refuse_unseen())) {
    return absl::OkStatus();
  }
  return DuplicateFound(resource, rule, names);
}

// Refuses terms about fields that the caller may not read: the candidates would
// tell of them.
absl::Status CheckReadable(const Transaction& transaction, const Rule* before,
                           const Rule& after) {
  const Resource* type =
      transaction.view().catalog().FindByType(after.resource_type());
  if (type == nullptr ||
      (before != nullptr && before->state() != Rule::DRAFT)) {
    return absl::OkStatus();
  }
  const auto access =
      RuleFor(transaction.call().caller.get(), transaction.view().catalog(),
              *type, ReadPermission(*type));
  std::vector<FieldViolation> violations;
  for (int i = 0; i < after.terms_size(); ++i) {
    if (!access->HidesPath(after.terms(i).field())) continue;
    violations.push_back({absl::StrCat("duplicate_rule.terms[", i, "].field"),
                          "must name a field that you may read."});
  }
  return violations.empty() ? absl::OkStatus() : BadRequest(violations);
}

// Whether a change is compared with what is there: all that is new; of what was
// there before, what a call of somebody gives other values, or brings back.
// What the service changes beside a call, as a merge or its undoing does, is
// what somebody decided on already.
bool IsCompared(const Transaction& transaction, const Resource& resource,
                const Message* before, const MatchChange& change) {
  if (!change.after.is_matchable) return false;
  if (before == nullptr) return true;
  return transaction.access().Concerns(resource) &&
         (!change.before.is_matchable ||
          change.before.record.values != change.after.record.values);
}

// Compares a changed resource by one rule; `proposed` counts its candidates.
absl::Status Compare(Transaction& transaction, const Resource& resource,
                     const Rule& rule, const MatchChange& change,
                     int& proposed) {
  if (rule.action() == Rule::REPORT) return absl::OkStatus();
  const MatchRecord& record = change.after.record;
  CRM_ASSIGN_OR_RETURN(std::vector<Duplicate> duplicates,
                       FindDuplicatesOf(transaction, resource, rule, change));
  CRM_RETURN_IF_ERROR(
      CheckRefused(transaction, resource, rule, record, duplicates));
  std::stable_sort(duplicates.begin(), duplicates.end(),
                   [](const Duplicate& a, const Duplicate& b) {
                     return a.score.score > b.score.score;
                   });
  for (const Duplicate& duplicate : duplicates) {
    if (proposed == kMaxProposed) break;
    CRM_ASSIGN_OR_RETURN(
        const bool made,
        Propose(transaction,
                CandidateOf(rule, record, duplicate.record, duplicate.score)));
    if (made) ++proposed;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status FollowDuplicates(Transaction& transaction,
                              const Resource& resource, const Message* before,
                              const Message* after) {
  if (!HasDuplicateRules(resource.schema.type())) return absl::OkStatus();
  CRM_ASSIGN_OR_RETURN(const std::vector<Rule> rules,
                       ActiveRules(transaction, resource));
  int proposed = 0;
  const std::string name =
      ReadString(after != nullptr ? *after : *before, "name");
  for (const Rule& rule : rules) {
    const MatchChange change = {MatchableOf(rule, before),
                                MatchableOf(rule, after)};
    if (IsCompared(transaction, resource, before, change)) {
      CRM_RETURN_IF_ERROR(
          Compare(transaction, resource, rule, change, proposed));
    }
    CRM_RETURN_IF_ERROR(KeepBlocks(transaction, rule, name,
                                   change.before.blocks, change.after.blocks));
  }
  return absl::OkStatus();
}

absl::Status SettleDuplicateRule(Transaction& transaction, const Rule* before,
                                 Rule& after,
                                 const Settlement& /*settlement*/) {
  CRM_RETURN_IF_ERROR(CheckReadable(transaction, before, after));
  CRM_ASSIGN_OR_RETURN(
      const SqlFragment query,
      ActiveRulesQuery(transaction.view().catalog(),
                       transaction.view().tenant(), after.resource_type()));
  transaction.writer().ForgetShared(query);
  return absl::OkStatus();
}

absl::StatusOr<Rule> HandleActivateDuplicateRule(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::ActivateDuplicateRuleRequest& request) {
  CRM_ASSIGN_OR_RETURN(Rule rule, transaction.Move<Rule>(request));
  CRM_ASSIGN_OR_RETURN(
      const std::vector<Rule> active,
      transaction.view().Select<Rule>("active_key", rule.resource_type()));
  CRM_RETURN_IF_ERROR(CheckDuplicateRuleCount(static_cast<int>(active.size())));
  transaction.Update(rule);
  transaction.Schedule(kDuplicateFill, rule.name(), transaction.now());
  return rule;
}

absl::StatusOr<Rule> HandleRetireDuplicateRule(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::RetireDuplicateRuleRequest& request) {
  CRM_ASSIGN_OR_RETURN(Rule rule, transaction.Move<Rule>(request));
  transaction.Update(rule);
  transaction.Unschedule(kDuplicateFill, rule.name());
  transaction.Schedule(kDuplicateClear, rule.uid(), transaction.now());
  return rule;
}

}  // namespace crm::operational
