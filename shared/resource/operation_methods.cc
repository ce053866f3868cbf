#include "shared/resource/operation_methods.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "crm/platform/v1/imports.pb.h"
#include "crm/platform/v1/operations.pb.h"
#include "shared/auth/caller.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/query/filter.h"
#include "shared/query/page_size.h"
#include "shared/reflect/field_access.h"
#include "shared/resource/commit_records.h"
#include "shared/resource/import_input.h"
#include "shared/resource/import_revert.h"
#include "shared/resource/operation_table.h"
#include "shared/resource/operation_target.h"
#include "shared/resource/standard_bindings.h"

namespace crm {
namespace {

using ::crm::platform::v1::AddImportRowsRequest;
using ::crm::platform::v1::AddImportRowsResponse;
using ::crm::platform::v1::CancelOperationRequest;
using ::crm::platform::v1::GetOperationRequest;
using ::crm::platform::v1::ListOperationsRequest;
using ::crm::platform::v1::ListOperationsResponse;
using ::crm::platform::v1::ReadOperationOutputRequest;
using ::crm::platform::v1::ReadOperationOutputResponse;
using ::crm::platform::v1::RevertImportRequest;
using ::crm::platform::v1::WaitOperationRequest;
using ::google::longrunning::Operation;
using ::google::protobuf::Message;

constexpr char kType[] = "crm/Operation";

// What a call that waits keeps of its time to be answered in: a part, and at
// most so much.
constexpr absl::Duration kAnswerTime = absl::Seconds(1);
constexpr int kAnswerShare = 10;

// What the operation does and to what, as its method's permission says:
// `leads.purge`.
Operation ToMessage(const Kernel& kernel, const StoredOperation& operation) {
  const MethodInfo* method = kernel.methods.Find(operation.record.method());
  const absl::string_view permission =
      method == nullptr ? absl::string_view() : method->permission;
  const std::pair<absl::string_view, absl::string_view> words =
      absl::StrSplit(permission, absl::MaxSplits('.', 1));
  return ToOperation(operation, words.second, words.first);
}

absl::Status OperationNotFound(absl::string_view name) {
  return WithResource(
      NotFound("RESOURCE_NOT_FOUND", absl::StrCat("There is no '", name, "'."),
               {{"name", std::string(name)}}),
      kType, name);
}

absl::Status CheckActive(const Transaction& transaction) {
  CRM_ASSIGN_OR_RETURN(
      const int64_t active,
      CountActive(transaction.writer(), transaction.view().tenant()));
  if (active < kMaxActiveOperations) return absl::OkStatus();
  return WithRetryAfter(
      ResourceExhausted("TOO_MANY_OPERATIONS",
                        absl::StrCat(kMaxActiveOperations,
                                     " operations are not done yet. Wait for "
                                     "some of them, or cancel them.")),
      absl::Seconds(30));
}

absl::StatusOr<std::unique_ptr<Message>> Make(const Kernel& kernel,
                                              Transaction& transaction,
                                              const CallContext& call,
                                              const Message& request) {
  CRM_RETURN_IF_ERROR(CheckActive(transaction));
  StoredOperation operation;
  operation.tenant = call.principal.tenant;
  operation.name =
      absl::StrCat("operations/", kernel.service, "-", kernel.ids.NewId());
  operation.due_time = transaction.now();
  internal::v1::OperationRecord& record = operation.record;
  record.set_method(call.method->path);
  record.set_request(request.SerializeAsString());
  record.mutable_actor()->set_subject(call.principal.subject);
  for (const std::string& role : call.principal.roles) {
    record.mutable_actor()->add_roles(role);
  }
  record.mutable_actor()->set_system(call.principal.system);
  record.mutable_actor()->set_customer(call.principal.customer);
  record.mutable_actor()->set_session_id(call.principal.session_id);
  if (call.principal.issue_time != absl::InfinitePast()) {
    *record.mutable_actor()->mutable_issue_time() =
        ToTimestamp(call.principal.issue_time);
  }
  record.set_trace_id(call.trace_id);
  *record.mutable_create_time() = ToTimestamp(transaction.now());
  CRM_RETURN_IF_ERROR(InsertOperation(transaction.writer(), operation));
  CRM_RETURN_IF_ERROR(WriteAuditEntry(kernel, transaction, kType,
                                      operation.name,
                                      ReadString(request, "request_id")));
  return std::make_unique<Operation>(ToMessage(kernel, operation));
}

// Whether the caller may see the operations that others have started.
bool SeesAll(const CallContext& call) {
  return call.caller != nullptr &&
         call.caller->AccessTo("operations.getAll").allowed();
}

// The calls of the service Operations.
class Methods {
 public:
  explicit Methods(const Kernel& kernel) : kernel_(kernel) {}

