#include "services/host/platform_bindings.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crm/internal/v1/feed.pb.h"
#include "crm/platform/v1/audit_chain.pb.h"
#include "crm/platform/v1/search.pb.h"
#include "services/host/access_bindings.h"
#include "services/host/slice_access.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/events/consumer_registry.h"
#include "shared/resource/import_stream.h"
#include "shared/resource/search.h"

namespace crm {
namespace {

using ::crm::internal::v1::AcknowledgeFeedRequest;
using ::crm::internal::v1::AcknowledgeFeedResponse;
using ::crm::internal::v1::HeadFeedResponse;
using ::crm::internal::v1::ReadFeedRequest;
using ::crm::internal::v1::ReadFeedResponse;
using ::crm::platform::v1::ReadAuditChainRequest;
using ::crm::platform::v1::ReadAuditChainResponse;

template <typename Response>
void Finish(const absl::StatusOr<Response>& response, const Done& done) {
  if (!response.ok()) {
    done(response.status());
    return;
  }
  done(Answer{response->SerializeAsString(), {}});
}

UnaryHandler ReadFeed(const Kernel& kernel) {
  return [&kernel](std::shared_ptr<Call> call, Done done) {
    absl::StatusOr<ReadFeedResponse> response;
    const absl::Status status =
        kernel.database.Read(call->context.deadline, [&](SqlReader& reader) {
          response = kernel.outbox.Read(
              reader, static_cast<const ReadFeedRequest&>(*call->request));
          return response.status();
        });
    if (!status.ok()) response = status;
    Finish(response, done);
  };
}

UnaryHandler HeadFeed(const Kernel& kernel,
                      std::vector<const Consumer*> consumers) {
  return [&kernel, consumers = std::move(consumers)](std::shared_ptr<Call> call,
                                                     Done done) {
    absl::StatusOr<HeadFeedResponse> response;
    const absl::Status status =
        kernel.database.Read(call->context.deadline, [&](SqlReader& reader) {
          response = kernel.outbox.Head(reader);
          return response.status();
        });
    if (!status.ok()) response = status;
    if (response.ok()) {
      for (const Consumer* consumer : consumers) {
        consumer->AddPositions(*response);
      }
    }
    Finish(response, done);
  };
}

UnaryHandler AcknowledgeFeed(const Kernel& kernel) {
  return [&kernel](std::shared_ptr<Call> call, Done done) {
    // The body may outlive this function, and with it the call.
    kernel.database.Write(
        call->context.deadline,
        [&kernel, call](SqlWriter& writer) {
          return RecordPositions(
              writer,
              static_cast<const AcknowledgeFeedRequest&>(*call->request),
              kernel.outbox.partitions(), kernel.clock.Now());
        },
        [done = std::move(done)](absl::Status status) {
          if (!status.ok()) {
            done(status);
            return;
          }
          done(Answer{AcknowledgeFeedResponse().SerializeAsString(), {}});
        });
  };
}

UnaryHandler ReadAuditChain(const Kernel& kernel, const AuditChain& chain) {
  return [&kernel, &chain](std::shared_ptr<Call> call, Done done) {
    const auto& request =
        static_cast<const ReadAuditChainRequest&>(*call->request);
    if (request.name() != absl::StrCat("auditChains/", kernel.service)) {
      done(NotFound("RESOURCE_NOT_FOUND",
                    "The name names no audit chain of this service.",
                    {{"name", request.name()}}));
      return;
    }
    const std::string& tenant = call->context.principal.tenant;
    absl::StatusOr<ReadAuditChainResponse> response;
    const absl::Status status =
        kernel.database.Read(call->context.deadline, [&](SqlReader& reader) {
          response = chain.Read(reader, tenant, request);
          return response.status();
        });
    if (!status.ok()) response = status;
    if (response.ok()) response->set_tenant(tenant);
    Finish(response, done);
  };
}

UnaryHandler Search(const Kernel& kernel) {
  return [&kernel](std::shared_ptr<Call> call, Done done) {
    Finish(SearchResources(
               kernel, call->context,
               static_cast<const platform::v1::SearchRequest&>(*call->request)),
           done);
  };
}

}  // namespace

std::vector<const google::protobuf::ServiceDescriptor*> PlatformServices() {
  std::vector<const google::protobuf::ServiceDescriptor*> services;
  for (const char* name :
       {"crm.internal.v1.Consumers", "crm.internal.v1.Feed",
        "crm.internal.v1.SliceService", "crm.platform.v1.AccessService",
        "crm.platform.v1.AuditChainService", "crm.platform.v1.ChangeService",
        "crm.platform.v1.ImportService", "crm.platform.v1.Operations",
        "crm.platform.v1.SearchService"}) {
    services.push_back(
        google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
            name));
  }
  return services;
}

std::vector<MethodBinding> BindPlatform(PlatformParts parts) {
  const MethodTable& methods = parts.kernel.methods;
  std::vector<MethodBinding> bindings(7);
  bindings[0].method = methods.Find("/crm.internal.v1.Feed/Read");
  bindings[0].unary = ReadFeed(parts.kernel);
  bindings[1].method = methods.Find("/crm.internal.v1.Feed/Head");
  bindings[1].unary = HeadFeed(parts.kernel, std::move(parts.consumers));
  bindings[2].method = methods.Find("/crm.internal.v1.SliceService/Read");
  bindings[2].unary = ReadSlicesByAccess(parts.kernel, parts.slices,
                                         std::move(parts.store_slices),
                                         std::move(parts.other_slices));
  bindings[3].method = methods.Find("/crm.platform.v1.ChangeService/Watch");
  bindings[3].stream = [&changes = parts.changes](
                           std::shared_ptr<Call> call,
                           std::shared_ptr<ServerStream> stream) {
    changes.Watch(std::move(call), std::move(stream));
  };
  bindings[4].method = methods.Find("/crm.internal.v1.Feed/Acknowledge");
  bindings[4].unary = AcknowledgeFeed(parts.kernel);
  bindings[5].method =
      methods.Find("/crm.platform.v1.AuditChainService/ReadAuditChain");
  bindings[5].unary = ReadAuditChain(parts.kernel, parts.audit);
  bindings[6].method = methods.Find("/crm.platform.v1.SearchService/Search");
  bindings[6].unary = Search(parts.kernel);
  for (MethodBinding& binding :
       BindConsumers(methods, std::move(parts.followed), parts.kernel.clock)) {
    bindings.push_back(std::move(binding));
  }
  for (MethodBinding& binding : BindAccess(parts.kernel, parts.directories)) {
    bindings.push_back(std::move(binding));
  }
  for (MethodBinding& binding : BindOperations(parts.kernel, parts.waits)) {
    bindings.push_back(std::move(binding));
  }
  for (MethodBinding& binding : BindImports(parts.kernel)) {
    bindings.push_back(std::move(binding));
  }
  bindings.push_back(BindImportStream(parts.kernel, parts.waits));
  return bindings;
}

}  // namespace crm
