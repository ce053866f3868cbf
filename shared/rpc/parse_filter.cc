#include "shared/rpc/parse_filter.h"

#include <memory>
#include <string>

#include "google/protobuf/message.h"
#include "shared/base/errors.h"

namespace crm {

absl::Status ParseFilter::Begin(Call& call) {
  const google::protobuf::Descriptor* type =
      call.context.method->descriptor->input_type();
  const google::protobuf::Message* prototype =
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(type);
  auto request = std::unique_ptr<google::protobuf::Message>(prototype->New());
  if (!request->ParseFromString(call.request_bytes)) {
    return InvalidArgument(
        "REQUEST_MALFORMED",
        "The request is not a valid message of the method's request type.",
        {{"type", type->full_name()}});
  }
  call.request = std::move(request);
  call.request_bytes = std::string();
  return absl::OkStatus();
}

}  // namespace crm
