// Merging customers, as a plan: what the survivor will be, where each value
// comes from, what was in conflict, and all that undoing it needs.
//
// A preview shows the plan, applying it writes the customers in it. Records
// that belong to the merged customers are moved by whoever applies it. Pure,
// and so thread-safe.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_MERGE_PLAN_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_MERGE_PLAN_H_

#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "crm/operational/v1/customer.pb.h"
#include "services/operational/domain/identity/resolve_identity.h"
#include "services/operational/domain/identity/survivorship.h"

namespace crm::operational {

// The most customers that one merge joins to another.
inline constexpr size_t kMaxMergedCustomers = 50;

// Where a value of the survivor comes from.
struct FieldProvenance {
  std::string field;
  std::string customer;
  // What decided; unless `chosen` by somebody, or there was one value only.
  Survivorship rule = Survivorship::kSurvivor;
  bool chosen = false;
};

// A field in which the customers have different values.
struct MergeConflict {
  struct Value {
    std::string customer;
    std::string text;
  };

  std::string field;
  // One for each customer that has a value, the survivor first.
  std::vector<Value> values;
  // Whose value is kept.
  std::string kept;
};

// What it takes to undo a merge: the customers as they were and as they became,
// serialised, the survivor first. May be stored.
struct MergeUndo {
  std::vector<std::string> before;
  std::vector<std::string> after;
};

struct MergePlan {
  v1::Customer survivor;
  // State MERGED into the survivor; nothing else of them is changed.
  std::vector<v1::Customer> merged;
  std::vector<FieldProvenance> provenance;
  std::vector<MergeConflict> conflicts;
  MergeUndo undo;
};

// Plans to join `duplicates` to `survivor`.
//
// Returns INVALID_ARGUMENT with all that is wrong: no duplicate or more than
// kMaxMergedCustomers, a customer named twice, a choice that names none of the
// customers, one without a value, or a field that is not merged. Returns
// FAILED_PRECONDITION: CUSTOMER_NOT_ACTIVE if one of them is merged, erased or
// deleted, CUSTOMER_KINDS_DIFFER if a person would be joined to an
// organisation.
absl::StatusOr<MergePlan> PlanMerge(const v1::Customer& survivor,
                                    std::span<const v1::Customer> duplicates,
                                    const SurvivorshipPolicy& policy);

// Says whether customers may be one by what is proved of them; `identities` has
// one for each, of which the verified points count.
//
// Returns FAILED_PRECONDITION (VERIFIED_IDS_DIFFER) if two of them have
// verified ids of one issuer and none in common: the issuer knows them as two.
absl::Status CheckVerifiedIds(std::span<const Identity> identities);

// A field that somebody changed after the merge, so that undoing leaves it.
struct KeptField {
  std::string customer;
  std::string field;
};

struct MergeUndoPlan {
  // The customers, the survivor first. Whoever writes them gives them a new
  // etag and update time.
  std::vector<v1::Customer> customers;
  std::vector<KeptField> kept;
};

// Returns the customers as they were before the merge, but for what was changed
// after it, which is left as it is. `current` are the customers as they are
// now, in any order.
//
// Returns FAILED_PRECONDITION (CUSTOMER_CHANGED_SINCE) if the survivor is not
// active any more, or a customer is not merged into it any more, or is gone.
// Returns DATA_LOSS (MERGE_UNDO_DAMAGED) if the record cannot be read.
absl::StatusOr<MergeUndoPlan> PlanMergeUndo(
    const MergeUndo& undo, std::span<const v1::Customer> current);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_MERGE_PLAN_H_
