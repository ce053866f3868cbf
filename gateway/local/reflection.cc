#include "gateway/local/reflection.h"

#include <set>
#include <utility>
#include <vector>

#include "shared/base/errors.h"

namespace crm::gateway {

using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorProto;
using grpc::reflection::v1::ServerReflectionRequest;
using grpc::reflection::v1::ServerReflectionResponse;

// One stream of questions.
class ReflectionService::Call final : public MessageCall {
 public:
  Call(const ReflectionService& service, CallObserver& observer)
      : service_(service), observer_(observer) {}

  void Send(std::string message) override {
    ServerReflectionRequest request;
    if (!request.ParseFromString(message)) {
      return observer_.OnDone(
          InvalidArgument("BAD_MESSAGE", "The request does not parse."), {});
    }
    observer_.OnMessage(service_.Answer(request).SerializeAsString());
  }

  void CloseSend() override { observer_.OnDone(absl::OkStatus(), {}); }

  void SetPaused(bool /*paused*/) override {}

 private:
  const ReflectionService& service_;
  CallObserver& observer_;
};

ReflectionService::ReflectionService(const ApiDescriptors& api) : api_(api) {
  for (const FileDescriptorProto& file : api.files().file()) {
    files_[file.name()] = file.SerializeAsString();
  }
}

std::unique_ptr<MessageCall> ReflectionService::Start(CallHead /*head*/,
                                                      CallObserver& observer) {
  return std::make_unique<Call>(*this, observer);
}

ServerReflectionResponse ReflectionService::Answer(
    const ServerReflectionRequest& request) const {
  ServerReflectionResponse response;
  response.set_valid_host(request.host());
  *response.mutable_original_request() = request;
  switch (request.message_request_case()) {
    case ServerReflectionRequest::kListServices:
      for (const auto* service : api_.services()) {
        response.mutable_list_services_response()->add_service()->set_name(
            service->full_name());
      }
      break;
    case ServerReflectionRequest::kFileByFilename:
      AnswerFile(api_.pool().FindFileByName(request.file_by_filename()),
                 response);
      break;
    case ServerReflectionRequest::kFileContainingSymbol:
      AnswerFile(api_.pool().FindFileContainingSymbol(
                     request.file_containing_symbol()),
                 response);
      break;
    case ServerReflectionRequest::kFileContainingExtension: {
      const auto& wanted = request.file_containing_extension();
      const auto* type =
          api_.pool().FindMessageTypeByName(wanted.containing_type());
      const FieldDescriptor* field = type == nullptr
                                         ? nullptr
                                         : api_.pool().FindExtensionByNumber(
                                               type, wanted.extension_number());
      AnswerFile(field == nullptr ? nullptr : field->file(), response);
      break;
    }
    case ServerReflectionRequest::kAllExtensionNumbersOfType: {
      const auto* type = api_.pool().FindMessageTypeByName(
          request.all_extension_numbers_of_type());
      if (type == nullptr) {
        AnswerFile(nullptr, response);
        break;
      }
      std::vector<const FieldDescriptor*> extensions;
      api_.pool().FindAllExtensions(type, &extensions);
      auto& answer = *response.mutable_all_extension_numbers_response();
      answer.set_base_type_name(type->full_name());
      for (const FieldDescriptor* field : extensions) {
        answer.add_extension_number(field->number());
      }
      break;
    }
    case ServerReflectionRequest::MESSAGE_REQUEST_NOT_SET:
      response.mutable_error_response()->set_error_code(
          static_cast<int>(absl::StatusCode::kInvalidArgument));
      response.mutable_error_response()->set_error_message(
          "The question is missing.");
      break;
  }
  return response;
}

void ReflectionService::AnswerFile(const FileDescriptor* file,
                                   ServerReflectionResponse& response) const {
  if (file == nullptr) {
    response.mutable_error_response()->set_error_code(
        static_cast<int>(absl::StatusCode::kNotFound));
    response.mutable_error_response()->set_error_message(
        "There is no such symbol.");
    return;
  }
  std::set<const FileDescriptor*> seen;
  std::vector<const FileDescriptor*> open = {file};
  while (!open.empty()) {
    const FileDescriptor* next = open.back();
    open.pop_back();
    if (!seen.insert(next).second) continue;
    response.mutable_file_descriptor_response()->add_file_descriptor_proto(
        files_.find(next->name())->second);
    for (int i = 0; i < next->dependency_count(); ++i) {
      open.push_back(next->dependency(i));
    }
  }
}

}  // namespace crm::gateway
