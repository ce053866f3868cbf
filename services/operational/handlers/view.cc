#include "services/operational/handlers/view.h"

#include <future>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/api/resource.pb.h"
#include "services/operational/domain/view_columns.h"
#include "shared/auth/caller.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/reflect/field_access.h"
#include "shared/resource/answer_mask.h"
#include "shared/resource/read_view.h"
#include "shared/resource/standard_bindings.h"

namespace crm::operational {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

std::unique_ptr<Message> NewMessage(const Descriptor* type) {
  return std::unique_ptr<Message>(
      google::protobuf::MessageFactory::generated_factory()
          ->GetPrototype(type)
          ->New());
}

absl::StatusOr<v1::View> FindView(const Kernel& kernel, const CallContext& call,
                                  const std::string& name) {
  v1::View view;
  CRM_RETURN_IF_ERROR(kernel.database.Read(
      call.deadline, [&](SqlReader& reader) -> absl::Status {
        const ReadView rows(reader, kernel.catalog, call);
        CRM_ASSIGN_OR_RETURN(view, rows.GetLive<v1::View>(name));
        return absl::OkStatus();
      }));
  return view;
}

// Returns the method that lists resources of `type`; null if there is none.
const MethodInfo* FindList(const Kernel& kernel, const std::string& type) {
  const Resource* resource = kernel.catalog.FindByType(type);
  if (resource == nullptr) return nullptr;
  for (const auto& [path, method] : kernel.methods.methods()) {
    if (method.verb == Verb::kList &&
        method.resource == resource->schema.message()) {
      return &method;
    }
  }
  return nullptr;
}

absl::Status CheckMayList(const CallContext& call, const MethodInfo& list) {
  if (call.caller == nullptr ||
      call.caller->AccessTo(list.permission).allowed()) {
    return absl::OkStatus();
  }
  return PermissionDenied(
      "PERMISSION_DENIED",
      absl::StrCat("The view needs the permission '", list.permission,
                   "', which none of your roles grants."),
      {{"permission", list.permission}});
}

// Makes the call of `list` that the view describes.
std::shared_ptr<Call> ListCall(const CallContext& call, const MethodInfo& list,
                               const v1::View& view,
                               const v1::RunViewRequest& request) {
  auto made = std::make_shared<Call>();
  made->context = call;
  made->context.method = &list;
  made->request = NewMessage(list.descriptor->input_type());
  Message& asked = *made->request;
  const Descriptor* type = asked.GetDescriptor();
  WriteString(asked, "filter", view.filter());
  WriteString(asked, "order_by", view.order_by());
  WriteString(asked, "page_token", request.page_token());
  asked.GetReflection()->SetInt32(&asked, type->FindFieldByName("page_size"),
                                  request.page_size());
  if (type->FindFieldByName("parent") != nullptr) {
    // Those of all parents: no resource here is nested deeper than once.
    const std::string& pattern =
        list.resource->options().GetExtension(google::api::resource).pattern(0);
    WriteString(asked, "parent",
                absl::StrCat(pattern.substr(0, pattern.find('/')), "/-"));
  }
  return made;
}

}  // namespace

absl::StatusOr<v1::RunViewResponse> HandleRunView(
    const Kernel& kernel, const CallContext& call,
    const v1::RunViewRequest& request) {
  CRM_ASSIGN_OR_RETURN(const v1::View view,
                       FindView(kernel, call, request.name()));
  const MethodInfo* list = FindList(kernel, view.resource_type());
  if (list == nullptr) {
    return FailedPrecondition(
        "VIEW_WITHOUT_LIST",
        absl::StrCat("'", view.name(), "' is of a type that has no list: ",
                     view.resource_type(), "."),
        view.name());
  }
  CRM_RETURN_IF_ERROR(CheckMayList(call, *list));
  const UnaryHandler handler =
      MaskAnswers(kernel, BindStandard(kernel, *list).unary);
  std::promise<absl::StatusOr<Answer>> promise;
  handler(ListCall(call, *list, view, request),
          [&promise](absl::StatusOr<Answer> answer) {
            promise.set_value(std::move(answer));
          });
  CRM_ASSIGN_OR_RETURN(const Answer answer, promise.get_future().get());
  const std::unique_ptr<Message> listed =
      NewMessage(list->descriptor->output_type());
  if (!listed->ParseFromString(answer.bytes)) {
    return Internal("LIST_UNREADABLE", "The list could not be read.");
  }
  const ViewColumns columns(view, list->resource);
  v1::RunViewResponse response;
  response.set_next_page_token(ReadString(*listed, "next_page_token"));
  for (int i = 0; i < listed->GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* items = listed->GetDescriptor()->field(i);
    if (items->message_type() != list->resource) continue;
    const auto* reflection = listed->GetReflection();
    for (int k = 0; k < reflection->FieldSize(*listed, items); ++k) {
      Message& resource =
          *reflection->MutableRepeatedMessage(listed.get(), items, k);
      columns.Show(resource);
      response.add_resources()->PackFrom(resource);
    }
  }
  return response;
}

}  // namespace crm::operational
