#include "tests/services/operational/handlers/operational_on_clock.h"

#include <unistd.h>

#include <cstdlib>
#include <future>
#include <iostream>
#include <utility>

#include "services/operational/app.h"
#include "shared/base/status_macros.h"
#include "shared/storage/lease.h"

namespace crm::testing {
namespace {

constexpr char kService[] = "operational";
constexpr char kSecret[] = "only to make page tokens, of 32 bytes";

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

}  // namespace

OperationalOnClock::OperationalOnClock(absl::Time now)
    : clock_(now),
      logger_(clock_, kService, LogLevel::kError, STDERR_FILENO),
      page_tokens_(kSecret, clock_),
      service_(Require(
          operational::MakeOperational({.data_dir = folder_.File("data"),
                                        .clock = clock_,
                                        .logger = logger_,
                                        .metrics = metrics_,
                                        .page_tokens = page_tokens_}))),
      database_(Require(OpenEngineOnClock(folder_.File("store.db"), clock_))),
      outbox_(kService, clock_),
      ids_(clock_) {
  const Application& application = service_->application;
  SqlSchema schema;
  schema.tables = application.Tables();
  for (SqlTable& table : OutboxTables()) {
    schema.tables.push_back(std::move(table));
  }
  for (SqlTable& table : LeaseTables()) {
    schema.tables.push_back(std::move(table));
  }
  Require(database_->Migrate(schema).status());
  Require(database_->WriteAndWait(
      absl::InfiniteFuture(),
      [this](SqlWriter& writer) { return outbox_.Open(writer); }));
  methods_ = Require(MethodTable::Build(application.Services()));
  kernel_.emplace(Kernel{.service = kService,
                         .database = *database_,
                         .catalog = application.catalog(),
                         .methods = *methods_,
                         .outbox = outbox_,
                         .page_tokens = page_tokens_,
                         .ids = ids_,
                         .clock = clock_,
                         .secret = kSecret,
                         .feed_epoch = 1,
                         .on_commit = {}});
  TimerWorker::Options options;
  options.holder = "test";
  timers_.emplace(*kernel_, application.timers(), metrics_, options);
}

absl::StatusOr<std::string> OperationalOnClock::Serve(
    absl::string_view name, const google::protobuf::Message& request) {
  auto call = std::make_shared<Call>();
  call->context.principal = {"acme", "user:ada", {"tenant_admin"}, false};
  call->context.now = clock_.Now();
  call->request.reset(request.New());
  call->request->CopyFrom(request);
  call->request_bytes = request.SerializeAsString();
  for (const MethodBinding& binding :
       Require(service_->application.Bind(*kernel_))) {
    if (binding.method->descriptor->name() != name) continue;
    call->context.method = binding.method;
    std::promise<absl::StatusOr<Answer>> promise;
    binding.unary(call, [&promise](absl::StatusOr<Answer> answer) {
      promise.set_value(std::move(answer));
    });
    absl::StatusOr<Answer> answer = promise.get_future().get();
    CRM_RETURN_IF_ERROR(answer.status());
    return answer->bytes;
  }
  return absl::NotFoundError(name);
}

}  // namespace crm::testing
