#include "shared/resource/application.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "crm/platform/v1/audit_entry.pb.h"
#include "shared/resource/answer_mask.h"
#include "shared/resource/bulk_action.h"
#include "shared/resource/bulk_operations.h"
#include "shared/resource/custom_fill.h"
#include "shared/resource/custom_index.h"
#include "shared/resource/expiry.h"
#include "shared/resource/import_operation.h"
#include "shared/resource/message_turns.h"
#include "shared/resource/operation_methods.h"
#include "shared/resource/operation_table.h"
#include "shared/resource/pending_audit.h"
#include "shared/resource/request_log.h"
#include "shared/resource/search_filler.h"
#include "shared/resource/search_index.h"
#include "shared/resource/standard_bindings.h"
#include "shared/resource/standard_mutations.h"

namespace crm {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::Message;

}  // namespace

Application::Application(std::string service) : service_(std::move(service)) {
  // Every service keeps its own audit entries, and serves them. Their names
  // grow with time: the newest come first.
  ResourceRules rules;
  rules.default_order = "name desc";
  Own(platform::v1::AuditEntry::descriptor(), std::move(rules));
}

Application& Application::Own(const Descriptor* message, ResourceRules rules) {
  if (message == operational::v1::FieldDefinition::descriptor()) {
    OnTimer(kCustomFillTimer, ContinueCustomFill);
    OnTimer(kCustomClearTimer, ContinueCustomClear);
    OnTimer(kCustomSearchTimer, ContinueCustomSearch);
  }
  if (rules.expires) OnTimer(kExpiryTimer, DeleteExpired);
  absl::Status status = catalog_.Add(message, std::move(rules));
  if (problem_.ok()) problem_ = std::move(status);
  return *this;
}

Application& Application::BindMutation(const Descriptor* request,
                                       MutationBody body) {
  bodies_->insert_or_assign(request, body);
  handlers_[request].mutate = std::move(body);
  return *this;
}

Application::Handler& Application::BindOutside(const Descriptor* request) {
  bodies_->try_emplace(request);
  return handlers_[request];
}

Application& Application::BindPrepared(const Descriptor* request,
                                       Preparation prepare) {
  BindOutside(request).prepare = std::move(prepare);
  return *this;
}

Application& Application::BindRead(const Descriptor* request, ReadBody body) {
  BindOutside(request).read = std::move(body);
  return *this;
}

Application& Application::BindPlain(const Descriptor* request, PlainBody body) {
  BindOutside(request).plain = std::move(body);
  return *this;
}

Application& Application::BindKernelRead(const Descriptor* request,
                                         KernelBody body) {
  BindOutside(request).kernel_read = std::move(body);
  return *this;
}

Application& Application::BindOperation(const Descriptor* request,
                                        OperationKind kind) {
  BindOutside(request).operation = std::move(kind);
  return *this;
}

std::vector<const google::protobuf::ServiceDescriptor*> Application::Services()
    const {
  std::vector<const google::protobuf::ServiceDescriptor*> services;
  std::set<const google::protobuf::FileDescriptor*> files;
  const auto add = [&](const google::protobuf::FileDescriptor* file) {
    if (file == nullptr || !files.insert(file).second) return;
    for (int i = 0; i < file->service_count(); ++i) {
      services.push_back(file->service(i));
    }
  };
  for (const auto& resource : catalog_.resources()) {
    const auto* file = resource->schema.message()->file();
    add(file);
    const absl::string_view stem = absl::StripSuffix(file->name(), ".proto");
    add(file->pool()->FindFileByName(absl::StrCat(stem, "_bulk.proto")));
  }
  return services;
}

std::vector<SqlTable> Application::Tables() const {
  std::vector<SqlTable> tables = catalog_.Tables();
  tables.push_back(RequestLogTable());
  for (SqlTable& table : OperationTables()) tables.push_back(std::move(table));
  tables.push_back(TimerTable());
  tables.push_back(PendingAuditTable());
  tables.push_back(SearchDocuments());
  tables.push_back(SearchProgressTable());
  if (catalog_.custom_schemas().available()) {
    tables.push_back(CustomSchemaTable());
    for (SqlTable& table : CustomIndexTables()) {
      tables.push_back(std::move(table));
    }
  }
  tables.insert(tables.end(), tables_.begin(), tables_.end());
  return tables;
}

OperationKinds Application::Operations(const Kernel& kernel) const {
  OperationKinds kinds;
  for (const auto& [path, method] : kernel.methods.methods()) {
    const auto handler = handlers_.find(method.descriptor->input_type());
    if (handler != handlers_.end()) {
      if (handler->second.operation.step) {
        kinds.emplace(path, handler->second.operation);
      }
      continue;
    }
    auto kind = KindOf(kernel, method);
    if (kind.has_value()) kinds.emplace(path, *std::move(kind));
  }
  return kinds;
}

