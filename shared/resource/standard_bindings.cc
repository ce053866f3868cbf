#include "shared/resource/standard_bindings.h"

#include <memory>
#include <string>
#include <utility>

#include "shared/resource/batch.h"
#include "shared/resource/bulk_operations.h"
#include "shared/resource/operation_methods.h"
#include "shared/resource/standard_mutations.h"
#include "shared/resource/standard_reads.h"

namespace crm {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::Message;

using ReadMethod = absl::StatusOr<std::string> (*)(const Kernel&,
                                                   const Resource&,
                                                   const CallContext&,
                                                   const Message&,
                                                   const Descriptor*);

absl::StatusOr<std::string> Get(const Kernel& kernel, const Resource& resource,
                                const CallContext& call, const Message& request,
                                const Descriptor*) {
  return GetResource(kernel, resource, call, request);
}

absl::StatusOr<std::string> List(const Kernel& kernel, const Resource& resource,
                                 const CallContext& call,
                                 const Message& request,
                                 const Descriptor* response) {
  return ListResources(kernel, resource, call, request, response,
                       ListPages::kShown);
}

UnaryHandler BindReadMethod(const Kernel& kernel, const Resource& resource,
                            const MethodInfo& method, ReadMethod read) {
  const Descriptor* response = method.descriptor->output_type();
  return [&kernel, &resource, response, read](std::shared_ptr<Call> call,
                                              Done done) {
    auto bytes =
        read(kernel, resource, call->context, *call->request, response);
    if (!bytes.ok()) {
      done(bytes.status());
      return;
    }
    done(Answer{*std::move(bytes), {}});
  };
}

UnaryHandler BindMutation(const Kernel& kernel, const Resource& resource,
                          const MethodInfo& method) {
  const Descriptor* response = method.descriptor->output_type();
  return BindBody(kernel, [&resource, verb = method.verb, response](
                              Transaction& transaction, const CallContext&,
                              const Message& request) {
    return ApplyStandard(transaction, verb, resource, request, response);
  });
}

UnaryHandler BindBatch(const Kernel& kernel, const Resource& resource,
                       Verb verb) {
  return [&kernel, &resource, verb](std::shared_ptr<Call> call, Done done) {
    RunBatch(kernel, resource, verb, std::move(call), std::move(done));
  };
}

}  // namespace

UnaryHandler BindBody(const Kernel& kernel, MutationBody body) {
  return [&kernel, body = std::move(body)](std::shared_ptr<Call> call,
                                           Done done) {
    Mutation mutation;
    mutation.call = std::shared_ptr<const CallContext>(call, &call->context);
    mutation.request =
        std::shared_ptr<const Message>(call, call->request.get());
    mutation.request_id = ReadString(*call->request, "request_id");
    mutation.validate_only = ReadBool(*call->request, "validate_only");
    mutation.body = body;
    RunMutation(kernel, std::move(mutation), std::move(done));
  };
}

MethodBinding BindStandard(const Kernel& kernel, const MethodInfo& method) {
  MethodBinding binding;
  binding.method = &method;
  const Resource* resource = kernel.catalog.Find(method.resource);
  if (resource == nullptr) return binding;
  // Point reads take microseconds and mutations only queue: both run where they
  // arrive. Lists and batches of reads may take long.
  binding.placement = Placement::kInline;
  switch (method.verb) {
    case Verb::kGet:
      binding.unary = BindReadMethod(kernel, *resource, method, &Get);
      break;
    case Verb::kList:
      binding.placement = Placement::kPool;
      binding.unary = BindReadMethod(kernel, *resource, method, &List);
      break;
    case Verb::kBatchGet:
      binding.placement = Placement::kPool;
      binding.unary =
          BindReadMethod(kernel, *resource, method, &BatchGetResources);
      break;
    case Verb::kCreate:
    case Verb::kUpdate:
    case Verb::kDelete:
    case Verb::kUndelete:
      binding.unary = BindMutation(kernel, *resource, method);
      break;
    case Verb::kBatchCreate:
      binding.unary = BindBatch(kernel, *resource, Verb::kCreate);
      break;
    case Verb::kBatchUpdate:
      binding.unary = BindBatch(kernel, *resource, Verb::kUpdate);
      break;
    case Verb::kBatchDelete:
      binding.unary = BindBatch(kernel, *resource, Verb::kDelete);
      break;
    case Verb::kPurge:
    case Verb::kExport:
      if (auto kind = StandardOperation(kernel, method); kind.has_value()) {
        binding.unary = StartOperation(kernel, *std::move(kind));
      }
      break;
    case Verb::kCustom:
      if (resource->schema.machine().Find(method.descriptor->input_type()) !=
              nullptr &&
          method.descriptor->output_type() == resource->schema.message()) {
        binding.unary = BindMutation(kernel, *resource, method);
      } else if (auto kind = StandardOperation(kernel, method);
                 kind.has_value()) {
        binding.unary = StartOperation(kernel, *std::move(kind));
      }
      break;
  }
  return binding;
}

}  // namespace crm
