#include "shared/resource/bulk_change.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/internal/v1/import_record.pb.h"
#include "crm/platform/v1/bulk_update.pb.h"
#include "google/protobuf/util/json_util.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/resource/collection_lister.h"
#include "shared/resource/import_operation.h"
#include "shared/resource/operation_table.h"
#include "shared/resource/row_calls.h"

namespace crm {
namespace {

using ::crm::internal::v1::BulkUpdateCheckpoint;
using ::crm::internal::v1::RowOutcome;
using ::crm::platform::v1::BulkUpdateFailure;
using ::crm::platform::v1::BulkUpdateResult;
using ::google::protobuf::Message;

// A type that is changed, and how its resources are found and changed.
struct ChangedType {
  const Kernel& kernel;
  const CollectionLister lister;
  const BulkChangeKind kind;
};

absl::Status CheckMay(const ChangedType& type, const CallContext& call,
                      const Message& request) {
  CRM_ASSIGN_OR_RETURN(const BulkChange change, type.kind.change_of(request));
  if (call.caller != nullptr &&
      !call.caller->AccessTo(change.method->permission).allowed()) {
    return PermissionDenied("PERMISSION_DENIED",
                            absl::StrCat("The change needs the permission '",
                                         change.method->permission,
                                         "', which none of your roles grants."),
                            {{"permission", change.method->permission}});
  }
  return type.lister.Check(call, request);
}

// Returns the change of one resource that `bulk` asks for.
std::unique_ptr<Message> RequestOf(const ChangedType& type,
                                   const MethodInfo& method,
                                   const Message& bulk,
                                   const BulkUpdateCheckpoint::Found& found) {
  std::unique_ptr<Message> request(
      google::protobuf::MessageFactory::generated_factory()
          ->GetPrototype(method.descriptor->input_type())
          ->New());
  type.kind.fill(bulk, *request);
  Message* target = type.kind.target(*request);
  WriteString(*target, "name", found.name());
  WriteString(*target, "etag", found.etag());
  return request;
}

// Returns what changes one resource and says whether it did.
MutationBody CountedBody(MutationBody body) {
  return
      [body = std::move(body)](
          Transaction& transaction, const CallContext& call,
          const Message& request) -> absl::StatusOr<std::unique_ptr<Message>> {
        CRM_RETURN_IF_ERROR(body(transaction, call, request).status());
        CRM_RETURN_IF_ERROR(transaction.status());
        auto outcome = std::make_unique<RowOutcome>();
        outcome->set_updated(!transaction.changes().empty());
        return outcome;
      };
}

// Changes what was found. Returns what became of each, or an error that may
// pass.
absl::StatusOr<std::vector<absl::StatusOr<Answer>>> ChangeFound(
    const ChangedType& type, const OperationStep& step,
    const BulkUpdateCheckpoint& checkpoint) {
  CRM_ASSIGN_OR_RETURN(BulkChange change, type.kind.change_of(step.request));
  auto call = std::make_shared<CallContext>(step.call);
  call->method = change.method;
  const MutationBody body = CountedBody(std::move(change.body));
  RowCalls calls(type.kernel);
  for (const BulkUpdateCheckpoint::Found& found : checkpoint.found()) {
    Mutation mutation;
    mutation.call = call;
    mutation.request = RequestOf(type, *change.method, step.request, found);
    mutation.request_id = absl::StrCat(step.name, "/", found.name());
    mutation.body = body;
    calls.Add(std::move(mutation));
  }
  std::vector<absl::StatusOr<Answer>> answers = calls.Finish();
  for (const absl::StatusOr<Answer>& answer : answers) {
    if (!answer.ok() && MayPass(answer.status())) return answer.status();
  }
  return answers;
}

// Counts what became of what was found. Returns the failures to list.
absl::StatusOr<std::string> Count(
    const std::vector<absl::StatusOr<Answer>>& answers,
    BulkUpdateCheckpoint& next) {
  std::string lines;
  for (size_t i = 0; i < answers.size(); ++i) {
    next.set_matched_count(next.matched_count() + 1);
    if (!answers[i].ok()) {
      next.set_failed_count(next.failed_count() + 1);
      if (next.listed_count() == kMaxListedFailures) continue;
      next.set_listed_count(next.listed_count() + 1);
      CRM_ASSIGN_OR_RETURN(
          const std::string line,
          BulkFailureLine(next.found(static_cast<int>(i)).name(),
                          answers[i].status()));
      absl::StrAppend(&lines, line);
      continue;
    }
    RowOutcome outcome;
    if (!outcome.ParseFromString(answers[i]->bytes)) {
      return Internal("ROW_UNREADABLE", "An answer could not be read.");
    }
    outcome.updated() ? next.set_updated_count(next.updated_count() + 1)
                      : next.set_unchanged_count(next.unchanged_count() + 1);
  }
  return lines;
}

std::unique_ptr<BulkUpdateResult> ResultOf(const BulkUpdateCheckpoint& last) {
  auto result = std::make_unique<BulkUpdateResult>();
  result->set_matched_count(last.matched_count());
  result->set_updated_count(last.updated_count());
  result->set_unchanged_count(last.unchanged_count());
  result->set_failed_count(last.failed_count());
  return result;
}

// Finds the next resources.
absl::Status Find(const ChangedType& type, const OperationStep& step,
                  BulkUpdateCheckpoint& next) {
  CRM_ASSIGN_OR_RETURN(const CollectionPage page,
                       type.lister.Read(step.call, step.request,
                                        kBulkChangeBatch, next.page_token()));
  for (const auto& resource : page.resources) {
    BulkUpdateCheckpoint::Found& found = *next.add_found();
    found.set_name(ReadString(*resource, "name"));
    found.set_etag(ReadString(*resource, "etag"));
  }
  next.set_page_token(page.next_page_token);
  next.set_read_all(page.next_page_token.empty());
  return absl::OkStatus();
}

absl::StatusOr<StepCommit> BulkChangeStep(const ChangedType& type,
                                          const OperationStep& step) {
  BulkUpdateCheckpoint next;
  if (!next.ParseFromString(step.progress.checkpoint)) {
    return Internal("ROW_UNREADABLE", "A checkpoint could not be read.");
  }
  int64_t total = step.progress.total_count;
  std::string failures;
  if (!next.found().empty()) {
    CRM_ASSIGN_OR_RETURN(const auto answers, ChangeFound(type, step, next));
    CRM_ASSIGN_OR_RETURN(failures, Count(answers, next));
    next.clear_found();
  } else if (!next.read_all()) {
    if (step.progress.checkpoint.empty()) {
      CRM_ASSIGN_OR_RETURN(total, type.lister.Count(step.call, step.request));
    }
    CRM_RETURN_IF_ERROR(Find(type, step, next));
  }
  const bool finished = next.read_all() && next.found().empty();
  return [next, failures, total, finished, name = step.name](
             Transaction& transaction) -> absl::StatusOr<StepResult> {
    BulkUpdateCheckpoint after = next;
    if (!failures.empty()) {
      CRM_RETURN_IF_ERROR(AppendOutput(transaction.writer(),
                                       transaction.call().principal.tenant,
                                       name, after.output_count(), failures));
      after.set_output_count(after.output_count() + 1);
    }
    StepResult result;
    result.progress = {.checkpoint = after.SerializeAsString(),
                       .done_count = after.matched_count(),
                       .total_count = finished ? after.matched_count() : total};
    if (finished) result.response = ResultOf(after);
    return result;
  };
}

}  // namespace

absl::StatusOr<std::string> BulkFailureLine(const std::string& name,
                                            const absl::Status& status) {
  BulkUpdateFailure failure;
  failure.set_name(name);
  failure.set_code(absl::StatusCodeToString(status.code()));
  failure.set_reason(ErrorReason(status));
  failure.set_message(std::string(status.message()));
  std::string line;
  if (!google::protobuf::util::MessageToJsonString(failure, &line).ok()) {
    return Internal("ROW_UNREADABLE", "A failure could not be written.");
  }
  return absl::StrCat(line, "\n");
}

OperationKind BulkChangeOperation(const Kernel& kernel,
                                  const Resource& resource,
                                  const MethodInfo& list, BulkChangeKind kind) {
  const auto type = std::make_shared<const ChangedType>(ChangedType{
      kernel, CollectionLister(kernel, resource, list), std::move(kind)});
  OperationKind operation;
  operation.narrowed = true;
  operation.check = [type](const CallContext& call, const Message& request) {
    return CheckMay(*type, call, request);
  };
  operation.step = [type](const OperationStep& step) {
    return BulkChangeStep(*type, step);
  };
  return operation;
}

}  // namespace crm
