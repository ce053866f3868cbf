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
  if (operation->done) {
    return FailedPrecondition(
        "OPERATION_DONE",
        absl::StrCat("'", name, "' is done. Start another import."), name);
  }
  return *std::move(operation);
}

// What is known of the parts of an import.
struct Parts {
  int64_t last = 0;
  int64_t waiting_bytes = 0;
  bool ended = false;
};

absl::StatusOr<Parts> PartsOf(SqlReader& reader, const std::string& tenant,
                              const std::string& name) {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query("SELECT COALESCE(MAX(part), 0), CAST(COALESCE(SUM(size), 0) "
                   "AS BIGINT), "
                   "COALESCE(MAX(last), 0) FROM operation_input WHERE "
                   "tenant = ? AND name = ?",
                   {tenant, name}));
  return Parts{std::get<int64_t>(rows[0][0]), std::get<int64_t>(rows[0][1]),
               std::get<int64_t>(rows[0][2]) != 0};
}

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

absl::Status CheckNext(const Parts& parts,
                       const AddImportRowsRequest& request) {
  if (parts.ended) {
    return FailedPrecondition("IMPORT_INPUT_ENDED",
                              "The last part has come already.",
                              request.name());
  }
  if (request.part() > parts.last + 1) {
    return FailedPrecondition(
        "IMPORT_PART_MISSING",
        absl::StrCat("Part ", parts.last + 1, " has to come before part ",
                     request.part(), "."),
        request.name(), {{"next_part", absl::StrCat(parts.last + 1)}});
  }
  if (parts.waiting_bytes + static_cast<int64_t>(request.content().size()) >
      kMaxWaitingBytes) {
    return WithRetryAfter(
        ResourceExhausted("IMPORT_BEHIND",
                          "The import is behind. Send the part again later."),
        absl::Seconds(1));
  }
  return absl::OkStatus();
}

}  // namespace

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
  };
  table.primary_key = {"tenant", "name", "part"};
  return table;
}

absl::StatusOr<AddImportRowsResponse> AddImportRows(
    const Kernel& kernel, Transaction& transaction, const CallContext& call,
    const AddImportRowsRequest& request) {
  CRM_ASSIGN_OR_RETURN(StoredOperation operation,
                       FindImport(kernel, transaction, call, request.name()));
  SqlWriter& writer = transaction.writer();
  CRM_ASSIGN_OR_RETURN(const Parts parts,
                       PartsOf(writer, operation.tenant, operation.name));
  AddImportRowsResponse response;
  if (request.part() <= parts.last) {
    CRM_RETURN_IF_ERROR(CheckSame(writer, operation.tenant, request));
    response.set_next_part(parts.ended ? 0 : parts.last + 1);
    return response;
  }
  CRM_RETURN_IF_ERROR(CheckNext(parts, request));
  CRM_RETURN_IF_ERROR(
      writer
          .Execute("INSERT INTO operation_input (tenant, name, part, size, "
                   "last, digest, content) VALUES (?, ?, ?, ?, ?, ?, ?)",
                   {operation.tenant, operation.name, request.part(),
                    static_cast<int64_t>(request.content().size()),
                    int64_t{request.last()}, SqlBlob{Sha256(request.content())},
                    SqlBlob{request.content()}})
          .status());
  // No worker has it: it waits for this.
  if (operation.record.attempts() == 0) {
    operation.due_time = transaction.now();
    CRM_RETURN_IF_ERROR(SaveOperation(writer, operation));
  }
  CRM_RETURN_IF_ERROR(WriteAuditEntry(kernel, transaction, kType,
                                      operation.name, request.request_id()));
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
  while (window.bytes.size() < wanted && !window.at_end) {
    CRM_ASSIGN_OR_RETURN(
        const SqlRows rows,
        reader.Query("SELECT last, content FROM operation_input WHERE "
                     "tenant = ? AND name = ? AND part = ?",
                     {std::string(tenant), std::string(operation),
                      window.last_part + 1}));
    if (rows.empty()) break;
    ++window.last_part;
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
