#include "shared/resource/import_operation.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/platform/v1/imports.pb.h"
#include "google/protobuf/util/json_util.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/call/parse_request.h"
#include "shared/query/utf8.h"
#include "shared/resource/bulk_operations.h"
#include "shared/resource/import_input.h"
#include "shared/resource/import_mapping.h"
#include "shared/resource/import_rows.h"
#include "shared/resource/operation_table.h"
#include "shared/resource/row_calls.h"
#include "shared/resource/row_effects.h"
#include "shared/resource/standard_mutations.h"

namespace crm {
namespace {

using ::crm::internal::v1::ImportCheckpoint;
using ::crm::internal::v1::RowOutcome;
using ::crm::platform::v1::ImportFailure;
using ::crm::platform::v1::ImportPlan;
using ::crm::platform::v1::ImportResult;
using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

// How long a step waits at most before it looks for rows again that it was not
// told of.
constexpr absl::Duration kInputPoll = absl::Seconds(30);

const FieldDescriptor* PlanField(const Descriptor* request) {
  const FieldDescriptor* field = request->FindFieldByName("plan");
  return field != nullptr && field->message_type() == ImportPlan::descriptor()
             ? field
             : nullptr;
}

const ImportPlan& PlanOf(const Message& request) {
  return static_cast<const ImportPlan&>(request.GetReflection()->GetMessage(
      request, PlanField(request.GetDescriptor())));
}

// A type that is imported, and the methods that its rows are calls of.
struct ImportedType {
  const Kernel& kernel;
  const Resource& resource;
  const MethodInfo& create;
  const MethodInfo& update;
  const std::shared_ptr<const ImportRules> rules;

