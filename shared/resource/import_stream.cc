#include "shared/resource/import_stream.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/longrunning/operations.pb.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/resource/import_input.h"
#include "shared/resource/import_operation.h"
#include "shared/resource/message_turns.h"
#include "shared/resource/operation_methods.h"
#include "shared/resource/standard_bindings.h"
#include "shared/tabular/csv_record.h"
#include "shared/tabular/json_record.h"

namespace crm {
namespace {

using ::crm::platform::v1::ImportPlan;
using ::crm::platform::v1::StreamImportRowsRequest;
using ::crm::platform::v1::StreamImportRowsResponse;
using ::google::protobuf::Message;

// How many wrong rows of a message are told.
constexpr size_t kShownRows = 100;

// Says whether the rows of `request` can be stored one after the other.
absl::Status CheckRows(const ImportPlan& plan,
                       const StreamImportRowsRequest& request) {
  std::vector<FieldViolation> violations;
  size_t bytes = 0;
  for (int i = 0; i < request.rows_size(); ++i) {
    bytes += request.rows(i).size() + 1;
    if (violations.size() < kShownRows && !IsOneRow(plan, request.rows(i))) {
      violations.push_back({absl::StrCat("rows[", i, "]"),
                            "must be one whole row of the plan's format."});
    }
  }
  if (bytes > kMaxMessageRowBytes) {
    violations.push_back(
        {"rows", absl::StrCat("must take at most ", kMaxMessageRowBytes,
                              " bytes together.")});
  }
  if (request.rows_size() > 0 && request.row() < 1) {
    violations.push_back({"row", "is required with rows."});
  }
  return violations.empty() ? absl::OkStatus() : BadRequest(violations);
}

// Says whether new rows may be stored behind those of `parts`.
absl::Status CheckNext(const StoredOperation& operation,
                       const ImportParts& parts,
                       const StreamImportRowsRequest& request) {
  CRM_RETURN_IF_ERROR(CheckOpen(operation, parts));
  if (request.rows_size() > 0 && request.row() > parts.next) {
    return FailedPrecondition(
        "IMPORT_ROW_MISSING",
        absl::StrCat("Row ", parts.next, " has to come before row ",
                     request.row(), "."),
        request.name(), {{"next_row", absl::StrCat(parts.next)}});
  }
  return absl::OkStatus();
}

// Returns the rows of `request` from row `first` on, as a file has them.
absl::StatusOr<ImportPart> PartOf(const ImportPlan& plan,
                                  const StreamImportRowsRequest& request,
                                  int64_t first) {
  ImportPart part;
  part.number = first;
  part.last = request.last();
  if (plan.format() == ImportPlan::CSV && first == 1) {
    if (!IsOneRow(plan, request.columns())) {
      return BadField("columns", "is required with row 1 of CSV, as one row.");
    }
    absl::StrAppend(&part.content, request.columns(), "\n");
  }
  const int64_t known = first - request.row();
  for (int64_t i = known; i < request.rows_size(); ++i) {
    absl::StrAppend(&part.content, request.rows(static_cast<int>(i)), "\n");
  }
  part.row_count = std::max<int64_t>(0, request.rows_size() - known);
  return part;
}

// A stream whose import may be behind.
class PatientStream final : public std::enable_shared_from_this<PatientStream> {
 public:
  PatientStream(const Kernel& kernel, OperationWaits& waits, UnaryHandler add)
      : kernel_(kernel), waits_(waits), add_(std::move(add)) {}

  void Add(const std::shared_ptr<Call>& call, const Done& done) const {
    add_(call, [self = shared_from_this(), call,
                done](absl::StatusOr<Answer> answer) {
      if (ErrorReason(answer.status()) == "IMPORT_BEHIND") {
        self->AwaitRoom(call, answer.status(), done);
      } else {
        done(std::move(answer));
      }
    });
  }

