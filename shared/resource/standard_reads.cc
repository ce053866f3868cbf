#include "shared/resource/standard_reads.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/resource/read_view.h"

namespace crm {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

absl::Status CheckName(const Resource& resource, absl::string_view field,
                       const std::string& name) {
  if (resource.schema.pattern().Matches(name)) return absl::OkStatus();
  return BadField(field, absl::StrCat("must be the name of a ",
                                      resource.schema.message()->name(), "."));
}

}  // namespace

absl::StatusOr<std::string> GetResource(const Kernel& kernel,
                                        const Resource& resource,
                                        const CallContext& call,
                                        const Message& request) {
  const std::string name = ReadString(request, "name");
  CRM_RETURN_IF_ERROR(CheckName(resource, "name", name));
  std::string body;
  CRM_RETURN_IF_ERROR(
      kernel.database.Read(call.deadline, [&](SqlReader& reader) {
        const ReadView view(reader, kernel.catalog, call);
        CRM_ASSIGN_OR_RETURN(std::optional<StoredRow> row,
                             view.Find(resource, name));
        if (!row.has_value()) return ResourceNotFound(resource.schema, name);
        body = std::move(row->body);
        return absl::OkStatus();
      }));
  return body;
}

absl::Status CheckBatchParent(const Resource& resource,
                              const std::string& parent) {
  if (resource.schema.pattern().MatchesParent(parent, /*wildcards=*/true)) {
    return absl::OkStatus();
  }
  return BadField("parent",
                  "must be the name of the parent resource, in which '-' "
                  "stands for any id.");
}

absl::StatusOr<std::string> BatchGetResources(const Kernel& kernel,
                                              const Resource& resource,
                                              const CallContext& call,
                                              const Message& request,
                                              const Descriptor* response) {
  const FieldDescriptor* names =
      request.GetDescriptor()->FindFieldByName("names");
  const auto* reflection = request.GetReflection();
  const int count = reflection->FieldSize(request, names);
  if (count > kMaxBatch) {
    return BadField("names", absl::StrCat("must have at most ", kMaxBatch,
                                          " items, not ", count, "."));
  }
  const bool nested = resource.schema.pattern().nested();
  const std::string parent = ReadString(request, "parent");
  if (nested) CRM_RETURN_IF_ERROR(CheckBatchParent(resource, parent));
  std::unique_ptr<Message> answer(
      google::protobuf::MessageFactory::generated_factory()
          ->GetPrototype(response)
          ->New());
  const FieldDescriptor* items = nullptr;
  for (int i = 0; i < response->field_count(); ++i) {
    if (response->field(i)->message_type() == resource.schema.message()) {
      items = response->field(i);
    }
  }
  CRM_RETURN_IF_ERROR(
      kernel.database.Read(call.deadline, [&](SqlReader& reader) {
        const ReadView view(reader, kernel.catalog, call);
        for (int i = 0; i < count; ++i) {
          const std::string name =
              reflection->GetRepeatedString(request, names, i);
          CRM_RETURN_IF_ERROR(
              CheckName(resource, absl::StrCat("names[", i, "]"), name));
          if (nested && !LiesUnder(name, parent)) {
            return BadField(absl::StrCat("names[", i, "]"),
                            "must lie under the parent of the batch.");
          }
          CRM_ASSIGN_OR_RETURN(const std::optional<StoredRow> row,
                               view.Find(resource, name));
          if (!row.has_value()) return ResourceNotFound(resource.schema, name);
          if (!answer->GetReflection()
                   ->AddMessage(answer.get(), items)
                   ->ParseFromString(row->body)) {
            return Internal("ROW_UNREADABLE",
                            "A stored row could not be read.");
          }
        }
        return absl::OkStatus();
      }));
  return answer->SerializeAsString();
}

}  // namespace crm
