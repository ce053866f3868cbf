#include "shared/reflect/update_mask.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/util/field_mask_util.h"
#include "google/protobuf/util/message_differencer.h"
#include "shared/reflect/map_entries.h"
#include "shared/reflect/resource_schema.h"

namespace crm {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::FieldMask;
using ::google::protobuf::Message;
using ::google::protobuf::util::FieldMaskUtil;
using ::google::protobuf::util::MessageDifferencer;

// The paths that an update without mask, or with `*`, means.
std::vector<std::string> ImpliedPaths(const Message& update, bool all) {
  std::vector<std::string> paths;
  const Descriptor* descriptor = update.GetDescriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const FieldDescriptor* field = descriptor->field(i);
    const auto* reflection = update.GetReflection();
    const bool populated = field->is_repeated()
                               ? reflection->FieldSize(update, field) > 0
                               : reflection->HasField(update, field);
    // What is immutable and not given is not meant to change.
    if (populated || (all && !ResourceSchema::IsImmutable(field))) {
      paths.push_back(field->name());
    }
  }
  return paths;
}

// The fields that `path` steps through, or none if it does not exist.
std::vector<const FieldDescriptor*> Resolve(const Descriptor* message,
                                            absl::string_view path) {
  std::vector<const FieldDescriptor*> fields;
  for (const absl::string_view part : absl::StrSplit(path, '.')) {
    if (message == nullptr) return {};
    if (!fields.empty() && fields.back()->is_repeated()) return {};
    const FieldDescriptor* field = message->FindFieldByName(std::string(part));
    if (field == nullptr) return {};
    fields.push_back(field);
    message = field->message_type();
  }
  return fields;
}

bool SameField(const Message& a, const Message& b,
               const FieldDescriptor* field) {
  MessageDifferencer differencer;
  return differencer.CompareWithFields(a, b, {field}, {field});
}

// Makes the messages on the way to a leaf exist, so that a leaf which is unset
// in the update is cleared in the target.
void MakeParents(const std::vector<const FieldDescriptor*>& fields,
                 Message& message) {
  Message* at = &message;
  for (size_t i = 0; i + 1 < fields.size(); ++i) {
    at = at->GetReflection()->MutableMessage(at, fields[i]);
  }
}

}  // namespace

absl::Status ApplyUpdate(const Message& update, const FieldMask& mask,
                         absl::string_view resource_field, Message& target) {
  const bool all = mask.paths_size() == 1 && mask.paths(0) == "*";
  const std::vector<std::string> paths =
      all || mask.paths_size() == 0
          ? ImpliedPaths(update, all)
          : std::vector<std::string>(mask.paths().begin(), mask.paths().end());

  const std::unique_ptr<Message> source(update.New());
  source->CopyFrom(update);
  FieldMask effective;
  std::vector<MapPath> entries;
  std::vector<FieldViolation> violations;
  for (const std::string& path : paths) {
    const MapPath entry = FindMapPath(*update.GetDescriptor(), path);
    // A key with dots cannot be told from a path below its value.
    if (entry.field != nullptr && entry.key.find('.') == entry.key.npos &&
        !ResourceSchema::IsOutputOnly(entry.field) &&
        !ResourceSchema::IsImmutable(entry.field)) {
      entries.push_back(entry);
      continue;
    }
    const auto fields = Resolve(update.GetDescriptor(), path);
    if (fields.empty()) {
      violations.push_back(
          {"update_mask",
           absl::StrCat("'", path, "' is not a field of the resource.")});
      continue;
    }
    bool output_only = false;
    bool immutable = false;
    for (const FieldDescriptor* field : fields) {
      output_only = output_only || ResourceSchema::IsOutputOnly(field);
      immutable = immutable || ResourceSchema::IsImmutable(field);
    }
    if (output_only) continue;
    if (immutable) {
      if (!SameField(update, target, fields.front())) {
        violations.push_back(
            {absl::StrCat(resource_field, ".", path),
             "is immutable: it keeps the value that it was created with."});
      }
      continue;
    }
    MakeParents(fields, *source);
    effective.add_paths(path);
  }
  if (!violations.empty()) return BadRequest(violations);

  FieldMaskUtil::MergeOptions options;
  options.set_replace_message_fields(true);
  options.set_replace_repeated_fields(true);
  FieldMaskUtil::MergeMessageTo(*source, effective, options, &target);
  for (const MapPath& entry : entries) CopyMapEntry(update, target, entry);
  return absl::OkStatus();
}

}  // namespace crm
