#include "tests/shared/admission/test_calls.h"

#include <map>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"

namespace crm::testing {
namespace {

using ::google::protobuf::DescriptorPool;
using ::google::protobuf::FileDescriptorProto;
using ::google::protobuf::ServiceDescriptor;

std::map<std::string, MethodInfo> MakeMethods() {
  FileDescriptorProto file;
  file.set_name("crm/test/v1/thing.proto");
  file.set_package("crm.test.v1");
  file.set_syntax("proto3");
  file.add_message_type()->set_name("Thing");
  auto* service = file.add_service();
  service->set_name("ThingService");
  for (const char* name :
       {"GetThing", "SearchThings", "ExportThings", "WatchThings"}) {
    auto* method = service->add_method();
    method->set_name(name);
    method->set_input_type(".crm.test.v1.Thing");
    method->set_output_type(".crm.test.v1.Thing");
    method->set_server_streaming(std::string(name) == "WatchThings");
  }
  static auto& pool = *new DescriptorPool;
  const ServiceDescriptor* built = pool.BuildFile(file)->service(0);
  std::map<std::string, MethodInfo> methods;
  for (int i = 0; i < built->method_count(); ++i) {
    methods[built->method(i)->name()].descriptor = built->method(i);
  }
  return methods;
}

}  // namespace

const MethodInfo& MethodNamed(const std::string& name) {
  static const auto& methods = *new std::map(MakeMethods());
  return methods.at(name);
}

std::shared_ptr<Call> MakeCall(const Clock& clock, const CallSpec& spec) {
  auto call = std::make_shared<Call>();
  call->context.method = &MethodNamed(spec.method);
  call->context.principal.tenant = spec.tenant;
  call->context.principal.subject = spec.subject;
  call->context.principal.system = spec.system;
  call->context.now = clock.Now();
  call->context.deadline = clock.Now() + spec.timeout;
  if (!spec.criticality.empty()) {
    call->metadata.emplace_back(kCriticalityMetadata, spec.criticality);
  }
  return call;
}

}  // namespace crm::testing
