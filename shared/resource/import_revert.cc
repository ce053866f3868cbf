#include "shared/resource/import_revert.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/internal/v1/import_record.pb.h"
#include "crm/platform/v1/imports.pb.h"
#include "google/api/resource.pb.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/query/field_path.h"
#include "shared/resource/import_operation.h"
#include "shared/resource/operation_table.h"
#include "shared/resource/row_calls.h"
#include "shared/resource/row_effects.h"

namespace crm {
namespace {

using ::crm::internal::v1::RevertCheckpoint;
using ::crm::internal::v1::RevertEffect;
using ::crm::internal::v1::RowEffect;
using ::crm::platform::v1::ImportResult;
using ::crm::platform::v1::RevertImportRequest;
using ::crm::platform::v1::RevertImportResult;
using ::google::protobuf::Message;

// Returns the import that `name` names, if it is the caller's.
absl::StatusOr<StoredOperation> FindImport(const Kernel& kernel,
                                           SqlReader& reader,
                                           const CallContext& call,
                                           const std::string& name) {
  CRM_ASSIGN_OR_RETURN(std::optional<StoredOperation> found,
                       FindOperation(reader, call.principal.tenant, name));
  if (!found.has_value() ||
      found->record.actor().subject() != call.principal.subject) {
    return WithResource(
        NotFound("RESOURCE_NOT_FOUND",
                 absl::StrCat("There is no '", name, "'."), {{"name", name}}),
        "crm/Operation", name);
  }
  const MethodInfo* method = kernel.methods.Find(found->record.method());
  if (method == nullptr || !IsImport(*method)) {
    return FailedPrecondition("NOT_AN_IMPORT",
                              absl::StrCat("'", name, "' is no import."), name);
  }
  if (!found->done) {
    return FailedPrecondition(
        "OPERATION_NOT_DONE",
        absl::StrCat("'", name, "' is not done. Wait for it, or cancel it."),
        name);
  }
  return *std::move(found);
}

// Returns the methods that taking back `import` is made of; an error if the
// caller may not call one of them.
struct Methods {
  const MethodInfo* remove = nullptr;
  const MethodInfo* update = nullptr;
};

absl::StatusOr<Methods> MethodsOf(const Kernel& kernel, const CallContext& call,
                                  const StoredOperation& import) {
  const auto* resource = kernel.methods.Find(import.record.method())->resource;
  const Methods methods = {
      StandardMethod(kernel.methods, resource, Verb::kDelete),
      StandardMethod(kernel.methods, resource, Verb::kUpdate)};
  for (const MethodInfo* method : {methods.remove, methods.update}) {
    if (method == nullptr) {
      return FailedPrecondition("IMPORT_NOT_REVERTIBLE",
                                "What was imported cannot be deleted.");
    }
    if (call.caller != nullptr &&
        !call.caller->AccessTo(method->permission).allowed()) {
      return PermissionDenied(
          "PERMISSION_DENIED",
          absl::StrCat("Taking the import back needs the permission '",
                       method->permission,
                       "', which none of your roles grants."),
          {{"permission", method->permission}});
    }
  }
  return methods;
}

// Returns whether a live resource lies under `name`, or refers to it by a field
// that has a column.
absl::StatusOr<bool> IsReferredTo(const Transaction& transaction,
                                  const Resource& resource,
                                  const std::string& name) {
  for (const auto& other : transaction.view().catalog().resources()) {
    const std::string head =
        absl::StrCat("SELECT 1 FROM ", other->schema.table(),
                     " WHERE tenant = ? AND delete_time IS NULL AND ");
    const std::string& tenant = transaction.view().tenant();
    const auto any = [&](const std::string& condition,
                         std::vector<SqlValue> values) -> absl::StatusOr<bool> {
      values.insert(values.begin(), tenant);
      CRM_ASSIGN_OR_RETURN(
          const SqlRows rows,
          transaction.writer().Query(absl::StrCat(head, condition, " LIMIT 1"),
                                     values));
      return !rows.empty();
    };
    if (other->schema.pattern().nested()) {
      CRM_ASSIGN_OR_RETURN(const bool found, any("name > ? AND name < ?",
                                                 {absl::StrCat(name, "/"),
                                                  absl::StrCat(name, "0")}));
      if (found) return true;
    }
    for (const ResourceColumn& column : other->schema.columns()) {
      const auto path = FindFieldPath(*other->schema.message(), column.path);
      const std::string& type =
          path->field()
              .options()
              .GetExtension(google::api::resource_reference)
              .type();
      if (type != resource.schema.type()) continue;
      CRM_ASSIGN_OR_RETURN(const bool found,
                           any(absl::StrCat(column.name, " = ?"), {name}));
      if (found) return true;
    }
  }
  return false;
}

enum class Reverted { kDeleted, kRestored, kGone, kKept };

absl::StatusOr<Reverted> RevertChange(Transaction& transaction,
                                      const RowEffect::Change& change) {
  const Resource* resource =
      transaction.view().catalog().FindByName(change.name());
  if (resource == nullptr) return Reverted::kKept;
  CRM_ASSIGN_OR_RETURN(const std::optional<StoredRow> row,
                       transaction.view().Find(*resource, change.name()));
  if (!row.has_value() || row->deleted) return Reverted::kGone;
  const std::unique_ptr<Message> stored = resource->New();
  if (!stored->ParseFromString(row->body)) {
    return Internal("ROW_UNREADABLE", "A stored row could not be read.");
  }
  if (ReadString(*stored, "etag") != change.etag()) return Reverted::kKept;
  const absl::Status may = transaction.access().CheckTarget(*resource, *stored);
  if (absl::IsNotFound(may) || absl::IsPermissionDenied(may)) {
    return Reverted::kKept;
  }
  CRM_RETURN_IF_ERROR(may);
  if (!change.before().empty()) {
    const std::unique_ptr<Message> before = resource->New();
    if (!before->ParseFromString(change.before())) {
      return Internal("ROW_UNREADABLE", "A stored effect could not be read.");
    }
    transaction.Update(*before);
    CRM_RETURN_IF_ERROR(transaction.status());
    return Reverted::kRestored;
  }
  if (resource->rules.deletable && !resource->rules.deletable(*stored).ok()) {
    return Reverted::kKept;
  }
  CRM_ASSIGN_OR_RETURN(const bool referred,
                       IsReferredTo(transaction, *resource, change.name()));
  if (referred) return Reverted::kKept;
  transaction.Delete(*stored);
  CRM_RETURN_IF_ERROR(transaction.status());
  return Reverted::kDeleted;
}

// Returns what taking a row back does in its transaction: the last change
// first, since what is made first may be referred to by what is made next.
MutationBody RevertBody(std::shared_ptr<const RowEffect> effect) {
  return [effect = std::move(effect)](
             Transaction& transaction, const CallContext&,
             const Message&) -> absl::StatusOr<std::unique_ptr<Message>> {
    auto out = std::make_unique<RevertEffect>();
    for (int i = effect->changes_size() - 1; i >= 0; --i) {
      const RowEffect::Change& change = effect->changes(i);
      CRM_ASSIGN_OR_RETURN(const Reverted reverted,
                           RevertChange(transaction, change));
      switch (reverted) {
        case Reverted::kDeleted:
          out->set_deleted_count(out->deleted_count() + 1);
          break;
        case Reverted::kRestored:
          out->set_restored_count(out->restored_count() + 1);
          break;
        case Reverted::kGone:
          out->set_gone_count(out->gone_count() + 1);
          break;
        case Reverted::kKept:
          out->add_kept(change.name());
          break;
      }
    }
    return out;
  };
}

// Returns what a row that could not be taken back comes to.
RevertEffect AllKept(const RowEffect& effect) {
  RevertEffect out;
  for (const RowEffect::Change& change : effect.changes()) {
    out.add_kept(change.name());
  }
  return out;
}

void Count(const RevertEffect& effect, RevertCheckpoint& next) {
  next.set_deleted_count(next.deleted_count() + effect.deleted_count());
  next.set_restored_count(next.restored_count() + effect.restored_count());
  next.set_gone_count(next.gone_count() + effect.gone_count());
  next.set_kept_count(next.kept_count() + effect.kept_size());
  for (const std::string& name : effect.kept()) {
    if (next.kept_sample_size() == kKeptSample) break;
    next.add_kept_sample(name);
  }
}

std::unique_ptr<RevertImportResult> ResultOf(const RevertCheckpoint& last) {
  auto result = std::make_unique<RevertImportResult>();
  result->set_deleted_count(last.deleted_count());
  result->set_restored_count(last.restored_count());
  result->set_gone_count(last.gone_count());
  result->set_kept_count(last.kept_count());
  *result->mutable_kept_sample() = last.kept_sample();
  return result;
}

// Says in the result of an import that it was taken back. One that ended
// otherwise has none.
absl::Status MarkReverted(SqlWriter& writer, const std::string& tenant,
                          const std::string& name) {
  CRM_ASSIGN_OR_RETURN(std::optional<StoredOperation> import,
                       FindOperation(writer, tenant, name));
  if (!import.has_value() || import->record.response_type().empty()) {
    return absl::OkStatus();
  }
  ImportResult result;
  if (!result.ParseFromString(import->record.response())) {
    return Internal("ROW_UNREADABLE", "A stored result could not be read.");
  }
  result.set_state(ImportResult::REVERTED);
  import->record.set_response(result.SerializeAsString());
  return SaveOperation(writer, *import);
}

// Takes `effects` back. Returns what each came to, or an error that may pass.
absl::StatusOr<std::vector<RevertEffect>> RevertRows(
    const Kernel& kernel, const OperationStep& step, const Methods& methods,
    const std::vector<StoredEffect>& effects) {
  auto removing = std::make_shared<CallContext>(step.call);
  removing->method = methods.remove;
  auto updating = std::make_shared<CallContext>(step.call);
  updating->method = methods.update;
  // What was there before the import is no new duplicate.
  updating->allow_duplicates = true;
  RowCalls calls(kernel);
  for (const StoredEffect& stored : effects) {
    auto effect = std::make_shared<const RowEffect>(stored.effect);
    bool restores = false;
    for (const RowEffect::Change& change : effect->changes()) {
      restores |= !change.before().empty();
    }
    Mutation mutation;
    mutation.call = restores ? updating : removing;
    mutation.request = effect;
    mutation.request_id = absl::StrCat(step.name, "/", stored.row);
    mutation.body = RevertBody(std::move(effect));
    calls.Add(std::move(mutation));
  }
  std::vector<RevertEffect> out;
  const std::vector<absl::StatusOr<Answer>> answers = calls.Finish();
  for (size_t i = 0; i < answers.size(); ++i) {
    if (!answers[i].ok()) {
      if (MayPass(answers[i].status())) return answers[i].status();
      out.push_back(AllKept(effects[i].effect));
      continue;
    }
    if (!out.emplace_back().ParseFromString(answers[i]->bytes)) {
      return Internal("ROW_UNREADABLE", "An answer could not be read.");
    }
  }
  return out;
}

absl::StatusOr<StepCommit> RevertStep(const Kernel& kernel,
                                      const OperationStep& step) {
  const auto& request = static_cast<const RevertImportRequest&>(step.request);
  const std::string& tenant = step.call.principal.tenant;
  RevertCheckpoint next;
  if (!next.ParseFromString(step.progress.checkpoint)) {
    return Internal("ROW_UNREADABLE", "A checkpoint could not be read.");
  }
  Methods methods;
  std::vector<StoredEffect> effects;
  int64_t total = step.progress.total_count;
  CRM_RETURN_IF_ERROR(kernel.database.Read(
      step.call.deadline, [&](SqlReader& reader) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(
            const StoredOperation import,
            FindImport(kernel, reader, step.call, request.name()));
        CRM_ASSIGN_OR_RETURN(methods, MethodsOf(kernel, step.call, import));
        CRM_ASSIGN_OR_RETURN(
            effects, EffectsBefore(reader, tenant, request.name(),
                                   next.row() == 0 ? kAfterLastRow : next.row(),
                                   kRevertBatch));
        if (next.row() != 0) return absl::OkStatus();
        CRM_ASSIGN_OR_RETURN(total,
                             CountEffects(reader, tenant, request.name()));
        return absl::OkStatus();
      }));
  CRM_ASSIGN_OR_RETURN(const std::vector<RevertEffect> reverted,
                       RevertRows(kernel, step, methods, effects));
  for (const RevertEffect& effect : reverted) Count(effect, next);
  if (!effects.empty()) next.set_row(effects.back().row);
  const bool finished = effects.size() < kRevertBatch;
  const int64_t done =
      step.progress.done_count + static_cast<int64_t>(effects.size());
  return [next, finished, done, total, tenant, import = request.name()](
             Transaction& transaction) -> absl::StatusOr<StepResult> {
    StepResult result;
    result.progress = {next.SerializeAsString(), done, total};
    if (finished) {
      CRM_RETURN_IF_ERROR(MarkReverted(transaction.writer(), tenant, import));
      result.response = ResultOf(next);
    }
    return result;
  };
}

}  // namespace

std::optional<OperationKind> RevertOperation(const Kernel& kernel,
                                             const MethodInfo& method) {
  if (method.descriptor->input_type() != RevertImportRequest::descriptor()) {
    return std::nullopt;
  }
  OperationKind kind;
  kind.narrowed = true;
  kind.check = [&kernel](const CallContext& call, const Message& request) {
    const auto& revert = static_cast<const RevertImportRequest&>(request);
    return kernel.database.Read(
        call.deadline, [&](SqlReader& reader) -> absl::Status {
          CRM_ASSIGN_OR_RETURN(const StoredOperation import,
                               FindImport(kernel, reader, call, revert.name()));
          return MethodsOf(kernel, call, import).status();
        });
  };
  kind.step = [&kernel](const OperationStep& step) {
    return RevertStep(kernel, step);
  };
  return kind;
}

}  // namespace crm
