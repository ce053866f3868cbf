#include "shared/resource/answer_mask.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "shared/base/errors.h"
#include "shared/reflect/custom_fields.h"
#include "shared/reflect/field_access.h"
#include "shared/reflect/map_entries.h"
#include "shared/resource/custom_values.h"
#include "shared/resource/row_rule.h"

namespace crm {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

bool HidesSomething(const CallContext& call) {
  if (call.caller == nullptr) return false;
  const auto& roles = call.caller->roles();
  return std::any_of(roles.begin(), roles.end(), [](const auto& role) {
    return !role.hidden_fields.empty();
  });
}

// Calls `visit` with each message directly below `message`.
template <typename Visit>
void ForEachPart(Message& message, Visit visit) {
  const auto* reflection = message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->message_type() == nullptr || field->is_map()) continue;
    if (!field->is_repeated()) {
      visit(*reflection->MutableMessage(&message, field));
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
      visit(*reflection->MutableRepeatedMessage(&message, field, i));
    }
  }
}

absl::StatusOr<Answer> Mask(const ResourceCatalog& catalog,
                            const CustomSchema& custom, const CallContext& call,
                            Answer answer) {
  const Descriptor* type = call.method->descriptor->output_type();
  const std::unique_ptr<Message> message(
      google::protobuf::MessageFactory::generated_factory()
          ->GetPrototype(type)
          ->New());
  if (!message->ParseFromString(answer.bytes)) {
    return Internal("ANSWER_UNREADABLE", "An answer could not be read.");
  }
  MaskMessage(catalog, custom, call, *message);
  answer.bytes = message->SerializeAsString();
  return answer;
}

// What the tenant has defined, for calls about resources with custom fields.
absl::StatusOr<std::shared_ptr<const CustomSchema>> RecentCustom(
    const Kernel& kernel, const CallContext& call) {
  if (call.method->resource == nullptr ||
      CustomFieldsOf(*call.method->resource) == nullptr) {
    return NoCustomSchema();
  }
  return kernel.catalog.custom_schemas().Recent(
      kernel.database, call.principal.tenant, kernel.clock.Now(),
      call.deadline);
}

}  // namespace

void ClearPath(Message& message, absl::string_view path) {
  const size_t dot = path.find('.');
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(
      std::string(path.substr(0, dot)));
  if (field == nullptr) return;
  const MapPath entry = FindMapPath(*message.GetDescriptor(), path);
  if (entry.field != nullptr) {
    EraseMapEntry(message, entry);
    return;
  }
  const auto* reflection = message.GetReflection();
  if (dot == path.npos || field->message_type() == nullptr || field->is_map()) {
    reflection->ClearField(&message, field);
    return;
  }
  const absl::string_view rest = path.substr(dot + 1);
  if (field->is_repeated()) {
    for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
      ClearPath(*reflection->MutableRepeatedMessage(&message, field, i), rest);
    }
  } else if (reflection->HasField(message, field)) {
    ClearPath(*reflection->MutableMessage(&message, field), rest);
  }
}

void MaskMessage(const ResourceCatalog& catalog, const CustomSchema& custom,
                 const CallContext& call, Message& message) {
  if (const Resource* resource = catalog.Find(message.GetDescriptor())) {
    const std::string kind = resource->CustomKind(ReadString(message, "name"));
    if (const CustomType* type = custom.Find(kind)) {
      HideRemovedValues(*type, message);
    }
    const auto rule = RuleFor(call.caller.get(), catalog, *resource,
                              PermissionToRead(call, *resource));
    if (rule->hides()) {
      for (const std::string& path : rule->HiddenIn(message)) {
        ClearPath(message, path);
      }
    }
  }
  ForEachPart(message,
              [&](Message& part) { MaskMessage(catalog, custom, call, part); });
}

UnaryHandler MaskAnswers(const Kernel& kernel, UnaryHandler handler) {
  return [&kernel, handler = std::move(handler)](std::shared_ptr<Call> call,
                                                 Done done) {
    auto custom = RecentCustom(kernel, call->context);
    if (!custom.ok()) return done(custom.status());
    if (!HidesSomething(call->context) && !(*custom)->hides()) {
      handler(std::move(call), std::move(done));
      return;
    }
    // The call outlives its answer.
    handler(call, [&kernel, call, custom = *std::move(custom),
                   done = std::move(done)](absl::StatusOr<Answer> answer) {
      if (!answer.ok()) return done(std::move(answer));
      done(Mask(kernel.catalog, *custom, call->context, *std::move(answer)));
    });
  };
}

}  // namespace crm
