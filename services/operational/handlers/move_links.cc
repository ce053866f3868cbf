// Moves the references to customers, and takes that back.
//
// The rules of a type may take a customer from another row, as a return does
// from its order. So both are done again until nothing is left to do: what the
// first pass came to too early is right after the second one.

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/operational/domain/identity/customer_references.h"
#include "services/operational/handlers/customer_links.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/reflect/field_access.h"
#include "shared/reflect/resource_name.h"
#include "shared/resource/standard_fields.h"

namespace crm::operational {
namespace {

using ::google::protobuf::Message;

// Rows that take their customer from each other form chains, no longer than
// this.
constexpr int kMaxPasses = 5;

// The error of a change of `name` that its rules have refused; others as they
// are.
absl::Status Blocked(const absl::Status& status, const std::string& name) {
  if (!absl::IsInvalidArgument(status) && !absl::IsFailedPrecondition(status) &&
      !absl::IsAlreadyExists(status)) {
    return status;
  }
  return FailedPrecondition(
      "MERGE_BLOCKED",
      absl::StrCat("'", name, "' cannot be moved: ", status.message()), name);
}

// Writes `row`, or says what is in the way.
absl::Status Write(Transaction& transaction, Message& row) {
  transaction.Update(row);
  if (transaction.status().ok()) return absl::OkStatus();
  return Blocked(transaction.status(), ReadString(row, "name"));
}

void SetCustomer(const Resource& resource, const std::string& customer,
                 Message& row) {
  const auto* field = resource.schema.ordering();
  if (field != nullptr) row.GetReflection()->SetString(&row, field, customer);
}

std::unique_ptr<Message> Clone(const Message& message) {
  std::unique_ptr<Message> copy(message.New());
  copy->CopyFrom(message);
  return copy;
}

// Deletes what lies under a customer and makes it anew under the survivor.
absl::StatusOr<std::string> MoveChild(Transaction& transaction,
                                      const CustomerLink& link,
                                      const std::string& survivor) {
  const Resource& resource = *link.resource;
  CRM_ASSIGN_OR_RETURN(std::unique_ptr<Message> child,
                       LoadRow(transaction.view(), resource, link.name));
  std::string name =
      resource.schema.pattern().Format(survivor, IdOf(link.name));
  CRM_ASSIGN_OR_RETURN(const auto taken,
                       transaction.view().Find(resource, name));
  if (taken.has_value()) name = transaction.NewName(resource, survivor);
  const std::unique_ptr<Message> copy = Clone(*child);
  // First, since values may be unique among the live ones.
  transaction.Delete(*child);
  WriteString(*copy, "name", name);
  SetCustomer(resource, survivor, *copy);
  const std::unique_ptr<Message> made = Clone(*copy);
  transaction.Create(*made);
  // A new one is in the first state; this one has come further.
  transaction.Update(*copy);
  if (!transaction.status().ok()) {
    return Blocked(transaction.status(), link.name);
  }
  return name;
}

absl::Status MoveRow(Transaction& transaction, const CustomerLink& link,
                     const CustomerNames& customers,
                     const std::string& survivor) {
  CRM_ASSIGN_OR_RETURN(const std::unique_ptr<Message> row,
                       LoadRow(transaction.view(), *link.resource, link.name));
  const bool changed = RetargetCustomers(
      *row,
      [&](const std::string&,
          const std::string& customer) -> std::optional<std::string> {
        if (!customers.contains(customer)) return std::nullopt;
        return survivor;
      });
  return changed ? Write(transaction, *row) : absl::OkStatus();
}

// The links of one row, as they were before.
struct FormerLinks {
  std::string name;
  std::map<std::string, std::string> customers;
};

// Takes links back, and notes what was changed since.
class Restorer {
 public:
  Restorer(Transaction& transaction, const std::string& survivor)
      : transaction_(transaction), survivor_(survivor) {}

  // Does what is left to do, for the first time or again. Returns whether there
  // was something.
  absl::StatusOr<bool> Restore(const FormerLinks& former, bool first) {
    const Resource* resource =
        transaction_.view().catalog().FindByName(former.name);
    CRM_ASSIGN_OR_RETURN(const std::unique_ptr<Message> row,
                         Load(resource, former.name));
    if (row == nullptr) {
      if (first) Keep(former.name, "");
      return false;
    }
    CustomerNames met;
    const bool changed = RetargetCustomers(
        *row,
        [&](const std::string& path,
            const std::string& customer) -> std::optional<std::string> {
          const auto found = former.customers.find(path);
          if (found == former.customers.end()) return std::nullopt;
          met.insert(path);
          if (customer == survivor_) return found->second;
          if (first && customer != found->second) Keep(former.name, path);
          return std::nullopt;
        });
    for (const auto& [path, customer] : former.customers) {
      if (first && !met.contains(path)) Keep(former.name, path);
    }
    if (changed) CRM_RETURN_IF_ERROR(Write(transaction_, *row));
    return changed;
  }

