#include "services/collaborative/projections/customer_moves.h"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/merge_operation.pb.h"
#include "google/api/resource.pb.h"
#include "services/collaborative/projections/merged_customers.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/reflect/field_access.h"

namespace crm::collaborative {
namespace {

using ::crm::internal::v1::Event;
using ::crm::operational::v1::MergeOperation;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

constexpr char kMergeType[] = "crm/MergeOperation";
constexpr char kCustomerType[] = "crm/Customer";
// How long a restored producer has to tell again of the merges that stand.
constexpr absl::Duration kTellAgain = absl::Minutes(10);

// A field of a type that names the customer to whom its rows belong.
struct CustomerField {
  const Resource* resource = nullptr;
  const FieldDescriptor* field = nullptr;
};

bool NamesCustomer(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_STRING &&
         !field.is_repeated() &&
         field.options().GetExtension(google::api::resource_reference).type() ==
             kCustomerType;
}

// Returns the fields that say to whom rows belong; those that the server fills
// in say it of the row above.
std::vector<CustomerField> FieldsOf(const ResourceCatalog& catalog) {
  std::vector<CustomerField> fields;
  for (const auto& resource : catalog.resources()) {
    const auto* message = resource->schema.message();
    for (int i = 0; i < message->field_count(); ++i) {
      const FieldDescriptor* field = message->field(i);
      if (NamesCustomer(*field) && !ResourceSchema::IsOutputOnly(field)) {
        fields.push_back({resource.get(), field});
      }
    }
  }
  return fields;
}

absl::StatusOr<std::string> ColumnOf(const Resource& resource,
                                     const FieldDescriptor& field) {
  const auto* column = resource.table.columns().Find(field.name());
  if (column != nullptr) return std::string(column->name);
  return Unavailable(
      "COLUMN_BEING_FILLED",
      absl::StrCat("Rows of ", resource.schema.type(), " cannot be found by '",
                   field.name(), "' yet."));
}

absl::StatusOr<std::unique_ptr<Message>> LoadRow(const Transaction& transaction,
                                                 const Resource& resource,
                                                 const std::string& name) {
  CRM_ASSIGN_OR_RETURN(const std::optional<StoredRow> row,
                       transaction.view().Find(resource, name));
  if (!row.has_value()) return nullptr;
  std::unique_ptr<Message> message = resource.New();
  if (!message->ParseFromString(row->body)) {
    return Internal("ROW_UNREADABLE", "A stored row could not be read.");
  }
  return message;
}

// Notes that the row called `name`, made for `original`, is with `customer`.
absl::Status RememberRow(SqlWriter& writer, const std::string& tenant,
                         const CustomerField& field, const std::string& name,
                         const std::string& original,
                         const std::string& customer) {
  return writer
      .Execute(
          "INSERT INTO moved_row (tenant, name, field, type, original, "
          "customer) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, name, "
          "field) DO UPDATE SET original = excluded.original, customer = "
          "excluded.customer",
          {tenant, name, std::string(field.field->name()),
           field.resource->schema.type(), original, customer})
      .status();
}

// Moves rows, up to a number of them.
class Mover {
 public:
  explicit Mover(Transaction& transaction)
      : transaction_(transaction),
        writer_(transaction.writer()),
        tenant_(transaction.view().tenant()) {}

  // Moves what was made for `customer`, or for one that he took in, to where it
  // belongs.
  absl::Status MoveAllOf(const std::string& customer) {
    CRM_ASSIGN_OR_RETURN(const std::set<std::string> customers,
                         TakenIn(writer_, tenant_, customer));
    const std::vector<CustomerField> fields =
        FieldsOf(transaction_.view().catalog());
    for (const std::string& original : customers) {
      CRM_ASSIGN_OR_RETURN(const std::string survivor,
                           SurvivorOf(writer_, tenant_, original));
      for (const CustomerField& field : fields) {
        CRM_RETURN_IF_ERROR(MoveAgain(field, original, survivor));
        if (survivor == original) continue;
        CRM_RETURN_IF_ERROR(MoveFirst(field, original, survivor));
      }
    }
    if (left_ > 0) return absl::OkStatus();
    transaction_.Schedule(kCustomerMoves, customer, transaction_.now());
    return absl::OkStatus();
  }