  absl::StatusOr<Operation> Get(SqlReader& reader, const CallContext& call,
                                const GetOperationRequest& request) const {
    CRM_ASSIGN_OR_RETURN(const StoredOperation operation,
                         Find(reader, call, request.name()));
    return ToMessage(kernel_, operation);
  }

  absl::StatusOr<ListOperationsResponse> List(
      SqlReader& reader, const CallContext& call,
      const ListOperationsRequest& request) const {
    CRM_ASSIGN_OR_RETURN(const int32_t page_size,
                         ResolvePageSize(request.page_size()));
    CRM_ASSIGN_OR_RETURN(const SqlFragment where, Lower(request.filter()));
    const std::string binding =
        absl::StrJoin({call.principal.tenant, call.principal.subject,
                       std::string("ListOperations"), request.filter()},
                      "\n");
    std::string after;
    if (!request.page_token().empty()) {
      CRM_ASSIGN_OR_RETURN(
          after, kernel_.page_tokens.Decode(request.page_token(), binding));
    }
    CRM_ASSIGN_OR_RETURN(
        std::vector<StoredOperation> found,
        ListOperations(reader, call.principal.tenant,
                       SeesAll(call) ? "" : call.principal.subject, after,
                       where, page_size + 1));
    ListOperationsResponse response;
    const bool more = found.size() > static_cast<size_t>(page_size);
    if (more) {
      found.pop_back();
      CRM_ASSIGN_OR_RETURN(
          *response.mutable_next_page_token(),
          kernel_.page_tokens.Encode(found.back().name, binding));
    }
    for (const StoredOperation& operation : found) {
      *response.add_operations() = ToMessage(kernel_, operation);
    }
    return response;
  }

  absl::StatusOr<ReadOperationOutputResponse> ReadPart(
      SqlReader& reader, const CallContext& call,
      const ReadOperationOutputRequest& request) const {
    CRM_ASSIGN_OR_RETURN(const StoredOperation operation,
                         Find(reader, call, request.name()));
    CRM_RETURN_IF_ERROR(CheckMayTake(call, operation));
    const std::string binding =
        absl::StrJoin({call.principal.tenant, call.principal.subject,
                       std::string("ReadOperationOutput"), request.name()},
                      "\n");
    int64_t part = 0;
    if (!request.page_token().empty()) {
      CRM_ASSIGN_OR_RETURN(
          const std::string state,
          kernel_.page_tokens.Decode(request.page_token(), binding));
      if (!absl::SimpleAtoi(state, &part)) {
        return Internal("PAGE_TOKEN_STATE", "A page token holds no part.");
      }
    }
    ReadOperationOutputResponse response;
    CRM_ASSIGN_OR_RETURN(
        std::optional<std::string> content,
        ReadOutput(reader, operation.tenant, operation.name, part));
    bool more = !operation.done;
    if (content.has_value()) {
      response.set_content(*std::move(content));
      ++part;
      if (!more) {
        CRM_ASSIGN_OR_RETURN(
            const std::optional<std::string> next,
            ReadOutput(reader, operation.tenant, operation.name, part));
        more = next.has_value();
      }
    }
    if (!more) return response;
    CRM_ASSIGN_OR_RETURN(
        *response.mutable_next_page_token(),
        kernel_.page_tokens.Encode(absl::StrCat(part), binding));
    return response;
  }

  absl::StatusOr<std::unique_ptr<Message>> Cancel(
      Transaction& transaction, const CallContext& call,
      const CancelOperationRequest& request) const {
    CRM_ASSIGN_OR_RETURN(StoredOperation operation,
                         Find(transaction.writer(), call, request.name()));
    if (!operation.done) {
      CRM_RETURN_IF_ERROR(TakeOperation(transaction.writer(), operation));
      operation.done = true;
      operation.due_time = transaction.now() + kOperationRetention;
      operation.record.set_cancel_requested(true);
      *operation.record.mutable_end_time() = ToTimestamp(transaction.now());
      *operation.record.mutable_error() = ToRpcStatus(
          MakeError(absl::StatusCode::kCancelled, "OPERATION_CANCELLED",
                    "The operation was cancelled. What it had done stays."));
      CRM_RETURN_IF_ERROR(SaveOperation(transaction.writer(), operation));
      CRM_RETURN_IF_ERROR(WriteAuditEntry(
          kernel_, transaction, kType, operation.name, request.request_id()));
    }
    return std::make_unique<Operation>(ToMessage(kernel_, operation));
  }

