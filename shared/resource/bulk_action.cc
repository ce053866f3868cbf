#include "shared/resource/bulk_action.h"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/api/field_behavior.pb.h"
#include "shared/base/errors.h"
#include "shared/resource/bulk_change.h"
#include "shared/resource/import_operation.h"

namespace crm {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

// By their verb, as `qualify`.
using Actions = std::map<std::string, BulkChange>;

bool IsRequired(const FieldDescriptor& field) {
  for (const int behavior :
       field.options().GetRepeatedExtension(google::api::field_behavior)) {
    if (behavior == google::api::REQUIRED) return true;
  }
  return false;
}

// Whether requests of the type `request` need the name of the resource, and
// nothing else.
bool NeedsNameOnly(const Descriptor& request) {
  bool named = false;
  for (int i = 0; i < request.field_count(); ++i) {
    const FieldDescriptor& field = *request.field(i);
    if (!IsRequired(field)) continue;
    if (field.name() != "name") return false;
    named = true;
  }
  return named && request.FindFieldByName("etag") != nullptr;
}

Actions ActionsOf(const Kernel& kernel, const Resource& resource,
                  FindMutationBody find_body) {
  Actions actions;
  for (const auto& [path, method] : kernel.methods.methods()) {
    const Descriptor* request = method.descriptor->input_type();
    if (resource.schema.machine().Find(request) == nullptr ||
        !NeedsNameOnly(*request)) {
      continue;
    }
    MutationBody body = find_body(method);
    if (!body) continue;
    const size_t dot = method.permission.rfind('.');
    actions.emplace(method.permission.substr(dot + 1),
                    BulkChange{&method, std::move(body)});
  }
  return actions;
}

absl::StatusOr<BulkChange> FindAction(const Actions& actions,
                                      const std::string& verb) {
  const auto found = actions.find(verb);
  if (found != actions.end()) return found->second;
  std::vector<std::string> verbs;
  for (const auto& [known, change] : actions) verbs.push_back(known);
  return BadField("action", absl::StrCat("must be one of ",
                                         absl::StrJoin(verbs, ", "), "."));
}

}  // namespace

std::optional<OperationKind> BulkActionOperation(const Kernel& kernel,
                                                 const MethodInfo& method,
                                                 FindMutationBody find_body) {
  const Resource* resource = kernel.catalog.Find(method.resource);
  if (!absl::StartsWith(method.descriptor->name(), "RunBulkActionOn") ||
      resource == nullptr) {
    return std::nullopt;
  }
  const MethodInfo* list =
      StandardMethod(kernel.methods, method.resource, Verb::kList);
  if (list == nullptr) return std::nullopt;
  BulkChangeKind kind;
  kind.change_of = [actions = std::make_shared<const Actions>(ActionsOf(
                        kernel, *resource, find_body))](const Message& bulk) {
    return FindAction(*actions, ReadString(bulk, "action"));
  };
  kind.fill = [](const Message&, Message&) {};
  kind.target = [](Message& request) { return &request; };
  return BulkChangeOperation(kernel, *resource, *list, std::move(kind));
}

}  // namespace crm
