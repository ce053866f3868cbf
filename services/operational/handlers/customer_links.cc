#include "services/operational/handlers/customer_links.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "crm/operational/v1/customer.pb.h"
#include "services/operational/domain/identity/customer_references.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/reflect/field_access.h"
#include "shared/reflect/resource_name.h"

namespace crm::operational {
namespace {

using ::google::protobuf::Message;

constexpr char kCustomerType[] = "crm/Customer";
// How many rows of a type that is read as a whole are read at once.
constexpr int64_t kPage = 1000;

// The names of the rows of one type that may have a link.
using RowNames = std::set<std::string>;

absl::Status TooLarge() {
  return FailedPrecondition(
      "MERGE_TOO_LARGE",
      absl::StrCat("More would be moved than the ", kMaxChanges,
                   " changes that one commit may have; merge fewer customers "
                   "at once, or delete for good what is not needed."));
}

absl::Status AddNames(const SqlRows& rows, RowNames& names) {
  for (const SqlRow& row : rows) names.insert(std::get<std::string>(row[0]));
  return names.size() > kMaxChanges ? TooLarge() : absl::OkStatus();
}

// Finds the rows of one type.
class RowFinder {
 public:
  RowFinder(const Transaction& transaction, const CustomerNames& customers)
      : transaction_(transaction), customers_(customers) {}

  absl::StatusOr<RowNames> Find(const Resource& resource) const {
    RowNames names;
    CRM_ASSIGN_OR_RETURN(const bool whole, HasCustomReference(resource));
    if (whole) return ReadAll(resource);
    for (const std::string& path :
         CustomerFieldsOf(*resource.schema.message())) {
      const auto* column = resource.table.columns().Find(path);
      // None, or one that is still being filled.
      if (column == nullptr) return ReadAll(resource);
      CRM_RETURN_IF_ERROR(FindBy(resource, column->name, "", names));
    }
    return names;
  }

  // Returns the live rows that lie under the customers.
  absl::StatusOr<RowNames> FindChildren(const Resource& resource) const {
    RowNames names;
    CRM_RETURN_IF_ERROR(
        FindBy(resource, "parent", " AND delete_time IS NULL", names));
    return names;
  }

 private:
  absl::Status FindBy(const Resource& resource, absl::string_view column,
                      absl::string_view condition, RowNames& names) const {
    for (const std::string& customer : customers_) {
      CRM_ASSIGN_OR_RETURN(
          const SqlRows rows,
          transaction_.writer().Query(
              absl::StrCat("SELECT name FROM ", resource.schema.table(),
                           " WHERE tenant = ? AND ", column, " = ?", condition,
                           " LIMIT ", kMaxChanges + 1),
              {transaction_.view().tenant(), customer}));
      CRM_RETURN_IF_ERROR(AddNames(rows, names));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<bool> HasCustomReference(const Resource& resource) const {
    CRM_ASSIGN_OR_RETURN(const auto schema, transaction_.custom_schema());
    return absl::c_any_of(
        schema->FindAll(*resource.schema.message()),
        [](const CustomType* custom) {
          return absl::c_any_of(custom->fields, [](const auto& field) {
            return field.second->definition().reference_type() == kCustomerType;
          });
        });
  }

  absl::StatusOr<RowNames> ReadAll(const Resource& resource) const {
    RowNames names;
    std::string last;
    while (true) {
      CRM_ASSIGN_OR_RETURN(
          const SqlRows rows,
          transaction_.writer().Query(
              absl::StrCat("SELECT name, body FROM ", resource.schema.table(),
                           " WHERE tenant = ? AND name > ? ORDER BY name "
                           "LIMIT ",
                           kPage),
              {transaction_.view().tenant(), last}));
      for (const SqlRow& row : rows) {
        last = std::get<std::string>(row[0]);
        // What is parsed later decides; this only spares most of the rows.
        const std::string& body = std::get<SqlBlob>(row[1]).bytes;
        if (absl::c_any_of(customers_, [&](const std::string& customer) {
              return absl::StrContains(body, customer);
            })) {
          names.insert(last);
        }
      }
      if (names.size() > kMaxChanges) return TooLarge();
      if (rows.size() < kPage) return names;
    }
  }

  const Transaction& transaction_;
  const CustomerNames& customers_;
};

bool LiesUnderCustomers(const Resource& resource) {
  const auto& collections = resource.schema.pattern().collections();
  return collections.size() == 2 && collections[0] == "customers";
}

// Adds the links of one row.
absl::Status AddLinks(const ReadView& view, const Resource& resource,
                      const std::string& name, const CustomerNames& customers,
                      std::vector<CustomerLink>& links) {
  CRM_ASSIGN_OR_RETURN(const std::unique_ptr<Message> row,
                       LoadRow(view, resource, name));
  if (row == nullptr) return absl::OkStatus();
  RetargetCustomers(
      *row,
      [&](const std::string& path,
          const std::string& customer) -> std::optional<std::string> {
        if (customers.contains(customer)) {
          links.push_back({&resource, name, path, customer});
        }
        return std::nullopt;
      });
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Message>> LoadRow(const ReadView& view,
                                                 const Resource& resource,
                                                 absl::string_view name) {
  CRM_ASSIGN_OR_RETURN(const std::optional<StoredRow> row,
                       view.Find(resource, name));
  if (!row.has_value()) return nullptr;
  std::unique_ptr<Message> message = resource.New();
  if (!message->ParseFromString(row->body)) {
    return Internal("ROW_UNREADABLE", "A stored row could not be read.");
  }
  return message;
}

absl::StatusOr<std::vector<CustomerLink>> FindCustomerLinks(
    const Transaction& transaction, const CustomerNames& customers) {
  const ReadView& view = transaction.view();
  const RowFinder finder(transaction, customers);
  std::vector<CustomerLink> links;
  for (const auto& resource : view.catalog().resources()) {
    const auto* type = resource->schema.message();
    if (type == v1::Customer::descriptor() ||
        type == v1::MergeOperation::descriptor()) {
      continue;
    }
    CRM_ASSIGN_OR_RETURN(RowNames names, finder.Find(*resource));
    if (LiesUnderCustomers(*resource)) {
      // What lies under them goes with its name, the deleted ones stay.
      std::erase_if(names, [&](const std::string& name) {
        return customers.contains(ParentOf(name));
      });
      CRM_ASSIGN_OR_RETURN(const RowNames children,
                           finder.FindChildren(*resource));
      for (const std::string& name : children) {
        links.push_back(
            {resource.get(), name, kNameField, std::string(ParentOf(name))});
      }
    }
    for (const std::string& name : names) {
      CRM_RETURN_IF_ERROR(AddLinks(view, *resource, name, customers, links));
    }
    if (links.size() > kMaxChanges) return TooLarge();
  }
  return links;
}

}  // namespace crm::operational
