#include "services/operational/domain/identity/merge_plan.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <set>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/reflect/diff.h"

namespace crm::operational {
namespace {

using Customers = std::vector<const v1::Customer*>;

// Entries of maps in the order of their keys, so that equal customers have
// equal bytes.
std::string Serialize(const v1::Customer& customer) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream output(&stream);
  output.SetSerializationDeterministic(true);
  customer.SerializeToCodedStream(&output);
  output.Trim();
  return bytes;
}

const v1::Customer* Named(const Customers& customers, absl::string_view name) {
  const auto found =
      absl::c_find_if(customers, [name](const v1::Customer* customer) {
        return customer->name() == name;
      });
  return found == customers.end() ? nullptr : *found;
}

void CheckChoices(const SurvivorshipPolicy& policy, const Customers& customers,
                  std::vector<FieldViolation>& violations) {
  const std::vector<std::string> fields = MergeableFields(customers);
  for (const auto& [field, name] : policy.choices) {
    const std::string path = absl::StrCat("choices.", field);
    const v1::Customer* customer = Named(customers, name);
    if (!absl::c_linear_search(fields, field)) {
      violations.push_back({path, "must name a field that is merged."});
    } else if (customer == nullptr || !HasValue(*customer, field)) {
      violations.push_back(
          {path, "must name one of the customers that has a value in it."});
    }
  }
}

absl::Status CheckRequest(const Customers& customers,
                          const SurvivorshipPolicy& policy) {
  std::vector<FieldViolation> violations;
  if (customers.size() < 2 || customers.size() > kMaxMergedCustomers + 1) {
    violations.push_back({"duplicates", "must be from 1 to 50."});
    return BadRequest(violations);
  }
  std::set<absl::string_view> names;
  for (const v1::Customer* customer : customers) {
    if (customer->name().empty() || !names.insert(customer->name()).second) {
      violations.push_back(
          {"duplicates",
           "must name each customer once, and the survivor not "
           "at all."});
      break;
    }
  }
  CheckChoices(policy, customers, violations);
  return violations.empty() ? absl::OkStatus() : BadRequest(violations);
}

absl::Status CheckStates(const Customers& customers) {
  for (const v1::Customer* customer : customers) {
    if (customer->state() != v1::Customer::ACTIVE ||
        customer->has_delete_time()) {
      return FailedPrecondition(
          "CUSTOMER_NOT_ACTIVE",
          absl::StrCat("Customer '", customer->name(),
                       "' is merged, erased or deleted; leave it out."),
          customer->name());
    }
    if (customer->kind() != customers[0]->kind()) {
      return FailedPrecondition(
          "CUSTOMER_KINDS_DIFFER",
          absl::StrCat("Customer '", customer->name(), "' is not of the kind ",
                       "of '", customers[0]->name(),
                       "'; a person and an organisation are two customers."),
          customer->name());
    }
  }
  return absl::OkStatus();
}

// Returns the conflict in `field`; without values if there is none.
MergeConflict ConflictIn(const Customers& customers, const std::string& field) {
  MergeConflict conflict{.field = field, .values = {}, .kept = ""};
  const v1::Customer* first = nullptr;
  bool differ = false;
  for (const v1::Customer* customer : customers) {
    if (!HasValue(*customer, field)) continue;
    if (first == nullptr) first = customer;
    differ = differ || !SameValue(*first, *customer, field);
    conflict.values.push_back({customer->name(), ValueText(*customer, field)});
  }
  if (!differ) conflict.values.clear();
  return conflict;
}

// Decides on one field.
void MergeField(const Customers& customers, const SurvivorshipPolicy& policy,
                const std::string& field, MergePlan& plan) {
  FieldProvenance provenance{.field = field, .customer = ""};
  provenance.rule = RuleFor(policy, field);
  const v1::Customer* kept = nullptr;
  if (const auto choice = policy.choices.find(field);
      choice != policy.choices.end()) {
    kept = Named(customers, choice->second);
    provenance.chosen = true;
  } else {
    kept = customers[ChooseValue(customers, field, provenance.rule,
                                 policy.sources)];
  }
  provenance.customer = kept->name();
  CopyValue(*kept, plan.survivor, field);
  plan.provenance.push_back(std::move(provenance));
  MergeConflict conflict = ConflictIn(customers, field);
  if (conflict.values.empty()) return;
  conflict.kept = kept->name();
  plan.conflicts.push_back(std::move(conflict));
}

absl::Status CheckUnchanged(const v1::Customer& after,
                            std::span<const v1::Customer> current) {
  for (const v1::Customer& customer : current) {
    if (customer.name() != after.name()) continue;
    const std::vector<std::string> changed = ChangedFields(after, customer);
    if (changed.empty()) return absl::OkStatus();
    return FailedPrecondition(
        "CUSTOMER_CHANGED_SINCE",
        absl::StrCat("Customer '", after.name(), "' was changed after the ",
                     "merge (", absl::StrJoin(changed, ", "),
                     "); take the change back before the merge is undone."),
        after.name(), {{"fields", absl::StrJoin(changed, ",")}});
  }
  return FailedPrecondition(
      "CUSTOMER_GONE",
      absl::StrCat("Customer '", after.name(),
                   "' is there no more, so the merge cannot be undone."),
      after.name());
}

absl::Status Damaged() {
  return MakeError(absl::StatusCode::kDataLoss, "MERGE_UNDO_DAMAGED",
                   "What was kept of the merge cannot be read; restore it from "
                   "a backup.");
}

}  // namespace

absl::StatusOr<MergePlan> PlanMerge(const v1::Customer& survivor,
                                    std::span<const v1::Customer> duplicates,
                                    const SurvivorshipPolicy& policy) {
  Customers customers = {&survivor};
  for (const v1::Customer& duplicate : duplicates) {
    customers.push_back(&duplicate);
  }
  CRM_RETURN_IF_ERROR(CheckRequest(customers, policy));
  CRM_RETURN_IF_ERROR(CheckStates(customers));
  MergePlan plan;
  plan.survivor = survivor;
  for (const std::string& field : MergeableFields(customers)) {
    MergeField(customers, policy, field, plan);
  }
  for (const v1::Customer& duplicate : duplicates) {
    v1::Customer& merged = plan.merged.emplace_back(duplicate);
    merged.set_state(v1::Customer::MERGED);
    merged.set_merged_into(survivor.name());
  }
  for (const v1::Customer* customer : customers) {
    plan.undo.before.push_back(Serialize(*customer));
  }
  plan.undo.after.push_back(Serialize(plan.survivor));
  for (const v1::Customer& merged : plan.merged) {
    plan.undo.after.push_back(Serialize(merged));
  }
  return plan;
}

absl::StatusOr<std::vector<v1::Customer>> PlanMergeUndo(
    const MergeUndo& undo, std::span<const v1::Customer> current) {
  if (undo.before.size() != undo.after.size()) return Damaged();
  std::vector<v1::Customer> restored;
  for (size_t i = 0; i < undo.before.size(); ++i) {
    v1::Customer after;
    v1::Customer& before = restored.emplace_back();
    if (!after.ParseFromString(undo.after[i]) ||
        !before.ParseFromString(undo.before[i]) ||
        before.name() != after.name()) {
      return Damaged();
    }
    CRM_RETURN_IF_ERROR(CheckUnchanged(after, current));
  }
  return restored;
}

}  // namespace crm::operational
