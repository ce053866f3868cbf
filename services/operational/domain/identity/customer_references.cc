#include "services/operational/domain/identity/customer_references.h"

#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "crm/api/custom_value.pb.h"
#include "google/api/resource.pb.h"
#include "shared/reflect/field_access.h"

namespace crm::operational {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

constexpr absl::string_view kCollection = "customers/";

bool IsCustomerName(absl::string_view name) {
  return absl::StartsWith(name, kCollection) &&
         !absl::StrContains(name.substr(kCollection.size()), '/');
}

bool RefersToCustomers(const FieldDescriptor& field) {
  return field.options().GetExtension(google::api::resource_reference).type() ==
         "crm/Customer";
}

// Whether the text field may hold the name of a customer.
bool MayRefer(const FieldDescriptor& field) {
  if (field.cpp_type() != FieldDescriptor::CPPTYPE_STRING) return false;
  if (field.containing_type() == api::CustomValue::descriptor()) {
    return field.number() == api::CustomValue::kReferenceValueFieldNumber;
  }
  return RefersToCustomers(field) ||
         field.options().GetExtension(google::api::resource_reference).type() ==
             "*";
}

bool Visit(Message& message, const std::string& prefix, Retarget retarget);

bool VisitText(Message& message, const FieldDescriptor* field,
               const std::string& path, Retarget retarget) {
  const auto* reflection = message.GetReflection();
  const auto asked =
      [&](const std::string& at,
          const std::string& name) -> std::optional<std::string> {
    return IsCustomerName(name) ? retarget(at, name) : std::nullopt;
  };
  bool changed = false;
  if (!field->is_repeated()) {
    if (auto name = asked(path, reflection->GetString(message, field))) {
      reflection->SetString(&message, field, *std::move(name));
      changed = true;
    }
    return changed;
  }
  for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
    if (auto name = asked(absl::StrCat(path, "[", i, "]"),
                          reflection->GetRepeatedString(message, field, i))) {
      reflection->SetRepeatedString(&message, field, i, *std::move(name));
      changed = true;
    }
  }
  return changed;
}

// The values of a map whose keys are texts; others have no path.
bool VisitMap(Message& message, const FieldDescriptor* field,
              const std::string& path, Retarget retarget) {
  const FieldDescriptor* key = field->message_type()->map_key();
  const FieldDescriptor* value = field->message_type()->map_value();
  if (key->cpp_type() != FieldDescriptor::CPPTYPE_STRING ||
      value->message_type() == nullptr) {
    return false;
  }
  const auto* reflection = message.GetReflection();
  bool changed = false;
  for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
    Message& entry = *reflection->MutableRepeatedMessage(&message, field, i);
    changed |=
        Visit(*entry.GetReflection()->MutableMessage(&entry, value),
              absl::StrCat(path, ".", ReadString(entry, "key"), "."), retarget);
  }
  return changed;
}

bool VisitMessages(Message& message, const FieldDescriptor* field,
                   const std::string& path, Retarget retarget) {
  const auto* reflection = message.GetReflection();
  if (field->is_map()) return VisitMap(message, field, path, retarget);
  if (!field->is_repeated()) {
    return Visit(*reflection->MutableMessage(&message, field),
                 absl::StrCat(path, "."), retarget);
  }
  bool changed = false;
  for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
    changed |= Visit(*reflection->MutableRepeatedMessage(&message, field, i),
                     absl::StrCat(path, "[", i, "]."), retarget);
  }
  return changed;
}

bool Visit(Message& message, const std::string& prefix, Retarget retarget) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  bool changed = false;
  for (const FieldDescriptor* field : fields) {
    const std::string path = absl::StrCat(prefix, field->name());
    if (field->message_type() != nullptr) {
      changed |= VisitMessages(message, field, path, retarget);
    } else if (MayRefer(*field)) {
      changed |= VisitText(message, field, path, retarget);
    }
  }
  return changed;
}

void AddFields(const Descriptor& type, const std::string& prefix,
               std::set<const Descriptor*>& above,
               std::vector<std::string>& paths) {
  if (!above.insert(&type).second) return;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const std::string path = absl::StrCat(prefix, field.name());
    if (field.message_type() != nullptr) {
      AddFields(*field.message_type(), absl::StrCat(path, "."), above, paths);
    } else if (field.name() != "name" && RefersToCustomers(field)) {
      paths.push_back(path);
    }
  }
  above.erase(&type);
}

}  // namespace

bool RetargetCustomers(Message& resource, Retarget retarget) {
  return Visit(resource, "", retarget);
}

std::vector<std::string> CustomerFieldsOf(const Descriptor& type) {
  std::vector<std::string> paths;
  std::set<const Descriptor*> above;
  AddFields(type, "", above, paths);
  return paths;
}

}  // namespace crm::operational
