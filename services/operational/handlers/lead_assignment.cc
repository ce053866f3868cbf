#include "services/operational/handlers/lead_assignment.h"

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "crm/operational/v1/team.pb.h"
#include "crm/operational/v1/territory.pb.h"
#include "crm/operational/v1/user.pb.h"
#include "services/operational/domain/assignment.h"
#include "services/operational/domain/lead_filter.h"
#include "services/operational/domain/scoring_model.h"
#include "services/operational/domain/territory.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/query/filter.h"
#include "shared/resource/row_rule.h"

namespace crm::operational {
namespace {

using Rule = v1::AssignmentRule;
using Trial = v1::AssignmentTrial;

// Whom a rule chose last, and how often it has chosen.
struct Turn {
  int64_t count = 0;
  std::string last;
};

absl::StatusOr<Turn> FindTurn(Transaction& transaction,
                              const std::string& rule) {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      transaction.writer().Query("SELECT turn, last FROM assignment_turn WHERE "
                                 "tenant = ? AND assignment_rule = ?",
                                 {transaction.view().tenant(), rule}));
  if (rows.empty()) return Turn();
  return Turn{.count = std::get<int64_t>(rows[0][0]),
              .last = std::get<std::string>(rows[0][1])};
}

absl::Status TakeTurn(Transaction& transaction, const std::string& rule,
                      const Turn& turn) {
  const std::string& tenant = transaction.view().tenant();
  if (turn.count == 1) {
    return transaction.writer()
        .Execute(
            "INSERT INTO assignment_turn (tenant, assignment_rule, turn, last) "
            "VALUES (?, ?, ?, ?)",
            {tenant, rule, turn.count, turn.last})
        .status();
  }
  return transaction.writer()
      .Execute(
          "UPDATE assignment_turn SET turn = ?, last = ? WHERE tenant = ? "
          "AND assignment_rule = ?",
          {turn.count, turn.last, tenant, rule})
      .status();
}

// The territories that `lead` lies in, from the root down to its own.
absl::StatusOr<std::vector<v1::Territory>> TerritoriesOf(
    const ReadView& view, const v1::Lead& lead, const FindCustomField& fields) {
  std::vector<v1::Territory> path;
  std::string parent;
  while (path.size() <= size_t{kMaxTerritoryDepth}) {
    CRM_ASSIGN_OR_RETURN(
        const std::vector<v1::Territory> parts,
        view.Select<v1::Territory>("parent_territory", parent));
    const v1::Territory* territory = TerritoryAmong(parts, lead, fields);
    if (territory == nullptr) break;
    parent = territory->name();
    path.push_back(*territory);
  }
  return path;
}

// The names of those whom `rule` chooses from: at most kMaxCandidates.
absl::StatusOr<std::set<std::string>> NamedBy(
    const ReadView& view, const Rule& rule,
    const std::vector<v1::Territory>& territories) {
  std::set<std::string> names;
  const auto add = [&names](const auto& users) {
    for (const std::string& user : users) {
      if (names.size() < size_t{kMaxCandidates}) names.insert(user);
    }
  };
  if (rule.strategy() == Rule::TERRITORY) {
    for (auto at = territories.rbegin(); at != territories.rend(); ++at) {
      if (at->members().empty()) continue;
      add(at->members());
      break;
    }
    return names;
  }
  add(rule.users());
  if (!rule.team().empty()) {
    const auto team = view.GetLive<v1::Team>(rule.team());
    if (team.ok()) {
      add(team->members());
    } else if (!absl::IsNotFound(team.status())) {
      return team.status();
    }
  }
  return names;
}

absl::StatusOr<std::vector<Candidate>> CandidatesOf(
    const ReadView& view, const Rule& rule,
    const std::vector<v1::Territory>& territories) {
  CRM_ASSIGN_OR_RETURN(const std::set<std::string> names,
                       NamedBy(view, rule, territories));
  std::vector<Candidate> candidates;
  for (const std::string& name : names) {
    auto user = view.GetLive<v1::User>(name);
    if (absl::IsNotFound(user.status())) continue;
    CRM_RETURN_IF_ERROR(user.status());
    if (user->state() != v1::User::ACTIVE) continue;
    Candidate candidate;
    candidate.user = *std::move(user);
    if (CountsLeads(rule)) {
      CRM_ASSIGN_OR_RETURN(const Filter open,
                           Filter::Parse(OpenLeadsOf(candidate.user.subject()),
                                         v1::Lead::descriptor()));
      CRM_ASSIGN_OR_RETURN(candidate.open_leads,
                           view.Count<v1::Lead>(open, rule.capacity()));
    }
    candidates.push_back(std::move(candidate));
  }
  return candidates;
}

// Tries one rule; whom it chose becomes the owner of `lead`.
absl::StatusOr<Trial> Try(Transaction& transaction, const Rule& rule,
                          const std::vector<v1::Territory>& territories,
                          v1::Lead& lead) {
  if (rule.strategy() == Rule::TERRITORY && territories.empty()) {
    return PassedOver(rule, Trial::NO_TERRITORY,
                      "The lead belongs to no territory.");
  }
  CRM_ASSIGN_OR_RETURN(const std::vector<Candidate> candidates,
                       CandidatesOf(transaction.view(), rule, territories));
  CRM_ASSIGN_OR_RETURN(Turn turn, FindTurn(transaction, rule.name()));
  AssignmentChoice choice = Choose(rule, candidates, turn.last);
  if (choice.chosen == nullptr) return std::move(choice.trial);
  const v1::User& user = choice.chosen->user;
  turn = {.count = turn.count + 1, .last = user.name()};
  CRM_RETURN_IF_ERROR(TakeTurn(transaction, rule.name(), turn));
  lead.set_owner(user.subject());
  lead.mutable_assignment()->set_assignee(user.name());
  lead.mutable_assignment()->set_turn(turn.count);
  return std::move(choice.trial);
}

// Has the rules give `lead` to somebody, and says how they came to that.
// Returns whether one of them did.
absl::StatusOr<bool> AssignByRules(Transaction& transaction, v1::Lead& lead) {
  const ReadView& view = transaction.view();
  CRM_ASSIGN_OR_RETURN(const auto schema, transaction.custom_schema());
  const FindCustomField fields = schema->finder();
  CRM_ASSIGN_OR_RETURN(const std::vector<v1::Territory> territories,
                       TerritoriesOf(view, lead, fields));
  lead.set_territory(territories.empty() ? "" : territories.back().name());
  lead.clear_assignment();
  CRM_ASSIGN_OR_RETURN(std::vector<Rule> rules,
                       view.Select<Rule>("active_key", kActiveKey));
  SortByRank(rules);
  for (const Rule& rule : rules) {
    Trial trial = PassedOver(rule, Trial::NOT_MATCHED,
                             "The lead does not match the filter.");
    if (MatchesLead(rule.filter(), lead, fields)) {
      CRM_ASSIGN_OR_RETURN(trial, Try(transaction, rule, territories, lead));
    }
    *lead.mutable_assignment()->add_trials() = trial;
    if (trial.outcome() != Trial::CHOSE) continue;
    *lead.mutable_assignment()->mutable_assign_time() =
        ToTimestamp(transaction.now());
    return true;
  }
  return false;
}

absl::Status NobodyToAssign(const v1::Lead& lead) {
  std::vector<std::string> tried;
  for (const Trial& trial : lead.assignment().trials()) {
    tried.push_back(
        absl::StrCat(trial.assignment_rule(), ": ", trial.detail()));
  }
  return FailedPrecondition(
      "NOBODY_TO_ASSIGN",
      absl::StrCat("None of ", lead.assignment().trials_size(),
                   " active assignment rules finds somebody for '", lead.name(),
                   "'. Name a user, or activate a rule for such leads."),
      lead.name(), {{"tried", absl::StrJoin(tried, " ")}});
}

absl::Status AssignByHand(Transaction& transaction, const std::string& name,
                          v1::Lead& lead) {
  const auto user = transaction.view().GetLive<v1::User>(name);
  if (absl::IsNotFound(user.status())) {
    return BadField("user", "names a User that does not exist.");
  }
  CRM_RETURN_IF_ERROR(user.status());
  if (user->state() != v1::User::ACTIVE) {
    return FailedPrecondition(
        "USER_NOT_ACTIVE",
        absl::StrCat("'", name, "' does not take part; name an active user."),
        name);
  }
  lead.set_owner(user->subject());
  lead.clear_assignment();
  v1::LeadAssignment& assignment = *lead.mutable_assignment();
  assignment.set_assignee(name);
  assignment.set_assigner(transaction.call().principal.subject);
  *assignment.mutable_assign_time() = ToTimestamp(transaction.now());
  return absl::OkStatus();
}

// Whether the caller creates leads for others too: by what a call does beside
// its own resource, the service does.
bool CreatesForOthers(const Transaction& transaction) {
  const Resource& leads =
      *transaction.view().catalog().Find(v1::Lead::descriptor());
  return !transaction.access().Concerns(leads) ||
         RuleFor(transaction.call().caller.get(), transaction.view().catalog(),
                 leads, "leads.create")
             ->all_rows();
}

}  // namespace

