// gRPC services that are built at start-up from descriptors, so that stock
// reflection and health see them, and no code is generated or written for any
// method.
//
// gRPC keeps a table of the registered methods for each connection, 160 bytes
// a method. So only those are registered that are called most, the Gets, and
// streams; and one method of every other service, without which reflection
// would not list it. The others are found by their path when a call comes.

#ifndef CRM_SHARED_RPC_DYNAMIC_SERVICE_H_
#define CRM_SHARED_RPC_DYNAMIC_SERVICE_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "grpcpp/impl/codegen/async_generic_service.h"
#include "grpcpp/impl/service_type.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"
#include "shared/call/call.h"

namespace crm {

// Makes the reactor that serves one call. The arguments live as long as it.
struct ReactorFactory {
  std::function<grpc::ServerUnaryReactor*(
      const MethodBinding&, grpc::CallbackServerContext*,
      const grpc::ByteBuffer* request, grpc::ByteBuffer* response)>
      unary;
  // Serves a unary method whose request has not been read yet.
  std::function<grpc::ServerGenericBidiReactor*(const MethodBinding&,
                                                grpc::CallbackServerContext*)>
      unread_unary;
  std::function<grpc::ServerWriteReactor<grpc::ByteBuffer>*(
      const MethodBinding&, grpc::CallbackServerContext*,
      const grpc::ByteBuffer* request)>
      stream;
  // Serves a method that streams both ways.
  std::function<grpc::ServerGenericBidiReactor*(const MethodBinding&,
                                                grpc::CallbackServerContext*)>
      duplex;
};

// The methods of one service. Immutable.
class DynamicService final : public grpc::Service {
 public:
  // `bindings` are methods of the service called `name`.
  DynamicService(std::string name, std::vector<MethodBinding> bindings,
                 const ReactorFactory& factory);

  // Returns the full name, as `crm.operational.v1.LeadService`.
  const std::string& name() const { return name_; }

  // Returns the methods that are not registered with gRPC.
  const std::vector<const MethodBinding*>& others() const { return others_; }

 private:
  const std::string name_;
  // gRPC keeps pointers to the paths in here.
  const std::vector<MethodBinding> bindings_;
  std::vector<const MethodBinding*> others_;
};

// Serves the methods that are not registered, by their path. Immutable.
class OtherMethods final : public grpc::CallbackGenericService {
 public:
  // `services` outlive it.
  OtherMethods(const std::vector<std::unique_ptr<DynamicService>>& services,
               ReactorFactory factory);

 private:
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override;

  const ReactorFactory factory_;
  absl::flat_hash_map<absl::string_view, const MethodBinding*> by_path_;
};

// Groups `bindings` into services; their MethodInfo outlive them. Returns
// FAILED_PRECONDITION with reason METHOD_NOT_BOUND that names every method of
// those services that has no handler, two, or one of the wrong kind.
absl::StatusOr<std::vector<std::unique_ptr<DynamicService>>> MakeServices(
    std::vector<MethodBinding> bindings, const ReactorFactory& factory);

}  // namespace crm

#endif  // CRM_SHARED_RPC_DYNAMIC_SERVICE_H_