 private:
  void AwaitRoom(const std::shared_ptr<Call>& call, const absl::Status& behind,
                 const Done& done) const {
    const absl::Time until = kernel_.clock.Now() + kLongestRoomWait;
    const absl::Status waiting = waits_.Wait(
        call, until,
        [tenant = call->context.principal.tenant,
         name = ReadString(*call->request, "name")](SqlReader& reader)
            -> absl::StatusOr<google::longrunning::Operation> {
          CRM_ASSIGN_OR_RETURN(const ImportParts parts,
                               PartsOf(reader, tenant, name));
          google::longrunning::Operation room;
          room.set_done(parts.waiting_bytes <= kMaxWaitingBytes / 2);
          return room;
        },
        [self = shared_from_this(), call, behind, done,
         until](absl::StatusOr<Answer> answer) {
          google::longrunning::Operation room;
          // Waits end early when the process stops.
          const bool again =
              answer.ok() && room.ParseFromString(answer->bytes) &&
              (room.done() || self->kernel_.clock.Now() >= until);
          if (again) {
            self->Add(call, done);
          } else {
            done(behind);
          }
        });
    if (!waiting.ok()) done(behind);
  }

  const Kernel& kernel_;
  OperationWaits& waits_;
  const UnaryHandler add_;
};

}  // namespace

bool IsOneRow(const ImportPlan& plan, absl::string_view text) {
  if (text.find_first_not_of(" \t\r\n") == text.npos) return false;
  const bool csv = plan.format() == ImportPlan::CSV;
  // Most rows have neither quotes nor ends of lines.
  if (text.find_first_of(csv ? "\"\r\n" : "\r\n") == text.npos) return true;
  const std::string line = absl::StrCat(text, "\n");
  if (!csv) {
    const auto read = ReadJsonLine(line, /*at_end=*/false);
    return read.has_value() && read->size == line.size();
  }
  const char delimiter = plan.delimiter().empty() ? ',' : plan.delimiter()[0];
  const auto read = ReadCsvRecord(line, delimiter, /*at_end=*/false);
  return read.has_value() && read->size == line.size();
}

absl::StatusOr<StreamImportRowsResponse> AddStreamedRows(
    const Kernel& kernel, Transaction& transaction, const CallContext& call,
    const StreamImportRowsRequest& request) {
  CRM_ASSIGN_OR_RETURN(StoredOperation operation,
                       FindImport(kernel, transaction, call, request.name()));
  CRM_ASSIGN_OR_RETURN(
      const ImportParts parts,
      PartsOf(transaction.writer(), operation.tenant, operation.name));
  if (parts.any && !parts.of_rows) {
    return FailedPrecondition("IMPORT_FED_OTHERWISE",
                              "The rows of the import come in parts.",
                              request.name());
  }
  StreamImportRowsResponse response;
  const bool all_known = request.row() + request.rows_size() <= parts.next;
  if (all_known && (parts.ended || !request.last())) {
    response.set_next_row(parts.ended ? 0 : parts.next);
    return response;
  }
  CRM_RETURN_IF_ERROR(CheckNext(operation, parts, request));
  CRM_ASSIGN_OR_RETURN(const ImportPlan plan,
                       PlanOfOperation(kernel, operation));
  CRM_RETURN_IF_ERROR(CheckRows(plan, request));
  CRM_ASSIGN_OR_RETURN(ImportPart part, PartOf(plan, request, parts.next));
  CRM_RETURN_IF_ERROR(CheckRoom(parts, part.content.size()));
  response.set_next_row(request.last() ? 0 : parts.next + *part.row_count);
  CRM_RETURN_IF_ERROR(AddImportPart(kernel, transaction, std::move(operation),
                                    std::move(part), request.request_id()));
  return response;
}

MethodBinding BindImportStream(const Kernel& kernel, OperationWaits& waits) {
  UnaryHandler add = TellOfOperation(
      kernel,
      BindBody(kernel,
               [&kernel](Transaction& transaction, const CallContext& call,
                         const Message& request)
                   -> absl::StatusOr<std::unique_ptr<Message>> {
                 CRM_ASSIGN_OR_RETURN(
                     StreamImportRowsResponse response,
                     AddStreamedRows(
                         kernel, transaction, call,
                         static_cast<const StreamImportRowsRequest&>(request)));
                 return std::make_unique<StreamImportRowsResponse>(
                     std::move(response));
               }));
  const auto patient =
      std::make_shared<const PatientStream>(kernel, waits, std::move(add));
  MethodBinding binding;
  binding.method =
      kernel.methods.FindByRequest(StreamImportRowsRequest::descriptor());
  binding.stream =
      ServeInTurns(kernel, [patient](std::shared_ptr<Call> call, Done done) {
        patient->Add(call, done);
      });
  return binding;
}

}  // namespace crm
