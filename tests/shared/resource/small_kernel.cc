#include "tests/shared/resource/small_kernel.h"

#include <cstdlib>
#include <future>
#include <iostream>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "crm/operational/v1/product.pb.h"
#include "crm/operational/v1/product_bulk.pb.h"
#include "crm/platform/v1/imports.pb.h"
#include "crm/platform/v1/operations.pb.h"
#include "shared/base/status_macros.h"
#include "shared/events/sql_applier.h"
#include "shared/resource/operation_methods.h"
#include "shared/storage/lease.h"
#include "tests/support/test_database.h"

namespace crm::testing {
namespace {

constexpr char kService[] = "small";
constexpr char kSecret[] = "only to make page tokens, of 32 bytes";
constexpr char kExportProducts[] =
    "/crm.operational.v1.ProductBulkService/ExportProducts";

void Require(const absl::Status& status) {
  if (status.ok()) return;
  std::cerr << status << "\n";
  std::abort();
}

template <typename T>
T Require(absl::StatusOr<T> value) {
  Require(value.status());
  return *std::move(value);
}

absl::Time EndOfProduct(const operational::v1::Product& product) {
  const auto until = product.labels().find("until");
  int64_t seconds = 0;
  return until != product.labels().end() &&
                 absl::SimpleAtoi(until->second, &seconds)
             ? absl::FromUnixSeconds(seconds)
             : absl::InfiniteFuture();
}

}  // namespace

SmallKernel::SmallKernel(const std::string& path, const Clock& clock)
    : SmallKernel(Require(OpenEngineOnClock(path, clock)), clock) {}

SmallKernel::SmallKernel(std::unique_ptr<Database> database, const Clock& clock)
    : application_(kService),
      database_(std::move(database)),
      outbox_(kService, clock),
      page_tokens_(kSecret, clock),
      ids_(clock) {
  application_.Owns<operational::v1::Product>({.expires = EndOfProduct});
  SqlSchema schema;
  schema.tables = application_.Tables();
  for (SqlTable& table : OutboxTables()) {
    schema.tables.push_back(std::move(table));
  }
  for (auto&& tables : {LeaseTables(), ConsumerTables()}) {
    schema.tables.insert(schema.tables.end(), tables.begin(), tables.end());
  }
  Require(database_->Migrate(schema).status());
  Require(database_->WriteAndWait(
      absl::InfiniteFuture(),
      [this](SqlWriter& writer) { return outbox_.Open(writer); }));
  auto services = application_.Services();
  services.push_back(platform::v1::GetOperationRequest::descriptor()
                         ->file()
                         ->FindServiceByName("Operations"));
  services.push_back(platform::v1::AddImportRowsRequest::descriptor()
                         ->file()
                         ->FindServiceByName("ImportService"));
  methods_ = Require(MethodTable::Build(services));
  kernel_.emplace(Kernel{.service = kService,
                         .database = *database_,
                         .catalog = application_.catalog(),
                         .methods = *methods_,
                         .outbox = outbox_,
                         .page_tokens = page_tokens_,
                         .ids = ids_,
                         .clock = clock,
                         .secret = kSecret,
                         .feed_epoch = 1,
                         .on_commit = {}});
}

std::shared_ptr<Call> SmallKernel::CallOf(
    absl::string_view name, const google::protobuf::Message& request) const {
  auto call = std::make_shared<Call>();
  for (const auto& [path, method] : methods_->methods()) {
    if (method.descriptor->name() == name) call->context.method = &method;
  }
  call->context.principal = {"acme", "user:ada", {"tenant_admin"}, false};
  call->request.reset(request.New());
  call->request->CopyFrom(request);
  return call;
}

UnaryHandler SmallKernel::HandlerOf(absl::string_view name) const {
  for (const MethodBinding& binding : Require(application_.Bind(*kernel_))) {
    if (binding.method->descriptor->name() == name) return binding.unary;
  }
  for (const MethodBinding& binding : BindImports(*kernel_)) {
    if (binding.method->descriptor->name() == name) return binding.unary;
  }
  std::abort();
}

absl::StatusOr<std::string> SmallKernel::Serve(const UnaryHandler& handler,
                                               std::shared_ptr<Call> call) {
  std::promise<absl::StatusOr<Answer>> promise;
  handler(std::move(call), [&promise](absl::StatusOr<Answer> answer) {
    promise.set_value(std::move(answer));
  });
  absl::StatusOr<Answer> answer = promise.get_future().get();
  CRM_RETURN_IF_ERROR(answer.status());
  return answer->bytes;
}

std::string SmallKernel::StartExport(const OperationKind& kind) {
  google::longrunning::Operation operation;
  operation.ParseFromString(Require(Serve(
      StartOperation(*kernel_, kind),
      CallOf("ExportProducts", operational::v1::ExportProductsRequest()))));
  return operation.name();
}

absl::Status SmallKernel::Cancel(const std::string& name) {
  platform::v1::CancelOperationRequest request;
  request.set_name(name);
  auto call = CallOf("CancelOperation", request);
  OperationWaits waits(*database_, kernel_->clock, {});
  for (const MethodBinding& binding : BindOperations(*kernel_, waits)) {
    if (binding.method != call->context.method) continue;
    return Serve(binding.unary, call).status();
  }
  return absl::NotFoundError("CancelOperation is not bound");
}

StoredOperation SmallKernel::Stored(const std::string& name) {
  std::optional<StoredOperation> found;
  Require(database_->Read(
      absl::InfiniteFuture(), [&](SqlReader& reader) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(found, FindOperation(reader, "acme", name));
        return absl::OkStatus();
      }));
  if (!found.has_value()) std::abort();
  return *std::move(found);
}

std::vector<std::string> SmallKernel::Products() {
  std::vector<std::string> products;
  Require(database_->Read(
      absl::InfiniteFuture(), [&](SqlReader& reader) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(
            const SqlRows rows,
            reader.Query("SELECT name, version FROM products ORDER BY name",
                         {}));
        for (const SqlRow& row : rows) {
          products.push_back(absl::StrCat(std::get<std::string>(row[0]), "@",
                                          std::get<int64_t>(row[1])));
        }
        return absl::OkStatus();
      }));
  return products;
}

int64_t SmallKernel::EventCount() {
  int64_t count = 0;
  Require(database_->Read(
      absl::InfiniteFuture(), [&](SqlReader& reader) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(const SqlRows rows,
                             reader.Query("SELECT COUNT(*) FROM outbox", {}));
        count = std::get<int64_t>(rows[0][0]);
        return absl::OkStatus();
      }));
  return count;
}

OperationKinds SmallKernel::Exports(OperationKind kind) {
  return {{kExportProducts, std::move(kind)}};
}

}  // namespace crm::testing