  // Has what lies under the resource called `parent` take its customer.
  absl::Status MoveChildren(const std::string& parent) {
    const ResourceCatalog& catalog = transaction_.view().catalog();
    const Resource* above = catalog.FindByName(parent);
    if (above == nullptr) return absl::OkStatus();
    CRM_ASSIGN_OR_RETURN(const std::unique_ptr<Message> row,
                         LoadRow(transaction_, *above, parent));
    if (row == nullptr) return absl::OkStatus();
    const std::string customer = above->schema.OrderingKey(*row);
    for (const auto& resource : catalog.resources()) {
      const FieldDescriptor* field = resource->schema.ordering();
      const auto& collections = resource->schema.pattern().collections();
      if (field == nullptr || collections.size() != 2 ||
          collections[0] != above->schema.pattern().collections()[0]) {
        continue;
      }
      CRM_ASSIGN_OR_RETURN(const std::string column,
                           ColumnOf(*resource, *field));
      CRM_ASSIGN_OR_RETURN(
          const SqlRows rows,
          writer_.Query(
              absl::StrCat("SELECT name FROM ", resource->schema.table(),
                           " WHERE tenant = ? AND parent = ? AND ", column,
                           " <> ? ORDER BY name LIMIT ?"),
              {tenant_, parent, customer, int64_t{left_}}));
      for (const SqlRow& found : rows) {
        CRM_RETURN_IF_ERROR(Set({resource.get(), field},
                                std::get<std::string>(found[0]), customer));
      }
    }
    if (left_ > 0) return absl::OkStatus();
    transaction_.Schedule(kChildMoves, parent, transaction_.now());
    return absl::OkStatus();
  }

 private:
  // Moves rows that were moved before.
  absl::Status MoveAgain(const CustomerField& field,
                         const std::string& original,
                         const std::string& survivor) {
    CRM_ASSIGN_OR_RETURN(
        const SqlRows rows,
        writer_.Query(
            "SELECT name, customer FROM moved_row WHERE tenant = ? "
            "AND original = ? AND type = ? AND field = ? AND "
            "customer <> ? ORDER BY name LIMIT ?",
            {tenant_, original, field.resource->schema.type(),
             std::string(field.field->name()), survivor, int64_t{left_}}));
    for (const SqlRow& row : rows) {
      CRM_RETURN_IF_ERROR(Move(field, std::get<std::string>(row[0]), original,
                               std::get<std::string>(row[1]), survivor));
    }
    return absl::OkStatus();
  }

  // Moves rows that are still with the customer they were made for.
  absl::Status MoveFirst(const CustomerField& field,
                         const std::string& original,
                         const std::string& survivor) {
    CRM_ASSIGN_OR_RETURN(const std::string column,
                         ColumnOf(*field.resource, *field.field));
    CRM_ASSIGN_OR_RETURN(
        const SqlRows rows,
        writer_.Query(
            absl::StrCat("SELECT name FROM ", field.resource->schema.table(),
                         " WHERE tenant = ? AND ", column,
                         " = ? AND name NOT IN (SELECT name FROM moved_row "
                         "WHERE tenant = ? AND type = ? AND field = ? AND "
                         "customer = ?) ORDER BY name LIMIT ?"),
            {tenant_, original, tenant_, field.resource->schema.type(),
             std::string(field.field->name()), original, int64_t{left_}}));
    for (const SqlRow& row : rows) {
      CRM_RETURN_IF_ERROR(Move(field, std::get<std::string>(row[0]), original,
                               original, survivor));
    }
    return absl::OkStatus();
  }

  // Moves one row from `from`, where it should be, to `to`.
  absl::Status Move(const CustomerField& field, const std::string& name,
                    const std::string& original, const std::string& from,
                    const std::string& to) {
    CRM_ASSIGN_OR_RETURN(const std::unique_ptr<Message> row,
                         LoadRow(transaction_, *field.resource, name));
    if (row == nullptr ||
        ReadString(*row, std::string(field.field->name())) != from) {
      // It is gone, or was given to somebody else since.
      return Forget(field, name);
    }
    CRM_RETURN_IF_ERROR(Set(field, name, to));
    CRM_RETURN_IF_ERROR(Remember(field, name, original, to));
    Mover children(transaction_);
    children.left_ = std::max(left_, 1);
    CRM_RETURN_IF_ERROR(children.MoveChildren(name));
    left_ = std::max(std::min(left_, children.left_), 0);
    return absl::OkStatus();
  }

