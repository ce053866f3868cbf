#include "shared/resource/collection_lister.h"

#include <algorithm>

#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/reflect/field_access.h"
#include "shared/resource/standard_reads.h"

namespace crm {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

std::unique_ptr<Message> NewMessage(const Descriptor* descriptor) {
  return std::unique_ptr<Message>(
      google::protobuf::MessageFactory::generated_factory()
          ->GetPrototype(descriptor)
          ->New());
}

}  // namespace

absl::Status CollectionLister::Check(const CallContext& call,
                                     const Message& request) const {
  return CheckListRequest(kernel_, resource_, call,
                          *ListRequest(request, 1, ""));
}

absl::StatusOr<CollectionPage> CollectionLister::Read(
    const CallContext& call, const Message& request, int page_size,
    const std::string& page_token) const {
  const Descriptor* type = list_.descriptor->output_type();
  CRM_ASSIGN_OR_RETURN(
      const std::string bytes,
      ListResources(kernel_, resource_, call,
                    *ListRequest(request, page_size, page_token), type,
                    ListPages::kInternal));
  const std::unique_ptr<Message> response = NewMessage(type);
  if (!response->ParseFromString(bytes)) {
    return Internal("ROW_UNREADABLE", "A page could not be read.");
  }
  CollectionPage page;
  page.next_page_token = ReadString(*response, "next_page_token");
  for (int i = 0; i < type->field_count(); ++i) {
    if (type->field(i)->message_type() != resource_.schema.message()) {
      continue;
    }
    const auto* reflection = response->GetReflection();
    for (int k = reflection->FieldSize(*response, type->field(i)); k > 0; --k) {
      page.resources.emplace_back(
          reflection->ReleaseLast(response.get(), type->field(i)));
    }
  }
  std::reverse(page.resources.begin(), page.resources.end());
  return page;
}

absl::StatusOr<int64_t> CollectionLister::Count(const CallContext& call,
                                                const Message& request) const {
  return CountListed(kernel_, resource_, call, *ListRequest(request, 1, ""));
}

std::unique_ptr<Message> CollectionLister::ListRequest(
    const Message& request, int page_size,
    const std::string& page_token) const {
  std::unique_ptr<Message> out = NewMessage(list_.descriptor->input_type());
  for (const char* field : {"parent", "filter"}) {
    WriteString(*out, field, ReadString(request, field));
  }
  const std::string order_by = ReadString(request, "order_by");
  // What is deleted on the way must not move what is still to come.
  WriteString(*out, "order_by", order_by.empty() ? "name" : order_by);
  WriteString(*out, "page_token", page_token);
  const Descriptor* type = out->GetDescriptor();
  if (const FieldDescriptor* size = type->FindFieldByName("page_size")) {
    out->GetReflection()->SetInt32(out.get(), size, page_size);
  }
  const FieldDescriptor* deleted = type->FindFieldByName("show_deleted");
  if (deleted != nullptr && ReadBool(request, "show_deleted")) {
    out->GetReflection()->SetBool(out.get(), deleted, true);
  }
  return out;
}

}  // namespace crm