std::optional<OperationKind> Application::KindOf(
    const Kernel& kernel, const MethodInfo& method) const {
  const InnerCalls calls(kernel, bodies_);
  auto kind = BulkActionOperation(
      kernel, method,
      [&calls](const MethodInfo& action) { return calls.BodyOf(action); });
  if (!kind.has_value()) kind = ImportOperation(kernel, method, import_rules_);
  return kind.has_value() ? std::move(kind) : StandardOperation(kernel, method);
}

TimerPlans Application::Plans(const Kernel& kernel) const {
  TimerPlans plans;
  for (const auto& [kind, plan] : plans_) {
    plans.emplace(kind,
                  [plan = plan, &kernel, bodies = bodies_](const Timer& timer) {
                    return plan(InnerCalls(kernel, bodies), timer);
                  });
  }
  return plans;
}

absl::StatusOr<std::vector<MethodBinding>> Application::Bind(
    const Kernel& kernel) const {
  CRM_RETURN_IF_ERROR(problem_);
  std::vector<MethodBinding> bindings;
  std::vector<std::string> problems;
  std::set<const Descriptor*> used;
  for (const auto* service : Services()) {
    for (int i = 0; i < service->method_count(); ++i) {
      const MethodInfo* method =
          kernel.methods.FindByRequest(service->method(i)->input_type());
      if (method == nullptr) {
        problems.push_back(absl::StrCat(service->method(i)->full_name(),
                                        " is not in the method table"));
        continue;
      }
      const auto handler = handlers_.find(method->descriptor->input_type());
      MethodBinding binding;
      if (handler != handlers_.end()) {
        used.insert(handler->first);
        binding = BindHandler(kernel, *method, handler->second);
      } else {
        binding = BindStandard(kernel, *method);
        if (auto kind = KindOf(kernel, *method);
            !binding.unary && kind.has_value()) {
          binding.unary = StartOperation(kernel, *std::move(kind));
        }
      }
      if (!binding.unary) {
        problems.push_back(
            absl::StrCat(method->descriptor->full_name(), " has no handler"));
      }
      if (binding.unary) {
        binding.unary = MaskAnswers(kernel, std::move(binding.unary));
      }
      if (method->descriptor->client_streaming()) {
        binding.stream = ServeInTurns(kernel, std::move(binding.unary));
        binding.unary = nullptr;
      }
      bindings.push_back(std::move(binding));
    }
  }
  for (const auto& [request, handler] : handlers_) {
    if (!used.contains(request)) {
      problems.push_back(absl::StrCat("the handler of ", request->full_name(),
                                      " serves no method"));
    }
  }
  if (!problems.empty()) {
    return FailedPrecondition(
        "METHOD_UNBOUND",
        absl::StrCat("The service '", service_,
                     "' cannot start: ", absl::StrJoin(problems, "; "), "."));
  }
  return bindings;
}

MethodBinding Application::BindHandler(const Kernel& kernel,
                                       const MethodInfo& method,
                                       const Handler& handler) {
  MethodBinding binding;
  binding.method = &method;
  if (handler.mutate) {
    binding.placement = Placement::kInline;
    binding.unary = BindBody(kernel, handler.mutate);
    return binding;
  }
  if (handler.prepare) {
    binding.placement = Placement::kPool;
    binding.unary = [&kernel, prepare = handler.prepare](
                        std::shared_ptr<Call> call, Done done) {
      const UnaryHandler mutate =
          BindBody(kernel, prepare(kernel, call->context, *call->request));
      mutate(std::move(call), std::move(done));
    };
    return binding;
  }
  if (handler.operation.step) {
    binding.placement = Placement::kInline;
    binding.unary = StartOperation(kernel, handler.operation);
    return binding;
  }
  binding.unary = [&kernel, handler](std::shared_ptr<Call> call, Done done) {
    MessageOr response = Internal("HANDLER_MISSING", "Nothing was answered.");
    if (handler.plain) {
      response = handler.plain(call->context, *call->request);
    } else if (handler.kernel_read) {
      response = handler.kernel_read(kernel, call->context, *call->request);
    } else {
      const absl::Status status =
          kernel.database.Read(call->context.deadline, [&](SqlReader& reader) {
            const ReadView view(reader, kernel.catalog, call->context);
            response = handler.read(view, call->context, *call->request);
            return response.status();
          });
      if (!status.ok()) response = status;
    }
    if (!response.ok()) {
      done(response.status());
      return;
    }
    done(Answer{(*response)->SerializeAsString(), {}});
  };
  return binding;
}

}  // namespace crm