  absl::Status Set(const CustomerField& field, const std::string& name,
                   const std::string& customer) {
    CRM_ASSIGN_OR_RETURN(const std::unique_ptr<Message> row,
                         LoadRow(transaction_, *field.resource, name));
    row->GetReflection()->SetString(row.get(), field.field, customer);
    transaction_.Update(*row);
    --left_;
    return transaction_.status();
  }

  absl::Status Remember(const CustomerField& field, const std::string& name,
                        const std::string& original,
                        const std::string& customer) {
    if (customer == original) return Forget(field, name);
    return RememberRow(writer_, tenant_, field, name, original, customer);
  }

  absl::Status Forget(const CustomerField& field, const std::string& name) {
    return writer_
        .Execute(
            "DELETE FROM moved_row WHERE tenant = ? AND name = ? AND field = ?",
            {tenant_, name, std::string(field.field->name())})
        .status();
  }

  Transaction& transaction_;
  SqlWriter& writer_;
  const std::string tenant_;
  int left_ = kMovesAtOnce;
};

absl::Status Unreadable(const Event& event) {
  return InvalidArgument(
      "EVENT_UNREADABLE",
      absl::StrCat("The event '", event.id(), "' of '", event.resource(),
                   "' does not hold its merge operation."),
      {{"event", event.id()}});
}

}  // namespace

SqlTable MovedRowTable() {
  return {
      .name = "moved_row",
      .columns = {{"tenant", SqlType::kText, false},
                  {"name", SqlType::kText, false},
                  {"field", SqlType::kText, false},
                  {"type", SqlType::kText, false},
                  {"original", SqlType::kText, false},
                  {"customer", SqlType::kText, false}},
      .primary_key = {"tenant", "name", "field"},
      .indexes = {
          {.name = "moved_row_original", .columns = {"tenant", "original"}},
          {.name = "moved_row_customer", .columns = {"tenant", "customer"}}}};
}

bool ConcernsMerges(const Event& event) {
  return event.resource_type() == kMergeType;
}

absl::Status FollowMerge(Transaction& transaction, const Event& event) {
  MergeOperation operation;
  if (!event.key_id().empty() || !operation.ParseFromString(event.after()) ||
      operation.name() != event.resource()) {
    return Unreadable(event);
  }
  CRM_RETURN_IF_ERROR(
      NoteMerge(transaction.writer(), event.tenant(), operation));
  if (!operation.has_apply_time()) return absl::OkStatus();
  Mover mover(transaction);
  for (const std::string& customer : operation.merged()) {
    CRM_RETURN_IF_ERROR(mover.MoveAllOf(customer));
  }
  return absl::OkStatus();
}

absl::Status ForgetMergesAndReturn(SqlWriter& writer, absl::Time now) {
  CRM_RETURN_IF_ERROR(ForgetMerges(writer));
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      writer.Query("SELECT DISTINCT tenant, original FROM moved_row", {}));
  for (const SqlRow& row : rows) {
    CRM_RETURN_IF_ERROR(
        SetTimer(writer, {.tenant = std::get<std::string>(row[0]),
                          .kind = kCustomerMoves,
                          .key = std::get<std::string>(row[1]),
                          .due_time = now + kTellAgain,
                          .payload = ""}));
  }
  return absl::OkStatus();
}

absl::Status MoveMoreOfCustomer(Transaction& transaction, const Timer& timer) {
  return Mover(transaction).MoveAllOf(timer.key);
}

absl::Status MoveMoreChildren(Transaction& transaction, const Timer& timer) {
  return Mover(transaction).MoveChildren(timer.key);
}

absl::Status SettleConversation(Transaction& transaction,
                                const v1::Conversation* before,
                                v1::Conversation& after,
                                const Settlement& /*settlement*/) {
  if (before != nullptr) return absl::OkStatus();
  const std::string& tenant = transaction.view().tenant();
  CRM_ASSIGN_OR_RETURN(
      std::string survivor,
      SurvivorOf(transaction.writer(), tenant, after.customer()));
  if (survivor == after.customer()) {
    // One of the same name, which is gone for good, may have been moved.
    return transaction.writer().Post(
        "DELETE FROM moved_row WHERE tenant = ? AND name = ?",
        {tenant, after.name()});
  }
  const Resource* resource =
      transaction.view().catalog().Find(v1::Conversation::descriptor());
  CRM_RETURN_IF_ERROR(RememberRow(transaction.writer(), tenant,
                                  {resource, resource->schema.ordering()},
                                  after.name(), after.customer(), survivor));
  after.set_customer(std::move(survivor));
  return absl::OkStatus();
}

}  // namespace crm::collaborative