 private:
  // What an operation has produced is for those who might start it.
  absl::Status CheckMayTake(const CallContext& call,
                            const StoredOperation& operation) const {
    const MethodInfo* method = kernel_.methods.Find(operation.record.method());
    if (call.caller == nullptr || method == nullptr ||
        call.caller->AccessTo(method->permission).allowed()) {
      return absl::OkStatus();
    }
    return PermissionDenied(
        "PERMISSION_DENIED",
        absl::StrCat("What the operation has produced needs the permission '",
                     method->permission, "', which none of your roles grants."),
        {{"permission", method->permission}});
  }

  absl::StatusOr<StoredOperation> Find(SqlReader& reader,
                                       const CallContext& call,
                                       const std::string& name) const {
    const Principal& principal = call.principal;
    CRM_ASSIGN_OR_RETURN(std::optional<StoredOperation> operation,
                         FindOperation(reader, principal.tenant, name));
    const bool seen =
        operation.has_value() &&
        (operation->record.actor().subject() == principal.subject ||
         SeesAll(call));
    if (!seen) return OperationNotFound(name);
    return *std::move(operation);
  }

  static absl::StatusOr<SqlFragment> Lower(const std::string& text) {
    CRM_ASSIGN_OR_RETURN(const Filter filter,
                         Filter::Parse(text, Operation::descriptor()));
    ColumnMap columns;
    columns.Add("name", {"name", ColumnType::kText, false});
    columns.Add("done", {"done", ColumnType::kInteger, false});
    for (const std::string& path : filter.field_paths()) {
      if (columns.Find(path) != nullptr) continue;
      return BadField("filter", "can name the fields 'name' and 'done' only.");
    }
    return filter.Lower(columns).where;
  }