  // The method that the rows of `plan` are calls of.
  const MethodInfo& RowMethod(const ImportPlan& plan) const {
    return plan.mode() == ImportPlan::UPSERT ? update : create;
  }
};

absl::Status CheckMay(const CallContext& call, const MethodInfo& method) {
  if (call.caller == nullptr ||
      call.caller->AccessTo(method.permission).allowed()) {
    return absl::OkStatus();
  }
  return PermissionDenied(
      "PERMISSION_DENIED",
      absl::StrCat("The import needs the permission '", method.permission,
                   "', which none of your roles grants."),
      {{"permission", method.permission}});
}

// The resource that all rows of a request are to lie under; empty where they
// are not nested.
std::string ParentIn(const Message& request) {
  return ReadString(request, "parent");
}

absl::Status CheckParent(const ImportedType& type, const std::string& parent) {
  if (type.resource.schema.pattern().MatchesParent(parent,
                                                   /*wildcards=*/false)) {
    return absl::OkStatus();
  }
  return BadField("parent",
                  "must be the name of the resource that the rows lie under.");
}

// What the steps of an import work with.
struct Import {
  std::shared_ptr<const CustomSchema> schema;
  ImportMapping mapping;
};

absl::StatusOr<Import> Open(const ImportedType& type, const CallContext& call,
                            const Message& request) {
  const ImportPlan& plan = PlanOf(request);
  const std::string parent = ParentIn(request);
  CRM_RETURN_IF_ERROR(CheckParent(type, parent));
  CRM_RETURN_IF_ERROR(CheckMay(call, type.create));
  CRM_RETURN_IF_ERROR(CheckMay(call, type.RowMethod(plan)));
  CRM_ASSIGN_OR_RETURN(std::shared_ptr<const CustomSchema> schema,
                       type.kernel.catalog.custom_schemas().Recent(
                           type.kernel.database, call.principal.tenant,
                           type.kernel.clock.Now(), call.deadline));
  CRM_ASSIGN_OR_RETURN(
      ImportMapping mapping,
      ImportMapping::Build(type.kernel.catalog, type.resource, plan,
                           *type.rules, schema->finder(parent), parent));
  return Import{std::move(schema), std::move(mapping)};
}

// Returns the request that a row under `parent` is.
std::unique_ptr<Message> RequestOf(const ImportedType& type,
                                   const MethodInfo& method,
                                   const std::string& parent, ImportRow& row) {
  const Descriptor* descriptor = method.descriptor->input_type();
  std::unique_ptr<Message> request(
      google::protobuf::MessageFactory::generated_factory()
          ->GetPrototype(descriptor)
          ->New());
  const auto* reflection = request->GetReflection();
  if (method.verb == Verb::kCreate) {
    const std::string name = ReadString(*row.resource, "name");
    WriteString(*request,
                absl::StrCat(type.resource.schema.request_field(), "_id"),
                IdOf(name));
    WriteString(*row.resource, "name", "");
    WriteString(*request, "parent", parent);
  } else {
    reflection->SetBool(request.get(),
                        descriptor->FindFieldByName("allow_missing"), true);
  }
  reflection->SetAllocatedMessage(
      request.get(), row.resource.release(),
      descriptor->FindFieldByName(type.resource.schema.request_field()));
  return request;
}

absl::Status CheckRequest(const ImportedType& type, const MethodInfo& method,
                          const Message& request) {
  ValidateOptions options;
  if (method.verb == Verb::kUpdate) {
    options.partial_type = type.resource.schema.message();
    const FieldDescriptor* field = request.GetDescriptor()->FindFieldByName(
        type.resource.schema.request_field());
    if (ReadString(request.GetReflection()->GetMessage(request, field), "name")
            .empty()) {
      return BadField(absl::StrCat(field->name(), ".name"),
                      "is required of rows that update.");
    }
  }
  const auto violations =
      type.kernel.catalog.validator().Check(request, "", options);
  return violations.empty() ? absl::OkStatus() : BadRequest(violations);
}

absl::Status CheckLiesUnder(const ImportedType& type, const std::string& parent,
                            const Message& resource) {
  const std::string name = ReadString(resource, "name");
  if (parent.empty() || name.empty() || LiesUnder(name, parent)) {
    return absl::OkStatus();
  }
  return BadField(absl::StrCat(type.resource.schema.request_field(), ".name"),
                  absl::StrCat("must lie under '", parent, "'."));
}

// Returns what a row does in its transaction.
MutationBody RowBody(const ImportedType& type, Verb verb,
                     const std::string& operation, int64_t number) {
  return
      [&resource = type.resource, verb, operation, number](
          Transaction& transaction, const CallContext& call,
          const Message& request) -> absl::StatusOr<std::unique_ptr<Message>> {
        CRM_RETURN_IF_ERROR(ApplyStandard(transaction, verb, resource, request,
                                          resource.schema.message())
                                .status());
        CRM_RETURN_IF_ERROR(transaction.status());
        auto outcome = std::make_unique<RowOutcome>();
        for (const auto& change : transaction.changes()) {
          if (change->resource != &resource) continue;
          (change->before == nullptr ? outcome->set_created(true)
                                     : outcome->set_updated(true));
        }
        if (!transaction.changes().empty()) {
          CRM_RETURN_IF_ERROR(AddRowEffect(transaction.writer(),
                                           call.principal.tenant, operation,
                                           number, EffectOf(transaction)));
        }
        return outcome;
      };
}

// Runs the rows that are well formed; each gets its status. Returns the
// outcomes of those that are done, or an error that may pass.
absl::StatusOr<std::vector<RowOutcome>> RunRows(const ImportedType& type,
                                                const OperationStep& step,
                                                std::vector<ImportRow>& rows) {
  const ImportPlan& plan = PlanOf(step.request);
  const std::string parent = ParentIn(step.request);
  const MethodInfo& method = type.RowMethod(plan);
  auto call = std::make_shared<CallContext>(step.call);
  call->method = &method;
  RowCalls calls(type.kernel);
  std::vector<ImportRow*> queued;
  for (ImportRow& row : rows) {
    if (!row.status.ok()) continue;
    row.status = CheckLiesUnder(type, parent, *row.resource);
    if (!row.status.ok()) continue;
    std::unique_ptr<Message> request = RequestOf(type, method, parent, row);
    row.status = CheckRequest(type, method, *request);
    if (!row.status.ok()) continue;
    Mutation mutation;
    mutation.call = call;
    mutation.request = std::move(request);
    mutation.request_id = absl::StrCat(step.name, "/", row.number);
    mutation.validate_only = plan.dry_run();
    mutation.body = RowBody(type, method.verb, step.name, row.number);
    calls.Add(std::move(mutation));
    queued.push_back(&row);
  }
  std::vector<RowOutcome> outcomes;
  const std::vector<absl::StatusOr<Answer>> answers = calls.Finish();
  for (size_t i = 0; i < answers.size(); ++i) {
    if (!answers[i].ok()) {
      if (MayPass(answers[i].status())) return answers[i].status();
      queued[i]->status = answers[i].status();
      continue;
    }
    RowOutcome& outcome = outcomes.emplace_back();
    if (!outcome.ParseFromString(answers[i]->bytes)) {
      return Internal("ROW_UNREADABLE", "An answer could not be read.");
    }
  }
  return outcomes;
}

// Returns the beginning of a row, for people.
std::string Shown(absl::string_view text) {
  text = text.substr(0, kShownRowBytes);
  return std::string(text.substr(0, FindInvalidUtf8(text)));
}

absl::StatusOr<std::string> FailureLine(const ImportRow& row) {
  ImportFailure failure;
  failure.set_row(row.number);
  failure.set_code(absl::StatusCodeToString(row.status.code()));
  failure.set_reason(ErrorReason(row.status));
  failure.set_message(std::string(row.status.message()));
  for (const FieldViolation& violation : FieldViolations(row.status)) {
    (*failure.mutable_violations())[violation.field] = violation.description;
  }
  failure.set_content(Shown(row.text));
  std::string line;
  if (!google::protobuf::util::MessageToJsonString(failure, &line).ok()) {
    return Internal("ROW_UNREADABLE", "A failure could not be written.");
  }
  return absl::StrCat(line, "\n");
}

// Counts what became of the rows. Returns the failures to list, as parts of the
// output.
absl::StatusOr<std::vector<std::string>> Count(
    const std::vector<ImportRow>& rows, const std::vector<RowOutcome>& outcomes,
    ImportCheckpoint& next) {
  for (const RowOutcome& outcome : outcomes) {
    if (outcome.created()) {
      next.set_created_count(next.created_count() + 1);
    } else if (outcome.updated()) {
      next.set_updated_count(next.updated_count() + 1);
    } else {
      next.set_unchanged_count(next.unchanged_count() + 1);
    }
  }
  std::vector<std::string> parts;
  for (const ImportRow& row : rows) {
    if (row.status.ok()) continue;
    next.set_failed_count(next.failed_count() + 1);
    if (next.listed_count() == kMaxListedFailures) continue;
    next.set_listed_count(next.listed_count() + 1);
    CRM_ASSIGN_OR_RETURN(const std::string line, FailureLine(row));
    if (parts.empty() || parts.back().size() >= kOutputPartBytes) {
      parts.emplace_back();
    }
    absl::StrAppend(&parts.back(), line);
  }
  return parts;
}

std::unique_ptr<ImportResult> ResultOf(const ImportCheckpoint& last) {
  auto result = std::make_unique<ImportResult>();
  result->set_state(ImportResult::SUCCEEDED);
  result->set_row_count(last.row_count());
  result->set_created_count(last.created_count());
  result->set_updated_count(last.updated_count());
  result->set_unchanged_count(last.unchanged_count());
  result->set_failed_count(last.failed_count());
  return result;
}

absl::StatusOr<StepCommit> ImportStep(const ImportedType& type,
                                      const OperationStep& step) {
  ImportCheckpoint next;
  if (!next.ParseFromString(step.progress.checkpoint)) {
    return Internal("ROW_UNREADABLE", "A checkpoint could not be read.");
  }
  if (next.part() == 0) next.set_part(1);
  const ImportPlan& plan = PlanOf(step.request);
  CRM_ASSIGN_OR_RETURN(const Import import,
                       Open(type, step.call, step.request));
  const std::string& tenant = step.call.principal.tenant;
  ImportWindow window;
  CRM_RETURN_IF_ERROR(type.kernel.database.Read(
      step.call.deadline, [&](SqlReader& reader) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(
            window, ReadImportWindow(reader, tenant, step.name, next.part(),
                                     next.offset(), kImportWindowBytes));
        return absl::OkStatus();
      }));
  CRM_ASSIGN_OR_RETURN(
      ImportRows read,
      ReadImportRows(type.resource, plan, import.mapping, window, next));
  AdvanceInput(window, read.size, next);
  const bool waits = read.size == 0 && !read.finished;
  const int64_t now = absl::ToUnixMicros(step.call.now);
  if (!waits) {
    next.set_waiting_since(0);
  } else if (next.waiting_since() == 0) {
    next.set_waiting_since(now);
  } else if (now - next.waiting_since() >
             absl::ToInt64Microseconds(kLongestInputWait)) {
    return FailedPrecondition(
        "IMPORT_ABANDONED",
        absl::StrCat("No rows came for ",
                     absl::FormatDuration(kLongestInputWait),
                     ". What was imported stays."));
  }
  CRM_ASSIGN_OR_RETURN(const std::vector<RowOutcome> outcomes,
                       RunRows(type, step, read.rows));
  CRM_ASSIGN_OR_RETURN(const std::vector<std::string> failures,
                       Count(read.rows, outcomes, next));
  return [next, failures, waits, finished = read.finished, tenant,
          name = step.name, last_part = window.last_part](
             Transaction& transaction) -> absl::StatusOr<StepResult> {
    ImportCheckpoint after = next;
    SqlWriter& writer = transaction.writer();
    for (const std::string& part : failures) {
      CRM_RETURN_IF_ERROR(
          AppendOutput(writer, tenant, name, after.output_count(), part));
      after.set_output_count(after.output_count() + 1);
    }
    CRM_RETURN_IF_ERROR(DropImportParts(writer, tenant, name, after.part()));
    StepResult result;
    if (waits) {
      // What came since the step began is not waited for.
      CRM_ASSIGN_OR_RETURN(const bool more,
                           HasImportPartAfter(writer, tenant, name, last_part));
      if (!more) result.wait = kInputPoll;
    }
    result.progress = {.checkpoint = after.SerializeAsString(),
                       .done_count = after.row_count(),
                       .total_count = finished ? after.row_count() : 0};
    if (finished) result.response = ResultOf(after);
    return result;
  };
}

}  // namespace

