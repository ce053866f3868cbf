#include "shared/resource/import_input.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "shared/base/digest.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/resource/commit_records.h"
#include "shared/resource/import_operation.h"
#include "shared/resource/operation_table.h"

namespace crm {
namespace {

using ::crm::platform::v1::AddImportRowsRequest;
using ::crm::platform::v1::AddImportRowsResponse;

constexpr char kType[] = "crm/Operation";

// Says whether a part that came before came with these bytes.
absl::Status CheckSame(SqlReader& reader, const std::string& tenant,
                       const AddImportRowsRequest& request) {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query("SELECT digest, last FROM operation_input WHERE tenant = ? "
                   "AND name = ? AND part = ?",
                   {tenant, request.name(), request.part()}));
  if (!rows.empty() &&
      std::get<SqlBlob>(rows[0][0]).bytes == Sha256(request.content()) &&
      (std::get<int64_t>(rows[0][1]) != 0) == request.last()) {
    return absl::OkStatus();
  }
  return FailedPrecondition(
      "IMPORT_PART_DIFFERS",
      absl::StrCat("Part ", request.part(), " came before with other bytes."),
      request.name());
}

absl::Status CheckNext(const StoredOperation& operation,
                       const ImportParts& parts,
                       const AddImportRowsRequest& request) {
  CRM_RETURN_IF_ERROR(CheckOpen(operation, parts));
  if (request.part() > parts.next) {
    return FailedPrecondition(
        "IMPORT_PART_MISSING",
        absl::StrCat("Part ", parts.next, " has to come before part ",
                     request.part(), "."),
        request.name(), {{"next_part", absl::StrCat(parts.next)}});
  }
  return CheckRoom(parts, request.content().size());
}

}  // namespace

absl::StatusOr<StoredOperation> FindImport(const Kernel& kernel,
                                           const Transaction& transaction,
                                           const CallContext& call,
                                           const std::string& name) {
  CRM_ASSIGN_OR_RETURN(
      std::optional<StoredOperation> operation,
      FindOperation(transaction.writer(), call.principal.tenant, name));
  if (!operation.has_value() ||
      operation->record.actor().subject() != call.principal.subject) {
    return WithResource(
        NotFound("RESOURCE_NOT_FOUND",
                 absl::StrCat("There is no '", name, "'."), {{"name", name}}),
        kType, name);
  }
  const MethodInfo* method = kernel.methods.Find(operation->record.method());
  if (method == nullptr || !IsImport(*method)) {
    return FailedPrecondition(
        "NOT_AN_IMPORT", absl::StrCat("'", name, "' takes no rows."), name);
  }
  return *std::move(operation);
}

absl::StatusOr<ImportParts> PartsOf(SqlReader& reader, absl::string_view tenant,
                                    absl::string_view operation) {
  ImportParts parts;
  CRM_ASSIGN_OR_RETURN(
      const SqlRows newest,
      reader.Query("SELECT part, last, row_count FROM operation_input WHERE "
                   "tenant = ? AND name = ? ORDER BY part DESC LIMIT 1",
                   {std::string(tenant), std::string(operation)}));
  if (newest.empty()) return parts;
  parts.any = true;
  const auto* row_count = std::get_if<int64_t>(&newest[0][2]);
  parts.of_rows = row_count != nullptr;
  parts.next =
      std::get<int64_t>(newest[0][0]) + (parts.of_rows ? *row_count : 1);
  parts.ended = std::get<int64_t>(newest[0][1]) != 0;
  CRM_ASSIGN_OR_RETURN(
      const SqlRows waiting,
      reader.Query("SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM "
                   "operation_input WHERE tenant = ? AND name = ? AND size > 0",
                   {std::string(tenant), std::string(operation)}));
  parts.waiting_bytes = std::get<int64_t>(waiting[0][0]);
  return parts;
}

absl::Status CheckOpen(const StoredOperation& operation,
                       const ImportParts& parts) {
  if (parts.ended) {
    return FailedPrecondition("IMPORT_INPUT_ENDED",
                              "The last row has come already.", operation.name);
  }
  if (operation.done) {
    return FailedPrecondition(
        "OPERATION_DONE",
        absl::StrCat("'", operation.name, "' is done. Start another import."),
        operation.name);
  }
  return absl::OkStatus();
}

absl::Status CheckRoom(const ImportParts& parts, size_t bytes) {
  if (parts.waiting_bytes + static_cast<int64_t>(bytes) <= kMaxWaitingBytes) {
    return absl::OkStatus();
  }
  return WithRetryAfter(
      ResourceExhausted("IMPORT_BEHIND",
                        "The import is behind. Send the part again later."),
      absl::Seconds(1));
}

