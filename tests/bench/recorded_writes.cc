#include "tests/bench/recorded_writes.h"

#include <unistd.h>

#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <utility>

#include "crm/operational/v1/customer.pb.h"
#include "services/host/service.h"
#include "services/operational/app.h"
#include "shared/base/ids.h"
#include "shared/call/call.h"
#include "shared/events/outbox.h"
#include "shared/resource/kernel.h"
#include "shared/storage/sqlite/sqlite_database.h"
#include "tests/bench/customers.h"
#include "tests/bench/figures.h"
#include "tests/support/test_authority.h"

namespace crm::bench {
namespace {

constexpr char kSecret[] = "only to make page tokens, of 32 bytes";

template <typename T>
T Required(absl::StatusOr<T> result) {
  Require(result.status());
  return *std::move(result);
}

// Notes what a body runs.
class NotingWriter final : public SqlWriter {
 public:
  NotingWriter(SqlWriter& writer, std::vector<RecordedStatement>& statements)
      : writer_(writer), statements_(statements) {}

  absl::StatusOr<SqlRows> Query(absl::string_view sql,
                                const std::vector<SqlValue>& params) override {
    statements_.push_back({std::string(sql), params, true});
    return writer_.Query(sql, params);
  }
  absl::StatusOr<int64_t> Execute(
      absl::string_view sql, const std::vector<SqlValue>& params) override {
    statements_.push_back({std::string(sql), params, true});
    return writer_.Execute(sql, params);
  }
  absl::Status Post(absl::string_view sql,
                    const std::vector<SqlValue>& params) override {
    statements_.push_back({std::string(sql), params, false});
    return writer_.Post(sql, params);
  }

 private:
  SqlWriter& writer_;
  std::vector<RecordedStatement>& statements_;
};

// A store that notes each body, one after the other. Thread-compatible.
class NotingDatabase final : public Database {
 public:
  explicit NotingDatabase(Database& database) : database_(database) {}

  absl::Status Read(absl::Time deadline, ReadBody body) override {
    return database_.Read(deadline, body);
  }
  void Write(absl::Time deadline, WriteBody body, WriteDone done) override {
    std::vector<RecordedStatement>& statements = calls_.emplace_back();
    done(database_.WriteAndWait(deadline, [&](SqlWriter& writer) {
      statements.clear();
      NotingWriter noting(writer, statements);
      return body(noting);
    }));
  }
  absl::StatusOr<MigrationResult> Migrate(const SqlSchema& schema,
                                          const WriteBody& then) override {
    return database_.Migrate(schema, then);
  }
  absl::Status CheckWritable() override { return database_.CheckWritable(); }
  absl::Duration WriterStall() const override {
    return database_.WriterStall();
  }
  DatabaseStats Stats() const override { return database_.Stats(); }
  void SetCommitListener(std::function<void()> listener) override {
    database_.SetCommitListener(std::move(listener));
  }
  absl::Status Close() override { return database_.Close(); }

  std::vector<std::vector<RecordedStatement>> Take() {
    return std::exchange(calls_, {});
  }

 private:
  Database& database_;
  std::vector<std::vector<RecordedStatement>> calls_;
};

absl::Status Serve(const UnaryHandler& handler, std::shared_ptr<Call> call) {
  std::promise<absl::Status> end;
  handler(std::move(call), [&end](absl::StatusOr<Answer> answer) {
    end.set_value(answer.status());
  });
  return end.get_future().get();
}

}  // namespace

RecordedWrites RecordCreateCustomer(int first, int count) {
  const testing::ScratchFolder folder;
  const SystemClock clock;
  Logger logger(clock, "bench", LogLevel::kError, STDERR_FILENO);
  MetricRegistry metrics;
  const PageTokenCodec page_tokens(kSecret, clock);
  const auto service =
      Required(operational::MakeOperational({.data_dir = folder.path(),
                                             .clock = clock,
                                             .logger = logger,
                                             .metrics = metrics,
                                             .page_tokens = page_tokens}));
  const Application& application = service->application;
  const auto sqlite = Required(OpenSqlite({.path = folder.File("recorded.db"),
                                           .min_free_bytes = 0,
                                           .min_free_fraction = 0}));
  RecordedWrites recorded;
  recorded.schema.tables = application.Tables();
  for (SqlTable& table : OutboxTables()) {
    recorded.schema.tables.push_back(std::move(table));
  }
  Require(sqlite->Migrate(recorded.schema).status());
  const Outbox outbox(application.service(), clock);
  Require(sqlite->WriteAndWait(absl::InfiniteFuture(), [&](SqlWriter& writer) {
    return outbox.Open(writer);
  }));

  NotingDatabase database(*sqlite);
  const MethodTable methods =
      Required(MethodTable::Build(application.Services()));
  IdMaker ids(clock);
  const Kernel kernel = {.service = application.service(),
                         .database = database,
                         .catalog = application.catalog(),
                         .methods = methods,
                         .outbox = outbox,
                         .page_tokens = page_tokens,
                         .ids = ids,
                         .clock = clock,
                         .secret = kSecret,
                         .on_commit = {}};
  const std::vector<MethodBinding> bindings =
      Required(application.Bind(kernel));
  for (const MethodBinding& binding : bindings) {
    if (binding.method->path != kCreatePath) continue;
    for (int number = first; number < first + count; ++number) {
      auto call = std::make_shared<Call>();
      call->context.method = binding.method;
      call->context.now = clock.Now();
      call->context.deadline = absl::InfiniteFuture();
      call->context.principal = {kTenant, "user:bench", {"everyone"}, false};
      auto request = std::make_unique<operational::v1::CreateCustomerRequest>();
      request->ParseFromString(CreateRequest(number));
      call->request = std::move(request);
      Require(Serve(binding.unary, std::move(call)));
    }
  }
  recorded.calls = database.Take();
  return recorded;
}

}  // namespace crm::bench
