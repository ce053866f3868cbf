#include "shared/call/parse_request.h"

#include "google/protobuf/descriptor.h"
#include "shared/base/errors.h"

namespace crm {

absl::StatusOr<std::unique_ptr<google::protobuf::Message>> ParseRequest(
    const MethodInfo& method, const std::string& bytes) {
  const google::protobuf::Descriptor* type = method.descriptor->input_type();
  const google::protobuf::Message* prototype =
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(type);
  auto request = std::unique_ptr<google::protobuf::Message>(prototype->New());
  if (request->ParseFromString(bytes)) return request;
  return InvalidArgument(
      "REQUEST_MALFORMED",
      "The request is not a valid message of the method's request type.",
      {{"type", type->full_name()}});
}

}  // namespace crm