absl::Status AddImportPart(const Kernel& kernel, Transaction& transaction,
                           StoredOperation operation, ImportPart part,
                           const std::string& request_id) {
  SqlWriter& writer = transaction.writer();
  SqlValue row_count;
  if (part.row_count.has_value()) row_count = *part.row_count;
  const auto size = static_cast<int64_t>(part.content.size());
  CRM_RETURN_IF_ERROR(
      writer
          .Execute("INSERT INTO operation_input (tenant, name, part, size, "
                   "last, digest, content, row_count) VALUES "
                   "(?, ?, ?, ?, ?, ?, ?, ?)",
                   {operation.tenant, operation.name, part.number, size,
                    int64_t{part.last}, SqlBlob{Sha256(part.content)},
                    SqlBlob{std::move(part.content)}, row_count})
          .status());
  // No worker has it: it waits for this.
  if (operation.record.attempts() == 0) {
    operation.due_time = transaction.now();
    CRM_RETURN_IF_ERROR(SaveOperation(writer, operation));
  }
  return WriteAuditEntry(kernel, transaction, kType, operation.name,
                         request_id);
}

SqlTable ImportInputTable() {
  SqlTable table;
  table.name = "operation_input";
  table.columns = {
      {"tenant", SqlType::kText, false, {}},
      {"name", SqlType::kText, false, {}},
      {"part", SqlType::kInteger, false, {}},
      {"size", SqlType::kInteger, false, {}},
      {"last", SqlType::kInteger, false, {}},
      {"digest", SqlType::kBlob, false, {}},
      {"content", SqlType::kBlob, false, {}},
      {"row_count", SqlType::kInteger, true, {}},
  };
  table.primary_key = {"tenant", "name", "part"};
  return table;
}

absl::StatusOr<AddImportRowsResponse> AddImportRows(
    const Kernel& kernel, Transaction& transaction, const CallContext& call,
    const AddImportRowsRequest& request) {
  CRM_ASSIGN_OR_RETURN(StoredOperation operation,
                       FindImport(kernel, transaction, call, request.name()));
  CRM_ASSIGN_OR_RETURN(
      const ImportParts parts,
      PartsOf(transaction.writer(), operation.tenant, operation.name));
  if (parts.of_rows) {
    return FailedPrecondition("IMPORT_FED_OTHERWISE",
                              "The rows of the import come by a stream.",
                              request.name());
  }
  AddImportRowsResponse response;
  if (request.part() < parts.next) {
    CRM_RETURN_IF_ERROR(
        CheckSame(transaction.writer(), operation.tenant, request));
    response.set_next_part(parts.ended ? 0 : parts.next);
    return response;
  }
  CRM_RETURN_IF_ERROR(CheckNext(operation, parts, request));
  CRM_RETURN_IF_ERROR(
      AddImportPart(kernel, transaction, std::move(operation),
                    {request.part(), request.content(), request.last()},
                    request.request_id()));
  response.set_next_part(request.last() ? 0 : request.part() + 1);
  return response;
}

absl::StatusOr<ImportWindow> ReadImportWindow(SqlReader& reader,
                                              absl::string_view tenant,
                                              absl::string_view operation,
                                              int64_t part, int64_t offset,
                                              size_t wanted) {
  ImportWindow window;
  window.offset = offset;
  window.last_part = part - 1;
  window.next_part = part;
  while (window.bytes.size() < wanted && !window.at_end) {
    CRM_ASSIGN_OR_RETURN(
        const SqlRows rows,
        reader.Query(
            "SELECT last, content, row_count FROM operation_input "
            "WHERE tenant = ? AND name = ? AND part = ?",
            {std::string(tenant), std::string(operation), window.next_part}));
    if (rows.empty()) break;
    window.last_part = window.next_part;
    const auto* row_count = std::get_if<int64_t>(&rows[0][2]);
    window.next_part += row_count == nullptr ? 1 : *row_count;
    absl::string_view content = std::get<SqlBlob>(rows[0][1]).bytes;
    if (window.parts.empty()) {
      content.remove_prefix(
          std::min(content.size(), static_cast<size_t>(offset)));
    }
    absl::StrAppend(&window.bytes, content);
    window.parts.emplace_back(window.last_part, window.bytes.size());
    window.at_end = std::get<int64_t>(rows[0][0]) != 0;
  }
  return window;
}

absl::Status DropImportParts(SqlWriter& writer, absl::string_view tenant,
                             absl::string_view operation, int64_t part) {
  return writer.Post(
      "UPDATE operation_input SET size = 0, content = ? WHERE tenant = ? AND "
      "name = ? AND part < ? AND size > 0",
      {SqlBlob{""}, std::string(tenant), std::string(operation), part});
}

absl::StatusOr<bool> HasImportPartAfter(SqlReader& reader,
                                        absl::string_view tenant,
                                        absl::string_view operation,
                                        int64_t part) {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query("SELECT 1 FROM operation_input WHERE "
                   "tenant = ? AND name = ? AND part > ? "
                   "LIMIT 1",
                   {std::string(tenant), std::string(operation), part}));
  return !rows.empty();
}

}  // namespace crm
