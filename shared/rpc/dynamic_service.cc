#include "shared/rpc/dynamic_service.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "grpcpp/impl/codegen/server_callback_handlers.h"
#include "grpcpp/impl/rpc_service_method.h"
#include "shared/base/errors.h"

namespace crm {
namespace {

using ::google::protobuf::MethodDescriptor;
using ::google::protobuf::ServiceDescriptor;
using ::grpc::ByteBuffer;
using ::grpc::CallbackServerContext;
using ::grpc::internal::RpcServiceMethod;

// How gRPC serves a method: its type, and who handles it.
struct Handling {
  RpcServiceMethod::RpcType type;
  std::unique_ptr<grpc::internal::MethodHandler> handler;
};

Handling HandlingOf(const MethodBinding& binding,
                    const ReactorFactory& factory) {
  using grpc::internal::CallbackBidiHandler;
  using grpc::internal::CallbackServerStreamingHandler;
  using grpc::internal::CallbackUnaryHandler;
  if (binding.stream == nullptr) {
    return {RpcServiceMethod::NORMAL_RPC,
            std::make_unique<CallbackUnaryHandler<ByteBuffer, ByteBuffer>>(
                [start = factory.unary, &binding](
                    CallbackServerContext* context, const ByteBuffer* request,
                    ByteBuffer* response) {
                  return start(binding, context, request, response);
                })};
  }
  if (binding.method->descriptor->client_streaming()) {
    return {
        RpcServiceMethod::BIDI_STREAMING,
        std::make_unique<CallbackBidiHandler<ByteBuffer, ByteBuffer>>(
            [start = factory.duplex, &binding](CallbackServerContext* context) {
              return start(binding, context);
            })};
  }
  return {
      RpcServiceMethod::SERVER_STREAMING,
      std::make_unique<CallbackServerStreamingHandler<ByteBuffer, ByteBuffer>>(
          [start = factory.stream, &binding](CallbackServerContext* context,
                                             const ByteBuffer* request) {
            return start(binding, context, request);
          })};
}

std::unique_ptr<RpcServiceMethod> MakeMethod(const MethodBinding& binding,
                                             const ReactorFactory& factory) {
  Handling handling = HandlingOf(binding, factory);
  auto method = std::make_unique<RpcServiceMethod>(
      binding.method->path.c_str(), handling.type, handling.handler.release());
  method->SetServerApiType(RpcServiceMethod::ApiType::RAW_CALL_BACK);
  return method;
}

bool IsRegistered(const MethodBinding& binding) {
  return binding.stream != nullptr || binding.method->verb == Verb::kGet;
}

// What is wrong with the bindings of one method, or "".
std::string ProblemWith(const MethodDescriptor* method,
                        const std::vector<MethodBinding>& bindings) {
  const MethodBinding* found = nullptr;
  for (const MethodBinding& binding : bindings) {
    if (binding.method->descriptor != method) continue;
    if (found != nullptr) return "is bound twice";
    found = &binding;
  }
  if (found == nullptr) return "is not bound";
  if ((found->unary != nullptr) == (found->stream != nullptr)) {
    return "needs exactly one handler";
  }
  if (method->client_streaming() > method->server_streaming() ||
      method->server_streaming() != (found->stream != nullptr)) {
    return "is bound to a handler of the wrong kind";
  }
  return "";
}

}  // namespace

DynamicService::DynamicService(std::string name,
                               std::vector<MethodBinding> bindings,
                               const ReactorFactory& factory)
    : name_(std::move(name)), bindings_(std::move(bindings)) {
  const bool needs_one =
      std::none_of(bindings_.begin(), bindings_.end(), IsRegistered);
  for (const MethodBinding& binding : bindings_) {
    if (IsRegistered(binding) ||
        (needs_one && &binding == &bindings_.front())) {
      AddMethod(MakeMethod(binding, factory).release());
    } else {
      others_.push_back(&binding);
    }
  }
}

OtherMethods::OtherMethods(
    const std::vector<std::unique_ptr<DynamicService>>& services,
    ReactorFactory factory)
    : factory_(std::move(factory)) {
  for (const auto& service : services) {
    for (const MethodBinding* binding : service->others()) {
      by_path_[binding->method->path] = binding;
    }
  }
}

grpc::ServerGenericBidiReactor* OtherMethods::CreateReactor(
    grpc::GenericCallbackServerContext* context) {
  const auto found = by_path_.find(context->method());
  return found == by_path_.end()
             ? grpc::CallbackGenericService::CreateReactor(context)
             : factory_.unread_unary(*found->second, context);
}

absl::StatusOr<std::vector<std::unique_ptr<DynamicService>>> MakeServices(
    std::vector<MethodBinding> bindings, const ReactorFactory& factory) {
  std::map<std::string, std::vector<MethodBinding>> by_service;
  std::set<const ServiceDescriptor*> descriptors;
  for (MethodBinding& binding : bindings) {
    const ServiceDescriptor* service = binding.method->descriptor->service();
    descriptors.insert(service);
    by_service[service->full_name()].push_back(std::move(binding));
  }

  std::vector<std::string> problems;
  for (const ServiceDescriptor* service : descriptors) {
    for (int i = 0; i < service->method_count(); ++i) {
      const MethodDescriptor* method = service->method(i);
      const std::string problem =
          ProblemWith(method, by_service[service->full_name()]);
      if (!problem.empty()) {
        problems.push_back(absl::StrCat(method->full_name(), " ", problem));
      }
    }
  }
  if (!problems.empty()) {
    return FailedPrecondition("METHOD_NOT_BOUND",
                              absl::StrCat("These methods cannot be served: ",
                                           absl::StrJoin(problems, "; "), "."));
  }

  std::vector<std::unique_ptr<DynamicService>> services;
  for (auto& [name, methods] : by_service) {
    services.push_back(
        std::make_unique<DynamicService>(name, std::move(methods), factory));
  }
  return services;
}

}  // namespace crm