  const Kernel& kernel_;
};

// Returns a binding of a method that reads.
template <typename Response, typename Request>
MethodBinding BindRead(
    const Kernel& kernel, std::shared_ptr<const Methods> methods,
    absl::StatusOr<Response> (Methods::*read)(SqlReader&, const CallContext&,
                                              const Request&) const,
    Placement placement) {
  MethodBinding binding;
  binding.method = kernel.methods.FindByRequest(Request::descriptor());
  binding.placement = placement;
  binding.unary = [&kernel, methods = std::move(methods), read](
                      std::shared_ptr<Call> call, Done done) {
    absl::StatusOr<Response> response;
    const absl::Status status =
        kernel.database.Read(call->context.deadline, [&](SqlReader& reader) {
          response = (methods.get()->*read)(
              reader, call->context,
              static_cast<const Request&>(*call->request));
          return response.status();
        });
    if (!status.ok()) return done(status);
    done(Answer{response->SerializeAsString(), {}});
  };
  return binding;
}

// Whose roles do not reach all rows may not start what would.
absl::Status CheckReachesAll(const CallContext& call) {
  if (call.caller == nullptr ||
      call.caller->AccessTo(call.method->permission).everything) {
    return absl::OkStatus();
  }
  return PermissionDenied(
      "PERMISSION_DENIED",
      absl::StrCat("Your roles grant '", call.method->permission,
                   "' for some rows or fields only, and the operation would "
                   "reach all."),
      {{"permission", call.method->permission}});
}

// Returns until when `call` waits: it needs some time to take its answer.
absl::StatusOr<absl::Time> WaitEnd(const CallContext& call,
                                   const WaitOperationRequest& request) {
  const absl::Duration left = call.deadline - call.now;
  const absl::Time last =
      call.deadline - std::min(kAnswerTime, left / kAnswerShare);
  if (!request.has_timeout()) return last;
  const absl::Duration timeout = absl::Seconds(request.timeout().seconds()) +
                                 absl::Nanoseconds(request.timeout().nanos());
  if (timeout < absl::ZeroDuration()) {
    return BadField("timeout", "must not be negative.");
  }
  return std::min(last, call.now + timeout);
}

// Returns the binding of the method that waits.
MethodBinding BindWait(const Kernel& kernel,
                       std::shared_ptr<const Methods> methods,
                       OperationWaits& waits) {
  MethodBinding binding;
  binding.method =
      kernel.methods.FindByRequest(WaitOperationRequest::descriptor());
  binding.placement = Placement::kInline;
  binding.waits = true;
  binding.unary = [methods = std::move(methods), &waits](
                      std::shared_ptr<Call> call, Done done) {
    const auto& request =
        static_cast<const WaitOperationRequest&>(*call->request);
    const absl::StatusOr<absl::Time> end = WaitEnd(call->context, request);
    if (!end.ok()) return done(end.status());
    GetOperationRequest get;
    get.set_name(request.name());
    const CallContext& context = call->context;
    // The call lives as long as it waits.
    const absl::Status waiting = waits.Wait(
        std::move(call), *end,
        [methods, &context, get](SqlReader& reader) {
          return methods->Get(reader, context, get);
        },
        done);
    if (!waiting.ok()) done(waiting);
  };
  return binding;
}

}  // namespace

UnaryHandler TellOfOperation(const Kernel& kernel, UnaryHandler handler) {
  return [&kernel, handler = std::move(handler)](std::shared_ptr<Call> call,
                                                 Done done) {
    handler(std::move(call),
            [&kernel, done = std::move(done)](absl::StatusOr<Answer> answer) {
              if (answer.ok() && kernel.on_operation) kernel.on_operation();
              done(std::move(answer));
            });
  };
}

UnaryHandler StartOperation(const Kernel& kernel, OperationKind kind) {
  return TellOfOperation(
      kernel,
      BindBody(
          kernel,
          [&kernel, check = std::move(kind.check), narrowed = kind.narrowed](
              Transaction& transaction, const CallContext& call,
              const Message& request)
              -> absl::StatusOr<std::unique_ptr<Message>> {
            if (!narrowed) CRM_RETURN_IF_ERROR(CheckReachesAll(call));
            if (check) CRM_RETURN_IF_ERROR(check(call, request));
            CRM_RETURN_IF_ERROR(CheckOperationTarget(transaction, request));
            return Make(kernel, transaction, call, request);
          }));
}

std::vector<MethodBinding> BindOperations(const Kernel& kernel,
                                          OperationWaits& waits) {
  const auto methods = std::make_shared<const Methods>(kernel);
  std::vector<MethodBinding> bindings;
  bindings.push_back(
      BindRead(kernel, methods, &Methods::Get, Placement::kInline));
  bindings.push_back(
      BindRead(kernel, methods, &Methods::List, Placement::kPool));
  bindings.push_back(
      BindRead(kernel, methods, &Methods::ReadPart, Placement::kPool));
  bindings.push_back(BindWait(kernel, methods, waits));
  MethodBinding& cancel = bindings.emplace_back();
  cancel.method =
      kernel.methods.FindByRequest(CancelOperationRequest::descriptor());
  cancel.placement = Placement::kInline;
  cancel.unary = TellOfOperation(
      kernel, BindBody(kernel, [methods](Transaction& transaction,
                                         const CallContext& call,
                                         const Message& request) {
        return methods->Cancel(
            transaction, call,
            static_cast<const CancelOperationRequest&>(request));
      }));
  return bindings;
}

std::vector<MethodBinding> BindImports(const Kernel& kernel) {
  std::vector<MethodBinding> bindings(2);
  MethodBinding& add = bindings[0];
  add.method = kernel.methods.FindByRequest(AddImportRowsRequest::descriptor());
  add.placement = Placement::kInline;
  add.unary = TellOfOperation(
      kernel,
      BindBody(kernel,
               [&kernel](Transaction& transaction, const CallContext& call,
                         const Message& request)
                   -> absl::StatusOr<std::unique_ptr<Message>> {
                 CRM_ASSIGN_OR_RETURN(
                     AddImportRowsResponse response,
                     AddImportRows(
                         kernel, transaction, call,
                         static_cast<const AddImportRowsRequest&>(request)));
                 return std::make_unique<AddImportRowsResponse>(
                     std::move(response));
               }));
  MethodBinding& revert = bindings[1];
  revert.method =
      kernel.methods.FindByRequest(RevertImportRequest::descriptor());
  revert.placement = Placement::kInline;
  revert.unary =
      StartOperation(kernel, *RevertOperation(kernel, *revert.method));
  return bindings;
}

}  // namespace crm
