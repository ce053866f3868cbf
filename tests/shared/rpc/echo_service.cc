#include "tests/shared/rpc/echo_service.h"

#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/api/annotations.pb.h"
#include "google/api/annotations.pb.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/wrappers.pb.h"

namespace crm::testing {
namespace {

using ::google::protobuf::DescriptorPool;
using ::google::protobuf::FileDescriptorProto;
using ::google::protobuf::ServiceDescriptor;
using ::google::protobuf::ServiceDescriptorProto;
using ::google::protobuf::StringValue;

void AddMethod(ServiceDescriptorProto& service, const char* name,
               const char* permission, bool streaming, bool duplex = false) {
  auto* method = service.add_method();
  method->set_client_streaming(duplex);
  method->set_name(name);
  method->set_input_type(".google.protobuf.StringValue");
  method->set_output_type(".google.protobuf.StringValue");
  method->set_server_streaming(streaming);
  method->mutable_options()
      ->MutableExtension(google::api::http)
      ->set_get(absl::StrCat("/v1/echo:", name));
  method->mutable_options()->SetExtension(crm::api::permission, permission);
}

const ServiceDescriptor* BuildService() {
  StringValue::descriptor();
  FileDescriptorProto file;
  file.set_name("crm/test/v1/echo.proto");
  file.set_package("crm.test.v1");
  file.set_syntax("proto3");
  file.add_dependency("google/protobuf/wrappers.proto");
  auto* service = file.add_service();
  service->set_name("EchoService");
  AddMethod(*service, "Echo", "echo.say", false);
  AddMethod(*service, "Store", "echo.store", false);
  AddMethod(*service, "Inner", "internal.echo.read", false);
  AddMethod(*service, "Watch", "echo.watch", true);
  AddMethod(*service, "Talk", "echo.talk", true, /*duplex=*/true);
  // On top of the generated pool, so that StringValue is the generated one.
  static auto& pool = *new DescriptorPool(DescriptorPool::generated_pool());
  return pool.BuildFile(file)->service(0);
}

// Returns the method at `path` as one that gets something.
const MethodInfo* GetAt(absl::string_view path) {
  static const auto& gets = *[] {
    auto* methods = new std::map<std::string, MethodInfo, std::less<>>;
    for (auto [name, method] : EchoMethods().methods()) {
      method.verb = Verb::kGet;
      methods->emplace(name, method);
    }
    return methods;
  }();
  return &gets.find(path)->second;
}

}  // namespace

const ServiceDescriptor* EchoServiceDescriptor() {
  static const ServiceDescriptor* const service = BuildService();
  return service;
}

const MethodTable& EchoMethods() {
  static const auto& table =
      *new MethodTable(*MethodTable::Build({EchoServiceDescriptor()}));
  return table;
}

const MethodInfo* EchoMethod(absl::string_view path) {
  return EchoMethods().Find(path);
}

std::string Pack(absl::string_view text) {
  StringValue value;
  value.set_value(text.data(), text.size());
  return value.SerializeAsString();
}

std::string Unpack(const std::string& bytes) {
  StringValue value;
  return value.ParseFromString(bytes) ? value.value() : "(malformed)";
}

UnaryHandler AnswerBack() {
  return [](std::shared_ptr<Call> call, Done done) {
    done(Answer{.bytes = call->request == nullptr
                             ? call->request_bytes
                             : call->request->SerializeAsString(),
                .metadata = {}});
  };
}

std::vector<MethodBinding> Bind(EchoHandlers handlers) {
  const auto or_answer_back = [](UnaryHandler& handler) {
    return handler == nullptr ? AnswerBack() : std::move(handler);
  };
  if (handlers.watch == nullptr) {
    handlers.watch = [](std::shared_ptr<Call>,
                        std::shared_ptr<ServerStream> stream) {
      stream->Finish(absl::OkStatus());
    };
  }
  if (handlers.talk == nullptr) {
    handlers.talk = [](std::shared_ptr<Call>,
                       std::shared_ptr<DuplexStream> stream) {
      stream->Finish(absl::OkStatus());
    };
  }
  const Placement placement = handlers.placement;
  const auto unary = handlers.as_gets ? GetAt : EchoMethod;
  std::vector<MethodBinding> bindings;
  bindings.push_back({.method = unary(kEcho),
                      .unary = or_answer_back(handlers.echo),
                      .stream = nullptr,
                      .placement = placement});
  bindings.push_back({.method = unary(kStore),
                      .unary = or_answer_back(handlers.store),
                      .stream = nullptr,
                      .placement = placement});
  bindings.push_back({.method = unary(kInner),
                      .unary = or_answer_back(handlers.inner),
                      .stream = nullptr,
                      .placement = placement});
  bindings.push_back({.method = EchoMethod(kWatch),
                      .unary = nullptr,
                      .stream = std::move(handlers.watch),
                      .placement = placement});
  bindings.push_back({.method = EchoMethod(kTalk),
                      .unary = nullptr,
                      .stream = ServeBothWays(std::move(handlers.talk)),
                      .placement = placement});
  return bindings;
}

}  // namespace crm::testing
