// gRPC server reflection: tells tools which services there are, with comments.

#ifndef CRM_GATEWAY_LOCAL_REFLECTION_H_
#define CRM_GATEWAY_LOCAL_REFLECTION_H_

#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gateway/api/api_descriptors.h"
#include "gateway/proxy/message_call.h"
#include "grpc/reflection/v1/reflection.pb.h"

namespace crm::gateway {

// Serves grpc.reflection.v1 and, having the same messages, v1alpha. Every
// question is answered as it comes. Loop thread only.
class ReflectionService final : public CallTarget {
 public:
  // `api` must outlive the service.
  explicit ReflectionService(const ApiDescriptors& api);

  std::unique_ptr<MessageCall> Start(CallHead head,
                                     CallObserver& observer) override;

  // Returns the answer to one question; errors are answers here.
  grpc::reflection::v1::ServerReflectionResponse Answer(
      const grpc::reflection::v1::ServerReflectionRequest& request) const;

 private:
  class Call;

  // Fills in `file` and all it imports, or an error when it is null.
  void AnswerFile(
      const google::protobuf::FileDescriptor* file,
      grpc::reflection::v1::ServerReflectionResponse& response) const;

  const ApiDescriptors& api_;
  // The files of the set, serialised, by name.
  std::map<std::string, std::string, std::less<>> files_;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_LOCAL_REFLECTION_H_
