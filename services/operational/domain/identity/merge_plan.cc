#include "services/operational/domain/identity/merge_plan.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <set>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "services/operational/domain/identity/point_evidence.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

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
    const std::string path = "merge_operation.field_choices";
    const v1::Customer* customer = Named(customers, name);
    if (!absl::c_linear_search(fields, field)) {
      violations.push_back(
          {path, absl::StrCat("names '", field, "', which is not merged.")});
    } else if (customer == nullptr || !HasValue(*customer, field)) {
      violations.push_back(
          {path, absl::StrCat("must name for '", field,
                              "' one of the customers that has a value.")});
    }
  }
}

absl::Status CheckRequest(const Customers& customers,
                          const SurvivorshipPolicy& policy) {
  std::vector<FieldViolation> violations;
  if (customers.size() < 2 || customers.size() > kMaxMergedCustomers + 1) {
    violations.push_back({"merge_operation.merged", "must be from 1 to 50."});
    return BadRequest(violations);
  }
  std::set<absl::string_view> names;
  for (const v1::Customer* customer : customers) {
    if (customer->name().empty() || !names.insert(customer->name()).second) {
      violations.push_back(
          {"merge_operation.merged",
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

absl::Status ChangedSince(const std::string& customer, absl::string_view how) {
  return FailedPrecondition(
      "CUSTOMER_CHANGED_SINCE",
      absl::StrCat("Customer '", customer, "' ", how,
                   " since the merge; take that back before the merge is "
                   "undone."),
      customer);
}

// Returns the customer as it is now, if the merge still holds for it.
absl::StatusOr<v1::Customer> StillMerged(
    const v1::Customer& after, std::span<const v1::Customer> current) {
  const auto found = absl::c_find_if(current, [&after](const auto& customer) {
    return customer.name() == after.name();
  });
  if (found == current.end() || found->has_delete_time()) {
    return ChangedSince(after.name(), "was deleted");
  }
  if (found->state() != after.state() ||
      found->merged_into() != after.merged_into()) {
    return ChangedSince(after.name(), "was merged or erased");
  }
  return *found;
}

// Takes the values of `before` where those of `after` are still there.
void TakeBack(const v1::Customer& before, const v1::Customer& after,
              v1::Customer& customer, std::vector<KeptField>& kept) {
  const v1::Customer now = customer;
  const v1::Customer* const all[] = {&before, &after, &now};
  for (const std::string& field : MergeableFields(all)) {
    if (SameValue(before, after, field)) continue;
    if (SameValue(after, now, field)) {
      CopyValue(before, customer, field);
    } else if (!SameValue(before, now, field)) {
      kept.push_back({customer.name(), field});
    }
  }
  customer.set_state(before.state());
  customer.set_merged_into(before.merged_into());
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

absl::Status CheckVerifiedIds(std::span<const Identity> identities) {
  for (size_t i = 0; i < identities.size(); ++i) {
    for (size_t j = i + 1; j < identities.size(); ++j) {
      for (const Evidence& evidence :
           ComparePoints(identities[i].points, identities[j].points)) {
        if (evidence.kind != Evidence::Kind::kOtherVerifiedId) continue;
        return FailedPrecondition(
            "VERIFIED_IDS_DIFFER",
            absl::StrCat("'", identities[i].customer, "' and '",
                         identities[j].customer,
                         "' have different verified ids of '", evidence.subject,
                         "', so they are two; retire the wrong id first."),
            identities[j].customer, {{"issuer", evidence.subject}});
      }
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<MergeUndoPlan> PlanMergeUndo(
    const MergeUndo& undo, std::span<const v1::Customer> current) {
  if (undo.before.empty() || undo.before.size() != undo.after.size()) {
    return Damaged();
  }
  MergeUndoPlan plan;
  for (size_t i = 0; i < undo.before.size(); ++i) {
    v1::Customer before;
    v1::Customer after;
    if (!after.ParseFromString(undo.after[i]) ||
        !before.ParseFromString(undo.before[i]) ||
        before.name() != after.name()) {
      return Damaged();
    }
    CRM_ASSIGN_OR_RETURN(v1::Customer customer, StillMerged(after, current));
    TakeBack(before, after, customer, plan.kept);
    plan.customers.push_back(std::move(customer));
  }
  return plan;
}

}  // namespace crm::operational