bool IsImport(const MethodInfo& method) {
  return PlanField(method.descriptor->input_type()) != nullptr;
}

absl::StatusOr<ImportPlan> PlanOfOperation(const Kernel& kernel,
                                           const StoredOperation& operation) {
  const MethodInfo* method = kernel.methods.Find(operation.record.method());
  if (method == nullptr || !IsImport(*method)) {
    return Internal("NOT_AN_IMPORT", "The operation has no plan.");
  }
  CRM_ASSIGN_OR_RETURN(const std::unique_ptr<Message> request,
                       ParseRequest(*method, operation.record.request()));
  return PlanOf(*request);
}

const MethodInfo* StandardMethod(const MethodTable& methods,
                                 const Descriptor* resource, Verb verb) {
  for (const auto& [path, method] : methods.methods()) {
    if (method.verb == verb && method.resource == resource) return &method;
  }
  return nullptr;
}

std::optional<OperationKind> ImportOperation(
    const Kernel& kernel, const MethodInfo& method,
    std::shared_ptr<const ImportRules> rules) {
  if (!IsImport(method)) return std::nullopt;
  const Resource* resource = kernel.catalog.Find(method.resource);
  const bool says_parent =
      method.descriptor->input_type()->FindFieldByName("parent") != nullptr;
  if (resource == nullptr ||
      (resource->schema.pattern().nested() && !says_parent)) {
    return std::nullopt;
  }
  const MethodInfo* create =
      StandardMethod(kernel.methods, method.resource, Verb::kCreate);
  const MethodInfo* update =
      StandardMethod(kernel.methods, method.resource, Verb::kUpdate);
  if (create == nullptr || update == nullptr) return std::nullopt;
  const auto type = std::make_shared<const ImportedType>(
      ImportedType{kernel, *resource, *create, *update, std::move(rules)});
  OperationKind kind;
  kind.narrowed = true;
  kind.check = [type](const CallContext& call, const Message& request) {
    return Open(*type, call, request).status();
  };
  kind.step = [type](const OperationStep& step) {
    return ImportStep(*type, step);
  };
  return kind;
}

}  // namespace crm