SqlTable AssignmentTurnTable() {
  return {.name = "assignment_turn",
          .columns = {{"tenant", SqlType::kText, false},
                      {"assignment_rule", SqlType::kText, false},
                      {"turn", SqlType::kInteger, false},
                      {"last", SqlType::kText, false}},
          .primary_key = {"tenant", "assignment_rule"}};
}

absl::Status SettleOwner(Transaction& transaction, v1::Lead& lead,
                         const Settlement& settlement) {
  if (!settlement.owner_is_default || !CreatesForOthers(transaction)) {
    return absl::OkStatus();
  }
  CRM_ASSIGN_OR_RETURN(const bool assigned, AssignByRules(transaction, lead));
  if (assigned) lead.set_state(v1::Lead::ASSIGNED);
  return absl::OkStatus();
}

absl::StatusOr<v1::Lead> HandleAssignLead(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::AssignLeadRequest& request) {
  CRM_ASSIGN_OR_RETURN(v1::Lead lead, transaction.Move<v1::Lead>(request));
  lead.clear_work_time();
  if (!request.user().empty()) {
    CRM_RETURN_IF_ERROR(AssignByHand(transaction, request.user(), lead));
  } else {
    CRM_ASSIGN_OR_RETURN(const bool assigned, AssignByRules(transaction, lead));
    if (!assigned) return NobodyToAssign(lead);
  }
  transaction.Update(lead);
  return lead;
}

absl::StatusOr<Rule> HandleActivateAssignmentRule(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::ActivateAssignmentRuleRequest& request) {
  CRM_ASSIGN_OR_RETURN(Rule rule, transaction.Move<Rule>(request));
  CRM_ASSIGN_OR_RETURN(
      const std::vector<Rule> active,
      transaction.view().Select<Rule>("active_key", kActiveKey));
  CRM_RETURN_IF_ERROR(
      CheckAssignmentRuleCount(static_cast<int>(active.size())));
  transaction.Update(rule);
  return rule;
}

}  // namespace crm::operational
