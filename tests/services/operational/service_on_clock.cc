#include "tests/services/operational/service_on_clock.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <future>
#include <iostream>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/operational/app.h"
#include "shared/base/status_macros.h"
#include "shared/events/sql_applier.h"
#include "shared/storage/lease.h"
#include "tests/support/test_database.h"

namespace crm::testing {
namespace {

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

std::string TextOf(const SqlValue& value) {
  if (const auto* number = std::get_if<int64_t>(&value)) {
    return absl::StrCat(*number);
  }
  if (const auto* real = std::get_if<double>(&value)) {
    return absl::StrCat(*real);
  }
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* blob = std::get_if<SqlBlob>(&value)) return blob->bytes;
  return "NULL";
}

}  // namespace

ServiceOnClock::ServiceOnClock(absl::Time now)
    : ServiceOnClock("operational", operational::MakeOperational, now) {}

ServiceOnClock::ServiceOnClock(const std::string& name, const MakeService& make,
                               absl::Time now)
    : ServiceOnClock(/*path=*/"", name, make, now) {}

ServiceOnClock::ServiceOnClock(const std::string& path, const std::string& name,
                               const MakeService& make, absl::Time now)
    : clock_(now),
      logger_(clock_, name, LogLevel::kError, STDERR_FILENO),
      page_tokens_(kSecret, clock_),
      database_(Require(OpenEngineOnClock(
          path.empty() ? folder_.File("store.db") : path, clock_))),
      environment_{.data_dir = folder_.File("data"),
                   .clock = clock_,
                   .logger = logger_,
                   .metrics = metrics_,
                   .page_tokens = page_tokens_},
      service_(Require(make(environment_))),
      outbox_(name, clock_),
      ids_(clock_) {
  const Application& application = service_->application;
  SqlSchema schema;
  schema.tables = application.Tables();
  for (auto&& tables : {OutboxTables(), LeaseTables(), ConsumerTables()}) {
    schema.tables.insert(schema.tables.end(), tables.begin(), tables.end());
  }
  Require(database_->Migrate(schema).status());
  Require(database_->WriteAndWait(
      absl::InfiniteFuture(),
      [this](SqlWriter& writer) { return outbox_.Open(writer); }));
  methods_ = Require(MethodTable::Build(application.Services()));
  kernel_.emplace(Kernel{.service = name,
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
  for (MethodBinding& binding : Require(application.Bind(*kernel_))) {
    const std::string method = binding.method->descriptor->name();
    bindings_.emplace(method, std::move(binding));
  }
  for (const SqlTable& table : schema.tables) {
    std::vector<std::string> columns;
    for (const auto& column : table.columns) columns.push_back(column.name);
    queries_.push_back(absl::StrCat("SELECT ", absl::StrJoin(columns, ", "),
                                    " FROM ", table.name));
  }
  TakeOver();
}

void ServiceOnClock::TakeOver() {
  const Application& application = service_->application;
  timers_ = std::make_unique<TimerWorker>(
      *kernel_, application.timers(), metrics_,
      TimerWorker::Options{.holder = absl::StrCat("test", ++processes_),
                           .takes_over = true},
      application.Plans(*kernel_));
  own_events_ = OnOwnEvents(*kernel_, application.event_bodies());
}

ServiceOnClock::~ServiceOnClock() = default;

absl::StatusOr<std::string> ServiceOnClock::Serve(
    absl::string_view name, const google::protobuf::Message& request) {
  const MethodBinding& binding = bindings_.at(std::string(name));
  auto call = std::make_shared<crm::Call>();
  call->context.method = binding.method;
  call->context.now = clock_.Now();
  call->context.principal = {"acme", "user:ada", {"tenant_admin"}, false};
  call->request.reset(request.New());
  call->request->CopyFrom(request);
  std::promise<absl::StatusOr<Answer>> promise;
  binding.unary(std::move(call), [&promise](absl::StatusOr<Answer> answer) {
    promise.set_value(std::move(answer));
  });
  absl::StatusOr<Answer> answer = promise.get_future().get();
  CRM_RETURN_IF_ERROR(answer.status());
  return answer->bytes;
}

void ServiceOnClock::Advance(absl::Duration step) {
  clock_.Advance(step);
  // What fires may set a timer that is due at once.
  while (timers_->RunOnce() <= absl::ZeroDuration()) {
  }
}

void ServiceOnClock::FollowEvents() {
  Require(database_->WriteAndWait(
      absl::InfiniteFuture(), [this](SqlWriter& writer) {
        return outbox_.Number(writer, 100'000).status();
      }));
  const ConsumerState state = Require(own_events_->Load(outbox_.service()));
  for (int part = 0; part < outbox_.partitions(); ++part) {
    internal::v1::ReadFeedRequest request;
    request.set_partition(part);
    if (part < std::ssize(state.positions)) {
      request.set_after_seq(state.positions[static_cast<size_t>(part)]);
    }
    internal::v1::ReadFeedResponse response;
    Require(database_->Read(
        absl::InfiniteFuture(), [&](SqlReader& reader) -> absl::Status {
          CRM_ASSIGN_OR_RETURN(response, outbox_.Read(reader, request));
          return absl::OkStatus();
        }));
    if (response.events().empty()) continue;
    const std::vector<internal::v1::Event> events(response.events().begin(),
                                                  response.events().end());
    const FeedStep step{.producer = outbox_.service(),
                        .partition = part,
                        .feed_epoch = 1,
                        .from_seq = request.after_seq(),
                        .to_seq = events.back().seq()};
    Require(own_events_->Apply(step, events));
  }
}

void ServiceOnClock::FollowEventsAgain() {
  Require(database_->WriteAndWait(
      absl::InfiniteFuture(), [this](SqlWriter& writer) {
        return ResetConsumerState(writer, outbox_.service(), 1);
      }));
  FollowEvents();
}

void ServiceOnClock::Settle() {
  // Longer than any chain of causes.
  for (int i = 0; i < 20; ++i) {
    FollowEvents();
    Advance(absl::ZeroDuration());
  }
}

std::string ServiceOnClock::Everything() {
  std::vector<std::string> rows;
  Require(database_->Read(
      absl::InfiniteFuture(), [&](SqlReader& reader) -> absl::Status {
        rows.clear();
        for (const std::string& query : queries_) {
          CRM_ASSIGN_OR_RETURN(const SqlRows found, reader.Query(query, {}));
          for (const SqlRow& row : found) {
            rows.push_back(query);
            for (const SqlValue& value : row) {
              absl::StrAppend(&rows.back(), "|", TextOf(value));
            }
          }
        }
        return absl::OkStatus();
      }));
  std::sort(rows.begin(), rows.end());
  return absl::StrJoin(rows, "\n");
}

int64_t ServiceOnClock::EventsOf(const std::string& name) {
  int64_t count = 0;
  Require(database_->Read(
      absl::InfiniteFuture(), [&](SqlReader& reader) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(
            const SqlRows rows,
            reader.Query("SELECT COUNT(*) FROM auditentries WHERE c_resource "
                         "= ?",
                         {name}));
        count = std::get<int64_t>(rows[0][0]);
        return absl::OkStatus();
      }));
  return count;
}

}  // namespace crm::testing
