// What belongs to customers in this service: every row that names one in a
// field annotated as a reference to customers, of whatever type, and what lies
// under one. Found by the catalog, so a new type takes part by its annotations
// alone.
//
// Rows are found by the columns of their fields. A type that names customers in
// a field without a column, or in a custom field, is read as a whole.
// References to any type are moved in the rows that are found so; elsewhere
// they keep the old name, which leads on to the survivor.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_CUSTOMER_LINKS_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_CUSTOMER_LINKS_H_

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "crm/operational/v1/merge_operation.pb.h"
#include "shared/resource/transaction.h"

namespace crm::operational {

// The field of a link of what lies under a customer: its name leads there.
inline constexpr char kNameField[] = "name";

using CustomerNames = std::set<std::string, std::less<>>;

// A reference to a customer.
struct CustomerLink {
  const Resource* resource = nullptr;
  std::string name;
  std::string field;
  std::string customer;
};

// A reference that was moved: it led to `customer`.
struct MovedLink {
  std::string name;
  std::string field;
  std::string customer;
  // Of kNameField: the copy under the survivor.
  std::string moved_to;
};

// Returns the references to `customers`, deleted rows included; what lies under
// them only while it is live. The customers' own rows and records of merges are
// left out: they say what has been.
//
// Returns FAILED_PRECONDITION (MERGE_TOO_LARGE) for more than kMaxChanges rows.
absl::StatusOr<std::vector<CustomerLink>> FindCustomerLinks(
    const Transaction& transaction, const CustomerNames& customers);

// Has every reference to `customers` lead to `survivor`. What lies under them
// is deleted there and made anew under the survivor. Returns what was moved.
//
// Returns FAILED_PRECONDITION (MERGE_BLOCKED) that names a row whose rules do
// not let it be moved.
absl::StatusOr<std::vector<MovedLink>> MoveCustomerLinks(
    Transaction& transaction, const CustomerNames& customers,
    const std::string& survivor);

using KeptChanges = std::vector<v1::MergeOperation::KeptChange>;

// Takes MoveCustomerLinks() back, but for what was changed since, which is
// returned. Errors as there.
absl::StatusOr<KeptChanges> RestoreCustomerLinks(
    Transaction& transaction, const std::vector<MovedLink>& moved,
    const std::string& survivor);

// Returns the row called `name`, a deleted one too; null if there is none.
absl::StatusOr<std::unique_ptr<google::protobuf::Message>> LoadRow(
    const ReadView& view, const Resource& resource, absl::string_view name);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_CUSTOMER_LINKS_H_
