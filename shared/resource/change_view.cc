#include "shared/resource/change_view.h"

#include <algorithm>
#include <memory>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/resource/answer_mask.h"
#include "shared/resource/custom_values.h"
#include "shared/resource/row_rule.h"

namespace crm {
namespace {

using ::crm::internal::v1::Event;
using ::crm::platform::v1::Change;
using ::google::protobuf::Message;

constexpr absl::Duration kReadTimeout = absl::Seconds(2);

// Returns the resource in `bytes`, null for none.
absl::StatusOr<std::unique_ptr<Message>> Parse(const Resource& resource,
                                               const std::string& bytes) {
  if (bytes.empty()) return nullptr;
  std::unique_ptr<Message> message = resource.New();
  if (!message->ParseFromString(bytes)) {
    return Internal("ROW_UNREADABLE", "A change could not be read.");
  }
  return message;
}

void Hide(const RowRule& rule, Message& after, Change& change) {
  const std::set<std::string> hidden = rule.HiddenIn(after);
  for (const std::string& path : hidden) ClearPath(after, path);
  change.set_after(after.SerializeAsString());
  auto& fields = *change.mutable_changed_fields();
  for (int i = fields.size() - 1; i >= 0; --i) {
    const bool shown =
        std::none_of(hidden.begin(), hidden.end(), [&](const auto& path) {
          return fields[i] == path ||
                 absl::StartsWith(fields[i], absl::StrCat(path, "."));
        });
    if (!shown) fields.DeleteSubrange(i, 1);
  }
}

// Makes `change` one of a row that is not there any more.
void ShowAsGone(const Resource& resource, Change& change) {
  change.set_type(absl::StrCat(resource.schema.event_prefix(), ".deleted"));
  change.clear_after();
  change.clear_changed_fields();
  change.clear_actor();
  change.clear_request_id();
  change.clear_method();
}

}  // namespace

absl::StatusOr<bool> ChangeView::Show(const Principal& principal,
                                      const Event& event,
                                      Change& change) const {
  CRM_ASSIGN_OR_RETURN(const std::shared_ptr<const Caller> caller,
                       callers_.Find(principal));
  const Resource* resource = catalog_.FindByType(event.resource_type());
  if (resource == nullptr) return false;
  const std::string permission = ReadPermission(*resource);
  if (!caller->AccessTo(permission).allowed()) return false;
  CRM_ASSIGN_OR_RETURN(const auto custom,
                       catalog_.custom_schemas().Recent(
                           database_, principal.tenant, clock_.Now(),
                           clock_.Now() + kReadTimeout));
  const CustomType* defined =
      custom->Find(resource->CustomKind(event.resource()));
  const bool removes = defined != nullptr && defined->hides;
  const auto rule = RuleFor(caller.get(), catalog_, *resource, permission);
  if (rule->all_rows() && !rule->hides() && !removes) return true;

  CRM_ASSIGN_OR_RETURN(const auto before, Parse(*resource, event.before()));
  CRM_ASSIGN_OR_RETURN(const auto after, Parse(*resource, event.after()));
  bool saw = false;
  bool sees = false;
  CRM_RETURN_IF_ERROR(database_.Read(
      clock_.Now() + kReadTimeout, [&](SqlReader& reader) -> absl::Status {
        const std::string& tenant = principal.tenant;
        if (before != nullptr) {
          CRM_ASSIGN_OR_RETURN(saw, rule->Admits({*before, reader, tenant}));
        }
        if (after != nullptr) {
          CRM_ASSIGN_OR_RETURN(sees, rule->Admits({*after, reader, tenant}));
        }
        return absl::OkStatus();
      }));
  if (!saw && !sees) return false;
  if (!sees) {
    if (after != nullptr) ShowAsGone(*resource, change);
    return true;
  }
  if (!saw && before != nullptr) {
    change.set_type(absl::StrCat(resource->schema.event_prefix(), ".created"));
    change.clear_changed_fields();
  }
  if (after == nullptr || (!rule->hides() && !removes)) return true;
  if (removes) HideRemovedValues(*defined, *after);
  Hide(*rule, *after, change);
  return true;
}

}  // namespace crm
