#include "services/operational/domain/object_type.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/reflect/resource_name.h"

namespace crm::operational {

absl::Status PrepareObject(const v1::Object* /*before*/, v1::Object& after,
                           const RuleContext& /*context*/) {
  after.set_object_type(std::string(ParentOf(after.name())));
  return absl::OkStatus();
}

absl::Status CheckObjectWritable(const v1::ObjectType& type,
                                 const v1::Object& after) {
  if (type.state() == v1::ObjectType::ACTIVE || after.has_delete_time()) {
    return absl::OkStatus();
  }
  const std::string& state = v1::ObjectType::State_Name(type.state());
  return FailedPrecondition(
      "OBJECT_TYPE_NOT_ACTIVE",
      absl::StrCat("'", type.name(), "' is ", state,
                   ", so its objects are not written. Activate it first."),
      type.name(), {{"state", state}});
}

absl::Status CheckObjectTypeCounts(const ObjectTypeCounts& others) {
  if (others.active >= kMaxActiveObjectTypes) {
    return ResourceExhausted(
        "TOO_MANY_OBJECT_TYPES",
        absl::StrCat(
            kMaxActiveObjectTypes,
            " object types are in use, which is the most. Retire one."));
  }
  if (others.all >= kMaxObjectTypes) {
    return ResourceExhausted(
        "TOO_MANY_OBJECT_TYPES",
        absl::StrCat("There are ", kMaxObjectTypes,
                     " object types, which is the most. Activate a retired "
                     "one, under other names."));
  }
  return absl::OkStatus();
}

}  // namespace crm::operational