  // Brings back what lay under a customer, with what was written to it since.
  absl::Status RestoreChild(const MovedLink& moved) {
    const Resource* resource =
        transaction_.view().catalog().FindByName(moved.name);
    CRM_ASSIGN_OR_RETURN(const std::unique_ptr<Message> copy,
                         Load(resource, moved.moved_to));
    CRM_ASSIGN_OR_RETURN(const std::unique_ptr<Message> original,
                         Load(resource, moved.name));
    if (copy == nullptr || IsDeleted(*copy) || original == nullptr) {
      Keep(moved.name, "");
      return absl::OkStatus();
    }
    const std::unique_ptr<Message> restored = Clone(*copy);
    WriteString(*restored, "name", moved.name);
    SetCustomer(*resource, moved.customer, *restored);
    transaction_.Delete(*copy);
    transaction_.Undelete(*restored);
    return Blocked(transaction_.status(), moved.name);
  }

  // Has rows that take their customer from others follow these, also those that
  // were made after the merge.
  absl::Status FollowOthers() {
    for (const auto& resource : transaction_.view().catalog().resources()) {
      const auto* field = resource->schema.ordering();
      if (field == nullptr || !ResourceSchema::IsOutputOnly(field) ||
          resource->schema.pattern().collections()[0] == "customers") {
        continue;
      }
      CRM_ASSIGN_OR_RETURN(
          const SqlRows rows,
          transaction_.writer().Query(
              absl::StrCat("SELECT name FROM ", resource->schema.table(),
                           " WHERE tenant = ? AND c_", field->name(),
                           " = ? ORDER BY name"),
              {transaction_.view().tenant(), survivor_}));
      for (const SqlRow& found : rows) {
        const auto& name = std::get<std::string>(found[0]);
        CRM_ASSIGN_OR_RETURN(const std::unique_ptr<Message> row,
                             Load(resource.get(), name));
        CRM_RETURN_IF_ERROR(Write(transaction_, *row));
      }
    }
    return absl::OkStatus();
  }

  KeptChanges TakeKept() { return std::move(kept_); }

 private:
  absl::StatusOr<std::unique_ptr<Message>> Load(const Resource* resource,
                                                const std::string& name) {
    if (resource == nullptr) return nullptr;
    return LoadRow(transaction_.view(), *resource, name);
  }

  void Keep(const std::string& name, const std::string& field) {
    v1::MergeOperation::KeptChange& kept = kept_.emplace_back();
    kept.set_resource(name);
    kept.set_field(field);
  }

  Transaction& transaction_;
  const std::string& survivor_;
  KeptChanges kept_;
};

}  // namespace

absl::StatusOr<std::vector<MovedLink>> MoveCustomerLinks(
    Transaction& transaction, const CustomerNames& customers,
    const std::string& survivor) {
  std::vector<MovedLink> moved;
  std::set<std::pair<std::string, std::string>> known;
  for (int pass = 0; pass < kMaxPasses; ++pass) {
    CRM_ASSIGN_OR_RETURN(const std::vector<CustomerLink> links,
                         FindCustomerLinks(transaction, customers));
    if (links.empty()) return moved;
    const std::string* last = nullptr;
    for (const CustomerLink& link : links) {
      MovedLink done{link.name, link.field, link.customer, ""};
      if (link.field == kNameField) {
        CRM_ASSIGN_OR_RETURN(done.moved_to,
                             MoveChild(transaction, link, survivor));
      } else if (last == nullptr || *last != link.name) {
        CRM_RETURN_IF_ERROR(MoveRow(transaction, link, customers, survivor));
      }
      last = &link.name;
      if (known.insert({link.name, link.field}).second) {
        moved.push_back(std::move(done));
      }
    }
  }
  return FailedPrecondition(
      "MERGE_BLOCKED",
      "The rules of some rows bring their customer back; none was moved.");
}

absl::StatusOr<KeptChanges> RestoreCustomerLinks(
    Transaction& transaction, const std::vector<MovedLink>& moved,
    const std::string& survivor) {
  std::vector<FormerLinks> rows;
  for (const MovedLink& link : moved) {
    if (!link.moved_to.empty()) continue;
    if (rows.empty() || rows.back().name != link.name) {
      rows.push_back({link.name, {}});
    }
    rows.back().customers[link.field] = link.customer;
  }
  Restorer restorer(transaction, survivor);
  bool left = true;
  for (int pass = 0; pass < kMaxPasses && left; ++pass) {
    left = false;
    for (const FormerLinks& row : rows) {
      CRM_ASSIGN_OR_RETURN(const bool changed,
                           restorer.Restore(row, /*first=*/pass == 0));
      left = left || changed;
    }
  }
  if (left) {
    return FailedPrecondition(
        "MERGE_BLOCKED",
        "The rules of some rows keep them with the survivor; none was moved.");
  }
  for (const MovedLink& link : moved) {
    if (link.moved_to.empty()) continue;
    CRM_RETURN_IF_ERROR(restorer.RestoreChild(link));
  }
  CRM_RETURN_IF_ERROR(restorer.FollowOthers());
  return restorer.TakeKept();
}

}  // namespace crm::operational
