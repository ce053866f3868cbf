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

std::unique_ptr<RpcServiceMethod> MakeMethod(const MethodBinding& binding,
                                             const ReactorFactory& factory) {
  const bool streams = binding.stream != nullptr;
  grpc::internal::MethodHandler* handler = nullptr;
  if (streams) {
    handler = new grpc::internal::CallbackServerStreamingHandler<ByteBuffer,
                                                                 ByteBuffer>(
        [start = factory.stream, &binding](CallbackServerContext* context,
                                           const ByteBuffer* request) {
          return start(binding, context, request);
        });
  } else {
    handler = new grpc::internal::CallbackUnaryHandler<ByteBuffer, ByteBuffer>(
        [start = factory.unary, &binding](CallbackServerContext* context,
                                          const ByteBuffer* request,
                                          ByteBuffer* response) {
          return start(binding, context, request, response);
        });
  }
  auto method = std::make_unique<RpcServiceMethod>(
      binding.method->path.c_str(),
      streams ? RpcServiceMethod::SERVER_STREAMING
              : RpcServiceMethod::NORMAL_RPC,
      handler);
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
  if (method->client_streaming() ||
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
