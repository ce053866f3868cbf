#include "services/host/slice_access.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "crm/api/annotations.pb.h"
#include "crm/internal/v1/slice.pb.h"
#include "shared/base/status_macros.h"
#include "shared/resource/row_rule.h"

namespace crm {
namespace {

using ::crm::internal::v1::ReadSlicesRequest;
using ::crm::internal::v1::ReadSlicesResponse;

constexpr absl::Duration kReadTimeout = absl::Seconds(5);
constexpr char kProfilePermission[] = "customers.getProfile";

// Whether rows of the type belong to customers, so that slices show them.
bool BelongsToCustomers(const Resource& resource) {
  const auto& collections = resource.schema.pattern().collections();
  return resource.schema.ordering() != nullptr ||
         collections.front() == "customers" ||
         collections.front() == "conversations";
}

// Whether nothing that slices are made of is kept from the caller.
bool SeesAll(const Caller* caller, const ResourceCatalog& catalog) {
  if (caller == nullptr) return true;
  return caller->AccessTo(kProfilePermission).everything &&
         std::all_of(
             catalog.resources().begin(), catalog.resources().end(),
             [&](const auto& resource) {
               return !BelongsToCustomers(*resource) ||
                      caller->AccessTo(ReadPermission(*resource)).everything;
             });
}

// Whether the slice shows a field that the caller's roles hide.
bool ShowsHiddenField(const Caller& caller, const Resource& resource,
                      const std::string& slice) {
  const Access& access = caller.AccessTo(ReadPermission(resource));
  for (const AccessGrant& grant : access.grants) {
    for (const std::string& path : grant.hidden_fields) {
      const auto* field = resource.schema.message()->FindFieldByName(
          path.substr(0, path.find('.')));
      if (field != nullptr &&
          field->options().GetExtension(crm::api::field).slice() == slice) {
        return true;
      }
    }
  }
  return false;
}

// Returns whether the caller may be shown anything of the customer.
absl::StatusOr<bool> MayShow(const Kernel& kernel, const CallContext& call,
                             const StoreSlice& slice, const ReadView& all,
                             const std::string& customer) {
  for (const auto& resource : kernel.catalog.resources()) {
    if (ShowsHiddenField(*call.caller, *resource, slice.name)) return false;
  }
  const Resource* type = kernel.catalog.FindByType("crm/Customer");
  if (type == nullptr) return true;
  CRM_ASSIGN_OR_RETURN(const auto row, all.Find(*type, customer));
  if (!row.has_value()) return false;
  const auto message = type->New();
  if (!message->ParseFromString(row->body)) {
    return Internal("ROW_UNREADABLE", "A stored row could not be read.");
  }
  return RuleFor(call.caller.get(), kernel.catalog, *type, kProfilePermission)
      ->Admits({*message, all.reader(), all.tenant()});
}

// The slice with the rows that the caller of `call` may read, or with all where
// it is null.
SliceDefinition Over(const Kernel& kernel, const StoreSlice& slice,
                     std::shared_ptr<Call> call) {
  SliceDefinition definition;
  definition.name = slice.name;
  definition.build = [&kernel, slice, call = std::move(call)](
                         const std::string& tenant,
                         const ReadSlicesRequest& request,
                         absl::Time deadline) -> absl::StatusOr<SliceContent> {
    SliceContent content;
    CRM_RETURN_IF_ERROR(
        kernel.database.Read(deadline, [&](SqlReader& reader) -> absl::Status {
          const ReadView all(reader, kernel.catalog, tenant);
          CRM_ASSIGN_OR_RETURN(content.version,
                               all.KeyVersion(request.customer()));
          CRM_ASSIGN_OR_RETURN(content.as_of, all.KeyTime(request.customer()));
          if (call == nullptr) {
            CRM_ASSIGN_OR_RETURN(content.payload,
                                 slice.build(all, request.customer()));
            return absl::OkStatus();
          }
          CRM_ASSIGN_OR_RETURN(
              const bool shown,
              MayShow(kernel, call->context, slice, all, request.customer()));
          if (!shown) return absl::OkStatus();
          const ReadView view(reader, kernel.catalog, call->context);
          CRM_ASSIGN_OR_RETURN(content.payload,
                               slice.build(view, request.customer()));
          return absl::OkStatus();
        }));
    content.source_key_version = content.version;
    return content;
  };
  return definition;
}

// Returns the customer from whom the event took its resource; empty if it took
// it from nobody.
std::string FormerCustomer(const ResourceCatalog& catalog,
                           const internal::v1::Event& event) {
  if (event.before().empty()) return "";
  const Resource* resource = catalog.FindByType(event.resource_type());
  if (resource == nullptr || resource->schema.ordering() == nullptr ||
      !absl::c_linear_search(event.changed_fields(),
                             resource->schema.ordering()->name())) {
    return "";
  }
  const auto before = resource->New();
  if (!before->ParseFromString(event.before())) return "";
  std::string former = resource->schema.OrderingKey(*before);
  const bool is_customer = absl::StartsWith(former, "customers/");
  return is_customer && former != event.ordering_key() ? former : "";
}

}  // namespace

SliceDefinition OverStore(const Kernel& kernel, const StoreSlice& slice) {
  return Over(kernel, slice, nullptr);
}

UnaryHandler ReadSlicesByAccess(const Kernel& kernel, SliceOwner& slices,
                                std::vector<StoreSlice> store_slices,
                                std::vector<SliceDefinition> other_slices) {
  return [&kernel, &slices, store_slices = std::move(store_slices),
          other_slices = std::move(other_slices)](std::shared_ptr<Call> call,
                                                  Done done) {
    const CallContext& context = call->context;
    const auto& request = static_cast<const ReadSlicesRequest&>(*call->request);
    absl::StatusOr<ReadSlicesResponse> response;
    if (store_slices.empty() || SeesAll(context.caller.get(), kernel.catalog)) {
      response =
          slices.Read(context.principal.tenant, request, context.deadline);
    } else {
      std::vector<SliceDefinition> definitions = other_slices;
      for (const StoreSlice& slice : store_slices) {
        definitions.push_back(Over(kernel, slice, call));
      }
      // Nothing that is made for one caller goes to the cache.
      SliceOwner own(std::move(definitions), /*cache=*/nullptr,
                     kernel.feed_epoch, kernel.clock);
      response = own.Read(context.principal.tenant, request, context.deadline);
    }
    if (!response.ok()) return done(response.status());
    done(Answer{response->SerializeAsString(), {}});
  };
}

SliceOwner::FindVersion NewestKeyVersions(const Kernel& kernel) {
  return [&kernel](const std::string& tenant,
                   const std::string& customer) -> absl::StatusOr<int64_t> {
    int64_t version = 0;
    CRM_RETURN_IF_ERROR(kernel.database.Read(
        kernel.clock.Now() + kReadTimeout,
        [&](SqlReader& reader) -> absl::Status {
          const ReadView view(reader, kernel.catalog, tenant);
          CRM_ASSIGN_OR_RETURN(version, view.KeyVersion(customer));
          return absl::OkStatus();
        }));
    return version;
  };
}

void InvalidateSlices(const ResourceCatalog& catalog,
                      const std::vector<internal::v1::Event>& events,
                      SliceOwner& slices) {
  for (const internal::v1::Event& event : events) {
    const std::string former = FormerCustomer(catalog, event);
    if (!former.empty()) slices.InvalidateFormer(event.tenant(), former);
    if (!absl::StartsWith(event.ordering_key(), "customers/")) continue;
    slices.Invalidate(event.tenant(), event.ordering_key(),
                      event.key_version());
  }
}

}  // namespace crm
