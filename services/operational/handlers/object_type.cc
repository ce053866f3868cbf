#include "services/operational/handlers/object_type.h"

#include "absl/strings/string_view.h"
#include "services/operational/domain/object_type.h"
#include "shared/query/filter.h"

namespace crm::operational {
namespace {

// Returns how many object types match `filter`, counting to `most`.
absl::StatusOr<int> CountTypes(const Transaction& transaction,
                               absl::string_view filter, int most) {
  CRM_ASSIGN_OR_RETURN(const Filter parsed,
                       Filter::Parse(filter, v1::ObjectType::descriptor()));
  return transaction.view().Count<v1::ObjectType>(parsed, most);
}

}  // namespace

absl::Status SettleObjectType(Transaction& transaction,
                              const v1::ObjectType* before,
                              v1::ObjectType& after,
                              const Settlement& /*settlement*/) {
  const bool was_active =
      before != nullptr && before->state() == v1::ObjectType::ACTIVE;
  if (was_active || after.state() != v1::ObjectType::ACTIVE) {
    return absl::OkStatus();
  }
  ObjectTypeCounts others;
  CRM_ASSIGN_OR_RETURN(others.active, CountTypes(transaction, "state = ACTIVE",
                                                 kMaxActiveObjectTypes));
  if (before == nullptr) {
    CRM_ASSIGN_OR_RETURN(others.all,
                         CountTypes(transaction, "", kMaxObjectTypes));
  }
  return CheckObjectTypeCounts(others);
}

absl::Status AuthorizeObject(const v1::Object* /*before*/,
                             const v1::Object& after,
                             const CallContext& /*call*/,
                             const RuleContext& context) {
  const auto* type = context.Find<v1::ObjectType>(after.object_type());
  return type == nullptr ? absl::OkStatus() : CheckObjectWritable(*type, after);
}

}  // namespace crm::operational
