#include "services/operational/handlers/merge_operation.h"

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "crm/operational/v1/customer.pb.h"
#include "crm/operational/v1/identifier.pb.h"
#include "services/operational/domain/identity/merge_plan.h"
#include "services/operational/handlers/customer_links.h"
#include "services/operational/handlers/duplicate_candidate.h"
#include "services/operational/handlers/merge_records.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/reflect/diff.h"
#include "shared/resource/row_rule.h"
#include "shared/resource/standard_mutations.h"

namespace crm::operational {
namespace {

constexpr absl::Duration kApplicable = absl::Hours(24 * 7);
constexpr absl::Duration kUndoable = absl::Hours(24 * 90);
// How many changes that an undo left are told by name.
constexpr int kMaxKeptChanges = 1000;
constexpr char kUpdate[] = "customers.update";

// The customers of a merge, the survivor first.
using Customers = std::vector<v1::Customer>;

const Resource& CustomerType(const Transaction& transaction) {
  return *transaction.view().catalog().Find(v1::Customer::descriptor());
}

std::shared_ptr<const RowRule> UpdateRule(const Transaction& transaction) {
  return RuleFor(transaction.call().caller.get(), transaction.view().catalog(),
                 CustomerType(transaction), kUpdate);
}

// Returns OK if the caller may write the customer, whom he may read.
absl::Status CheckWritable(const Transaction& transaction,
                           const v1::Customer& customer) {
  CRM_ASSIGN_OR_RETURN(const bool writable,
                       UpdateRule(transaction)
                           ->Admits({customer, transaction.writer(),
                                     transaction.view().tenant()}));
  if (writable) return absl::OkStatus();
  return PermissionDenied("ROW_NOT_WRITABLE",
                          absl::StrCat("Your roles do not grant '", kUpdate,
                                       "' for '", customer.name(), "'."),
                          {{"permission", kUpdate}, {"name", customer.name()}});
}

// Returns OK if the caller may write each field that the merge gives the
// survivor.
absl::Status CheckFields(const Transaction& transaction,
                         const v1::Customer& before,
                         const v1::Customer& after) {
  const auto rule = UpdateRule(transaction);
  std::set<std::string> locked = rule->ReadOnlyIn(before);
  locked.merge(rule->HiddenIn(before));
  for (const std::string& field : ChangedFields(before, after)) {
    for (const std::string& path : locked) {
      if (path.substr(0, path.find('.')) != field) continue;
      return PermissionDenied(
          "FIELD_NOT_WRITABLE",
          absl::StrCat("The merge would change '", path, "' of '",
                       before.name(),
                       "', which your roles do not let you write."),
          {{"field", path}, {"name", before.name()}});
    }
  }
  return absl::OkStatus();
}

enum class Purpose { kShow, kWrite };

// Returns the customers of `operation`. Returns NOT_FOUND for one that is not
// there for the caller, PERMISSION_DENIED for one that he may not write.
absl::StatusOr<Customers> ReadCustomers(const Transaction& transaction,
                                        const v1::MergeOperation& operation,
                                        Purpose purpose) {
  std::vector<std::string> names = {operation.survivor()};
  names.insert(names.end(), operation.merged().begin(),
               operation.merged().end());
  Customers customers;
  for (const std::string& name : names) {
    CRM_ASSIGN_OR_RETURN(v1::Customer customer,
                         transaction.view().Get<v1::Customer>(name));
    CRM_ASSIGN_OR_RETURN(
        const bool readable,
        transaction.access().CanRead(CustomerType(transaction), customer));
    if (!readable) {
      return ResourceNotFound(CustomerType(transaction).schema, name);
    }
    if (purpose == Purpose::kWrite) {
      CRM_RETURN_IF_ERROR(CheckWritable(transaction, customer));
    }
    customers.push_back(std::move(customer));
  }
  return customers;
}

absl::StatusOr<SurvivorshipPolicy> PolicyOf(
    const v1::MergeOperation& operation) {
  SurvivorshipPolicy policy;
  for (int i = 0; i < operation.field_choices_size(); ++i) {
    const auto& choice = operation.field_choices(i);
    if (!policy.choices.emplace(choice.field(), choice.customer()).second) {
      return BadField(
          absl::StrCat("merge_operation.field_choices[", i, "].field"),
          "must name a field that no other choice names.");
    }
  }
  return policy;
}

// Returns OK unless what is proved of the customers says that they are two.
absl::Status CheckIdentities(const Transaction& transaction,
                             const Customers& customers) {
  std::vector<Identity> identities;
  for (const v1::Customer& customer : customers) {
    Identity& identity = identities.emplace_back();
    identity.customer = customer.name();
    CRM_ASSIGN_OR_RETURN(
        const std::vector<v1::Identifier> identifiers,
        transaction.view().Children<v1::Identifier>(customer.name()));
    for (const v1::Identifier& identifier : identifiers) {
      if (identifier.state() != v1::Identifier::VERIFIED ||
          identifier.type() != v1::Identifier::EXTERNAL_ID) {
        continue;
      }
      identity.points.push_back({{.type = identifier.type(),
                                  .value = identifier.normalized_value(),
                                  .match_key = identifier.match_key(),
                                  .extension = ""},
                                 /*verified=*/true});
    }
  }
  return CheckVerifiedIds(identities);
}

// Returns OK if one commit may change all that the merge changes.
absl::Status CheckSize(const v1::MergeOperation& operation,
                       const std::vector<CustomerLink>& links) {
  size_t changes = 2 + static_cast<size_t>(operation.merged_size());
  std::set<std::string> rows;
  for (const CustomerLink& link : links) {
    if (rows.insert(link.name).second) {
      changes += link.field == kNameField ? 2 : 1;
    }
  }
  if (changes <= kMaxChanges) return absl::OkStatus();
  return FailedPrecondition(
      "MERGE_TOO_LARGE",
      absl::StrCat("The merge would make ", changes, " changes, of which one ",
                   "commit may have ", kMaxChanges,
                   "; merge fewer customers at once."),
      operation.name());
}

CustomerNames MergedNames(const v1::MergeOperation& operation) {
  return {operation.merged().begin(), operation.merged().end()};
}

// Says in `operation` what the merge keeps and moves.
void Describe(const MergePlan& plan, const std::vector<CustomerLink>& links,
              v1::MergeOperation& operation) {
  operation.clear_conflicts();
  for (const MergeConflict& conflict : plan.conflicts) {
    auto& told = *operation.add_conflicts();
    told.set_field(conflict.field);
    told.set_kept(conflict.kept);
    for (const auto& value : conflict.values) {
      told.add_customers(value.customer);
    }
  }
  std::map<std::tuple<std::string, std::string, std::string>, int64_t> counts;
  for (const CustomerLink& link : links) {
    // The items of a list are counted together.
    const std::string field = link.field.substr(0, link.field.find('['));
    ++counts[{link.resource->schema.type(), field, link.customer}];
  }
  operation.clear_links();
  for (const auto& [key, count] : counts) {
    auto& told = *operation.add_links();
    told.set_resource_type(std::get<0>(key));
    told.set_field(std::get<1>(key));
    told.set_customer(std::get<2>(key));
    told.set_count(count);
  }
  operation.set_link_count(static_cast<int64_t>(links.size()));
}

// Plans the merge by the customers as they are, and says in `operation` what it
// does.
absl::StatusOr<MergePlan> Plan(const Transaction& transaction,
                               const Customers& customers,
                               v1::MergeOperation& operation) {
  CRM_ASSIGN_OR_RETURN(const SurvivorshipPolicy policy, PolicyOf(operation));
  CRM_ASSIGN_OR_RETURN(
      MergePlan plan,
      PlanMerge(customers[0], std::span(customers).subspan(1), policy));
  CRM_RETURN_IF_ERROR(CheckIdentities(transaction, customers));
  CRM_ASSIGN_OR_RETURN(const std::vector<CustomerLink> links,
                       FindCustomerLinks(transaction, MergedNames(operation)));
  CRM_RETURN_IF_ERROR(CheckSize(operation, links));
  Describe(plan, links, operation);
  return plan;
}

void SetExpiry(Transaction& transaction, absl::Duration after,
               v1::MergeOperation& operation) {
  const absl::Time time = transaction.now() + after;
  *operation.mutable_expire_time() = ToTimestamp(time);
  transaction.Schedule(kMergeExpiry, operation.name(), time);
}

void TellKept(const KeptChanges& kept, v1::MergeOperation& operation) {
  operation.set_kept_change_count(static_cast<int64_t>(kept.size()));
  for (const auto& change : kept) {
    if (operation.kept_changes_size() == kMaxKeptChanges) return;
    *operation.add_kept_changes() = change;
  }
}

}  // namespace

absl::StatusOr<v1::MergeOperation> HandleCreateMergeOperation(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::CreateMergeOperationRequest& request) {
  const Resource& type =
      *transaction.view().catalog().Find(v1::MergeOperation::descriptor());
  CRM_ASSIGN_OR_RETURN(const auto made,
                       NewResource(transaction, type, request));
  auto& operation = static_cast<v1::MergeOperation&>(*made);
  const auto customers = ReadCustomers(transaction, operation, Purpose::kShow);
  if (absl::IsNotFound(customers.status())) {
    // Says of all references at once what is wrong with them.
    transaction.Create(operation);
    CRM_RETURN_IF_ERROR(transaction.status());
  }
  CRM_RETURN_IF_ERROR(customers.status());
  CRM_RETURN_IF_ERROR(Plan(transaction, *customers, operation).status());
  SetExpiry(transaction, kApplicable, operation);
  transaction.Create(operation);
  return std::move(operation);
}

absl::StatusOr<v1::MergeOperation> HandleApplyMergeOperation(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::ApplyMergeOperationRequest& request) {
  CRM_ASSIGN_OR_RETURN(v1::MergeOperation operation,
                       transaction.Move<v1::MergeOperation>(request));
  CRM_ASSIGN_OR_RETURN(const Customers customers,
                       ReadCustomers(transaction, operation, Purpose::kWrite));
  CRM_ASSIGN_OR_RETURN(MergePlan plan, Plan(transaction, customers, operation));
  CRM_RETURN_IF_ERROR(CheckFields(transaction, customers[0], plan.survivor));

  MergeRecord record;
  CRM_ASSIGN_OR_RETURN(record.links,
                       MoveCustomerLinks(transaction, MergedNames(operation),
                                         operation.survivor()));
  transaction.Update(plan.survivor);
  record.customers.before = std::move(plan.undo.before);
  record.customers.after.push_back(plan.survivor.SerializeAsString());
  for (v1::Customer& merged : plan.merged) {
    transaction.Update(merged);
    record.customers.after.push_back(merged.SerializeAsString());
  }
  CRM_RETURN_IF_ERROR(StoreMergeRecord(transaction, operation.name(), record));
  CRM_RETURN_IF_ERROR(MergeCandidates(transaction, operation));
  SetExpiry(transaction, kUndoable, operation);
  transaction.Update(operation);
  return operation;
}

absl::StatusOr<v1::MergeOperation> HandleUndoMergeOperation(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::UndoMergeOperationRequest& request) {
  CRM_ASSIGN_OR_RETURN(v1::MergeOperation operation,
                       transaction.Move<v1::MergeOperation>(request));
  CRM_ASSIGN_OR_RETURN(const Customers customers,
                       ReadCustomers(transaction, operation, Purpose::kWrite));
  CRM_ASSIGN_OR_RETURN(const MergeRecord record,
                       ReadMergeRecord(transaction, operation.name()));
  CRM_ASSIGN_OR_RETURN(MergeUndoPlan plan,
                       PlanMergeUndo(record.customers, customers));
  CRM_RETURN_IF_ERROR(
      CheckFields(transaction, customers[0], plan.customers[0]));

  for (v1::Customer& customer : plan.customers) transaction.Update(customer);
  CRM_ASSIGN_OR_RETURN(
      KeptChanges kept,
      RestoreCustomerLinks(transaction, record.links, operation.survivor()));
  for (const KeptField& field : plan.kept) {
    auto& change = kept.emplace_back();
    change.set_resource(field.customer);
    change.set_field(field.field);
  }
  TellKept(kept, operation);
  CRM_RETURN_IF_ERROR(RemoveMergeRecord(transaction, operation.name()));
  CRM_RETURN_IF_ERROR(ReopenCandidates(transaction, operation));
  transaction.Unschedule(kMergeExpiry, operation.name());
  operation.clear_expire_time();
  transaction.Update(operation);
  return operation;
}

absl::Status ExpireMergeOperation(Transaction& transaction,
                                  const Timer& timer) {
  auto operation = transaction.view().GetLive<v1::MergeOperation>(timer.key);
  if (absl::IsNotFound(operation.status())) return absl::OkStatus();
  CRM_RETURN_IF_ERROR(operation.status());
  if (operation->state() != v1::MergeOperation::PREVIEWED &&
      operation->state() != v1::MergeOperation::APPLIED) {
    return absl::OkStatus();
  }
  CRM_RETURN_IF_ERROR(RemoveMergeRecord(transaction, operation->name()));
  operation->set_state(v1::MergeOperation::EXPIRED);
  transaction.Update(*operation);
  return absl::OkStatus();
}

}  // namespace crm::operational
