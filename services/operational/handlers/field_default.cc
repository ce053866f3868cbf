#include "services/operational/handlers/field_default.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "crm/internal/v1/import_record.pb.h"
#include "crm/operational/v1/field_definition.pb.h"
#include "crm/operational/v1/object_type.pb.h"
#include "crm/platform/v1/bulk_update.pb.h"
#include "services/operational/domain/custom_field.h"
#include "services/operational/domain/object_type.h"
#include "services/operational/handlers/customer_links.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/reflect/custom_fields.h"
#include "shared/resource/bulk_change.h"
#include "shared/resource/custom_fill.h"
#include "shared/resource/import_operation.h"
#include "shared/resource/operation_table.h"
#include "shared/resource/row_calls.h"
#include "shared/resource/standard_fields.h"

namespace crm::operational {
namespace {

using ::crm::internal::v1::RowOutcome;
using ::crm::platform::v1::BulkUpdateResult;
using ::google::protobuf::Message;

// How far the operation has come, and what it has done.
struct Position {
  int64_t matched = 0;
  int64_t updated = 0;
  int64_t failed = 0;
  int64_t outputs = 0;
  // The last row that was looked at.
  std::string name;
};

std::string Written(const Position& position) {
  return absl::StrCat(position.matched, "\n", position.updated, "\n",
                      position.failed, "\n", position.outputs, "\n",
                      position.name);
}

absl::StatusOr<Position> ReadPosition(const std::string& checkpoint) {
  Position position;
  if (checkpoint.empty()) return position;
  const std::vector<std::string> parts = absl::StrSplit(checkpoint, '\n');
  if (parts.size() != 5 || !absl::SimpleAtoi(parts[0], &position.matched) ||
      !absl::SimpleAtoi(parts[1], &position.updated) ||
      !absl::SimpleAtoi(parts[2], &position.failed) ||
      !absl::SimpleAtoi(parts[3], &position.outputs)) {
    return Internal("ROW_UNREADABLE", "A checkpoint could not be read.");
  }
  position.name = parts[4];
  return position;
}

// The next rows: those that have no value, and the last that was looked at.
struct Batch {
  std::vector<std::string> names;
  std::string reached;
  bool finished = false;
};

bool LacksValue(const Message& message, const std::string& key) {
  return !IsDeleted(message) && !ReadCustomValues(message).contains(key);
}

absl::StatusOr<Batch> ReadBatch(SqlReader& reader, const std::string& tenant,
                                const Resource& resource,
                                const v1::FieldDefinition& field,
                                const std::string& after) {
  const CustomRows rows = CustomRowsOf(resource, field.resource_type());
  const SqlFragment query = rows.After(tenant, after, kBulkChangeBatch);
  CRM_ASSIGN_OR_RETURN(const SqlRows found,
                       reader.Query(query.text, query.params));
  Batch batch{.names = {},
              .reached = after,
              .finished = found.size() < size_t{kBulkChangeBatch}};
  const std::unique_ptr<Message> message = resource.New();
  for (const SqlRow& row : found) {
    batch.reached = std::get<std::string>(row[0]);
    if (!message->ParseFromString(std::get<SqlBlob>(row[1]).bytes)) {
      return Internal("ROW_UNREADABLE", "A stored row could not be read.");
    }
    if (LacksValue(*message, field.key())) batch.names.push_back(batch.reached);
  }
  return batch;
}

// Returns the field, which has a default that rows may be given.
absl::StatusOr<v1::FieldDefinition> FindField(const ReadView& view,
                                              const std::string& name) {
  CRM_ASSIGN_OR_RETURN(const auto field,
                       view.GetLive<v1::FieldDefinition>(name));
  CRM_RETURN_IF_ERROR(CheckHasDefault(field));
  const Resource* resource = view.catalog().FindByKind(field.resource_type());
  if (resource == nullptr) {
    return Internal("RESOURCE_UNKNOWN", "A field is one of no resource.");
  }
  if (!resource->rules.fields_by_parent) return field;
  CRM_ASSIGN_OR_RETURN(const auto type,
                       view.GetLive<v1::ObjectType>(field.resource_type()));
  CRM_RETURN_IF_ERROR(CheckObjectWritable(type, v1::Object()));
  return field;
}

// Returns what gives one row the default, as it is defined by then.
MutationBody GiveDefault(const Resource& resource, std::string name,
                         std::string definition) {
  return
      [&resource, name = std::move(name), definition = std::move(definition)](
          Transaction& transaction, const CallContext&,
          const Message&) -> absl::StatusOr<std::unique_ptr<Message>> {
        auto outcome = std::make_unique<RowOutcome>();
        CRM_ASSIGN_OR_RETURN(const v1::FieldDefinition field,
                             FindField(transaction.view(), definition));
        CRM_ASSIGN_OR_RETURN(const std::unique_ptr<Message> row,
                             LoadRow(transaction.view(), resource, name));
        if (row == nullptr || !LacksValue(*row, field.key())) return outcome;
        CustomValues values = ReadCustomValues(*row);
        values.emplace(field.key(), field.default_value());
        WriteCustomValues(values, *row);
        transaction.Update(*row);
        CRM_RETURN_IF_ERROR(transaction.status());
        outcome->set_updated(true);
        return outcome;
      };
}

// Gives the rows of `batch` the default. Returns the failures to list, or an
// error that may pass.
absl::StatusOr<std::string> GiveAll(const OperationStep& step,
                                    const Resource& resource,
                                    const std::string& definition,
                                    const Batch& batch, Position& position) {
  const auto call = std::make_shared<const CallContext>(step.call);
  const std::shared_ptr<Message> request(step.request.New());
  request->CopyFrom(step.request);
  RowCalls calls(step.kernel);
  for (const std::string& name : batch.names) {
    Mutation mutation;
    mutation.call = call;
    mutation.request = request;
    mutation.request_id = absl::StrCat(step.name, "/", name);
    mutation.body = GiveDefault(resource, name, definition);
    calls.Add(std::move(mutation));
  }
  const std::vector<absl::StatusOr<Answer>> answers = calls.Finish();
  std::string failures;
  for (size_t i = 0; i < answers.size(); ++i) {
    ++position.matched;
    if (answers[i].ok()) {
      RowOutcome outcome;
      if (!outcome.ParseFromString(answers[i]->bytes)) {
        return Internal("ROW_UNREADABLE", "An answer could not be read.");
      }
      if (outcome.updated()) ++position.updated;
      continue;
    }
    if (MayPass(answers[i].status())) return answers[i].status();
    if (++position.failed > kMaxListedFailures) continue;
    CRM_ASSIGN_OR_RETURN(const std::string line,
                         BulkFailureLine(batch.names[i], answers[i].status()));
    absl::StrAppend(&failures, line);
  }
  return failures;
}

std::unique_ptr<BulkUpdateResult> ResultOf(const Position& position) {
  auto result = std::make_unique<BulkUpdateResult>();
  result->set_matched_count(position.matched);
  result->set_updated_count(position.updated);
  result->set_unchanged_count(position.matched - position.updated -
                              position.failed);
  result->set_failed_count(position.failed);
  return result;
}

}  // namespace

absl::StatusOr<StepCommit> ApplyDefaultValueStep(
    const OperationStep& step, const v1::ApplyDefaultValueRequest& request) {
  CRM_ASSIGN_OR_RETURN(Position position,
                       ReadPosition(step.progress.checkpoint));
  const std::string& tenant = step.call.principal.tenant;
  const Resource* resource = nullptr;
  Batch batch;
  CRM_RETURN_IF_ERROR(step.kernel.database.Read(
      step.call.deadline, [&](SqlReader& reader) -> absl::Status {
        const ReadView view(reader, step.kernel.catalog, tenant);
        CRM_ASSIGN_OR_RETURN(const auto field, FindField(view, request.name()));
        resource = step.kernel.catalog.FindByKind(field.resource_type());
        CRM_ASSIGN_OR_RETURN(
            batch, ReadBatch(reader, tenant, *resource, field, position.name));
        return absl::OkStatus();
      }));
  CRM_ASSIGN_OR_RETURN(
      std::string failures,
      GiveAll(step, *resource, request.name(), batch, position));
  position.name = batch.reached;
  return [position, failures = std::move(failures), name = step.name, tenant,
          finished = batch.finished](
             Transaction& transaction) -> absl::StatusOr<StepResult> {
    Position after = position;
    if (!failures.empty()) {
      CRM_RETURN_IF_ERROR(AppendOutput(transaction.writer(), tenant, name,
                                       after.outputs, failures));
      ++after.outputs;
    }
    StepResult result;
    result.progress = {.checkpoint = Written(after),
                       .done_count = after.matched,
                       .total_count = finished ? after.matched : 0};
    if (finished) result.response = ResultOf(after);
    return result;
  };
}

}  // namespace crm::operational
