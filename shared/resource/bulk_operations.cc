#include "shared/resource/bulk_operations.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/internal/v1/operation_record.pb.h"
#include "crm/platform/v1/operations.pb.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/reflect/field_access.h"
#include "shared/resource/answer_mask.h"
#include "shared/resource/bulk_update.h"
#include "shared/resource/collection_lister.h"
#include "shared/resource/commit_records.h"
#include "shared/resource/custom_schema.h"
#include "shared/resource/export_format.h"
#include "shared/resource/import_operation.h"
#include "shared/resource/import_revert.h"
#include "shared/resource/list_plan.h"
#include "shared/resource/operation_table.h"
#include "shared/resource/row_rule.h"
#include "shared/resource/standard_reads.h"

namespace crm {
namespace {

using ::crm::internal::v1::BulkCheckpoint;
using ::google::protobuf::Message;

absl::StatusOr<BulkCheckpoint> ReadCheckpoint(const OperationStep& step) {
  BulkCheckpoint checkpoint;
  if (!checkpoint.ParseFromString(step.progress.checkpoint)) {
    return Internal("ROW_UNREADABLE", "A checkpoint could not be read.");
  }
  return checkpoint;
}

// Returns how many items `step` belongs to; 0 while that is not known.
absl::StatusOr<int64_t> TotalOf(const CollectionLister& lister,
                                const OperationStep& step) {
  if (!step.progress.checkpoint.empty()) return step.progress.total_count;
  // What may be purged is not all that is listed where the caller does not read
  // all: a count would tell of the rest.
  const std::string read = ReadPermission(lister.resource());
  if (step.call.caller != nullptr &&
      !step.call.caller->AccessTo(read).everything) {
    return 0;
  }
  return lister.Count(step.call, step.request);
}

// Returns the progress of `count` items done, which are all at the end.
OperationProgress Progress(const BulkCheckpoint& next, int64_t count,
                           int64_t total) {
  return {.checkpoint = next.SerializeAsString(),
          .done_count = count,
          .total_count = next.page_token().empty() ? count : total};
}

// Returns whether the caller may delete `row`: one that he may list for a purge
// he need not be able to read.
absl::StatusOr<bool> MayDelete(const Transaction& transaction,
                               const Resource& resource, const Message& row) {
  const absl::Status status = transaction.access().CheckTarget(resource, row);
  if (status.ok()) return true;
  if (absl::IsNotFound(status) || absl::IsPermissionDenied(status)) {
    return false;
  }
  return status;
}

// Deletes what is stored under `listed`'s name, unless it is gone or not the
// caller's to delete any more. Returns whether it did.
absl::StatusOr<bool> DeleteListed(Transaction& transaction,
                                  const Resource& resource,
                                  const Message& listed) {
  const std::string name = ReadString(listed, "name");
  CRM_ASSIGN_OR_RETURN(const std::optional<StoredRow> row,
                       transaction.view().Find(resource, name));
  if (!row.has_value() || row->deleted) return false;
  const std::unique_ptr<Message> stored = resource.New();
  if (!stored->ParseFromString(row->body)) {
    return Internal("ROW_UNREADABLE", "A stored row could not be read.");
  }
  CRM_ASSIGN_OR_RETURN(const bool may,
                       MayDelete(transaction, resource, *stored));
  if (!may) return false;
  if (ReadString(*stored, "etag") != ReadString(listed, "etag")) {
    return Aborted("CONCURRENT_CHANGE",
                   absl::StrCat("'", name, "' was changed at the same time."),
                   {{"name", name}});
  }
  transaction.Delete(*stored);
  if (transaction.status().ok()) return true;
  return WithResource(transaction.status(), resource.schema.type(), name);
}

absl::StatusOr<StepCommit> PurgeStep(const CollectionLister& lister,
                                     const OperationStep& step) {
  CRM_ASSIGN_OR_RETURN(const BulkCheckpoint checkpoint, ReadCheckpoint(step));
  const bool force = ReadBool(step.request, "force");
  CRM_ASSIGN_OR_RETURN(
      CollectionPage read,
      lister.Read(step.call, step.request, force ? kPurgeBatch : kExportBatch,
                  checkpoint.page_token()));
  const auto page = std::make_shared<const CollectionPage>(std::move(read));
  CRM_ASSIGN_OR_RETURN(const int64_t total, TotalOf(lister, step));
  return [page, checkpoint, force, total, &resource = lister.resource(),
          done = step.progress.done_count](
             Transaction& transaction) -> absl::StatusOr<StepResult> {
    BulkCheckpoint next = checkpoint;
    next.set_page_token(page->next_page_token);
    int64_t count = done;
    for (const auto& listed : page->resources) {
      CRM_ASSIGN_OR_RETURN(const bool counts,
                           force ? DeleteListed(transaction, resource, *listed)
                                 : MayDelete(transaction, resource, *listed));
      if (!counts) continue;
      ++count;
      if (next.sample_size() < kPurgeSample) {
        next.add_sample(ReadString(*listed, "name"));
      }
    }
    StepResult result;
    result.progress = Progress(next, count, total);
    if (next.page_token().empty()) {
      auto response = std::make_unique<platform::v1::PurgeResult>();
      response->set_purge_count(count);
      *response->mutable_purge_sample() = next.sample();
      result.response = std::move(response);
    }
    return result;
  };
}

// The columns that a request to export asks for.
absl::StatusOr<ExportFormat> FormatOf(const Resource& resource,
                                      const Message& request,
                                      const CustomSchema& custom) {
  return ExportFormat::Build(
      resource, request,
      custom.finder(CustomKindUnder(resource, ReadString(request, "parent"))));
}

// Writes what the caller may see of each resource.
absl::StatusOr<std::vector<std::string>> ToParts(const Resource& resource,
                                                 const OperationStep& step,
                                                 const CollectionPage& page) {
  CRM_ASSIGN_OR_RETURN(const auto custom,
                       step.kernel.catalog.custom_schemas().Recent(
                           step.kernel.database, step.call.principal.tenant,
                           step.kernel.clock.Now(), step.call.deadline));
  CRM_ASSIGN_OR_RETURN(const ExportFormat format,
                       FormatOf(resource, step.request, *custom));
  std::vector<std::string> parts;
  if (step.progress.checkpoint.empty() && !format.header().empty()) {
    parts.push_back(format.header());
  }
  for (const auto& row : page.resources) {
    MaskMessage(step.kernel.catalog, *custom, step.call, *row);
    if (parts.empty() || parts.back().size() >= kOutputPartBytes) {
      parts.emplace_back();
    }
    CRM_RETURN_IF_ERROR(format.Append(*row, parts.back()));
  }
  return parts;
}

// Returns what is wrong with a request to export.
absl::Status CheckExport(const Kernel& kernel, const CollectionLister& lister,
                         const CallContext& call, const Message& request) {
  CRM_RETURN_IF_ERROR(lister.Check(call, request));
  CRM_ASSIGN_OR_RETURN(const auto custom,
                       kernel.catalog.custom_schemas().Recent(
                           kernel.database, call.principal.tenant,
                           kernel.clock.Now(), call.deadline));
  return FormatOf(lister.resource(), request, *custom).status();
}

absl::StatusOr<StepCommit> ExportStep(const CollectionLister& lister,
                                      const OperationStep& step) {
  CRM_ASSIGN_OR_RETURN(BulkCheckpoint next, ReadCheckpoint(step));
  CRM_ASSIGN_OR_RETURN(
      const CollectionPage page,
      lister.Read(step.call, step.request, kExportBatch, next.page_token()));
  CRM_ASSIGN_OR_RETURN(std::vector<std::string> read,
                       ToParts(lister.resource(), step, page));
  const auto parts =
      std::make_shared<const std::vector<std::string>>(std::move(read));
  const int64_t first_part = next.part_count();
  next.set_page_token(page.next_page_token);
  next.set_part_count(first_part + static_cast<int64_t>(parts->size()));
  for (const std::string& part : *parts) {
    next.set_byte_count(next.byte_count() + static_cast<int64_t>(part.size()));
  }
  if (next.byte_count() > kMaxExportBytes) {
    return ResourceExhausted(
        "EXPORT_TOO_LARGE",
        absl::StrCat("The export is larger than ", kMaxExportBytes >> 20,
                     " MiB. Export less of the collection, by a filter."));
  }
  const int64_t count =
      step.progress.done_count + static_cast<int64_t>(page.resources.size());
  CRM_ASSIGN_OR_RETURN(const int64_t total, TotalOf(lister, step));
  return [parts, next, first_part, count, total, name = step.name,
          type = lister.resource().schema.type(),
          filter = ReadString(step.request, "filter"), &kernel = step.kernel](
             Transaction& transaction) -> absl::StatusOr<StepResult> {
    for (size_t i = 0; i < parts->size(); ++i) {
      CRM_RETURN_IF_ERROR(AppendOutput(
          transaction.writer(), transaction.call().principal.tenant, name,
          first_part + static_cast<int64_t>(i), (*parts)[i]));
    }
    StepResult result;
    result.progress = Progress(next, count, total);
    if (next.page_token().empty()) {
      CRM_RETURN_IF_ERROR(
          WriteExportEntry(kernel, transaction, type, name, filter, count));
      auto response = std::make_unique<platform::v1::ExportResult>();
      response->set_resource_count(count);
      response->set_byte_count(next.byte_count());
      response->set_part_count(next.part_count());
      result.response = std::move(response);
    }
    return result;
  };
}

}  // namespace

std::optional<OperationKind> StandardOperation(const Kernel& kernel,
                                               const MethodInfo& method) {
  if (method.verb != Verb::kPurge && method.verb != Verb::kExport) {
    for (const auto kind_of : {&RevertOperation, &BulkUpdateOperation}) {
      std::optional<OperationKind> kind = kind_of(kernel, method);
      if (kind.has_value()) return kind;
    }
    return std::nullopt;
  }
  const Resource* resource = kernel.catalog.Find(method.resource);
  if (resource == nullptr) return std::nullopt;
  const MethodInfo* list =
      StandardMethod(kernel.methods, method.resource, Verb::kList);
  if (list == nullptr) return std::nullopt;
  const auto lister =
      std::make_shared<const CollectionLister>(kernel, *resource, *list);
  OperationKind kind;
  kind.narrowed = true;
  kind.check = [lister, &kernel, verb = method.verb](const CallContext& call,
                                                     const Message& request) {
    return verb == Verb::kExport ? CheckExport(kernel, *lister, call, request)
                                 : lister->Check(call, request);
  };
  const auto step = method.verb == Verb::kPurge ? &PurgeStep : &ExportStep;
  kind.step = [lister, step](const OperationStep& now) {
    return step(*lister, now);
  };
  return kind;
}

}  // namespace crm
