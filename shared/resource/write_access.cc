#include "shared/resource/write_access.h"

#include <memory>
#include <set>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/reflect/diff.h"
#include "shared/reflect/field_access.h"
#include "shared/resource/row_rule.h"

namespace crm {
namespace {

using ::google::protobuf::Message;

absl::Status NotWritable(const Resource& resource, const Message& row,
                         absl::string_view permission) {
  const std::string name = ReadString(row, "name");
  return WithResource(
      PermissionDenied(
          "ROW_NOT_WRITABLE",
          absl::StrCat("Your roles do not grant '", permission, "' for '", name,
                       "'."),
          {{"permission", std::string(permission)}, {"name", name}}),
      resource.schema.type(), name);
}

bool Lies(absl::string_view path, absl::string_view at) {
  return path == at || absl::StartsWith(path, absl::StrCat(at, ".")) ||
         absl::StartsWith(at, absl::StrCat(path, "."));
}

}  // namespace

bool WriteAccess::creates() const {
  return call_.method->verb == Verb::kCreate ||
         call_.method->verb == Verb::kBatchCreate;
}

bool WriteAccess::updates() const {
  return call_.method->verb == Verb::kUpdate ||
         call_.method->verb == Verb::kBatchUpdate;
}

bool WriteAccess::Concerns(const Resource& resource) const {
  return call_.caller != nullptr && call_.method != nullptr &&
         call_.method->resource == resource.schema.message();
}

absl::StatusOr<bool> WriteAccess::CanRead(const Resource& resource,
                                          const Message& row) const {
  const auto rule =
      RuleFor(call_.caller.get(), catalog_, resource, ReadPermission(resource));
  if (rule->all_rows()) return true;
  return rule->Admits({row, reader_, call_.principal.tenant});
}

absl::Status WriteAccess::CheckTarget(const Resource& resource,
                                      const Message& row) const {
  if (!Concerns(resource)) return absl::OkStatus();
  const std::string& permission = call_.method->permission;
  const auto rule = RuleFor(call_.caller.get(), catalog_, resource, permission);
  // Who may change rows and read none has to know their names.
  const bool reads = call_.caller->AccessTo(ReadPermission(resource)).allowed();
  bool readable = true;
  if (reads) {
    CRM_ASSIGN_OR_RETURN(readable, CanRead(resource, row));
  }
  CRM_ASSIGN_OR_RETURN(const bool writable,
                       rule->Admits({row, reader_, call_.principal.tenant}));
  if (!readable || (!writable && !reads)) {
    return ResourceNotFound(resource.schema, ReadString(row, "name"));
  }
  return writable ? absl::OkStatus() : NotWritable(resource, row, permission);
}

absl::Status WriteAccess::CheckResult(const Resource& resource,
                                      const Message* before,
                                      const Message& after) const {
  if (!Concerns(resource) || (!creates() && !updates())) {
    return absl::OkStatus();
  }
  std::string permission = call_.method->permission;
  if (before == nullptr && updates()) {
    // An update that creates what is missing needs the permission of both.
    permission =
        absl::StrCat(resource.schema.pattern().collection(), ".create");
    if (!call_.caller->AccessTo(permission).allowed()) {
      return PermissionDenied(
          "PERMISSION_DENIED",
          absl::StrCat("To create what is missing needs the permission '",
                       permission, "', which none of your roles grants."),
          {{"permission", permission}});
    }
  }
  const auto rule = RuleFor(call_.caller.get(), catalog_, resource, permission);
  CRM_ASSIGN_OR_RETURN(const bool admitted,
                       rule->Admits({after, reader_, call_.principal.tenant}));
  if (!admitted) return NotWritable(resource, after, permission);
  return CheckFields(resource, before, after);
}

absl::Status WriteAccess::CheckFields(const Resource& resource,
                                      const Message* before,
                                      const Message& after) const {
  const auto rule =
      RuleFor(call_.caller.get(), catalog_, resource, call_.method->permission);
  const Message& row = before == nullptr ? after : *before;
  std::set<std::string> locked = rule->ReadOnlyIn(row);
  locked.merge(rule->HiddenIn(row));
  if (locked.empty()) return absl::OkStatus();
  const std::unique_ptr<Message> nothing = resource.New();
  // A new row has the fields that the server gives it.
  std::vector<FieldViolation> violations;
  for (const std::string& changed :
       ChangedFields(before == nullptr ? *nothing : *before, after)) {
    for (const std::string& path : locked) {
      if (!Lies(changed, path)) continue;
      if (before == nullptr && resource.schema.owner() != nullptr &&
          path == resource.schema.owner()->name() &&
          ReadString(after, path) == call_.principal.subject) {
        continue;
      }
      violations.push_back(
          {absl::StrCat(resource.schema.request_field(), ".", path),
           "may not be written with your roles; leave it as it is."});
    }
  }
  return violations.empty() ? absl::OkStatus() : BadRequest(violations);
}

}  // namespace crm
